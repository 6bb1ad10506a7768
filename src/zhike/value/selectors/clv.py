"""The page of the CLV forecast: how much, from whom, how sure, and what the model rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.kernel.words import Text, current_language
from zhike.lake.snapshots import Snapshot
from zhike.pages import formats
from zhike.pages.charts import Columns, Lines, Series
from zhike.pages.heat_grids import HeatGrid
from zhike.pages.kpis import Kpi
from zhike.value.analysis.concentration import concentration_curve, gini, value_of_first
from zhike.value.selectors import published
from zhike.value.selectors.backtests import published_rows
from zhike.value.selectors.cards import cards
from zhike.value.selectors.clv_backtest import Verdict, spend_verdict
from zhike.value.selectors.clv_model import ModelCard, model_card
from zhike.value.selectors.clv_quadrants import Quadrant, alive_grid, quadrants
from zhike.value.selectors.people import people_href
from zhike.value.selectors.published import Decile

CLV_TITLE = gettext_lazy("CLV forecast")


@dataclass(frozen=True, slots=True)
class DecileRow:
    """One tenth of the buyers; `contribution` is its share of the expected value, None where there is none.

    The row of all buyers has no lowest value. `interval` is empty where there is none.
    """

    name: str
    href: str
    customers: int
    lowest_clv_365d: float | None
    clv_365d: float
    contribution: float | None
    spend: int
    spend_365d: int
    average_order: int | None
    orders: int
    expected_orders_365d: int
    mean_probability_alive: float | None
    interval: str = ""


@dataclass(frozen=True)
class ClvPage:
    """`concentration_words` says the curve in one sentence; the grid is None where no probability is known, the
    verdict of the back-test where there was none.
    """

    as_of: date
    buyers: int
    kpis: tuple[Kpi, ...]
    bars: Columns
    curve: Lines | None
    concentration_words: str
    gini: float | None
    grid: HeatGrid | None
    quadrants: tuple[Quadrant, ...]
    deciles: tuple[DecileRow, ...]
    total: DecileRow | None
    model: ModelCard
    verdict: Verdict | None


def clv_page(request: HttpRequest, snapshot: Snapshot) -> ClvPage:
    """Reads four small tables."""
    deciles = published.clv_deciles(snapshot)
    cells = published.alive_cells(snapshot)
    fitted = published.parameters(snapshot)
    first_day = published.first_order_day(snapshot)
    model = model_card(fitted, first_day=first_day, as_of=snapshot.as_of, published=cards(snapshot))
    intervals = {row["clv_decile"]: row for row in published_rows(snapshot, "clv_intervals")}
    total = sum(decile.clv_365d for decile in deciles)
    groups = [(decile.customers, decile.clv_365d) for decile in deciles]
    rows = tuple(_row(decile, total, _range(intervals.get(decile.rank))) for decile in deciles)
    return ClvPage(
        as_of=snapshot.as_of,
        buyers=sum(decile.customers for decile in deciles),
        kpis=_kpis(deciles, total, gini(groups), _range(intervals.get(0))),
        bars=_bars(rows, model),
        curve=_curve(groups),
        concentration_words=_concentration_words(groups),
        gini=gini(groups),
        grid=alive_grid(cells) if cells else None,
        quadrants=quadrants(cells),
        deciles=rows,
        total=_total(deciles, total, _range(intervals.get(0))) if deciles else None,
        model=model,
        verdict=spend_verdict(snapshot),
    )


def decile_name(rank: int) -> str:
    """前 10%, 10–20%, … 90–100% of the buyers, best first."""
    if rank == 1:
        return str(Text("前 10%", "Top 10%"))
    return f"{10 * (rank - 1)}–{10 * rank}%"


def gini_words(value: float | None) -> str:
    """What the coefficient means for a shop; the borders are a rule of thumb."""
    if value is None:
        return ""
    if value < 0.3:
        return _("Evenly spread: no few customers decide")
    if value < 0.5:
        return _("Fairly concentrated: look after the best")
    return _("Highly concentrated: few customers decide")


def _range(row: Mapping[str, Any] | None) -> str:
    """The 90 % interval of a value, as it is shown; empty where there is none."""
    if row is None:
        return ""
    low, high = (
        formats.money_short(round(row[name]), settings.ZHIKE_CURRENCY, current_language())
        for name in ("clv_365d_low", "clv_365d_high")
    )
    return f"{low} – {high}"


def _kpis(
    deciles: Sequence[Decile], total: float, coefficient: float | None, interval: str
) -> tuple[Kpi, ...]:
    currency, language = settings.ZHIKE_CURRENCY, current_language()
    last_year = sum(decile.spend_365d for decile in deciles)
    alive = _alive(deciles)
    return (
        Kpi(
            label=_("Expected value of the next 365 days"),
            value=f"≈ {formats.money_short(round(total), currency, language)}",
            full=formats.money(round(total), currency),
            href=people_href(buyers=1, sort="-clv"),
            note=_total_note(formats.money_short(last_year, currency, language), interval),
        ),
        Kpi(
            label=_("Share of the top 10% of customers"),
            value=formats.percent(deciles[0].clv_365d / total if deciles and total > 0 else None),
            href=people_href(clv_decile=1),
            note=_("%(count)s customers") % {"count": formats.count(deciles[0].customers)} if deciles else "",
        ),
        Kpi(
            label=_("Concentration (Gini)"),
            value=formats.MISSING if coefficient is None else f"{coefficient:.2f}",
            note=gini_words(coefficient),
        ),
        Kpi(
            label=_("Customers still active"),
            value=formats.MISSING if alive is None else f"≈ {formats.count(round(alive))}",
            href=people_href(buyers=1),
            note=_("of %(count)s buyers")
            % {"count": formats.count(sum(decile.customers for decile in deciles))}
            if alive is not None
            else _("the simple rule knows no probability"),
        ),
    )


def _total_note(last_year: str, interval: str) -> str:
    spent = _("%(money)s spent in the last 365 days") % {"money": last_year}
    if not interval:
        return spent
    return _("90%% interval %(range)s; %(spent)s") % {"range": interval, "spent": spent}


def _alive(deciles: Sequence[Decile]) -> float | None:
    """How many buyers are expected to be active: the sum of their probabilities."""
    known = [d.customers * d.mean_probability_alive for d in deciles if d.mean_probability_alive is not None]
    return sum(known) if known else None


def _bars(rows: Sequence[DecileRow], model: ModelCard) -> Columns:
    hrefs = tuple(row.href for row in rows)
    expected = _("Next 365 days (expected)")
    if model.margin is not None and model.margin < 1:
        expected = _("Next 365 days (expected margin)")
    return Columns(
        _("Last 365 days and the next, by decile"),
        "money",
        tuple(row.name for row in rows),
        (
            Series(_("Last 365 days (spent)"), tuple(row.spend_365d for row in rows), "slate", hrefs),
            Series(expected, tuple(row.clv_365d for row in rows), "blue", hrefs),
        ),
    )


def _curve(groups: Sequence[tuple[int, float]]) -> Lines | None:
    points = concentration_curve(groups)
    if not points:
        return None
    return Lines(
        _("Share of the expected value held by the best customers"),
        "percent",
        tuple(formats.percent(point.people, 0) for point in points),
        (
            Series(_("Your customers, best first"), tuple(point.value for point in points), "blue"),
            Series(
                _("If all were worth the same"),
                tuple(point.people for point in points),
                "grey",
                is_dashed=True,
            ),
        ),
    )


def _concentration_words(groups: Sequence[tuple[int, float]]) -> str:
    points = concentration_curve(groups)
    if not points:
        return ""
    tenth, third, half = (value_of_first(points, share) for share in (0.1, 0.3, 0.5))
    return _(
        "The best 10%% of customers hold %(tenth)s of the expected value, the best 30%% hold %(third)s; "
        "the lower half holds %(rest)s."
    ) % {
        "tenth": formats.percent(tenth, 0),
        "third": formats.percent(third, 0),
        "rest": formats.percent(None if half is None else 1 - half, 0),
    }


def _row(decile: Decile, total: float, interval: str) -> DecileRow:
    return DecileRow(
        name=decile_name(decile.rank),
        href=people_href(clv_decile=decile.rank),
        customers=decile.customers,
        lowest_clv_365d=decile.lowest_clv_365d,
        clv_365d=decile.clv_365d,
        contribution=decile.clv_365d / total if total > 0 else None,
        spend=decile.spend,
        spend_365d=decile.spend_365d,
        average_order=round(decile.spend / decile.orders) if decile.orders else None,
        orders=decile.orders,
        expected_orders_365d=round(decile.expected_orders_365d),
        mean_probability_alive=decile.mean_probability_alive,
        interval=interval,
    )


def _total(deciles: Sequence[Decile], total: float, interval: str) -> DecileRow:
    customers, orders = sum(d.customers for d in deciles), sum(d.orders for d in deciles)
    spend, alive = sum(d.spend for d in deciles), _alive(deciles)
    return DecileRow(
        name=_("All buyers"),
        href=people_href(buyers=1),
        customers=customers,
        lowest_clv_365d=None,
        clv_365d=total,
        contribution=1.0 if total > 0 else None,
        spend=spend,
        spend_365d=sum(d.spend_365d for d in deciles),
        average_order=round(spend / orders) if orders else None,
        orders=orders,
        expected_orders_365d=round(sum(d.expected_orders_365d for d in deciles)),
        mean_probability_alive=alive / customers if alive is not None and customers else None,
        interval=interval,
    )
