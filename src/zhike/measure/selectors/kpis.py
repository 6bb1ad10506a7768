"""Reads of key figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from zhike.lake.snapshots import Snapshot


@dataclass(frozen=True, slots=True)
class PeriodFigures:
    """Key figures of a closed range of days; `has_data` if the orders reach back to its first day."""

    first_day: date
    last_day: date
    has_data: bool
    revenue: int
    order_count: int
    buyer_count: int
    repeat_buyer_count: int
    new_buyer_count: int
    new_revenue: int
    walk_in_revenue: int

    @property
    def repurchase_rate(self) -> float | None:
        """Of the buyers of the period, the share with two or more orders in it; None without a buyer."""
        return self.repeat_buyer_count / self.buyer_count if self.buyer_count else None

    @property
    def average_order_amount(self) -> int | None:
        """Minor units; None without an order."""
        return round(self.revenue / self.order_count) if self.order_count else None


@dataclass(frozen=True, slots=True)
class ComparedFigures:
    """A period, the one before it and the same a year ago; None where the orders do not reach back so far."""

    current: PeriodFigures
    previous: PeriodFigures | None
    last_year: PeriodFigures | None


@dataclass(frozen=True, slots=True)
class DayFigures:
    """Key figures of one day; amounts in minor units."""

    day: date
    revenue: int
    order_count: int
    buyer_count: int
    new_buyer_count: int
    new_revenue: int
    walk_in_revenue: int


def compared_figures(snapshot: Snapshot, *, days: int) -> ComparedFigures | None:
    """The last `days` days and what they compare with; None for a length that is not published."""
    rows: list[dict[str, Any]] = snapshot.rows(snapshot.table("kpi_periods"))
    found = {row["period"]: _period(row) for row in rows if row["period_days"] == days}
    if "current" not in found:
        return None
    previous = found.get("previous")
    # For a whole year, the period before is the one a year ago.
    last_year = found.get("last_year", previous)
    return ComparedFigures(
        current=found["current"],
        previous=previous if previous and previous.has_data else None,
        last_year=last_year if last_year and last_year.has_data else None,
    )


def daily_figures(snapshot: Snapshot) -> list[DayFigures]:
    """Every day with an order, in order."""
    rows: list[dict[str, Any]] = snapshot.rows(snapshot.table("kpi_daily"))
    return sorted((DayFigures(**row) for row in rows), key=lambda figures: figures.day)


def _period(row: dict[str, Any]) -> PeriodFigures:
    return PeriodFigures(**{name: row[name] for name in PeriodFigures.__dataclass_fields__})
