"""Cohorts, migration between groups, and small panels that other pages load."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from zhike.accounts.access import Right
from zhike.accounts.rules import requires
from zhike.accounts.selectors import User
from zhike.customers.selectors import is_visible
from zhike.lake.snapshots import Snapshot, open_lake
from zhike.measure import selectors
from zhike.measure.files import cohorts_csv
from zhike.pages.charts import Columns
from zhike.pages.rendering import render_page

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True)
class NoSnapshotPage:
    """Before the first refresh there is nothing to show; `title` is the page that will be here."""

    title: str


@dataclass(frozen=True)
class MovementPanel:
    """What happened since the end of the last closed month; nothing without one."""

    since: date | None
    movement: selectors.Movement | None


@dataclass(frozen=True)
class TrendPanel:
    """How one customer stood month by month; without `chart` there is no closed month with an order yet."""

    chart: Columns | None
    steps: tuple[selectors.Step, ...]


@requires(Right.SEE_NUMBERS)
@require_safe
def cohorts(request: HttpRequest) -> HttpResponse:
    """Who came back after the first order, and what they brought."""
    return _page(request, "measure/cohorts.html", selectors.COHORTS_TITLE, selectors.cohorts_page)


@requires(Right.EXPORT_TABLES)
@require_safe
def cohorts_file(request: HttpRequest) -> HttpResponse:
    """All cohorts, by month and by quarter, as CSV."""
    snapshot = _current()
    if snapshot is None:
        raise Http404
    answer = HttpResponse(cohorts_csv(settings.ZHIKE_HOME, snapshot), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="zhike-cohorts-{snapshot.as_of}.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@requires(Right.SEE_NUMBERS)
@require_safe
def migration(request: HttpRequest) -> HttpResponse:
    """Who went from which group to which between two dates."""
    return _page(request, "measure/migration.html", selectors.MIGRATION_TITLE, selectors.migration_page)


@requires(Right.SEE_NUMBERS)
@require_safe
def movement(request: HttpRequest) -> HttpResponse:
    """A panel: what happened between RFM groups since the last closed month."""
    snapshot = _current()
    found = selectors.last_movement(snapshot, "rfm") if snapshot else None
    panel = MovementPanel(*found) if found else MovementPanel(None, None)
    return render_page(request, "measure/movement.html", panel)


@requires(Right.SEE_CUSTOMERS)
@require_safe
def trend(request: HttpRequest, customer_id: int) -> HttpResponse:
    """A panel: one customer's spend and groups month by month."""
    assert isinstance(request.user, User)
    if not is_visible(request.user, customer_id):
        raise Http404
    snapshot = _current()
    chart, steps = selectors.trend(snapshot, customer_id) if snapshot else (None, ())
    return render_page(request, "measure/trend.html", TrendPanel(chart, steps))


def _current() -> Snapshot | None:
    return open_lake(settings.ZHIKE_HOME.lake).current()


def _page(
    request: HttpRequest,
    template: str,
    title: object,
    select: Callable[[HttpRequest, Snapshot], DataclassInstance],
) -> HttpResponse:
    snapshot = _current()
    if snapshot is None:
        return render_page(request, "measure/no_snapshot.html", NoSnapshotPage(title=str(title)))
    return render_page(request, template, select(request, snapshot))
