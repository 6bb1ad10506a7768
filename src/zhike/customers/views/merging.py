"""Joining two customers, and taking that back."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.accounts.access import Right
from zhike.accounts.rules import requires
from zhike.customers.listing import viewer_of
from zhike.customers.merging_pages import links_page, merge_page
from zhike.customers.selectors import current_customer_id, is_erased, is_visible
from zhike.customers.services.merging import merge_customers, split_record, take_back_links
from zhike.customers.views.details import current_or_404, page_of_nobody
from zhike.pages.posted import needed_number_in
from zhike.pages.rendering import render_page


@requires(Right.MERGE)
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Search the other customer, compare, and by POST make one of the two."""
    current = current_customer_id(customer_id)
    if current is None or is_erased(current):
        return page_of_nobody(request, customer_id, is_erased=current is not None)
    if request.method != "POST":
        return render_page(request, "customers/merge.html", merge_page(request, current))
    other = current_or_404(needed_number_in(request.POST, "other"))
    if not is_visible(viewer_of(request), other):
        # The address names one of the two only, so nobody else has asked for the other.
        raise Http404
    kept = merge_customers(
        customer_id=current,
        other_id=other,
        reason=request.POST.get("reason", ""),
        actor=viewer_of(request),
    )
    messages.success(request, _("The two are one customer now; figures follow with the next refresh."))
    return HttpResponseRedirect(reverse("customers:detail", args=[kept]))


@requires(Right.MERGE)
@require_safe
def links(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Which records were joined and parted, by whom and why."""
    current = current_customer_id(customer_id)
    if current is None or is_erased(current):
        return page_of_nobody(request, customer_id, is_erased=current is not None)
    return render_page(request, "customers/links.html", links_page(request, current))


@requires(Right.MERGE)
@require_POST
def take_back(request: HttpRequest, customer_id: int) -> HttpResponse:
    current = current_or_404(customer_id)
    is_parted = take_back_links(
        customer_id=current,
        operation=request.POST.get("operation", ""),
        reason=request.POST.get("reason", ""),
        actor=viewer_of(request),
    )
    if is_parted:
        messages.success(request, _("Taken back; the records are customers of their own again."))
    else:
        messages.warning(
            request, _("Taken back, but other links still join the records: split the one that is wrong off.")
        )
    return HttpResponseRedirect(reverse("customers:links", args=[current_or_404(current)]))


@requires(Right.MERGE)
@require_POST
def split(request: HttpRequest, customer_id: int) -> HttpResponse:
    current = current_or_404(customer_id)
    made = split_record(
        customer_id=current,
        profile_id=needed_number_in(request.POST, "profile"),
        reason=request.POST.get("reason", ""),
        actor=viewer_of(request),
    )
    messages.success(request, _("The record is customer #%(id)s of its own now.") % {"id": made})
    return HttpResponseRedirect(reverse("customers:links", args=[current_or_404(current)]))
