"""Typing what is known of a customer, and taking that back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from zhike.accounts.access import Right
from zhike.accounts.rules import requires
from zhike.customers.editing import Refused, Revealed, edit_page
from zhike.customers.listing import viewer_of
from zhike.customers.selectors import current_customer_id, is_erased
from zhike.customers.services.revealing import reveal_customer
from zhike.customers.services.typed_values import take_back_value, type_value
from zhike.customers.views.details import current_or_404, page_of_nobody
from zhike.kernel.errors import ZhikeError
from zhike.pages.rendering import render_page

_TEMPLATE = "customers/edit.html"


@requires(Right.EDIT_CUSTOMERS)
@require_safe
def edit(request: HttpRequest, customer_id: int) -> HttpResponse:
    """A form a field; present names and contacts are masked."""
    current = current_customer_id(customer_id)
    if current is None or is_erased(current):
        return page_of_nobody(request, customer_id, is_erased=current is not None)
    return render_page(request, _TEMPLATE, edit_page(current, viewer_of(request)))


@requires(Right.REVEAL)
@require_POST
def edit_revealed(request: HttpRequest, customer_id: int) -> HttpResponse:
    """The forms with the present values in full, this once."""
    current, viewer = current_or_404(customer_id), viewer_of(request)
    person, sealed = reveal_customer(customer_id=current, reason=request.POST.get("reason", ""), actor=viewer)
    return render_page(request, _TEMPLATE, edit_page(current, viewer, revealed=Revealed(person, sealed)))


@requires(Right.EDIT_CUSTOMERS)
@sensitive_post_parameters()
@require_POST
def keep(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Keep what was typed into one field, or show it again with what is wrong with it."""
    current, viewer = current_or_404(customer_id), viewer_of(request)
    name, typed = request.POST.get("field", ""), tuple(request.POST.getlist("value"))
    try:
        field = type_value(customer_id=current, name=name, typed=typed, actor=viewer)
    except ZhikeError as error:
        page = edit_page(current, viewer, refused=Refused(name, typed, str(error)))
        return render_page(request, _TEMPLATE, page, status=422)
    messages.success(request, _("Kept: %(field)s.") % {"field": field.text})
    return _to_form(current, name)


@requires(Right.EDIT_CUSTOMERS)
@require_POST
def take_back(request: HttpRequest, customer_id: int) -> HttpResponse:
    current, name = current_or_404(customer_id), request.POST.get("field", "")
    field = take_back_value(customer_id=current, name=name, actor=viewer_of(request))
    messages.success(
        request, _("Taken back: %(field)s is what the sources say again.") % {"field": field.text}
    )
    return _to_form(current, name)


def _to_form(customer_id: int, name: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{reverse('customers:edit', args=[customer_id])}#field-{name}")
