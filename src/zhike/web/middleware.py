"""Which language a page speaks, who may ask for it, and what a person sees when a request is refused."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, assert_never

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import ImproperlyConfigured
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.urls import reverse
from django.utils import translation
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from zhike.accounts.access import Right, Scope, role_of, scope_of
from zhike.accounts.rules import NeedsKey, NeedsRight, OpenToAll, SignedIn, is_about_people, is_met, rule_of
from zhike.accounts.selectors import User, api_key_of, first_owner
from zhike.accounts.services import note_key_use
from zhike.collect.intake.problems import Refusal, problem, speaking_to
from zhike.customers.selectors import is_visible
from zhike.kernel.errors import UsageError, ZhikeError
from zhike.kernel.words import Text, language_of, speaking
from zhike.pages.rendering import render_page
from zhike.web.errors import ErrorPage, forbidden, not_found, refused

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponseBase]
RENEWAL_SECONDS = 600


def language_for(request: HttpRequest) -> str:
    """The cookie's language, else the user's, else the business's.

    Accept-Language is not asked: it tells how the computer was set up, often in a language its user does
    not read, while the owner has said which language the shop works in and the switch is on every page.
    """
    known = dict(settings.LANGUAGES)
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    if chosen in known:
        return chosen
    if isinstance(request.user, User) and request.user.language in known:
        return request.user.language
    return settings.LANGUAGE_CODE


class SessionRenewalMiddleware:
    """A visit prolongs the session, and is written down once in ten minutes at most.

    Django's own way writes at every request: each page and each part of one would then wait for the lock of
    the database, and fail where an import holds it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated:
            now = int(time.time())
            if now - request.session.get("renewed_at", 0) >= RENEWAL_SECONDS:
                request.session["renewed_at"] = now
        return self.get_response(request)


class LanguageMiddleware:
    """Speak one language in templates (Django) and in everything below the pages (kernel words)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        language = language_for(request)
        with translation.override(language), speaking(language_of(language)):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class ErrorPageMiddleware:
    """A domain's refusal becomes a page (or, inside a page, a notice) that says what to do."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, ZhikeError):
            return None
        return refused(request, exception, status=400 if isinstance(exception, UsageError) else 409)


class AccessMiddleware(LoginRequiredMiddleware):
    """Hold every view to its declared rule, before it sees the request."""

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        match rule := rule_of(view_func):
            case OpenToAll():
                return None
            case NeedsKey(scope):
                return _key_refused(request, scope)
            case SignedIn() | NeedsRight():
                if role_of(request.user) is None:
                    return self.handle_no_permission(request, view_func)
                if isinstance(rule, NeedsRight) and _must_choose_a_password(request):
                    return HttpResponseRedirect(reverse("settings:password"))
                if not is_met(rule, request.user):
                    return _right_missing(request, rule)
                return _of_somebody_else(request, view_kwargs)
            case None:
                return _undeclared(request, view_func)
            case _ as never:
                assert_never(never)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """What names people is kept by nobody: not on the disk of a shared computer, not for “back” after signing out."""
        if request.resolver_match and is_about_people(rule_of(request.resolver_match.func)):
            add_never_cache_headers(response)
        return response


def _right_missing(request: HttpRequest, rule: NeedsRight | SignedIn) -> HttpResponse:
    assert isinstance(rule, NeedsRight)
    if rule.otherwise and request.method in ("GET", "HEAD"):
        return HttpResponseRedirect(reverse(rule.otherwise))
    page = ErrorPage(
        status=403,
        title=_("This is not open to you"),
        advice=str(_whom_to_ask(request.user, rule.right)),
        code=f"access.{rule.right}",
    )
    template = "web/error_notice.html" if request.headers.get("HX-Request") else "web/error.html"
    return render_page(request, template, page, status=403)


def _must_choose_a_password(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.has_temporary_password


def _of_somebody_else(request: HttpRequest, named: dict[str, Any]) -> HttpResponse | None:
    """Whoever works with their own customers finds no page below another one, as if there were none."""
    # Here and not in the views: the next address with a customer in it cannot forget to ask.
    if "customer_id" not in named or scope_of(request.user) is Scope.ALL:
        return None
    if isinstance(request.user, User) and is_visible(request.user, named["customer_id"]):
        return None
    return not_found(request, Http404())


def _whom_to_ask(user: object, right: Right) -> Text:
    role = role_of(user)
    said = Text(
        zh="这需要“{right}”的权限，而你的角色是“{role}”。请找店主{owner}更改你的角色。",
        en="This needs the right to {right}; your role is “{role}”. Ask the owner, {owner}, to change it.",
    )
    return said.format(right=right.text, role=role.text if role else "", owner=first_owner() or "")


def _key_refused(request: HttpRequest, scope: str) -> HttpResponse | None:
    kind, _space, token = request.headers.get("Authorization", "").partition(" ")
    key = api_key_of(token.strip()) if kind.lower() == "bearer" else None
    if key is None:
        text = Text(
            zh="缺少有效的 API 密钥：请在 Authorization 头写 Bearer zk_…，密钥在“设置 › API 密钥”新建",
            en="no valid API key: send “Authorization: Bearer zk_…”; keys are made in Settings › API keys",
        )
        answer = _said_to_a_program(request, "key.missing", text, HTTPStatus.UNAUTHORIZED)
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    if scope not in key.scopes:
        text = Text(
            zh="这把密钥不能用于 {scope}：请新建一把勾选了它的密钥",
            en="this key is not for {scope}: make one that is",
        )
        return _said_to_a_program(request, "key.scope", text.format(scope=scope), HTTPStatus.FORBIDDEN)
    note_key_use(key=key)
    request.api_key = key  # type: ignore[attr-defined]
    return None


def _said_to_a_program(request: HttpRequest, code: str, text: Text, status: HTTPStatus) -> HttpResponse:
    with speaking_to(request):
        return problem(Refusal(status, code, zh=text.zh, en=text.en))


def _undeclared(request: HttpRequest, view: Callable[..., Any]) -> HttpResponse:
    fault = ImproperlyConfigured(f"the view {view.__module__}.{view.__name__} declares no rule")
    if settings.ZHIKE_UNDECLARED_VIEWS_RAISE:
        raise fault
    logger.error("%s: it is refused", fault)
    return forbidden(request, fault)
