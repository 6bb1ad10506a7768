"""The demand of the coming weeks, as a chart and a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from zhike.kernel.words import Text
from zhike.lake.snapshots import Snapshot
from zhike.pages import formats
from zhike.pages.charts import Lines, Series
from zhike.pages.links import same_page

WEEKS_SHOWN = 26
MOST_ROWS = 30

METHODS: dict[str, Text] = {
    "seasonal_naive": Text("与去年同周相同", "as in the same week a year ago"),
    "naive": Text("与上周相同", "as in the last week"),
    "mean": Text("最近八周平均", "mean of the last eight weeks"),
    "level": Text("指数平滑", "exponential smoothing"),
    "seasonal_level": Text("指数平滑 × 季节", "exponential smoothing × season"),
}


@dataclass(frozen=True, slots=True)
class DemandRow:
    """One category; `better` is by what part its mean error is below that of the naive method, None untested."""

    name: str
    href: str
    is_chosen: bool
    next_week: str
    window: str
    total: str
    method: Text
    better: float | None


def demand(request: HttpRequest, snapshot: Snapshot) -> tuple[tuple[DemandRow, ...], Lines | None, str]:
    """The rows, the chart of the chosen category, and its name; the whole shop unless another is chosen."""
    forecasts: dict[str, list[dict[str, Any]]] = {}
    table = snapshot.table("demand_forecasts")
    for row in snapshot.rows(table.order_by("category", "week_start")):
        forecasts.setdefault(row["category"], []).append(row)
    asked = request.GET.get("category", "")
    chosen = asked if asked in forecasts else ""
    if not forecasts:
        return (), None, chosen
    ranked = sorted(forecasts, key=lambda name: (name != "", -_total(forecasts[name]), name))
    rows = tuple(_row(request, name, forecasts[name], name == chosen) for name in ranked[:MOST_ROWS])
    return (
        rows,
        _chart(snapshot, chosen, forecasts.get(chosen) or forecasts[ranked[0]]),
        category_name(chosen),
    )


def category_name(category: str) -> str:
    return category or _("Whole shop (orders)")


def _total(weeks: Sequence[dict[str, Any]]) -> float:
    return float(sum(week["expected_quantity"] for week in weeks))


def _row(request: HttpRequest, name: str, weeks: list[dict[str, Any]], is_chosen: bool) -> DemandRow:
    first = weeks[0]
    error, naive = first["mean_error"], first["naive_error"]
    return DemandRow(
        name=category_name(name),
        href=same_page(request, category=name or None),
        is_chosen=is_chosen,
        next_week=formats.count(round(first["expected_quantity"])),
        window=f"{formats.count(round(first['low']))}–{formats.count(round(first['high']))}",
        total=formats.count(round(_total(weeks))),
        method=METHODS.get(first["method"]) or Text(first["method"], first["method"]),
        better=1 - error / naive if error is not None and naive else None,
    )


def _chart(snapshot: Snapshot, category: str, ahead: list[dict[str, Any]]) -> Lines:
    sold = snapshot.table("demand_weeks")
    weeks = snapshot.rows(sold.filter(sold.category == category).order_by("week_start"))[-WEEKS_SHOWN:]
    past = [(row["week_start"], row["quantity"]) for row in weeks]
    days: list[date] = [day for day, _quantity in past] + [row["week_start"] for row in ahead]
    gap = (None,) * len(past)

    def column(name: str) -> tuple[float | None, ...]:
        # The lines begin at the last known week, so that they are joined to what happened.
        joined = (*gap[:-1], float(past[-1][1])) if past else ()
        return (*joined, *(round(row[name], 1) for row in ahead))

    return Lines(
        _("Sold each week, and expected"),
        "count",
        tuple(formats.day(day) for day in days),
        (
            Series(_("Sold"), (*(quantity for _day, quantity in past), *(None,) * len(ahead)), "slate"),
            Series(_("Expected quantity"), column("expected_quantity"), "blue"),
            Series(_("Low (80% window)"), column("low"), "sky", is_dashed=True),
            Series(_("High (80% window)"), column("high"), "sky", is_dashed=True),
        ),
    )
