"""Key figures by day and by period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from zhike.measure.schema import PERIOD_DAYS
from zhike.value.analysis.features import feature_windows
from zhike.value.analysis.purchases import DAYS_COLUMNS


@dataclass(frozen=True)
class Period:
    """A closed range of days; `name` is current, previous or last_year."""

    days: int
    name: str
    first_day: date
    last_day: date


def periods(as_of: date) -> list[Period]:
    """The periods that pages compare, the windows of the features. "Last n days": from `as_of` − n to `as_of`.

    A whole year is compared with the one before only: its `previous` and its `last_year` would be the same.
    """
    windows = feature_windows(as_of)
    named = ((days, name) for days in PERIOD_DAYS for name in ("current", "previous", "last_year"))
    return [
        Period(days, name, windows[window].first_day, windows[window].last_day)
        for days, name in named
        if (window := _window_name(days, name)) in windows
    ]


def _window_name(days: int, period: str) -> str:
    return f"{days}d" if period == "current" else f"{period}_{days}d"


def kpi_daily(bought: ir.Table, features: ir.Table) -> ir.Table:
    """Key figures of every day with an order; `bought` as `purchases` gives it for days."""
    names = DAYS_COLUMNS[1:]
    # Each part of the people counted its own buyers of a day.
    daily = bought.group_by("day").aggregate(**{name: bought[name].sum() for name in names})
    firsts = features.filter(features.order_count > 0)
    firsts = firsts.group_by(day=firsts.first_order_on).aggregate(
        new_buyer_count=firsts.count(), new_revenue=firsts.first_day_amount.sum()
    )
    joined = daily.left_join(firsts, "day").drop("day_right")
    return joined.mutate(
        new_buyer_count=joined.new_buyer_count.fill_null(0), new_revenue=joined.new_revenue.fill_null(0)
    )


def buyers_of_periods(features: ir.Table, *, as_of: date) -> ir.Table:
    """One row: for each number of `periods`, `buyer_count_NUMBER` and `repeat_buyer_count_NUMBER`."""
    counted = {}
    for number, period in enumerate(periods(as_of)):
        orders = features[f"order_count_{_window_name(period.days, period.name)}"]
        # Sums of what is true: counts with a filter take DuckDB three times as long.
        counted[f"buyer_count_{number}"] = (orders >= 1).sum()
        counted[f"repeat_buyer_count_{number}"] = (orders >= 2).sum()
    return features.aggregate(**counted)


def kpi_periods(daily: pa.Table, buyers: pa.Table, schema: pa.Schema, *, as_of: date) -> pa.Table:
    """One row a period of `periods`, from `kpi_daily` and `buyers_of_periods`."""
    # Added up here: eleven parts of a query take longer to compile than a few thousand days.
    first = pc.min(daily["day"]).as_py()
    rows = []
    for number, period in enumerate(periods(as_of)):
        within = daily.filter((pc.field("day") >= period.first_day) & (pc.field("day") <= period.last_day))
        rows.append(
            {
                "period_days": period.days,
                "period": period.name,
                "first_day": period.first_day,
                "last_day": period.last_day,
                "has_data": first is not None and first <= period.first_day,
                **{name: _sum(within[name]) for name in _SUMS},
                **{name: _sum(buyers[f"{name}_{number}"]) for name in _BUYERS},
            }
        )
    return pa.Table.from_pylist(rows, schema=schema)


_SUMS = ("revenue", "order_count", "new_buyer_count", "new_revenue", "walk_in_revenue")
_BUYERS = ("buyer_count", "repeat_buyer_count")


def _sum(column: pa.ChunkedArray) -> int:
    total: int | None = pc.sum(column).as_py()
    return total or 0
