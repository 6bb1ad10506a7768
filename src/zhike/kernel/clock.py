"""The only place that reads the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """This moment, with its zone (UTC)."""
    return datetime.now(UTC)


def today(time_zone: ZoneInfo) -> date:
    """The calendar day it is now in the shop's time zone."""
    return now().astimezone(time_zone).date()
