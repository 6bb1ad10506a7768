"""Key figures by day and by period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

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


def kpi_periods(daily: ir.Table, features: ir.Table, *, as_of: date) -> ir.Table:
    """One row a period of `periods`."""
    return ibis.union(*(_period(_buyers(features, period), daily, period) for period in periods(as_of)))


def _buyers(features: ir.Table, period: Period) -> ir.Table:
    counts = features[f"order_count_{_window_name(period.days, period.name)}"]
    return features.aggregate(
        buyer_count=features.count(where=counts >= 1), repeat_buyer_count=features.count(where=counts >= 2)
    )


def _period(people: ir.Table, daily: ir.Table, period: Period) -> ir.Table:
    of_days = daily.filter(daily.day.between(ibis.literal(period.first_day), ibis.literal(period.last_day)))
    names = ("revenue", "order_count", "new_buyer_count", "new_revenue", "walk_in_revenue")
    totals = of_days.aggregate(**{name: of_days[name].sum().fill_null(0) for name in names})
    reach = daily.aggregate(first=daily.day.min())
    joined = people.cross_join(totals).cross_join(reach)
    return joined.select(
        period_days=ibis.literal(period.days, "int32"),
        period=ibis.literal(period.name),
        first_day=ibis.literal(period.first_day),
        last_day=ibis.literal(period.last_day),
        has_data=(joined.first <= ibis.literal(period.first_day)).fill_null(False),
        **{name: joined[name] for name in (*names, "buyer_count", "repeat_buyer_count")},
    )
