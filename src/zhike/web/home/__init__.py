"""The first page after signing in: what to do today, then how the shop does."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from zhike.accounts.access import Right
from zhike.accounts.rules import requires
from zhike.lake.snapshots import Snapshot, open_lake
from zhike.measure.selectors import compared_figures, daily_figures
from zhike.pages.charts import Columns
from zhike.pages.kpis import Kpi
from zhike.pages.periods import PeriodPicker, period_picker
from zhike.pages.rendering import render_page
from zhike.pipeline.selectors import newest_run
from zhike.value.selectors import published
from zhike.value.selectors.rfm_groups import segment_table
from zhike.web.home.figures import kpis, new_and_returning, shares_by_segment
from zhike.web.home.first_use import FirstUsePage, first_use_page
from zhike.web.home.today import Todo, todos

__all__ = ["FirstUsePage", "HomePage", "home"]


@dataclass(frozen=True)
class HomePage:
    """`is_by_week` says how the revenue chart is cut; there is no chart of shares before anybody bought."""

    business_name: str
    picker: PeriodPicker
    todos: tuple[Todo, ...]
    kpis: tuple[Kpi, ...]
    revenue: Columns
    is_by_week: bool
    shares: Columns | None


@requires(Right.SEE_NUMBERS, otherwise="customers:list")
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Before the first refresh, the steps to it."""
    snapshot = open_lake(settings.ZHIKE_HOME.lake).current()
    if snapshot is None:
        return render_page(request, "web/first_use.html", first_use_page(settings.ZHIKE_HOME))
    return render_page(request, "web/home.html", _home_page(request, snapshot))


def _home_page(request: HttpRequest, snapshot: Snapshot) -> HomePage:
    picker = period_picker(request)
    daily = daily_figures(snapshot)
    summaries = published.group_summaries(snapshot)
    figures = compared_figures(snapshot, days=picker.days)
    revenue, is_by_week = new_and_returning(daily, as_of=snapshot.as_of, days=picker.days)
    return HomePage(
        business_name=settings.ZHIKE_BUSINESS.name,
        picker=picker,
        todos=todos(snapshot, summaries, daily, newest_run()),
        kpis=kpis(figures, daily, days=picker.days) if figures else (),
        revenue=revenue,
        is_by_week=is_by_week,
        shares=shares_by_segment(segment_table(summaries.get("rfm", {}))),
    )
