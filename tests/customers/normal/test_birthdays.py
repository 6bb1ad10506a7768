"""Birthdays by sun and moon: how they are written, and when they come."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.customers.normal.refusals import tells_little
from zhike.customers.normal import (
    AGE_BANDS,
    Birthday,
    age_band,
    age_on,
    birthday,
    next_occurrence,
    occurrence_in,
)
from zhike.customers.normal.lunar import FIRST_YEAR, LAST_YEAR, months_of, solar
from zhike.kernel.errors import ZhikeError

TODAY = date(2026, 6, 30)
SOLAR_DAYS = st.dates(date(1907, 1, 1), TODAY)


@st.composite
def lunar_birthdays(draw: st.DrawFn) -> Birthday:
    year = draw(st.integers(1908, 2025))
    (month, is_leap), days = draw(st.sampled_from(sorted(months_of(year).items())))
    return Birthday(year, month, draw(st.integers(1, days)), is_lunar=True, is_leap_month=is_leap)


BIRTHDAYS = st.one_of(
    SOLAR_DAYS.map(lambda day: Birthday(day.year, day.month, day.day)),
    st.dates(date(2000, 1, 1), date(2000, 12, 31)).map(lambda day: Birthday(None, day.month, day.day)),
    lunar_birthdays(),
    st.builds(Birthday, st.none(), st.integers(1, 12), st.integers(1, 30), st.just(True), st.booleans()),
)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("1990-05-06", "1990-05-06"),
        ("1990/5/6", "1990-05-06"),
        ("1990.5.6", "1990-05-06"),
        ("19900506", "1990-05-06"),
        ("1990年5月6日", "1990-05-06"),
        ("１９９０年５月６号", "1990-05-06"),
        ("一九九〇年五月六日", "1990-05-06"),
        ("公历1990-5-6", "1990-05-06"),
        ("1990-05-06 00:00:00", "1990-05-06"),
        ("25/12/1990", "1990-12-25"),
        ("05-06", "05-06"),
        ("5月6日", "05-06"),
        ("--05-06", "05-06"),
        ("02-29", "02-29"),
        ("农历八月十五", "lunar 08-15"),
        ("阴历腊月廿三", "lunar 12-23"),
        ("正月初一", "lunar 01-01"),
        ("农历十月三十", "lunar 10-30"),
        ("农历1990年闰五月初三", "lunar 1990-leap05-03"),
        ("农历一九九〇年五月二十一", "lunar 1990-05-21"),
        ("1990-05-06（农历）", "lunar 1990-05-06"),
        ("lunar 05-03", "lunar 05-03"),
    ],
)
def test_every_way_of_writing_a_birthday_is_understood(written: str, canonical: str) -> None:
    assert str(birthday(written, today=TODAY)) == canonical


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("05/06/1990", "contact.birthday_ambiguous"),
        ("90-05-06", "contact.birthday_short_year"),
        ("八月十五", "contact.birthday_calendar"),
        ("1990-02-30", "contact.birthday_impossible"),
        ("1991-02-29", "contact.birthday_impossible"),
        ("1990-13-01", "contact.birthday_impossible"),
        ("0000-01-01", "contact.birthday_impossible"),
        ("农历1990年闰四月初三", "contact.birthday_impossible"),
        ("农历1990年正月三十", "contact.birthday_impossible"),
        ("农历05-31", "contact.birthday_impossible"),
        ("2026-07-01", "contact.birthday_future"),
        ("农历2026年腊月初一", "contact.birthday_future"),
        ("1899-01-01", "contact.birthday_too_old"),
        ("1990", "contact.birthday"),
        ("", "contact.birthday"),
        ("1" * 4000, "contact.birthday"),
    ],
)
def test_a_birthday_that_cannot_be_is_refused_with_its_reason(written: str, code: str) -> None:
    with pytest.raises(ZhikeError) as caught:
        birthday(written, today=TODAY)
    assert caught.value.code == code


def test_a_child_born_today_and_a_person_of_120_years_are_accepted() -> None:
    assert birthday("2026-06-30", today=TODAY).year == 2026
    assert age_on(birthday("1906-06-30", today=TODAY), TODAY) == 120


@given(BIRTHDAYS)
def test_the_canonical_text_reads_back_as_the_same_birthday(one: Birthday) -> None:
    assert birthday(str(one), today=TODAY) == one


@given(st.text("0123456789-/年月日农历闰初十廿正腊lunar 〇一二", max_size=16) | st.text())
def test_birthday_returns_a_fixed_point_or_refuses(text: str) -> None:
    try:
        found = birthday(text, today=TODAY)
    except ZhikeError as refused:
        assert tells_little(refused)
    else:
        assert birthday(str(found), today=TODAY) == found


@pytest.mark.parametrize(
    ("year", "new_year"),
    [
        (1900, date(1900, 1, 31)),
        (1950, date(1950, 2, 17)),
        (1985, date(1985, 2, 20)),
        (2000, date(2000, 2, 5)),
        (2020, date(2020, 1, 25)),
        (2023, date(2023, 1, 22)),
        (2026, date(2026, 2, 17)),
        (2033, date(2033, 1, 31)),
        (2100, date(2100, 2, 9)),
    ],
)
def test_chinese_new_year_is_where_the_almanac_has_it(year: int, new_year: date) -> None:
    assert solar(year, 1, 1, is_leap_month=False) == new_year


def test_the_leap_months_are_those_of_the_almanac() -> None:
    leaps = {year: month for year in range(2000, 2040) for month, is_leap in months_of(year) if is_leap}
    assert leaps == {
        2001: 4, 2004: 2, 2006: 7, 2009: 5, 2012: 4, 2014: 9, 2017: 6, 2020: 4, 2023: 2, 2025: 6, 2028: 5, 2031: 3,
        2033: 11, 2036: 6, 2039: 5,
    }  # fmt: skip


def test_every_lunar_year_ends_where_the_next_begins() -> None:
    for year in range(FIRST_YEAR, LAST_YEAR):
        days = (solar(year + 1, 1, 1, is_leap_month=False) - solar(year, 1, 1, is_leap_month=False)).days
        assert days == sum(months_of(year).values())
        assert days in (353, 354, 355, 383, 384, 385)


def test_mid_autumn_falls_where_the_almanac_has_it() -> None:
    mid_autumn = Birthday(None, 8, 15, is_lunar=True)
    found = [occurrence_in(mid_autumn, year) for year in (1978, 2024, 2025, 2026)]
    assert found == [date(1978, 9, 17), date(2024, 9, 17), date(2025, 10, 6), date(2026, 9, 25)]


def test_a_leap_month_that_the_year_lacks_falls_on_the_ordinary_month() -> None:
    leap = Birthday(2020, 4, 10, is_lunar=True, is_leap_month=True)
    assert occurrence_in(leap, 2020) == date(2020, 6, 1)
    assert occurrence_in(leap, 2021) == occurrence_in(Birthday(2020, 4, 10, is_lunar=True), 2021)


def test_a_thirtieth_day_in_a_short_month_falls_on_the_twenty_ninth() -> None:
    last = Birthday(None, 12, 30, is_lunar=True)
    assert occurrence_in(last, 2025) == date(2026, 2, 16) == solar(2025, 12, 29, is_leap_month=False)


def test_29_february_falls_on_the_28th_of_ordinary_years() -> None:
    assert occurrence_in(Birthday(2000, 2, 29), 2025) == date(2025, 2, 28)
    assert occurrence_in(Birthday(2000, 2, 29), 2028) == date(2028, 2, 29)


def test_a_lunar_year_outside_the_table_is_refused() -> None:
    with pytest.raises(ZhikeError) as caught:
        occurrence_in(Birthday(None, 1, 1, is_lunar=True), 2101)
    assert caught.value.code == "birthday.year"


@given(BIRTHDAYS, st.dates(date(1950, 1, 1), date(2090, 1, 1)))
def test_the_next_birthday_is_at_most_thirteen_moons_away(one: Birthday, day: date) -> None:
    found = next_occurrence(one, day)
    assert day <= found <= day + timedelta(days=385 if one.is_lunar else 366)
    assert next_occurrence(one, found) == found


@given(SOLAR_DAYS, st.dates(TODAY, date(2090, 1, 1)))
def test_an_age_grows_by_one_on_the_birthday(born: date, day: date) -> None:
    one = Birthday(born.year, born.month, born.day)
    age = age_on(one, day)
    assert age is not None
    assert occurrence_in(one, born.year + age) <= day < occurrence_in(one, born.year + age + 1)


def test_an_age_needs_a_year_and_a_birth() -> None:
    assert age_on(Birthday(None, 5, 6), TODAY) is None
    assert age_on(Birthday(2026, 7, 1), TODAY) is None
    assert age_on(Birthday(1990, 12, 8, is_lunar=True), date(2026, 1, 22)) == 34
    assert age_on(Birthday(1990, 12, 8, is_lunar=True), date(2026, 1, 23)) == 35


@given(st.integers(0, 130))
def test_every_age_has_a_band(age: int) -> None:
    code = age_band(age)
    assert code in AGE_BANDS
    low, _, high = code.partition("_")
    if low == "under":
        assert age < int(high)
    else:
        assert int(low) <= age and (high == "plus" or age <= int(high))
