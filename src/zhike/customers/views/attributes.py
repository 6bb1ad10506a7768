"""Settings › Attributes: what a business wants to know of its customers besides the usual."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from zhike.accounts.access import Right
from zhike.accounts.rules import requires
from zhike.customers.attribute_rows import (
    AttributeRow,
    Choice,
    attribute_rows,
    sensitivity_choices,
    type_choices,
)
from zhike.customers.listing import viewer_of
from zhike.customers.services.attributes import (
    create_attribute,
    options_in,
    relabel_attribute,
    retire_attribute,
)
from zhike.pages.posted import flag_in
from zhike.pages.rendering import render_page


@dataclass(frozen=True)
class AttributesPage:
    rows: tuple[AttributeRow, ...]
    types: tuple[Choice, ...]
    sensitivities: tuple[Choice, ...]


@requires(Right.MANAGE_SETTINGS)
@require_safe
def attributes(request: HttpRequest) -> HttpResponse:
    page = AttributesPage(attribute_rows(), type_choices(), sensitivity_choices())
    return render_page(request, "customers/attributes.html", page)


@requires(Right.MANAGE_SETTINGS)
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    create_attribute(
        code=request.POST.get("code", "").strip(),
        type=request.POST.get("type", ""),
        label_zh=request.POST.get("label_zh", ""),
        label_en=request.POST.get("label_en", ""),
        options=options_in(request.POST.get("options", "")),
        sensitivity=request.POST.get("sensitivity", ""),
        actor=viewer_of(request),
    )
    messages.success(request, _("The attribute is made; imports can fill it from now on."))
    came_from = request.POST.get("next", "")
    if came_from and url_has_allowed_host_and_scheme(came_from, {request.get_host()}):
        return HttpResponseRedirect(came_from)
    return _to_list()


@requires(Right.MANAGE_SETTINGS)
@require_POST
def change(request: HttpRequest) -> HttpResponse:
    relabel_attribute(
        code=request.POST.get("code", ""),
        label_zh=request.POST.get("label_zh", ""),
        label_en=request.POST.get("label_en", ""),
        options=options_in(request.POST.get("options", "")),
        actor=viewer_of(request),
    )
    messages.success(request, _("The attribute is changed."))
    return _to_list()


@requires(Right.MANAGE_SETTINGS)
@require_POST
def retire(request: HttpRequest) -> HttpResponse:
    is_retired = flag_in(request.POST, "is_retired")
    retire_attribute(code=request.POST.get("code", ""), is_retired=is_retired, actor=viewer_of(request))
    if is_retired:
        messages.success(request, _("The attribute is retired; values that are there stay."))
    else:
        messages.success(request, _("The attribute is offered again."))
    return _to_list()


def _to_list() -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("customers:attributes"))
