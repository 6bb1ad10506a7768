"""The Chinese lunar calendar, 1900 to 2100: which months a year has, and on which day each begins.

The rules are those of GB/T 33661-2017; the years are a table because the rules need the positions of sun and moon. Where
old almanacs differ from astronomy (autumn of 1978, September 2057) it follows astronomy, as the Purple Mountain
Observatory does.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from itertools import accumulate

FIRST_YEAR = 1900
LAST_YEAR = 2100
_FIRST_DAY = date(1900, 1, 31)

# One number a year: thirteen bits, first month highest, 1 for a month of 30 days and 0 for 29; then four bits
# with the month that is followed by a leap month, 0 for none.
_TABLE = """
    096d8 095c0 14ae0 0a4d5 1a4c0 1b2a0 0d554 0ad40 135a0 095d2
    095c0 149b6 149a0 1a4a0 1aa55 16a80 1ad40 12da2 12b60 09377
    092e0 14960 164b5 0d4a0 0da80 15b54 056c0 12ae0 092f2 092e0
    0c966 1a940 1d4a0 0da95 0b5a0 056c0 126e3 125c0 192d7 192a0
    1a940 1b4a6 16aa0 0ad40 155b4 04ba0 125a0 192b2 152a0 16957
    0d940 16aa0 0ab55 09b40 14b60 0a573 0a560 152a8 1d2a0 0d540
    15aa6 156a0 096c0 14ae4 14ae0 0a4c0 1d263 1b2a0 0b557 0ad40
    12da0 095d5 095a0 149a0 1a4d4 1a4a0 1aa58 16a80 16d40 12da6
    12b60 09360 14974 14960 164ba 0d4a0 0da80 15b46 156c0 12ae0
    092f5 092e0 0c960 0d4a3 1d4a0 0d658 0b580 156c0 126d5 125c0
    192c0 1a954 1a940 1b4a0 0b552 0ad40 155b7 04ba0 125a0 192b5
    152a0 16940 16aa4 15aa0 0ab59 09740 14b60 0a576 0a560 15260
    0e954 0d540 15aa0 09b52 096c0 14ae6 149c0 1a4c0 1d265 1aa60
    0b540 0d6a3 12da0 095db 095a0 149a0 1a4b6 1a4a0 1aa40 1b545
    16b40 0ada0 095b2 09360 14977 14960 154a0 16a55 0da40 15b40
    0ab63 126e0 092f8 092e0 0c960 0d4a6 1d4a0 0d640 156c4 155c0
    125c0 192e3 192c0 1a957 1a940 1b4a0 0b555 0ad40 14da0 0a5d4
    0a5a0 152b8 152a0 16940 16aa6 15aa0 0ab40 14ba4 14b60 0a560
    15273 0d260 0e537 0d540 15aa0 09b55 096c0 14ae0 0a4e4 1a2c0
    1d268 1aa40 1b540 0d6a6 0ada0 095c0 149d4 145a0 1a2a0 1b252
    1aa40
"""
_YEARS = [int(year, 16) for year in _TABLE.split()]


@cache
def months_of(year: int) -> dict[tuple[int, bool], int]:
    """Days (29 or 30) of each month of a lunar year, in order; the key is the month and whether it is the leap one.

    >>> [key for key in months_of(2023) if key[0] == 2], len(months_of(2023)), len(months_of(2024))
    ([(2, False), (2, True)], 13, 12)
    """
    bits, leap = divmod(_YEARS[year - FIRST_YEAR], 16)
    keys = [(month, is_leap) for month in range(1, 13) for is_leap in (False, True)]
    keys = [key for key in keys if not key[1] or key[0] == leap]
    return {key: 29 + (bits >> (12 - place) & 1) for place, key in enumerate(keys)}


@cache
def _new_years() -> list[date]:
    lengths = (sum(months_of(year).values()) for year in range(FIRST_YEAR, LAST_YEAR))
    return [_FIRST_DAY + timedelta(days=days) for days in accumulate(lengths, initial=0)]


def solar(year: int, month: int, day: int, *, is_leap_month: bool) -> date:
    """The day of a lunar date that exists.

    >>> solar(2026, 1, 1, is_leap_month=False), solar(2023, 2, 1, is_leap_month=True)
    (datetime.date(2026, 2, 17), datetime.date(2023, 3, 22))

    Raises
    ------
    KeyError
        The year has no such month.
    """
    months = months_of(year)
    key = (month, is_leap_month)
    before = list(months).index(key) if key in months else -1
    if before < 0:
        raise KeyError(key)
    return _new_years()[year - FIRST_YEAR] + timedelta(days=sum(list(months.values())[:before]) + day - 1)
