"""Refusals as programs read them: problem details (RFC 9457) with our code, in the language that was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation.trans_real import parse_accept_lang_header

from zhike.kernel.words import Text, language_of, speaking

_View = Callable[..., HttpResponse]


class Refusal(Exception):
    """A request that is refused as a whole."""

    def __init__(self, status: HTTPStatus, code: str, *, zh: str, en: str, **more: object) -> None:
        self.status = status
        self.code = code
        self.text = Text(zh=zh, en=en)
        self.more = more
        super().__init__(code)


def problem(refusal: Refusal) -> JsonResponse:
    """The answer that says so."""
    body = {
        "type": "about:blank",
        "title": refusal.status.phrase,
        "status": refusal.status.value,
        "code": refusal.code,
        "detail": str(refusal.text),
        **refusal.more,
    }
    answer = JsonResponse(
        body,
        status=refusal.status,
        content_type="application/problem+json",
        json_dumps_params={"ensure_ascii": False},
    )
    if refusal.status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        answer.headers["Retry-After"] = "10"
    return answer


def methods_as_problems(view: _View) -> _View:
    """`view`, whose 405 says as a problem which methods it answers."""

    @wraps(view)
    def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        given = view(request, *args, **kwargs)
        if given.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
            return given
        allowed = given.headers["Allow"]
        with speaking_to(request):
            said = problem(
                Refusal(
                    HTTPStatus.METHOD_NOT_ALLOWED,
                    "method.not_allowed",
                    zh=f"这个地址不接受 {request.method}，请改用 {allowed}",
                    en=f"this address does not answer {request.method}; use {allowed}",
                )
            )
        said.headers["Allow"] = allowed
        return said

    return answer


@contextmanager
def speaking_to(request: HttpRequest) -> Iterator[None]:
    """Speak the language that the program asks for, else that of the business."""
    with speaking(language_of(_asked(request) or settings.LANGUAGE_CODE)):
        yield


def _asked(request: HttpRequest) -> str:
    wanted = parse_accept_lang_header(request.headers.get("Accept-Language", ""))
    return next((code for code, _ in wanted if code.partition("-")[0] in ("zh", "en")), "")
