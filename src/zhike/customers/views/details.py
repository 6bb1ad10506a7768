"""One customer's page, and what is changed on it."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from zhike.accounts.access import Right
from zhike.accounts.rules import requires
from zhike.customers.detail import detail_page
from zhike.customers.lineage import FieldShown, fields_shown
from zhike.customers.listing import viewer_of
from zhike.customers.selectors import current_customer_id, is_erased, is_visible
from zhike.customers.selectors.sensitive import SensitiveShown
from zhike.customers.services.assignment import assign_customers
from zhike.customers.services.notes import add_note
from zhike.customers.services.revealing import reveal_customer
from zhike.customers.services.staff_consents import state_consent, state_profiling
from zhike.customers.services.tags import tag_customers, untag_customers
from zhike.pages.posted import flag_in, needed_number_in, number_in
from zhike.pages.rendering import render_page


@dataclass(frozen=True)
class GonePage:
    """Of a number that nobody has, or whose customer was erased."""

    customer_id: int
    is_erased: bool


@dataclass(frozen=True)
class RevealPage:
    """The values of one customer in full, this once."""

    customer_id: int
    back_href: str
    reason: str
    fields: tuple[FieldShown, ...]
    sensitive: tuple[SensitiveShown, ...]


def current_or_404(customer_id: int) -> int:
    """The customer that a number leads to now."""
    current = current_customer_id(customer_id)
    if current is None:
        raise Http404
    return current


def page_of_nobody(request: HttpRequest, customer_id: int, *, is_erased: bool) -> HttpResponse:
    """What every page of a customer answers who was erased, or whom there is not."""
    page = GonePage(customer_id, is_erased)
    return render_page(request, "customers/gone.html", page, status=410 if is_erased else 404)


@requires(Right.SEE_CUSTOMERS)
@require_safe
def customer_detail(request: HttpRequest, customer_id: int) -> HttpResponse:
    """The page; the number of a customer that was merged into another leads to that one, and one that was erased is gone."""
    current = current_customer_id(customer_id)
    if current is not None and current != customer_id:
        return _to_page(current)
    if current is None or is_erased(current):
        return page_of_nobody(request, customer_id, is_erased=current is not None)
    return render_page(request, "customers/detail.html", detail_page(request, customer_id))


@requires(Right.REVEAL)
@require_POST
def reveal(request: HttpRequest, customer_id: int) -> HttpResponse:
    current, reason = current_or_404(customer_id), request.POST.get("reason", "")
    person, sensitive = reveal_customer(customer_id=current, reason=reason, actor=viewer_of(request))
    page = RevealPage(
        customer_id=current,
        back_href=reverse("customers:detail", args=[current]),
        reason=reason,
        fields=fields_shown(person, is_masked=False),
        sensitive=sensitive,
    )
    return render_page(request, "customers/reveal.html", page)


@requires(Right.EDIT_CUSTOMERS)
@require_POST
def note(request: HttpRequest, customer_id: int) -> HttpResponse:
    current = current_or_404(customer_id)
    add_note(customer_id=current, text=request.POST.get("text", ""), author=viewer_of(request))
    messages.success(request, _("The note is kept."))
    return _to_page(current, "notes")


@requires(Right.EDIT_CUSTOMERS)
@require_POST
def consent(request: HttpRequest, customer_id: int) -> HttpResponse:
    current = current_or_404(customer_id)
    state_consent(
        customer_id=current,
        purpose=request.POST.get("purpose", ""),
        channel=request.POST.get("channel", ""),
        is_granted=request.POST.get("is_granted") == "yes",
        text_version=request.POST.get("text_version", ""),
        actor=viewer_of(request),
    )
    messages.success(request, _("It is written down in the consent ledger."))
    return _to_page(current, "consents")


@requires(Right.EDIT_CUSTOMERS)
@require_POST
def profiling(request: HttpRequest, customer_id: int) -> HttpResponse:
    current, is_refused = current_or_404(customer_id), flag_in(request.POST, "is_refused")
    state_profiling(customer_id=current, is_refused=is_refused, actor=viewer_of(request))
    if is_refused:
        messages.success(request, _("From the next refresh, nothing is decided by this customer's profile."))
    else:
        messages.success(request, _("From the next refresh, this customer's profile is used again."))
    return _to_page(current, "consents")


@requires(Right.TAG)
@require_POST
def tag(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Put a tag on, or with ``remove`` take one off."""
    current = current_or_404(customer_id)
    change = untag_customers if flag_in(request.POST, "remove") else tag_customers
    change(customer_ids=[current], name=request.POST.get("name", ""), actor=viewer_of(request))
    return _to_page(current, "tags")


@requires(Right.EDIT_CUSTOMERS)
@require_POST
def assign(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Give the customer to a colleague; whoever works with their own customers may lose sight of them by that."""
    current, viewer = current_or_404(customer_id), viewer_of(request)
    # An empty field gives them to nobody; a form without the field must not.
    owner_id = (
        number_in(request.POST, "owner")
        if "owner" in request.POST
        else needed_number_in(request.POST, "owner")
    )
    assign_customers(customer_ids=[current], owner_id=owner_id, actor=viewer)
    messages.success(request, _("The change of who looks after this customer is kept."))
    return HttpResponseRedirect(
        reverse("customers:detail", args=[current])
        if is_visible(viewer, current)
        else reverse("customers:list")
    )


def _to_page(customer_id: int, part: str = "") -> HttpResponseRedirect:
    href = reverse("customers:detail", args=[customer_id])
    return HttpResponseRedirect(f"{href}#{part}" if part else href)
