"""What customers are worth: groups, forecasts, the value score, margins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.accounts.access import Right
from zhike.accounts.rules import requires
from zhike.accounts.selectors import User
from zhike.customers.selectors import is_visible
from zhike.lake.snapshots import Snapshot, open_lake
from zhike.pages.links import with_query
from zhike.pages.rendering import render_page
from zhike.value import selectors, services
from zhike.value.forms import posted_choice, posted_margins

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True)
class NoSnapshotPage:
    """Before the first refresh there is nothing to show; `title` is the page that will be here."""

    title: str


@dataclass(frozen=True)
class OffersPanel:
    """What to offer one customer; None before the first refresh."""

    found: selectors.Offers | None


@dataclass(frozen=True)
class ReasonsPanel:
    """Why the score of one customer; None where the snapshot does not say."""

    customer_id: int
    found: selectors.ScoreReasons | None


@dataclass(frozen=True)
class ExpectedPanel:
    """What to expect of one customer; None before the first refresh."""

    found: selectors.Expected | None


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


@requires(Right.SEE_NUMBERS)
@require_safe
def clv_backtest(request: HttpRequest) -> HttpResponse:
    """How the forecast of the last closed months would have done."""
    return _page(request, "value/clv_backtest.html", selectors.BACKTEST_TITLE, selectors.backtest_page)


@requires(Right.SEE_NUMBERS)
@require_safe
def forecast(request: HttpRequest) -> HttpResponse:
    """Who orders next, who stays away, what will be sold."""
    return _page(request, "value/forecast.html", selectors.FORECAST_TITLE, selectors.forecast_page)


@requires(Right.SEE_NUMBERS)
@require_safe
def score(request: HttpRequest) -> HttpResponse:
    """What the value score weighs."""
    return render_page(request, "value/score.html", selectors.score_page(request))


@requires(Right.SEE_NUMBERS)
@require_http_methods(["GET", "HEAD", "POST"])
def try_score(request: HttpRequest) -> HttpResponse:
    """What other weights would change; nothing is kept. Whoever comes back without weights sees those in force."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse("value:score"))
    page = selectors.score_page(request, posted_choice(request.POST))
    return render_page(request, "value/score.html", page)


@requires(Right.MANAGE_SETTINGS)
@require_POST
def choose_score(request: HttpRequest) -> HttpResponse:
    """Put weights in force with the next refresh."""
    assert isinstance(request.user, User)
    services.choose_weights(choice=posted_choice(request.POST), actor=request.user)
    messages.success(request, _("The weights are kept; they count from the next computation on."))
    return HttpResponseRedirect(reverse("value:score"))


@requires(Right.SEE_NUMBERS)
@require_safe
def margins(request: HttpRequest) -> HttpResponse:
    """What stays of the spend where no cost is known."""
    return render_page(request, "value/margins.html", selectors.margins_page(request))


@requires(Right.MANAGE_SETTINGS)
@require_POST
def choose_margins(request: HttpRequest) -> HttpResponse:
    """Put the margins of the shop and of the categories on one page in force with the next refresh."""
    assert isinstance(request.user, User)
    changes = posted_margins(request.POST)
    services.change_margins(home=settings.ZHIKE_HOME, changes=changes, actor=request.user)
    messages.success(request, _("The margins are kept; they count from the next computation on."))
    place = {name: request.POST.get(name) for name in ("q", "page")}
    return HttpResponseRedirect(with_query(reverse("value:margins"), **place))


@requires(Right.SEE_CUSTOMERS)
@require_safe
def score_reasons(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Why one customer has their value score: a panel of their page, and a page of its own without JavaScript."""
    assert isinstance(request.user, User)
    if not is_visible(request.user, customer_id):
        raise Http404
    snapshot = open_lake(settings.ZHIKE_HOME.lake).current()
    found = selectors.score_reasons(snapshot, customer_id) if snapshot else None
    template = "value/score_reasons.html" if request.headers.get("HX-Request") else "value/score_alone.html"
    return render_page(request, template, ReasonsPanel(customer_id, found))


@requires(Right.SEE_CUSTOMERS)
@require_safe
def offers(request: HttpRequest, customer_id: int) -> HttpResponse:
    """A panel: what to offer one customer."""
    snapshot = _snapshot_for(request, customer_id)
    found = selectors.offers(snapshot, customer_id) if snapshot else None
    return render_page(request, "value/offers.html", OffersPanel(found))


@requires(Right.SEE_CUSTOMERS)
@require_safe
def expected(request: HttpRequest, customer_id: int) -> HttpResponse:
    """A panel: what one customer will spend, whether they stay away and why, when they order next."""
    snapshot = _snapshot_for(request, customer_id)
    found = selectors.expected(snapshot, customer_id) if snapshot else None
    return render_page(request, "value/expected.html", ExpectedPanel(found))


def _snapshot_for(request: HttpRequest, customer_id: int) -> Snapshot | None:
    """The snapshot in force, for who may see that customer."""
    assert isinstance(request.user, User)
    if not is_visible(request.user, customer_id):
        raise Http404
    return open_lake(settings.ZHIKE_HOME.lake).current()


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
