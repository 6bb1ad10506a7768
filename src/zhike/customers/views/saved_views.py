"""Views of the customer list that somebody keeps under a name."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhike.accounts.access import Right
from zhike.accounts.rules import requires
from zhike.customers.listing import viewer_of
from zhike.customers.selectors.saved_views import views_for
from zhike.customers.services.saved_views import begin_with_view, delete_view, save_view, star_view
from zhike.customers.view_tabs import NOT_KEPT, plain_query, view_href
from zhike.pages.posted import flag_in, needed_number_in


@requires(Right.SEE_CUSTOMERS)
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep the filters of the list; a name or number that was searched for is left out."""
    query = plain_query(QueryDict(request.POST.get("query", "")), without=NOT_KEPT)
    view = save_view(
        user=viewer_of(request),
        name=request.POST.get("name", ""),
        query=query,
        is_shared=flag_in(request.POST, "is_shared"),
    )
    messages.success(request, _("The view is kept."))
    return _to_view(request, view.pk)


@requires(Right.SEE_CUSTOMERS)
@require_POST
def star(request: HttpRequest) -> HttpResponse:
    view_id, is_starred = needed_number_in(request.POST, "view"), flag_in(request.POST, "is_on")
    star_view(user=viewer_of(request), view_id=view_id, is_starred=is_starred)
    return _to_view(request, view_id)


@requires(Right.SEE_CUSTOMERS)
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Open the list with this view from now on, or no longer."""
    view_id, is_default = needed_number_in(request.POST, "view"), flag_in(request.POST, "is_on")
    begin_with_view(user=viewer_of(request), view_id=view_id, is_default=is_default)
    return _to_view(request, view_id)


@requires(Right.SEE_CUSTOMERS)
@require_POST
def delete(request: HttpRequest) -> HttpResponse:
    delete_view(user=viewer_of(request), view_id=needed_number_in(request.POST, "view"))
    messages.success(request, _("The view is deleted."))
    return HttpResponseRedirect(f"{reverse('customers:list')}?view=all")


def _to_view(request: HttpRequest, view_id: int) -> HttpResponseRedirect:
    view = next(view for view in views_for(viewer_of(request)) if view.id == view_id)
    return HttpResponseRedirect(view_href(view))
