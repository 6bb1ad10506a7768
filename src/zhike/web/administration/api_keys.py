"""Keys with which programs send data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.accounts import services
from zhike.accounts.access import Right
from zhike.accounts.keys import KeyScope
from zhike.accounts.rules import requires
from zhike.accounts.selectors import ApiKey, User, api_keys, key_with_id
from zhike.kernel import clock
from zhike.kernel.errors import UsageError
from zhike.kernel.words import Text, current_language
from zhike.pages.formats import ago
from zhike.pages.rendering import render_page
from zhike.web.administration.confirming import confirmation, revoked_key
from zhike.web.administration.forms import KeyForm, ScopesForm


@dataclass(frozen=True)
class KeyRow:
    """One key; of its token only the beginning is known."""

    id: int
    name: str
    prefix: str
    scopes: tuple[Text, ...]
    created_by: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True)
class KeysPage:
    rows: tuple[KeyRow, ...]
    form: KeyForm


@dataclass(frozen=True)
class ScopesPage:
    """What one key may send, to be changed; its token stays."""

    name: str
    form: ScopesForm


@dataclass(frozen=True)
class TokenPage:
    """The one time that a new token is shown."""

    name: str
    token: str
    scopes: tuple[Text, ...]


@requires(Right.MANAGE_SETTINGS)
@require_safe
def key_list(request: HttpRequest) -> HttpResponse:
    return _list(request, KeyForm(auto_id="new_%s"))


@requires(Right.MANAGE_SETTINGS)
@require_POST
@never_cache
def add(request: HttpRequest) -> HttpResponse:
    """Make a key and show its token once."""
    form = KeyForm(request.POST, auto_id="new_%s")
    if not form.is_valid():
        return _list(request, form, status=422)
    asked = form.cleaned_data
    try:
        made = services.create_api_key(actor=_actor(request), name=asked["name"], scopes=asked["scopes"])
    except UsageError as error:
        form.add_error("name", str(error))
        return _list(request, form, status=422)
    page = TokenPage(made.key.name, made.token, _scope_texts(made.key))
    return render_page(request, "web/administration/token.html", page)


@requires(Right.MANAGE_SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, key_id: int) -> HttpResponse:
    """What a key may send; by POST change it."""
    key = key_with_id(key_id)
    if key is None or key.revoked_at is not None:
        raise Http404
    posted = request.POST if request.method == "POST" else None
    form = ScopesForm(posted, initial={"scopes": key.scopes})
    if not form.is_valid():
        page = ScopesPage(key.name, form)
        status = 422 if posted is not None else 200
        return render_page(request, "web/administration/key_scopes.html", page, status=status)
    services.change_api_key(actor=_actor(request), key=key, scopes=form.cleaned_data["scopes"])
    messages.success(request, _("Changed what the key “%(name)s” may send.") % {"name": key.name})
    return HttpResponseRedirect(reverse("settings:api_keys"))


@requires(Right.MANAGE_SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest, key_id: int) -> HttpResponse:
    """Say what revoking a key means; by POST do it."""
    key = key_with_id(key_id)
    if key is None:
        raise Http404
    if request.method != "POST":
        last_used = ago(key.last_used_at, clock.now(), current_language()) if key.last_used_at else ""
        back_href = reverse("settings:api_keys")
        return confirmation(request, revoked_key(key.name, last_used=last_used, back_href=back_href))
    services.revoke_api_key(actor=_actor(request), key=key)
    messages.success(request, _("The key “%(name)s” no longer works.") % {"name": key.name})
    return HttpResponseRedirect(reverse("settings:api_keys"))


def _list(request: HttpRequest, form: KeyForm, *, status: int = 200) -> HttpResponse:
    page = KeysPage(rows=tuple(_row(key) for key in api_keys()), form=form)
    return render_page(request, "web/administration/api_keys.html", page, status=status)


def _row(key: ApiKey) -> KeyRow:
    return KeyRow(
        id=key.pk,
        name=key.name,
        prefix=key.prefix,
        scopes=_scope_texts(key),
        created_by=str(key.created_by) if key.created_by else "",
        created_at=key.created_at,
        last_used_at=key.last_used_at,
        revoked_at=key.revoked_at,
    )


def _scope_texts(key: ApiKey) -> tuple[Text, ...]:
    return tuple(KeyScope(scope).text for scope in key.scopes)


def _actor(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
