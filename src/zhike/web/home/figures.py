"""Key figures of a period, their course, and who brings the revenue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from zhike.kernel.words import Text, current_language
from zhike.measure.selectors import ComparedFigures, DayFigures, PeriodFigures
from zhike.pages import formats
from zhike.pages.charts import Columns, Series
from zhike.pages.kpis import Change, Kpi, point_change, relative_change
from zhike.value.selectors.people import people_href
from zhike.value.selectors.rfm_groups import GroupTable

BY_WEEK_FROM_DAYS = 90
_PREVIOUS = Text("较上一周期", "vs the period before")
_LAST_YEAR = Text("较去年同期", "vs last year")

Measure = Callable[[PeriodFigures], float | None]
Compare = Callable[[float | None, float | None, Text], Change | None]


def kpis(figures: ComparedFigures, daily: Sequence[DayFigures], *, days: int) -> tuple[Kpi, ...]:
    """Sales, buyers, repurchase rate and average order of the last `days` days."""
    currency, language = settings.ZHIKE_CURRENCY, current_language()
    current, course = figures.current, _course(daily, figures.current)
    note = _missing(figures, daily)
    return (
        Kpi(
            label=_("Sales, last %(days)s days") % {"days": days},
            value=formats.money_short(current.revenue, currency, language),
            full=formats.money(current.revenue, currency),
            changes=_changes(figures, lambda of: of.revenue, relative_change),
            spark=tuple(each.revenue for each in course),
            href=people_href(bought_within=days),
            note=note,
        ),
        Kpi(
            label=_("Buyers, last %(days)s days") % {"days": days},
            value=formats.count(current.buyer_count),
            changes=_changes(figures, lambda of: of.buyer_count, relative_change),
            spark=tuple(each.buyer_count for each in course),
            href=people_href(bought_within=days),
            note=note,
        ),
        Kpi(
            label=_("Repurchase rate, last %(days)s days") % {"days": days},
            value=formats.percent(current.repurchase_rate),
            full=_("%(repeat)s of %(buyers)s bought twice or more")
            % {
                "repeat": formats.count(current.repeat_buyer_count),
                "buyers": formats.count(current.buyer_count),
            },
            changes=_changes(figures, lambda of: of.repurchase_rate, point_change),
            href=people_href(repeat_within=days),
            note=note,
        ),
        Kpi(
            label=_("Average order, last %(days)s days") % {"days": days},
            value=formats.money(current.average_order_amount, currency),
            changes=_changes(figures, lambda of: of.average_order_amount, relative_change),
            spark=tuple(each.revenue / each.order_count if each.order_count else None for each in course),
            href=people_href(bought_within=days),
            note=note,
        ),
    )


def new_and_returning(daily: Sequence[DayFigures], *, as_of: date, days: int) -> tuple[Columns, bool]:
    """Revenue of the period by day, or by week (from Monday) for long periods; and whether it is by week."""
    is_by_week = days >= BY_WEEK_FROM_DAYS
    first = as_of - timedelta(days=days)
    buckets: dict[date, list[int]] = {}
    for offset in range(days + 1):
        buckets.setdefault(_bucket(first + timedelta(days=offset), is_by_week), [0, 0, 0])
    for figures in daily:
        if first <= figures.day <= as_of:
            sums = buckets[_bucket(figures.day, is_by_week)]
            sums[0] += figures.revenue - figures.new_revenue - figures.walk_in_revenue
            sums[1] += figures.new_revenue
            sums[2] += figures.walk_in_revenue
    series = (
        Series(_("Returning customers"), tuple(sums[0] for sums in buckets.values()), "blue"),
        Series(_("New customers, first day"), tuple(sums[1] for sums in buckets.values()), "orange"),
        Series(_("Walk-in sales"), tuple(sums[2] for sums in buckets.values()), "slate"),
    )
    has_walk_ins = any(sums[2] for sums in buckets.values())
    chart = Columns(
        _("Revenue from returning and new customers"),
        "money",
        tuple(f"{day:%m-%d}" for day in buckets),
        series if has_walk_ins else series[:2],
        is_stacked=True,
    )
    return chart, is_by_week


def shares_by_segment(table: GroupTable) -> Columns | None:
    """Share of the buyers against share of the spend, group by group; None before anybody bought."""
    if not table.rows:
        return None
    hrefs = tuple(row.href for row in table.rows)
    return Columns(
        _("Customers and spend by group"),
        "percent",
        tuple(row.name for row in table.rows),
        (
            Series(_("Customers"), tuple(row.share for row in table.rows), "slate", hrefs),
            Series(_("Spend"), tuple(row.spend_share for row in table.rows), "blue", hrefs),
        ),
        is_horizontal=True,
    )


def _changes(figures: ComparedFigures, measure: Measure, compare: Compare) -> tuple[Change, ...]:
    now = measure(figures.current)
    pairs = ((figures.previous, _PREVIOUS), (figures.last_year, _LAST_YEAR))
    made = (compare(now, measure(before), against) for before, against in pairs if before is not None)
    return tuple(change for change in made if change is not None)


def _missing(figures: ComparedFigures, daily: Sequence[DayFigures]) -> str:
    """Why a comparison is not there: the orders do not reach back so far."""
    begin = {"day": formats.day(daily[0].day if daily else None)}
    if not figures.current.has_data:
        return _("The orders begin on %(day)s: not yet a whole period") % begin
    if figures.previous is None and figures.last_year is None:
        return _("Before and last year: — (orders begin on %(day)s)") % begin
    if figures.previous is None:
        return _("Before: — (orders begin on %(day)s)") % begin
    if figures.last_year is None:
        return _("Last year: — (orders begin on %(day)s)") % begin
    return ""


def _course(daily: Sequence[DayFigures], period: PeriodFigures) -> list[DayFigures]:
    """Every day of the period since the first order; a day without orders counts nothing."""
    if not daily:
        return []
    known = {figures.day: figures for figures in daily}
    first = max(period.first_day, daily[0].day)
    days = [first + timedelta(days=offset) for offset in range((period.last_day - first).days + 1)]
    course = [known.get(day) or DayFigures(day, 0, 0, 0, 0, 0, 0) for day in days]
    return _weekly(course) if len(course) > BY_WEEK_FROM_DAYS else course


def _weekly(course: Sequence[DayFigures]) -> list[DayFigures]:
    """Sums of seven days each, counted back from the last, so that the newest point is a whole week."""
    starts = range(len(course) % 7, len(course), 7)
    names = ("revenue", "order_count", "buyer_count", "new_buyer_count", "new_revenue", "walk_in_revenue")
    return [
        DayFigures(
            course[at].day, *(sum(getattr(each, name) for each in course[at : at + 7]) for name in names)
        )
        for at in starts
    ]


def _bucket(day: date, is_by_week: bool) -> date:
    return day - timedelta(days=day.weekday()) if is_by_week else day
