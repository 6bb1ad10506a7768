"""The queue of pairs that may be one person."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from zhike.accounts.access import Right
from zhike.accounts.rules import requires
from zhike.customers.duplicates_page import duplicates_page, progress_part
from zhike.customers.listing import viewer_of
from zhike.customers.services.merging import decide_duplicate, take_back_scan
from zhike.customers.tasks import queue_scan
from zhike.pages.posted import needed_number_in
from zhike.pages.rendering import render_page


@requires(Right.MERGE)
@require_safe
def duplicates(request: HttpRequest) -> HttpResponse:
    return render_page(request, "customers/duplicates.html", duplicates_page(request))


@requires(Right.MERGE)
@require_safe
def progress(request: HttpRequest) -> HttpResponse:
    """How far the newest search is; once it is over, the whole page is asked for again."""
    found = progress_part()
    if found is None:
        raise Http404
    part, is_over = found
    response = render_page(request, "customers/scan_progress.html", part)
    if is_over:
        response.headers["HX-Refresh"] = "true"
    return response


@requires(Right.MERGE)
@require_POST
def search(request: HttpRequest) -> HttpResponse:
    """Queue a search; one that waits already is not queued twice."""
    queue_scan(requested_by=viewer_of(request))
    return _to_queue()


@requires(Right.MERGE)
@require_POST
def decide(request: HttpRequest) -> HttpResponse:
    decide_duplicate(
        link_id=needed_number_in(request.POST, "link"),
        state=request.POST.get("state", ""),
        actor=viewer_of(request),
    )
    messages.success(request, _("Decided; it can be taken back on the customer's page."))
    return _to_queue()


@requires(Right.MERGE)
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Take a whole search back."""
    count = take_back_scan(
        scan_id=needed_number_in(request.POST, "scan"),
        reason=request.POST.get("reason", ""),
        actor=viewer_of(request),
    )
    messages.success(
        request,
        ngettext("%(count)s link taken back.", "%(count)s links taken back.", count) % {"count": count},
    )
    return _to_queue()


def _to_queue() -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("customers:duplicates"))
