"""Chinese surnames that a character table gets wrong: those of two characters, and those read otherwise."""

from __future__ import annotations

_COMPOUND = """
    欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫 宗政 濮阳 公冶 太叔 申屠
    公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 闾丘 子车 亓官 司寇 巫马 公西 颛孙 壤驷 公良 漆雕 乐正 宰父 谷梁
    拓跋 夹谷 轩辕 令狐 段干 百里 呼延 东郭 南门 羊舌 微生 梁丘 左丘 东门 西门 第五 纳兰 完颜 耶律 叶赫 欧陽 諸葛
    尉遲 司馬 東方 南宮 軒轅
"""
COMPOUND_SURNAMES = frozenset(_COMPOUND.split())

# As family names only; the given name is read as usual.
SURNAME_READINGS: dict[str, tuple[str, ...]] = {
    "单": ("shan",), "單": ("shan",), "仇": ("qiu",), "曾": ("zeng",), "解": ("xie",), "查": ("zha",), "区": ("ou",),
    "區": ("ou",), "任": ("ren",), "盖": ("ge",), "蓋": ("ge",), "朴": ("piao",), "覃": ("qin",), "缪": ("miao",),
    "繆": ("miao",), "翟": ("zhai",), "乐": ("yue",), "樂": ("yue",), "员": ("yun",), "員": ("yun",), "黑": ("he",),
    "秘": ("bi",), "冼": ("xian",), "洗": ("xian",), "折": ("she",), "召": ("shao",), "尹": ("yin",), "种": ("chong",),
    "重": ("chong",), "华": ("hua",), "華": ("hua",), "晟": ("cheng",), "么": ("yao",), "佴": ("nai",), "逄": ("pang",),
    "繁": ("po",), "会": ("gui",), "纪": ("ji",), "紀": ("ji",), "那": ("na",), "宁": ("ning",), "甯": ("ning",),
    "祭": ("zhai",), "牟": ("mu",), "褚": ("chu",), "柏": ("bai",), "卜": ("bu",), "葛": ("ge",), "车": ("che",),
    "車": ("che",), "石": ("shi",), "贾": ("jia",), "賈": ("jia",), "沈": ("shen",), "臧": ("zang",), "藏": ("zang",),
    "乜": ("nie",), "郗": ("xi",), "适": ("kuo",), "句": ("gou",), "阚": ("kan",), "隗": ("wei",), "燕": ("yan",),
    "应": ("ying",), "應": ("ying",), "於": ("yu",), "戴": ("dai",), "万": ("wan",), "尧": ("yao",), "相": ("xiang",),
    "尉迟": ("yu", "chi"), "尉遲": ("yu", "chi"), "万俟": ("mo", "qi"), "长孙": ("zhang", "sun"),
    "澹台": ("tan", "tai"), "夏侯": ("xia", "hou"), "鲜于": ("xian", "yu"), "呼延": ("hu", "yan"),
    "令狐": ("ling", "hu"), "宰父": ("zai", "fu"), "子车": ("zi", "ju"), "亓官": ("qi", "guan"),
    "乐正": ("yue", "zheng"), "单于": ("chan", "yu"), "谷梁": ("gu", "liang"), "拓跋": ("tuo", "ba"),
}  # fmt: skip
