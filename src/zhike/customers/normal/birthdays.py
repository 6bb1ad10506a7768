"""Birthdays: by the sun or by the moon, with or without a year."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date

from zhike.customers.normal import lunar
from zhike.kernel.errors import ZhikeError
from zhike.kernel.words import Text


@dataclass(frozen=True, slots=True)
class Birthday:
    """A day that exists. `str` gives the form that is stored; `birthday` reads it back.

    `year`, `month`, `day` and `is_leap_month` are of the lunar calendar if `is_lunar`.

    >>> str(Birthday(1990, 5, 6)), str(Birthday(None, 8, 15, is_lunar=True))
    ('1990-05-06', 'lunar 08-15')
    >>> str(Birthday(1990, 5, 3, is_lunar=True, is_leap_month=True))
    'lunar 1990-leap05-03'
    """

    year: int | None
    month: int
    day: int
    is_lunar: bool = False
    is_leap_month: bool = False

    def __str__(self) -> str:
        year = "" if self.year is None else f"{self.year:04}-"
        leap = "leap" if self.is_leap_month else ""
        return f"{'lunar ' if self.is_lunar else ''}{year}{leap}{self.month:02}-{self.day:02}"


def occurrence_in(birthday: Birthday, year: int) -> date:
    """The day on which a birthday is celebrated in a year: of the lunar calendar if the birthday is lunar.

    The last lunar months lie in January and February of the year after. A leap month that the year lacks falls on the
    ordinary month, a thirtieth day in a short month on the twenty-ninth, 29 February on the 28th.

    >>> occurrence_in(Birthday(1992, 2, 29), 2026), occurrence_in(Birthday(None, 8, 15, is_lunar=True), 2026)
    (datetime.date(2026, 2, 28), datetime.date(2026, 9, 25))
    >>> occurrence_in(Birthday(1990, 5, 3, is_lunar=True, is_leap_month=True), 2026)
    datetime.date(2026, 6, 17)

    Raises
    ------
    ZhikeError
        ``birthday.year`` for lunar years before 1900 or after 2100.
    """
    if not birthday.is_lunar:
        last = calendar.monthrange(year, birthday.month)[1]
        return date(year, birthday.month, min(birthday.day, last))
    months = _lunar_months(year)
    is_leap_month = birthday.is_leap_month and (birthday.month, True) in months
    last = months[birthday.month, is_leap_month]
    return lunar.solar(year, birthday.month, min(birthday.day, last), is_leap_month=is_leap_month)


def next_occurrence(birthday: Birthday, day: date) -> date:
    """The first day, from `day` on, on which the birthday is celebrated.

    >>> next_occurrence(Birthday(1990, 12, 20, is_lunar=True), date(2026, 1, 1))
    datetime.date(2026, 2, 7)

    Raises
    ------
    ZhikeError
        ``birthday.year`` where the lunar calendar ends, in 2100.
    """
    first = day.year - 1 if birthday.is_lunar else day.year
    found = (occurrence_in(birthday, year) for year in range(first, day.year + 2))
    return next(one for one in found if one >= day)


def age_on(birthday: Birthday, day: date) -> int | None:
    """Completed years (周岁) on a day, by the solar calendar; None without a year, or before the birth.

    >>> age_on(Birthday(1990, 5, 6), date(2026, 5, 5)), age_on(Birthday(None, 5, 6), date(2026, 5, 6))
    (35, None)
    """
    if birthday.year is None:
        return None
    born = occurrence_in(birthday, birthday.year)
    if day < born:
        return None
    return day.year - born.year - (day < occurrence_in(Birthday(born.year, born.month, born.day), day.year))


def _lunar_months(year: int) -> dict[tuple[int, bool], int]:
    if lunar.FIRST_YEAR <= year <= lunar.LAST_YEAR:
        return lunar.months_of(year)
    raise ZhikeError(
        "birthday.year",
        zh=f"农历只能推算 {lunar.FIRST_YEAR} 至 {lunar.LAST_YEAR} 年，{year} 年不在其中；请改用公历生日",
        en=f"the lunar calendar is known for {lunar.FIRST_YEAR} to {lunar.LAST_YEAR}, not for {year}; use a solar birthday",
    )


AGE_BANDS: dict[str, Text] = {
    "under_18": Text("18 岁以下", "under 18"),
    "18_24": Text("18–24 岁", "18–24"),
    "25_34": Text("25–34 岁", "25–34"),
    "35_44": Text("35–44 岁", "35–44"),
    "45_54": Text("45–54 岁", "45–54"),
    "55_64": Text("55–64 岁", "55–64"),
    "65_plus": Text("65 岁及以上", "65 and over"),
}
_BAND_ENDS = (18, 25, 35, 45, 55, 65)


def age_band(age: int) -> str:
    """The code of an age in completed years, one of `AGE_BANDS`.

    >>> age_band(17), age_band(18), age_band(34), age_band(90)
    ('under_18', '18_24', '25_34', '65_plus')
    """
    return list(AGE_BANDS)[sum(age >= end for end in _BAND_ENDS)]
