"""The ways in which people write a birthday."""

from __future__ import annotations

import re
from datetime import date
from typing import NoReturn

from zhike.customers.normal import lunar
from zhike.customers.normal.birthdays import Birthday, age_on, occurrence_in
from zhike.customers.normal.writing import folded, masked
from zhike.kernel.errors import ZhikeError

OLDEST_YEARS = 120

_LUNAR = re.compile(r"\(?(?:农历|農曆|阴历|陰曆|旧历|舊曆|lunar)\)?[:\s]*")
_SOLAR = re.compile(r"\(?(?:公历|公曆|阳历|陽曆|新历|solar)\)?[:\s]*")
_MIDNIGHT = re.compile(r"[t\s]0{1,2}:00(?::00(?:\.0+)?)?z?\Z")
_LEAP = re.compile(r"闰|閏|leap\s*")
_LUNAR_WORDS = re.compile(r"初|廿|卅|正月|冬月|腊月|臘月|闰|閏")
_MARK = r"\s*[-/.年月]\s*"
_YEAR_FIRST = re.compile(rf"([0-9]{{4}}){_MARK}([0-9]{{1,2}}){_MARK}([0-9]{{1,2}})[日号]?")
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_NO_YEAR = re.compile(rf"(?:--)?([0-9]{{1,2}}){_MARK}([0-9]{{1,2}})[日号]?")
_YEAR_LAST = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})")
_SHORT_YEAR = re.compile(rf"[0-9]{{2}}{_MARK}[0-9]{{1,2}}{_MARK}[0-9]{{1,2}}[日号]?")
_LONGEST = 40

_DIGITS = {sign: str(value) for value, sign in enumerate("〇一二三四五六七八九")} | {
    "零": "0",
    "○": "0",
    "两": "2",
}
_HAN_YEAR = re.compile(r"[〇零○一二三四五六七八九]{4}(?=年)")
_HAN_MONTHS = {"正月": "1月", "冬月": "11月", "腊月": "12月", "臘月": "12月"}
_HAN_NUMBER = re.compile(r"初?([二三廿卅]?)(十?)([一二三四五六七八九十]?)")
_HAN_RUN = re.compile(r"[初一二三四五六七八九十廿卅]+")


def birthday(text: str, *, today: date) -> Birthday:
    """A birthday as people write it; lunar only if it says so (农历, 阴历, lunar) or uses lunar words (初三, 腊月, 闰).

    >>> day = date(2026, 6, 30)
    >>> [str(birthday(one, today=day)) for one in ("1990/5/6", "19900506", "1990年5月6日", "05-06")]
    ['1990-05-06', '1990-05-06', '1990-05-06', '05-06']
    >>> [str(birthday(one, today=day)) for one in ("农历八月十五", "农历1990年闰五月初三", "lunar 1990-05-03")]
    ['lunar 08-15', 'lunar 1990-leap05-03', 'lunar 1990-05-03']

    Raises
    ------
    ZhikeError
        ``contact.birthday_ambiguous`` (05/06/1990), ``contact.birthday_short_year`` (90-05-06),
        ``contact.birthday_calendar`` (八月十五: which calendar?), ``contact.birthday_impossible``,
        ``contact.birthday_future``, ``contact.birthday_too_old`` (over 120 years), ``contact.birthday`` otherwise.
    """
    plain = _MIDNIGHT.sub("", folded(text).lower())
    if len(plain) > _LONGEST:
        _refuse("", text)
    unmarked = _LUNAR.sub("", plain)
    is_lunar = unmarked != plain or bool(_LUNAR_WORDS.search(plain))
    unmarked = _SOLAR.sub("", unmarked)
    if not is_lunar and unmarked == plain and _HAN_RUN.search(plain) and plain[-1:] not in "日号":
        _refuse("_calendar", text)
    ordinary = _LEAP.sub("", unmarked)
    year, month, day = _numbers(_in_digits(ordinary).strip(), text)
    found = Birthday(year, month, day, is_lunar, is_lunar and ordinary != unmarked)
    _check(found, today, text)
    return found


def _in_digits(plain: str) -> str:
    """Han numerals as digits, each number on its own: 一九九〇年五月初三 as 1990年5月3."""
    plain = _HAN_YEAR.sub(lambda year: "".join(_DIGITS[sign] for sign in year[0]), plain)
    for word, digits in _HAN_MONTHS.items():
        plain = plain.replace(word, digits)
    return _HAN_RUN.sub(lambda run: _han_number(run[0]), plain)


def _han_number(run: str) -> str:
    found = _HAN_NUMBER.fullmatch(run)
    if not found:
        return run
    before, ten, after = found.groups()
    if ten or before in ("廿", "卅"):
        tens = {"": 1, "二": 2, "三": 3, "廿": 2, "卅": 3}[before]
        return str(10 * tens + (10 if after == "十" and not ten else _value(after)))
    if before and after:
        return str(10 * _value(before)) if after == "十" else run
    return str(10 if after == "十" else _value(before or after))


def _value(sign: str) -> int:
    return int(_DIGITS.get(sign, "0"))


def _numbers(plain: str, text: str) -> tuple[int | None, int, int]:
    if found := _YEAR_FIRST.fullmatch(plain) or _COMPACT.fullmatch(plain):
        return int(found[1]), int(found[2]), int(found[3])
    if found := _NO_YEAR.fullmatch(plain):
        return None, int(found[1]), int(found[2])
    if found := _YEAR_LAST.fullmatch(plain):
        return int(found[3]), *_month_and_day(int(found[1]), int(found[2]), text)
    return _refuse("_short_year" if _SHORT_YEAR.fullmatch(plain) else "", text)


def _month_and_day(first: int, second: int, text: str) -> tuple[int, int]:
    """25/12/1990 can be read in one way only; 05/06/1990 cannot."""
    if first <= 12 and second <= 12 and first != second:
        _refuse("_ambiguous", text)
    return (second, first) if first > 12 else (first, second)


def _check(found: Birthday, today: date, text: str) -> None:
    if not _exists(found):
        _refuse("_impossible", text)
    if found.year is None:
        return
    if occurrence_in(found, found.year) > today:
        _refuse("_future", text)
    if (age_on(found, today) or 0) > OLDEST_YEARS:
        _refuse("_too_old", text)


def _exists(found: Birthday) -> bool:
    if not found.is_lunar:
        try:
            # Without a year, 29 February is a birthday like any other.
            date(2000 if found.year is None else found.year, found.month, found.day)
        except ValueError:
            return False
        return True
    if found.year is None:
        return 1 <= found.month <= 12 and 1 <= found.day <= 30
    if not lunar.FIRST_YEAR <= found.year <= lunar.LAST_YEAR:
        return False
    return 1 <= found.day <= lunar.months_of(found.year).get((found.month, found.is_leap_month), 0)


_REASONS = {
    "": ("不是生日", "is not a birthday"),
    "_ambiguous": ("分不清哪个是月、哪个是日", "does not say which number is the month"),
    "_short_year": ("年份只有两位", "has a year of two digits"),
    "_calendar": ("没有说明是公历还是农历", "does not say whether it is solar or lunar"),
    "_impossible": ("这一天不存在", "is a day that does not exist"),
    "_future": ("在今天之后", "lies in the future"),
    "_too_old": (f"距今超过 {OLDEST_YEARS} 年", f"is more than {OLDEST_YEARS} years ago"),
}


def _refuse(reason: str, text: str) -> NoReturn:
    zh, en = _REASONS[reason]
    raise ZhikeError(
        f"contact.birthday{reason}",
        zh=f"生日“{masked(text)}”{zh}；请写成 1990-05-06、05-06 或 农历八月十五",
        en=f"the birthday “{masked(text)}” {en}; write it like 1990-05-06, 05-06 or lunar 08-15",
    )
