"""The lunar calendar: when 春节, 端午 and 中秋 are, and on which lunar day somebody was born.

The table of years was taken from the Chinese calendar of ICU (Unicode).
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta

# Year, first day (month and day), a 1 for each month of 30 days and a 0 for 29, the month that is repeated.
_TABLE = """
1939 0219 110010010101 0; 1940 0208 110101001010 0; 1941 0127 1101101001010 6; 1942 0215 101101010101 0
1943 0205 010101101010 0; 1944 0125 1010101011011 4; 1945 0213 001001011101 0; 1946 0202 100100101101 0
1947 0122 1100100101011 2; 1948 0210 101010010101 0; 1949 0129 1011010010101 7; 1950 0217 011011001010 0
1951 0206 101101010101 0; 1952 0127 0101010110101 5; 1953 0214 010011011011 0; 1954 0204 001001011011 0
1955 0124 1001001010111 3; 1956 0212 010100101011 0; 1957 0131 1010100101010 8; 1958 0218 111010010101 0
1959 0208 011010101010 0; 1960 0128 1010110101010 6; 1961 0215 101010110101 0; 1962 0205 010010110110 0
1963 0125 1010010101110 4; 1964 0213 101001010111 0; 1965 0202 010100100110 0; 1966 0121 1110100100110 3
1967 0209 110110010101 0; 1968 0130 0101101010101 7; 1969 0217 010101101010 0; 1970 0206 100101101101 0
1971 0127 0100101011101 5; 1972 0215 010010101101 0; 1973 0203 101001001101 0; 1974 0123 1101001001101 4
1975 0211 110100100101 0; 1976 0131 1101010100101 8; 1977 0218 101101010100 0; 1978 0207 101101101010 0
1979 0128 1001011011010 6; 1980 0216 100101011011 0; 1981 0205 010010011011 0; 1982 0125 1010010010111 4
1983 0213 101001001011 0; 1984 0202 1011001001011 10; 1985 0220 011010100101 0; 1986 0209 011011010100 0
1987 0129 1010110110100 7; 1988 0217 101010110110 0; 1989 0206 100101010111 0; 1990 0127 0100100101111 5
1991 0215 010010010111 0; 1992 0204 011001001011 0; 1993 0123 0110101001010 3; 1994 0210 111010100101 0
1995 0131 0110101100101 8; 1996 0219 010110101100 0; 1997 0207 101010110110 0; 1998 0128 1001001101110 5
1999 0216 100100101110 0; 2000 0205 110010010110 0; 2001 0124 1101010010101 4; 2002 0212 110101001010 0
2003 0201 110110100101 0; 2004 0122 0101101010101 2; 2005 0209 010101101010 0; 2006 0129 1010101011011 7
2007 0218 001001011101 0; 2008 0207 100100101101 0; 2009 0126 1100100101011 5; 2010 0214 101010010101 0
2011 0203 101101001010 0; 2012 0123 1011011001010 4; 2013 0210 101011010101 0; 2014 0131 0101010110101 9
2015 0219 010010111010 0; 2016 0208 101001011011 0; 2017 0128 0101001010111 6; 2018 0216 010100100111 0
2019 0205 101010010011 0; 2020 0125 0111010010101 4; 2021 0212 011010101010 0; 2022 0201 101011010101 0
2023 0122 0100110110101 2; 2024 0210 010010110110 0; 2025 0129 1010010101110 6; 2026 0217 101001001111 0
2027 0207 010100100110 0; 2028 0126 1110100100110 5; 2029 0213 110101010010 0; 2030 0202 110110101010 0
2031 0123 0110101101010 3; 2032 0211 100101101101 0; 2033 0131 0100101011101 11; 2034 0219 010010101101 0
2035 0208 101001001101 0; 2036 0128 1101001001011 6; 2037 0215 110100100101 0; 2038 0204 110101010010 0
2039 0124 1101101010100 5; 2040 0212 101101011010 0; 2041 0201 010101101101 0; 2042 0122 0100101011011 2
2043 0210 010010011011 0; 2044 0130 1010010010111 7; 2045 0217 101001001011 0; 2046 0206 101010100101 0
2047 0126 1011010100101 5; 2048 0214 011011010010 0; 2049 0202 101011011010 0; 2050 0123 0101010110110 3
"""
_DIGITS = "〇一二三四五六七八九十"
_MONTHS = ("正", "二", "三", "四", "五", "六", "七", "八", "九", "十", "冬", "腊")


@dataclass(frozen=True, slots=True)
class LunarDay:
    """A day of the lunar year; `is_leap` in the second of two months of one number."""

    year: int
    month: int
    day: int
    is_leap: bool = False

    def __str__(self) -> str:
        """As people write it: 农历八月十五."""
        return f"农历{'闰' if self.is_leap else ''}{_MONTHS[self.month - 1]}月{_day_words(self.day)}"


@dataclass(frozen=True, slots=True)
class _Year:
    first_on: date
    lengths: tuple[int, ...]
    leap_month: int

    def number(self, place: int) -> tuple[int, bool]:
        """The number of the month in a place counted from 0, and whether it is the repeated one."""
        is_leap = bool(self.leap_month) and place == self.leap_month
        return place + (0 if self.leap_month and place >= self.leap_month else 1), is_leap


def _years() -> dict[int, _Year]:
    years = {}
    for entry in _TABLE.replace("\n", ";").split(";"):
        if entry.strip():
            year, first, months, leap = entry.split()
            first_on = date(int(year), int(first[:2]), int(first[2:]))
            years[int(year)] = _Year(first_on, tuple(29 + int(long) for long in months), int(leap))
    return years


_YEARS = _years()
_FIRSTS = [year.first_on for year in _YEARS.values()]
FIRST_YEAR, LAST_YEAR = min(_YEARS), max(_YEARS)


def solar_day(year: int, month: int, day: int) -> date:
    """The date of a lunar day of a month that is not a repeated one; years 1939 to 2050."""
    months = _YEARS[year]
    on = months.first_on
    for place, length in enumerate(months.lengths):
        if months.number(place) == (month, False):
            break
        on += timedelta(days=length)
    return on + timedelta(days=day - 1)


def lunar_day(on: date) -> LunarDay:
    """The lunar day of a date from 1939-02-19."""
    year = FIRST_YEAR + bisect_right(_FIRSTS, on) - 1
    rest = (on - _YEARS[year].first_on).days
    place = 0
    while rest >= _YEARS[year].lengths[place]:
        rest -= _YEARS[year].lengths[place]
        place += 1
    month, is_leap = _YEARS[year].number(place)
    return LunarDay(year, month, rest + 1, is_leap)


def _day_words(day: int) -> str:
    if day <= 10:
        return f"初{_DIGITS[day]}"
    if day < 20:
        return f"十{_DIGITS[day - 10]}"
    if day in (20, 30):
        return f"{_DIGITS[day // 10]}十"
    return f"廿{_DIGITS[day - 20]}"
