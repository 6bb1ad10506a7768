"""Tagging and assigning many customers at once."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from zhike.accounts.access import Right
from zhike.accounts.rules import requires
from zhike.customers.bulk import apply, change_in, operations_page, preview
from zhike.customers.bulk import undo as undo_operation
from zhike.customers.listing import viewer_of
from zhike.pages.posted import flag_in
from zhike.pages.rendering import render_page


@requires(Right.TAG)
@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """Say what it would change; with ``confirmed`` do it."""
    asked = change_in(request)
    if not flag_in(request.POST, "confirmed"):
        return render_page(request, "customers/bulk_preview.html", preview(request, asked))
    count = apply(asked, actor=viewer_of(request))
    messages.success(
        request,
        ngettext("%(count)s customer changed.", "%(count)s customers changed.", count) % {"count": count},
    )
    return _to_operations()


@requires(Right.TAG)
@require_safe
def operations(request: HttpRequest) -> HttpResponse:
    return render_page(request, "customers/bulk_operations.html", operations_page(viewer_of(request)))


@requires(Right.TAG)
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    undo_operation(request.POST, actor=viewer_of(request))
    messages.success(request, _("Taken back."))
    return _to_operations()


def _to_operations() -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("customers:bulk_operations"))
