"""The page of RFM groups: sizes, grids, and what to do with each group."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from zhike.kernel.words import Text, current_language
from zhike.lake.snapshots import Snapshot
from zhike.pages import formats
from zhike.pages.charts import Item, Treemap
from zhike.pages.heat_grids import HeatGrid
from zhike.pages.kpis import Kpi
from zhike.pages.links import same_page
from zhike.value.selectors import published
from zhike.value.selectors.people import people_href
from zhike.value.selectors.rfm_grids import rfm_grids
from zhike.value.selectors.rfm_groups import GroupTable, class_table, segment_table
from zhike.value.selectors.scales import Scale, frequency_scale, monetary_scale, recency_scale

RFM_TITLE = gettext_lazy("RFM groups")
SMALL_SAMPLE_BUYERS = 100
_BEST = ("champions", "loyal")
_SLIPPING = ("at_risk", "cannot_lose")


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to look at the same thing; `href` is this page seen that way."""

    text: str
    href: str
    is_chosen: bool


@dataclass(frozen=True)
class RfmMethod:
    """How the scores come about: `words` names the method, `means` are the borders of the eight classes."""

    words: Text | None
    scales: tuple[Scale, ...]
    look_back_days: int
    mean_recency_days: float | None
    mean_order_count: float | None
    mean_spend_amount: float | None


@dataclass(frozen=True)
class RfmPage:
    """All parts count the same buyers: groups, classes, treemap and both grids have equal sums."""

    as_of: date
    method: RfmMethod
    buyers: int
    is_small_sample: bool
    kpis: tuple[Kpi, ...]
    sizes: Treemap
    size_choices: tuple[Choice, ...]
    group_choices: tuple[Choice, ...]
    recency_by_frequency: HeatGrid
    recency_by_spend: HeatGrid
    segments: GroupTable
    classes: GroupTable
    prospects: int
    prospects_href: str


def rfm_page(request: HttpRequest, snapshot: Snapshot) -> RfmPage:
    """Reads three small tables; `?size=spend` sizes the treemap by spend, `?groups=classes` by the eight classes."""
    summaries = published.group_summaries(snapshot)
    fitted = published.parameters(snapshot)
    segments, classes = segment_table(summaries.get("rfm", {})), class_table(summaries.get("class", {}))
    method = _method(fitted)
    by_frequency, by_spend = rfm_grids(published.rfm_cells(snapshot), *method.scales)
    prospects = summaries.get("stage", {}).get("prospect")
    by_classes = request.GET.get("groups") == "classes" and bool(classes.rows)
    by_money = request.GET.get("size") == "spend"
    return RfmPage(
        as_of=snapshot.as_of,
        method=method,
        buyers=segments.customers,
        is_small_sample=segments.customers < SMALL_SAMPLE_BUYERS,
        kpis=_kpis(segments, summaries.get("rfm", {})),
        sizes=_treemap(classes if by_classes else segments, by_money=by_money),
        size_choices=(
            Choice(pgettext("number", "Customers"), same_page(request, size=None), not by_money),
            Choice(_("Spend"), same_page(request, size="spend"), by_money),
        ),
        group_choices=(
            Choice(_("11 groups"), same_page(request, groups=None), not by_classes),
            Choice(_("8 classes"), same_page(request, groups="classes"), by_classes),
        ),
        recency_by_frequency=by_frequency,
        recency_by_spend=by_spend,
        segments=segments,
        classes=classes,
        prospects=prospects.customers if prospects else 0,
        prospects_href=people_href(prospects=1),
    )


def _method(fitted: published.Parameters) -> RfmMethod:
    return RfmMethod(
        words=fitted.note("rfm", "buyers"),
        scales=(
            recency_scale(fitted.cuts("recency_cut")),
            frequency_scale(fitted.cuts("frequency_cut")),
            monetary_scale(fitted.cuts("monetary_cut")),
        ),
        look_back_days=int(fitted.value("rfm", "look_back_days") or 0),
        mean_recency_days=fitted.value("rfm", "mean_recency_days"),
        mean_order_count=fitted.value("rfm", "mean_order_count"),
        mean_spend_amount=fitted.value("rfm", "mean_spend_amount"),
    )


def _kpis(table: GroupTable, summaries: dict[str, published.GroupSummary]) -> tuple[Kpi, ...]:
    best = [summaries[code] for code in _BEST if code in summaries]
    slipping = [summaries[code] for code in _SLIPPING if code in summaries]
    best_spend = sum(group.spend for group in best)
    currency, language = settings.ZHIKE_CURRENCY, current_language()
    at_stake = formats.money_short(sum(group.spend_365d for group in slipping), currency, language)
    return (
        Kpi(label=_("Buyers"), value=formats.count(table.customers), href=people_href(buyers=1)),
        Kpi(
            label=_("Spend so far"),
            value=formats.money_short(table.spend, currency, language),
            full=formats.money(table.spend, currency),
            href=people_href(buyers=1),
        ),
        Kpi(
            label=_("Share of spend of champions and loyal customers"),
            value=formats.percent(best_spend / table.spend if table.spend > 0 else None),
            href=people_href(segment=[f"rfm:{code}" for code in _BEST]),
            note=_("%(count)s customers") % {"count": formats.count(sum(group.customers for group in best))},
        ),
        Kpi(
            label=_("Regulars about to be lost"),
            value=formats.count(sum(group.customers for group in slipping)),
            href=people_href(segment=[f"rfm:{code}" for code in _SLIPPING]),
            note=_("%(money)s within the last 365 days") % {"money": at_stake},
        ),
    )


def _treemap(table: GroupTable, *, by_money: bool) -> Treemap:
    items = tuple(
        Item(
            name=row.name,
            value=row.spend if by_money else row.customers,
            colour=row.colour,
            href=row.href,
            note=_("%(count)s customers") % {"count": formats.count(row.customers)}
            if by_money
            else _("%(share)s of spend") % {"share": formats.percent(row.spend_share)},
        )
        for row in table.rows
    )
    title = _("Spend so far") if by_money else pgettext("number", "Customers")
    return Treemap(title, "money" if by_money else "count", items)
