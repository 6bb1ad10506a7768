"""Which province, city and district an address or a row of columns names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from zhike.customers.normal.divisions import Division, Level, divisions
from zhike.customers.normal.writing import folded, masked
from zhike.kernel.errors import ZhikeError
from zhike.kernel.words import Text

_COUNTRY = re.compile(r"(?:中华人民共和国|中国)\s*")
_SEPARATORS = " \t\r\n,，、;；/|-–—·>:："
_FILLERS = re.compile(
    r"\A(?:市辖区|省直辖县级行政区划|自治区直辖县级行政区划|省直辖|直辖县|县(?=\Z|[\s,/-]))"
)
# 青岛市北区 is 青岛 and 市北区.
_SHARED_SIGN = re.compile(r"\A[北南中]区")
# 杭州路 in 青岛 is not 杭州.
_STREET = re.compile(r"[东西南北中]{0,2}(?:大?[路街道]|大街|巷|弄|胡同|里|桥|[一二三四五六七八九十]+路)")
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Region:
    """Full names and GB/T 2260 codes; None below what was named. `remainder` is personal: street and house."""

    province: str
    province_code: str
    city: str | None = None
    city_code: str | None = None
    district: str | None = None
    district_code: str | None = None
    remainder: str = ""

    def __str__(self) -> str:
        city = None if self.city == self.province else self.city
        return "".join(part for part in (self.province, city, self.district, self.remainder) if part)


def region(text_or_parts: str | Sequence[str | None]) -> Region:
    """The divisions that an address begins with, or those in columns from the largest to the smallest.

    Takes short names (广东 深圳 南山), one-letter provinces (粤) and names from which the larger ones follow (浦东新区).

    >>> region("广东省深圳市南山区科技园路1号")
    Region(province='广东省', province_code='440000', city='深圳市', city_code='440300', district='南山区', district_code='440305', remainder='科技园路1号')
    >>> str(region("广东 深圳 南山")), region(["内蒙古", "呼和浩特", None]).city_code, region("粤").province
    ('广东省深圳市南山区', '150100', '广东省')

    Raises
    ------
    ZhikeError
        ``region.contradiction`` (the parts do not belong together), ``region.ambiguous`` (several places of that name),
        ``region.unknown``.
    """
    text = (
        text_or_parts if isinstance(text_or_parts, str) else " ".join(part for part in text_or_parts if part)
    )
    rest = _trimmed(_COUNTRY.sub("", folded(text)[:_LONGEST], count=1))
    found: dict[Level, Division] = {}
    while "district" not in found and (step := _next(rest, found)):
        division, width = step
        if not _fits(division, found):
            _refuse("region.contradiction", text)
        _add(division, found)
        rest = _below(division, rest, width)
    if "province" not in found:
        _refuse("region.unknown", text)
    return _as_region(found, _trimmed(rest))


def _trimmed(rest: str) -> str:
    return rest.strip(_SEPARATORS)


def _next(rest: str, found: dict[Level, Division]) -> tuple[Division, int] | None:
    """The division that the rest begins with and the width of its name: the longest that fits below what is found."""
    elsewhere: tuple[Division, int] | None = None
    for width in range(min(len(rest), divisions().longest_name), 0, -1):
        bearers = [one for one in _bearers(rest[:width]) if _is_meant(one, rest, width)]
        fitting = [one for one in bearers if _fits(one, found)]
        if fitting:
            return _chosen(fitting, found, rest), width
        if bearers and elsewhere is None and _contradicts(bearers, rest, width, found):
            elsewhere = bearers[0], width
    return elsewhere


def _is_meant(division: Division, rest: str, width: int) -> bool:
    """A full name always; a short one unless a street is called so; a letter, or a short district, only on its own."""
    written, after = rest[:width], rest[width:]
    if written == division.name:
        return True
    ends = not after or after[0] in _SEPARATORS
    if ends:
        return True
    if division.level == "district":
        return written.endswith(division.name[-1])
    if width == 1:
        return any(rest[1 : 1 + more] in divisions().by_name for more in range(2, 12))
    return not _STREET.match(after)


def _fits(division: Division, found: dict[Level, Division]) -> bool:
    """Whether it stands below everything found; a city or province may be said twice."""
    if division.level in found:
        return division == found[division.level]
    if "city" in found and division.level == "province":
        return division.code == found["province"].code
    above: Division | None = division
    chain: dict[Level, Division] = {}
    while above:
        chain[above.level] = above
        above = divisions().parent(above) if above.level != "province" else None
    return all(chain.get(level) == known for level, known in found.items())


def _chosen(fitting: list[Division], found: dict[Level, Division], rest: str) -> Division:
    """The largest of those that fit; two of the same level are ambiguous."""
    for level in ("province", "city", "district"):
        ones = [one for one in fitting if one.level == level and found.get(level) != one]
        if len(ones) > 1 or (ones and level == "city" and _may_mean_a_district(ones[0], fitting, rest)):
            _refuse("region.ambiguous", rest)
        if ones:
            return ones[0]
    return fitting[0]


def _may_mean_a_district(city: Division, fitting: list[Division], rest: str) -> bool:
    """朝阳 alone may be the city in 辽宁 or the district of 北京; 西安 is never the district of 牡丹江."""
    if rest.startswith(city.name):
        return False
    return any(one.level == "district" and one.parent_code.endswith("0000") for one in fitting)


def _contradicts(bearers: list[Division], rest: str, width: int, found: dict[Level, Division]) -> bool:
    """Whether a place elsewhere is named so plainly that it is no street or shop by chance."""
    if not found:
        return False
    ends = width == len(rest) or rest[width] in _SEPARATORS
    is_full = any(rest[:width] == one.name for one in bearers)
    if "city" in found or all(one.level == "district" for one in bearers):
        return ends and is_full
    return width > 1 and (ends or is_full)


def _below(division: Division, rest: str, width: int) -> str:
    """What follows a name, without the words of official tables that name no place."""
    below = _trimmed(rest[width:])
    if division.level == "district":
        return below
    if _SHARED_SIGN.match(below) and any(_stands_in(one, division) for one in _bearers("市" + below[:2])):
        return "市" + below
    return _trimmed(_FILLERS.sub("", below))


def _bearers(name: str) -> tuple[Division, ...]:
    return divisions().by_name.get(name, ())


def _stands_in(division: Division, above: Division) -> bool:
    return divisions().parent(division) == above


def _add(division: Division, found: dict[Level, Division]) -> None:
    above: Division | None = division
    while above:
        found[above.level] = above
        above = divisions().parent(above) if above.level != "province" else None
    province = found["province"]
    # A municipality is its own only city.
    if own := divisions().by_code.get(("city", province.code)):
        found.setdefault("city", own)


def _as_region(found: dict[Level, Division], remainder: str) -> Region:
    province, city, district = found["province"], found.get("city"), found.get("district")
    return Region(
        province=province.name,
        province_code=province.code,
        city=city.name if city else None,
        city_code=city.code if city else None,
        district=district.name if district else None,
        district_code=district.code if district else None,
        remainder=remainder,
    )


_SENTENCES = {
    "region.unknown": Text(
        "“{value}”里找不到省、市；请从省或市写起，例如 广东省深圳市",
        "“{value}” names no province or city of China; begin with one of them, such as 广东省深圳市",
    ),
    "region.ambiguous": Text(
        "“{value}”有好几处同名的地方；请在前面补上省、市",
        "there are several places like “{value}”; put province and city before it",
    ),
    "region.contradiction": Text(
        "“{value}”里的省、市、区不属于同一个地方；请改对其中一个",
        "province, city and district in “{value}” do not belong together; correct one of them",
    ),
}


def _refuse(code: str, text: str) -> NoReturn:
    said = _SENTENCES[code].format(value=masked(text))
    raise ZhikeError(code, zh=said.zh, en=said.en)


def region_names(level: Level) -> Iterable[str]:
    """All full names of a level, for lists to choose from.

    >>> len(list(region_names("province")))
    34
    """
    return (one.name for one in divisions().by_code.values() if one.level == level)
