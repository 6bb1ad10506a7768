"""Settings › Do not contact: contacts that get no marketing, whoever has them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from zhike.accounts.access import Right, may
from zhike.accounts.rules import requires
from zhike.customers.listing import viewer_of
from zhike.customers.services.consents import allow_again, suppress_asked
from zhike.customers.suppressions_page import SuppressionsPage, suppressions_page
from zhike.pages.rendering import render_page

_TEMPLATE = "customers/suppressions.html"


@requires(Right.SUPPRESS)
@require_safe
def suppressions(request: HttpRequest) -> HttpResponse:
    return render_page(request, _TEMPLATE, _page(request))


@requires(Right.SUPPRESS)
@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """How a contact stands; a POST, because it must not lie in addresses and logs."""
    return render_page(request, _TEMPLATE, _page(request, _contact(request)))


@requires(Right.SUPPRESS)
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    is_new = suppress_asked(
        contact=_contact(request), reason=request.POST.get("reason", ""), actor=viewer_of(request)
    )
    if is_new:
        messages.success(request, _("The contact is on the list: nobody writes to it again."))
    else:
        messages.info(
            request, _("The contact was on the list before. It is on record that it was asked for again.")
        )
    return _to_page()


@requires(Right.EDIT_CUSTOMERS)
@require_POST
def lift(request: HttpRequest) -> HttpResponse:
    was_there = allow_again(
        contact=_contact(request), reason=request.POST.get("reason", ""), actor=viewer_of(request)
    )
    if was_there:
        messages.success(request, _("The contact is off the list. What its owner agreed to counts again."))
    else:
        messages.info(request, _("The contact was not on the list; nothing changed."))
    return _to_page()


def _page(request: HttpRequest, looked_up: str = "") -> SuppressionsPage:
    may_lift = may(request.user, Right.EDIT_CUSTOMERS)
    return suppressions_page(looked_up=looked_up, may_lift=may_lift)


def _contact(request: HttpRequest) -> str:
    return request.POST.get("contact", "")


def _to_page() -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("customers:suppressions"))
