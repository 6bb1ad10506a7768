"""Which language a page speaks, and what a person sees when a request is refused."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import translation

from zhike.accounts.selectors import User
from zhike.kernel.errors import UsageError, ZhikeError
from zhike.kernel.words import language_of, speaking
from zhike.web.errors import refused

GetResponse = Callable[[HttpRequest], HttpResponseBase]


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
