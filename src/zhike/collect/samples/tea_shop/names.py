"""Names that nobody in particular bears: common surnames and common characters, drawn at random."""

from __future__ import annotations

from dataclasses import dataclass

from zhike.collect.samples.tea_shop.dice import Dice, Weighted

_SURNAMES = """王wang9 李li9 张zhang8 刘liu7 陈chen7 杨yang5 赵zhao4 黄huang4 周zhou4 吴wu4 徐xu3 孙sun3 胡hu3 朱zhu3
高gao2 林lin3 何he2 郭guo2 马ma2 罗luo2 梁liang2 宋song2 郑zheng2 谢xie2 韩han2 唐tang2 冯feng1 于yu1 董dong1 萧xiao1
程cheng1 曹cao1 袁yuan1 邓deng1 许xu1 傅fu1 沈shen2 曾zeng1 彭peng1 吕lv1 苏su1 卢lu1 蒋jiang1 蔡cai1 贾jia1 丁ding1
魏wei1 薛xue1 叶ye1 阎yan1 余yu1 潘pan1 杜du1 戴dai1 夏xia1 钟zhong1 汪wang1 田tian1 任ren1 姜jiang1 范fan1 方fang1
石shi1 姚yao1 谭tan1 廖liao1 邹zou1 熊xiong1 金jin1 陆lu1 章zhang1 黎li1"""
_WOMEN = """芳fang 娜na 敏min 静jing 丽li 艳yan 娟juan 霞xia 秀xiu 玲ling 婷ting 雪xue 慧hui 琳lin 颖ying 洁jie 倩qian 燕yan
梅mei 莉li 兰lan 欣xin 怡yi 佳jia 雅ya 梦meng 瑶yao 萌meng 诗shi 雨yu 晴qing 思si 涵han 彤tong 云yun 月yue 文wen 晓xiao
春chun 红hong 蓉rong 薇wei 菲fei 蕾lei 婧jing 雯wen 宁ning 清qing 若ruo 可ke"""
_MEN = """伟wei 强qiang 磊lei 军jun 洋yang 勇yong 杰jie 涛tao 明ming 超chao 刚gang 平ping 辉hui 鹏peng 华hua 飞fei 鑫xin 波bo
斌bin 宇yu 浩hao 凯kai 健jian 俊jun 帆fan 帅shuai 旭xu 宁ning 龙long 林lin 阳yang 建jian 国guo 志zhi 晨chen 文wen 轩xuan
子zi 博bo 天tian 泽ze 嘉jia 毅yi 峰feng 成cheng 东dong 海hai 松song 锋feng 思si"""
# Characters that sound alike, as a clerk who hears a name may write it.
_SOUND_ALIKE = """张章 李黎 王汪 徐许 于余 何贺 刘柳 程成 傅付 萧肖 阎闫 沈申 卢陆 魏卫 伟玮 静婧 明铭 丽莉 华桦 婷亭 涛滔 琳林
佳嘉 宇雨 浩皓 俊军 慧惠 燕艳 文雯 辉晖 建健 志智 晨辰 瑶遥 轩宣 芳方 杰捷 欣鑫 颖影 敏闵 磊垒 峰锋 凯恺 倩茜 彤桐"""

_NICKNAME_STARTS = (
    "爱喝茶的",
    "山里的",
    "慢慢",
    "一只",
    "窗边的",
    "微醺",
    "早起的",
    "小",
    "不加糖的",
    "晒太阳的",
)
_NICKNAME_ENDS = (
    "小鹿",
    "乌龙",
    "白露",
    "阿茶",
    "云朵",
    "橘猫",
    "青柠",
    "老树",
    "月光",
    "茉莉",
    "石头",
    "松鼠",
)
_NICKNAME_SIGNS = ("", "", "", "🍵", "🌿", "~", "2046", "☁️")


def _spelled(words: str) -> dict[str, str]:
    return {word[0]: word[1:] for word in words.split()}


_PINYIN = {**_spelled(_WOMEN), **_spelled(_MEN)}
_SURNAME_PINYIN = {word[0]: word[1:-1] for word in _SURNAMES.split()}
_SURNAME_CHANCES = Weighted({word[0]: float(word[-1]) for word in _SURNAMES.split()})
_GIVEN = {"女": tuple(_spelled(_WOMEN)), "男": tuple(_spelled(_MEN))}
_ALIKE: dict[str, str] = {}
for _pair in _SOUND_ALIKE.split():
    _ALIKE.setdefault(_pair[0], _pair[1])
    _ALIKE.setdefault(_pair[1], _pair[0])


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it stands in the passport."""

    surname: str
    given: str
    gender: str

    def __str__(self) -> str:
        return self.surname + self.given

    @property
    def pinyin(self) -> tuple[str, str]:
        """Surname and given name in Latin letters, lower case."""
        return _SURNAME_PINYIN[self.surname], "".join(_PINYIN[character] for character in self.given)


def new_name(dice: Dice, *, surname: str | None = None) -> Name:
    gender = "女" if dice.chance(0.56) else "男"
    characters = _GIVEN[gender]
    first = dice.pick(characters)
    given = first if dice.chance(0.22) else first + dice.pick(characters)
    return Name(surname or dice.weighted(_SURNAME_CHANCES), given, gender)


def new_nickname(dice: Dice, name: Name) -> str:
    if dice.chance(0.15):
        return f"阿{name.given[-1]}"
    return dice.pick(_NICKNAME_STARTS) + dice.pick(_NICKNAME_ENDS) + dice.pick(_NICKNAME_SIGNS)


def misheard(dice: Dice, name: Name) -> str:
    """The name with one character that sounds alike; as it is if there is no such character."""
    written = str(name)
    places = [place for place, character in enumerate(written) if character in _ALIKE]
    if not places:
        return written
    place = dice.pick(places)
    return written[:place] + _ALIKE[written[place]] + written[place + 1 :]


def in_pinyin(name: Name) -> str:
    """Such as Zhang Wei."""
    surname, given = name.pinyin
    return f"{surname.title()} {given.title()}"


def addressed(name: Name) -> str:
    """Such as 张女士."""
    return name.surname + ("女士" if name.gender == "女" else "先生")
