"""One request from its body to its answer."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Protocol

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse

from zhike.collect.intake.bodies import NDJSON, body_of, items_of
from zhike.collect.intake.problems import Refusal, problem, speaking_to
from zhike.collect.intake.receiving import Receipt, TooMuchWaiting
from zhike.collect.intake.rows import Rejected
from zhike.kernel.errors import ZhikeError
from zhike.kernel.home import Home

log = logging.getLogger(__name__)


class Receive(Protocol):
    def __call__(self, *, home: Home, source: str, items: list[Any]) -> Receipt: ...


def answered(request: HttpRequest, work: Callable[[], HttpResponse]) -> HttpResponse:
    """What `work` answers, or the problem that it raised."""
    with speaking_to(request):
        try:
            return work()
        except Refusal as refusal:
            return problem(refusal)
        except ZhikeError as error:
            log.warning("a request could not be taken: %s", error.code)
            return problem(
                Refusal(HTTPStatus.SERVICE_UNAVAILABLE, error.code, zh=error.text.zh, en=error.text.en)
            )


def received(request: HttpRequest, receive: Receive, *, name: str, source: str) -> HttpResponse:
    """Take the items of a request.

    Raises
    ------
    Refusal
    """
    return taken(
        body_of(request), receive, name=name, source=source, is_ndjson=request.content_type == NDJSON
    )


def taken(body: bytes, receive: Receive, *, name: str, source: str, is_ndjson: bool) -> HttpResponse:
    items = items_of(body, is_ndjson=is_ndjson, name=name)
    try:
        receipt = receive(home=settings.ZHIKE_HOME, source=source, items=items)
    except TooMuchWaiting as error:
        raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, error.code, zh=error.text.zh, en=error.text.en) from error
    except OperationalError as error:
        log.warning("a request could not be kept: %s", error)
        raise Refusal(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "database.busy",
            zh="数据库正忙，这次什么也没有保存；请原样重发",
            en="the database is busy and nothing of this was kept; send the same again",
        ) from error
    return _told(receipt)


def _told(receipt: Receipt) -> HttpResponse:
    rejected = [_said(each) for each in receipt.rejected]
    if rejected and not receipt.accepted and not receipt.duplicates:
        raise Refusal(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "items.rejected",
            zh="没有一项可用，原因逐项列在 rejected",
            en="none of the items can be taken; rejected says why",
            rejected=rejected,
        )
    body = {"accepted": receipt.accepted, "duplicates": receipt.duplicates, "rejected": rejected}
    return JsonResponse(body, status=HTTPStatus.ACCEPTED, json_dumps_params={"ensure_ascii": False})


def _said(rejected: Rejected) -> dict[str, object]:
    """The first reason as it always stood, and the others below `more`."""
    first, *more = [
        {"field": each.field, "code": each.code, "detail": str(each.text)} for each in rejected.reasons
    ]
    return {"index": rejected.index, **first, "more": more}
