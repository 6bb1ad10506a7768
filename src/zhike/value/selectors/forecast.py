"""The page of what is to come: who orders next, who stays away, what will be sold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.kernel.words import Text
from zhike.lake.snapshots import Snapshot
from zhike.pages import formats
from zhike.pages.charts import Lines
from zhike.pages.kpis import Kpi
from zhike.value.labels import RISK_BAND_COLOURS, RISK_BANDS, RISK_BANDS_FROM
from zhike.value.selectors import published
from zhike.value.selectors.forecast_demand import DemandRow, demand
from zhike.value.selectors.forecast_model import ForecastCard, forecast_cards
from zhike.value.selectors.people import people_href

FORECAST_TITLE = gettext_lazy("Forecast")
DAYS_AHEAD = 30


@dataclass(frozen=True, slots=True)
class RiskRow:
    """One band; `share` of all who are scored."""

    name: Text
    bounds: str
    colour: str
    advice: Text
    href: str
    customers: int
    share: float
    mean_probability: float | None


@dataclass(frozen=True, slots=True)
class RestockRow:
    """Who is expected to buy a category again within thirty days."""

    category: str
    href: str
    customers: int


@dataclass(frozen=True)
class ForecastPage:
    """`demand_chart` is None where there are too few whole weeks; `chosen` is the category that it shows."""

    as_of: date
    until: date
    scored: int
    no_profiling: int
    lost_days: int
    is_rule: bool
    kpis: tuple[Kpi, ...]
    risks: tuple[RiskRow, ...]
    restock: tuple[RestockRow, ...]
    demand_rows: tuple[DemandRow, ...]
    demand_chart: Lines | None
    chosen: str
    models: tuple[ForecastCard, ...]
    reason: Text | None


_ADVICE = {
    "low": Text("照常服务，不必打折", "Serve them as usual; no discount needed"),
    "medium": Text("提醒一次：到货、新品、补货", "Remind them once: new goods, refills"),
    "high": Text("趁还没走，主动联系", "Contact them before they are gone"),
    "lost": Text("少花钱，只在大促时触达", "Spend little; only in big sales"),
}


def forecast_page(request: HttpRequest, snapshot: Snapshot) -> ForecastPage:
    """Reads four tables, summed up to a few rows each; ``?category=`` chooses what the demand chart shows."""
    fitted = published.parameters(snapshot)
    bands = _bands(snapshot)
    scored = sum(row["customers"] for row in bands.values())
    rows, chart, chosen = demand(request, snapshot)
    return ForecastPage(
        as_of=snapshot.as_of,
        until=snapshot.as_of + timedelta(days=DAYS_AHEAD),
        scored=scored,
        no_profiling=int(fitted.value("churn", "no_profiling") or 0),
        lost_days=int(fitted.value("churn", "lost_days") or 0),
        is_rule=fitted.value("churn", "is_rule") is not None,
        kpis=_kpis(snapshot, bands),
        risks=tuple(_risk(code, bands.get(code), scored) for code in RISK_BANDS),
        restock=_restock(snapshot),
        demand_rows=rows,
        demand_chart=chart,
        chosen=chosen,
        models=forecast_cards(snapshot, fitted),
        reason=fitted.note("churn", "is_btyd") or fitted.note("churn", "is_rule"),
    )


def _bands(snapshot: Snapshot) -> dict[str, dict[str, Any]]:
    scores = snapshot.table("churn_scores")
    found = scores.group_by("risk_band").aggregate(
        customers=scores.count(),
        mean=scores.lost_probability.mean(),
        coming=scores.purchase_probability_30d.sum(),
    )
    return {row["risk_band"]: row for row in snapshot.rows(found)}


def _risk(code: str, row: dict[str, Any] | None, scored: int) -> RiskRow:
    customers = row["customers"] if row else 0
    borders = [*RISK_BANDS_FROM.values(), 1.0]
    place = list(RISK_BANDS_FROM).index(code)
    return RiskRow(
        name=RISK_BANDS[code],
        bounds=f"{borders[place] * 100:g}–{borders[place + 1] * 100:g}%",
        colour=RISK_BAND_COLOURS[code],
        advice=_ADVICE[code],
        href=people_href(risk=code),
        customers=customers,
        share=customers / scored if scored else 0.0,
        mean_probability=row["mean"] if row else None,
    )


def _kpis(snapshot: Snapshot, bands: dict[str, dict[str, Any]]) -> tuple[Kpi, ...]:
    orders = snapshot.table("next_orders")
    whole = orders.filter(orders.category == "")
    soon = whole.expected_on <= snapshot.as_of + timedelta(days=DAYS_AHEAD)
    counts = snapshot.rows(
        whole.aggregate(due=soon.cast("int64").sum(), overdue=whole.is_overdue.cast("int64").sum())
    )[0]
    coming = [row["coming"] for row in bands.values() if row["coming"] is not None]
    high = bands.get("high", {}).get("customers", 0)
    return (
        Kpi(
            label=_("Customers who will order"),
            value=f"≈ {formats.count(round(sum(coming)))}" if coming else formats.MISSING,
            href=people_href(buyers=1),
            note=_("the sum of everybody’s probabilities") if coming else _("the simple rule cannot tell"),
        ),
        Kpi(
            label=_("Next order due within 30 days"),
            value=formats.count(counts["due"] or 0),
            href=people_href(due_within=DAYS_AHEAD),
            note=_("by their own rhythm"),
        ),
        Kpi(
            label=_("Overdue"),
            value=formats.count(counts["overdue"] or 0),
            href=people_href(overdue=1),
            note=_("usually they would have ordered by now"),
        ),
        Kpi(
            label=_("High churn risk"),
            value=formats.count(high),
            href=people_href(risk="high"),
            note=_("still worth a call"),
        ),
    )


def _restock(snapshot: Snapshot) -> tuple[RestockRow, ...]:
    orders = snapshot.table("next_orders")
    is_due = orders.expected_on <= snapshot.as_of + timedelta(days=DAYS_AHEAD)
    due = orders.filter((orders.category != "") & is_due)
    rows = snapshot.rows(due.group_by("category").aggregate(customers=due.count()))
    best = sorted(rows, key=lambda row: (-row["customers"], row["category"]))
    return tuple(
        RestockRow(row["category"], people_href(restock=row["category"]), row["customers"])
        for row in best[:12]
    )
