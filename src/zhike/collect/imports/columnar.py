"""Whole columns of cells, read at once where every reader of cells would agree; the rest is named, not read.

Each function takes a column of text and returns the values and which of them are certain. What is not certain goes to
the reader of cells, so that the verdict about a cell is the same on both ways.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhike.collect.imports.cells import FIRST_YEAR, FUTURE, LONGEST_TEXT
from zhike.kernel.errors import ZhikeError
from zhike.kernel.money import minor_digits

# With a digit, so that it says something; a letter first or digits only, so that it is no number in scientific notation.
_PLAIN_ID = r"^(?:[A-Za-z_#][0-9A-Za-z_-]*[0-9][0-9A-Za-z_-]*|[0-9][0-9_-]*)$"
_MOST_DIGITS = 11
_ZERO, _POINT = 48, 46
_IS_ID_SIGN = np.array([chr(each).isalnum() for each in range(128)] + [False] * 128)
_MONTH_STARTS = np.array([0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334])
_MONTH_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_DAY_MICROSECONDS = 86_400_000_000
_LAST_YEAR = 2199


@dataclass(frozen=True)
class Column:
    """Values and which of them are certain; the others mean nothing."""

    values: Any
    is_certain: np.ndarray


@dataclass(frozen=True)
class FewWords:
    """A column in which values repeat: the different ones, the place of each row's among them, and which are certain."""

    words: list[Any]
    codes: np.ndarray
    is_certain: np.ndarray

    def taken(self, values: Any) -> Any:
        """For each row the value that stands in the place of its word."""
        return values.take(pa.array(self.codes) if isinstance(values, pa.Array) else self.codes)


def ids(cells: pa.Array) -> Column:
    """Ids of ASCII letters, digits, ``_``, ``-`` and ``#``."""
    is_short = _lengths(cells) <= LONGEST_TEXT
    if _are_simple_ids(cells):
        return Column(cells, is_short)
    return Column(cells, is_short & _truth(pc.match_substring_regex(cells, _PLAIN_ID)))


def unless(column: Column, words: pa.Array) -> Column:
    """The same with null, which is certain, where a cell is one of the words."""
    is_word = pc.is_in(column.values, words)
    if not pc.any(is_word).as_py():
        return column
    values = pc.if_else(is_word, pa.scalar(None, pa.string()), column.values)
    return Column(values, column.is_certain | _truth(is_word))


def amounts(cells: pa.Array, currency: str) -> Column:
    """Minor units of plain decimals, an empty cell being none (−1)."""
    digits = minor_digits(currency)
    is_empty = _lengths(cells) == 0
    if _are_simple_amounts(cells, digits):
        is_plain = ~is_empty
    else:
        decimals = rf"(?:\.[0-9]{{1,{digits}}})?" if digits else ""
        is_plain = _truth(pc.match_substring_regex(cells, rf"^[0-9]{{1,{_MOST_DIGITS}}}{decimals}$"))
    plain = cells if is_plain.all() else pc.if_else(pa.array(is_plain), cells, "0")
    # A double holds so few digits to far below half a unit.
    units = np.rint(pc.cast(plain, pa.float64()).to_numpy() * 10**digits).astype(np.int64)
    return Column(np.where(is_empty, -1, units), is_plain | is_empty)


def moments(cells: pa.Array, zone: ZoneInfo, now: datetime) -> tuple[Column, np.ndarray]:
    """Microseconds since 1970 in UTC of ``2026-11-21`` and ``2026-11-21 13:45[:06]`` in the zone, and their days."""
    local, is_certain = _local(cells)
    naive = pa.array(local, pa.timestamp("us"))
    exact = pc.assume_timezone(naive, zone.key, ambiguous="earliest", nonexistent="earliest")
    # An hour that a clock change leaves out is not what the reader of cells makes of it.
    is_certain &= _truth(pc.equal(pc.local_timestamp(exact), naive))
    utc = pc.cast(exact, pa.int64()).to_numpy()
    earliest, latest = _since_1970(datetime(FIRST_YEAR, 1, 2, tzinfo=UTC)), _since_1970(now + FUTURE)
    is_certain &= (utc >= earliest) & (utc <= latest)
    return Column(utc, is_certain), local // _DAY_MICROSECONDS


def few(cells: pa.Array, read: Callable[[object], Any]) -> FewWords:
    """What the reader of cells makes of each different cell; for columns in which cells repeat."""
    encoded = pc.dictionary_encode(cells)
    words = encoded.dictionary.to_pylist()
    known: list[Any] = [None] * len(words)
    is_known = np.zeros(len(words), bool)
    for place, word in enumerate(words):
        try:
            known[place], is_known[place] = read(word), True
        except ZhikeError:
            continue
    codes = encoded.indices.to_numpy()
    return FewWords(known, codes, is_known[codes])


def _are_simple_ids(cells: pa.Array) -> bool:
    """Whether all are written with digits only, or all with a letter first, a digit last, and both between.

    What `_PLAIN_ID` says of such cells needs no look at each of them, which takes ten times as long.
    """
    starts, ends, signs = _spans(cells)
    if not (starts < ends).all():
        return False
    begins = _are_digits(signs[starts])
    if begins.all():
        return bool(_are_digits(signs).all())
    return bool(_IS_ID_SIGN[signs].all() and not begins.any() and _are_digits(signs[ends - 1]).all())


def _are_simple_amounts(cells: pa.Array, digits: int) -> bool:
    """Whether all that are not empty have as many digits after the point as the currency."""
    starts, ends, signs = _spans(cells)
    is_there = starts < ends
    starts, ends = starts[is_there], ends[is_there]
    points = len(ends) if digits else 0
    whole = ends - starts - (digits + 1 if digits else 0)
    if np.count_nonzero(~_are_digits(signs)) != points or not ((whole > 0) & (whole <= _MOST_DIGITS)).all():
        return False
    return not points or bool((signs[ends - 1 - digits] == _POINT).all())


def _are_digits(signs: np.ndarray) -> np.ndarray:
    # Bytes below the zero turn around to large numbers.
    are: np.ndarray = signs - _ZERO <= 9
    return are


def _spans(cells: pa.Array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where each cell starts and ends among the bytes of all of them, and those bytes."""
    _, offsets, data = cells.buffers()
    bounds = np.frombuffer(offsets, np.int32)[cells.offset : cells.offset + len(cells) + 1]
    signs = np.frombuffer(data, np.uint8)[bounds[0] : bounds[-1]] if data else np.empty(0, np.uint8)
    bounds = bounds - bounds[0]
    return bounds[:-1], bounds[1:], signs


def _local(cells: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Microseconds since 1970 of written days and times as if in UTC, and whether they are plain and exist."""
    lengths = _lengths(cells)
    local, is_certain = np.zeros(len(cells), np.int64), np.zeros(len(cells), bool)
    for length in (10, 16, 19):
        places = np.flatnonzero(lengths == length)
        if len(places):
            some = cells.take(pa.array(places)) if len(places) < len(cells) else cells
            local[places], is_certain[places] = _iso(some) or _civil(_signs(some, length))
    return local, is_certain


def _iso(cells: pa.Array) -> tuple[np.ndarray, np.ndarray] | None:
    """What `_civil` gives, at a tenth of the time, if every cell is written by ISO 8601; None if one is not."""
    try:
        moments = pc.cast(cells, pa.timestamp("us"))
    except pa.ArrowInvalid:
        return None
    years = pc.year(pa.array([pc.min(moments).as_py(), pc.max(moments).as_py()], pa.timestamp("us")))
    if years[0].as_py() < FIRST_YEAR or years[1].as_py() > _LAST_YEAR:
        return None
    return pc.cast(moments, pa.int64()).to_numpy(), np.ones(len(cells), bool)


def _civil(signs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Microseconds since 1970 of written days and times, and whether they are written as expected and exist."""
    digits = signs.astype(np.int64) - 48
    width = signs.shape[1]
    places = [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18][: {10: 8, 16: 12, 19: 14}[width]]
    is_good = ((digits[:, places] >= 0) & (digits[:, places] <= 9)).all(axis=1)
    # - - or / /, then a space or T, then colons.
    is_good &= (signs[:, 4] == signs[:, 7]) & ((signs[:, 4] == 45) | (signs[:, 4] == 47))
    if width > 10:
        is_good &= ((signs[:, 10] == 32) | (signs[:, 10] == 84)) & (signs[:, 13] == 58)
    if width > 16:
        is_good &= signs[:, 16] == 58
    year = digits[:, 0] * 1000 + digits[:, 1] * 100 + digits[:, 2] * 10 + digits[:, 3]
    month, day = digits[:, 5] * 10 + digits[:, 6], digits[:, 8] * 10 + digits[:, 9]
    is_good &= (month >= 1) & (month <= 12) & (year >= FIRST_YEAR) & (year <= _LAST_YEAR)
    month, year = np.where(is_good, month, 1), np.where(is_good, year, 2000)
    is_leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    is_good &= (day >= 1) & (day <= _MONTH_DAYS[month - 1] + (is_leap & (month == 2)))
    before = year - 1
    days = before * 365 + before // 4 - before // 100 + before // 400 - 719_162
    days += _MONTH_STARTS[month - 1] + (is_leap & (month > 2)) + day - 1
    seconds, is_time = _time(digits, width)
    is_good &= is_time
    return np.where(is_good, days * _DAY_MICROSECONDS + seconds * 1_000_000, 0), is_good


def _time(digits: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    if width == 10:
        return np.zeros(len(digits), np.int64), np.ones(len(digits), bool)
    hour, minute = digits[:, 11] * 10 + digits[:, 12], digits[:, 14] * 10 + digits[:, 15]
    second = digits[:, 17] * 10 + digits[:, 18] if width > 16 else np.zeros(len(digits), np.int64)
    return hour * 3600 + minute * 60 + second, (hour < 24) & (minute < 60) & (second < 60)


def _signs(cells: pa.Array, length: int) -> np.ndarray:
    """The bytes of cells that all have that length, a row each."""
    return _spans(cells)[2].reshape(len(cells), length)


def _lengths(cells: pa.Array) -> np.ndarray:
    lengths: np.ndarray = pc.binary_length(cells).to_numpy()
    return lengths


def _truth(values: pa.Array) -> np.ndarray:
    truth: np.ndarray = values.to_numpy(zero_copy_only=False)
    return truth


def _since_1970(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000
