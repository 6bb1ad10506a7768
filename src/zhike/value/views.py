"""RFM groups and the CLV forecast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from zhike.accounts.access import Right
from zhike.accounts.rules import requires
from zhike.lake.snapshots import Snapshot, open_lake
from zhike.pages.rendering import render_page
from zhike.value import selectors

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True)
class NoSnapshotPage:
    """Before the first refresh there is nothing to show; `title` is the page that will be here."""

    title: str


@requires(Right.SEE_NUMBERS)
@require_safe
def rfm(request: HttpRequest) -> HttpResponse:
    """Who buys recently, often and much."""
    return _page(request, "value/rfm.html", selectors.RFM_TITLE, selectors.rfm_page)


@requires(Right.SEE_NUMBERS)
@require_safe
def clv(request: HttpRequest) -> HttpResponse:
    """What customers are expected to bring in the next 365 days."""
    return _page(request, "value/clv.html", selectors.CLV_TITLE, selectors.clv_page)


def _page(
    request: HttpRequest,
    template: str,
    title: object,
    select: Callable[[HttpRequest, Snapshot], DataclassInstance],
) -> HttpResponse:
    snapshot = open_lake(settings.ZHIKE_HOME.lake).current()
    if snapshot is None:
        return render_page(request, "value/no_snapshot.html", NoSnapshotPage(title=str(title)))
    return render_page(request, template, select(request, snapshot))
