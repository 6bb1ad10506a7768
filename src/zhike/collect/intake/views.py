"""The addresses at which other systems post, and the page on which they are made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from zhike.accounts.access import Right
from zhike.accounts.rules import open_to_all, requires
from zhike.accounts.selectors import User
from zhike.collect.intake.answers import answered, taken
from zhike.collect.intake.bodies import NDJSON, body_of
from zhike.collect.intake.hooks import close_hook, create_hook, hooks, signed_hook
from zhike.collect.intake.problems import Refusal, methods_as_problems
from zhike.collect.intake.receiving import receive_events
from zhike.kernel.errors import UsageError
from zhike.pages.rendering import render_page


class NewHookForm(forms.Form):
    slug = forms.CharField(
        label=pgettext_lazy("of a thing", "Name"),
        max_length=40,
        help_text=gettext_lazy("Lower-case letters, digits and hyphens, such as my-shop. It stays."),
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )


@dataclass(frozen=True)
class HookRow:
    slug: str
    is_open: bool
    last_used_at: datetime | None


@dataclass(frozen=True)
class HooksPage:
    """`secret` is there the one time that it is shown."""

    rows: tuple[HookRow, ...]
    form: NewHookForm
    address: str = ""
    secret: str = ""


@methods_as_problems
@csrf_exempt  # the signature says who sent it
@open_to_all
@require_POST
def hook(request: HttpRequest, slug: str) -> HttpResponse:
    """Events, signed by the Standard Webhooks specification."""
    return answered(request, lambda: _taken(request, slug))


def _taken(request: HttpRequest, slug: str) -> HttpResponse:
    body = body_of(request)
    found = signed_hook(slug, request.headers, body)
    if found is None:
        # The same for an unknown address: nobody learns which there are.
        raise Refusal(
            HTTPStatus.UNAUTHORIZED,
            "hook.signature",
            zh="签名与内容不符，或没有这个地址；请核对地址和密钥，并对发出的原样字节签名",
            en="the signature does not fit the body, or there is no such address; check address and secret, "
            "and sign the very bytes that are sent",
        )
    is_ndjson = request.content_type == NDJSON
    return taken(body, receive_events, name="events", source=found.slug, is_ndjson=is_ndjson)


@requires(Right.MANAGE_SETTINGS)
@require_safe
def hook_list(request: HttpRequest) -> HttpResponse:
    return _list(request, NewHookForm(auto_id="new_%s"))


@requires(Right.MANAGE_SETTINGS)
@require_POST
@never_cache
def add_hook(request: HttpRequest) -> HttpResponse:
    """Make an address and show its secret once."""
    form = NewHookForm(request.POST, auto_id="new_%s")
    if not form.is_valid():
        return _list(request, form, status=422)
    try:
        made = create_hook(slug=form.cleaned_data["slug"], actor=_actor(request))
    except UsageError as error:
        form.add_error("slug", str(error))
        return _list(request, form, status=422)
    address = request.build_absolute_uri(reverse("hook", args=[made.slug]))
    return _list(request, NewHookForm(auto_id="new_%s"), address=address, secret=made.secret)


@requires(Right.MANAGE_SETTINGS)
@require_POST
def close(request: HttpRequest, slug: str) -> HttpResponse:
    close_hook(slug=slug, actor=_actor(request))
    messages.success(request, _("Nothing more is taken at “%(name)s”.") % {"name": slug})
    return HttpResponseRedirect(reverse("hooks"))


def _list(
    request: HttpRequest, form: NewHookForm, *, address: str = "", secret: str = "", status: int = 200
) -> HttpResponse:
    rows = tuple(HookRow(each.slug, each.is_open, each.last_used_at) for each in hooks())
    page = HooksPage(rows, form, address, secret)
    return render_page(request, "intake/hooks.html", page, status=status)


def _actor(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
