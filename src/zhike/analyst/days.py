"""Dates of every kind, as calendar days."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pyarrow as pa
import pyarrow.compute as pc

from zhike.kernel import clock
from zhike.kernel.errors import UsageError

AsOf = date | str | None
"""A business date, as a day, a moment or ISO text."""

_DAY_CHARACTERS = 10
_ISO = r"^\d{4}-\d{2}-\d{2}([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]\d{2}(:?\d{2})?)?)?$"
_ZONED = r"[T ].*(Z|[+-]\d{2}(:?\d{2})?)$"


def calendar_days(values: pa.ChunkedArray, name: str, *, time_zone: str = "") -> pa.ChunkedArray:
    """The day of each value, as date32.

    Moments with a zone fall on the day it was there, or in `time_zone` if that is given; moments and days without
    one are taken as they stand. Text must be ISO 8601.

    Raises
    ------
    UsageError
        ``dates.kind`` for what is no date, ``dates.unreadable`` for other text, ``time_zone.unknown``.
    """
    kind, zone = values.type, _checked_zone(time_zone)
    if pa.types.is_date(kind):
        return values.cast(pa.date32())
    if pa.types.is_timestamp(kind):
        return _days_of_moments(values, zone)
    if pa.types.is_string(kind):
        return _days_of_text(values, name, zone)
    raise UsageError(
        "dates.kind",
        zh=f'列“{name}”的类型是 {kind}，不是日期；请先转换，例如 pandas.to_datetime(df["{name}"].astype(str))',
        en=f"the column “{name}” is of type {kind}, which is no date; convert it first, for instance by "
        f'pandas.to_datetime(df["{name}"].astype(str))',
    )


def business_date(as_of: AsOf, last_order_on: date) -> date:
    """The day to look from: as given, or the day after the last order.

    Raises
    ------
    UsageError
        ``as_of.unreadable``, ``as_of.in_the_future`` past today and all orders.
    """
    day_after = last_order_on + timedelta(days=1)
    if as_of is None:
        return day_after
    day = _day(as_of)
    # Somewhere it is tomorrow already.
    latest = max(clock.now().date() + timedelta(days=1), day_after)
    if day > latest:
        raise UsageError(
            "as_of.in_the_future",
            zh=f"业务日期 {day} 在今天和所有订单之后（最后一笔在 {last_order_on}）；请选 {latest} 或之前",
            en=f"the business date {day} is after today and after every order (the last is of {last_order_on}); "
            f"choose {latest} or before",
        )
    return day


def _day(as_of: date | str) -> date:
    if isinstance(as_of, datetime):
        return as_of.date()
    if isinstance(as_of, date):
        return as_of
    try:
        return datetime.fromisoformat(as_of).date()
    except (ValueError, TypeError) as error:
        raise UsageError(
            "as_of.unreadable",
            zh=f'as_of={as_of!r} 不是日期；请写成 "2026-10-31" 或 datetime.date',
            en=f'as_of={as_of!r} is no date; write "2026-10-31" or a datetime.date',
        ) from error


def _days_of_moments(values: pa.ChunkedArray, zone: str) -> pa.ChunkedArray:
    if values.type.tz is None:
        return values.cast(pa.date32())
    there = values.cast(pa.timestamp(values.type.unit, zone)) if zone else values
    return pc.local_timestamp(there).cast(pa.date32())


def _days_of_text(values: pa.ChunkedArray, name: str, zone: str) -> pa.ChunkedArray:
    trimmed = pc.utf8_trim_whitespace(values)
    _refuse_other_text(trimmed, pc.match_substring_regex(trimmed, _ISO), name)
    days = pc.utf8_slice_codeunits(trimmed, 0, _DAY_CHARACTERS)
    try:
        as_written = days.cast(pa.date32())
        if not zone:
            return as_written
        is_zoned = pc.match_substring_regex(trimmed, _ZONED)
        moments = pc.if_else(is_zoned, trimmed, "1970-01-01T00:00:00Z").cast(pa.timestamp("us", "UTC"))
    except pa.ArrowInvalid as error:
        raise _unreadable(name, str(error)) from error
    return pc.if_else(is_zoned, _days_of_moments(moments, zone), as_written)


def _refuse_other_text(values: pa.ChunkedArray, is_good: pa.ChunkedArray, name: str) -> None:
    at = pc.index(is_good, False).as_py()
    if at >= 0:
        raise _unreadable(name, f"{values[at].as_py()[:30]!r}, {at}")


def _unreadable(name: str, what: str) -> UsageError:
    return UsageError(
        "dates.unreadable",
        zh=f"列“{name}”中有读不懂的日期（值，行号从 0 起：{what}）；请写成 2026-10-31 或 2026-10-31T12:30:00+08:00",
        en=f"the column “{name}” has a date that cannot be read (value, row from 0: {what}); "
        "write 2026-10-31 or 2026-10-31T12:30:00+08:00",
    )


def _checked_zone(time_zone: str) -> str:
    try:
        return ZoneInfo(time_zone).key if time_zone else ""
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise UsageError(
            "time_zone.unknown",
            zh=f"没有时区“{time_zone}”；例如应写 Asia/Shanghai",
            en=f"there is no time zone “{time_zone}”; write for example Asia/Shanghai",
        ) from error
