"""The items in the body of a request."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest
from django.http.request import RawPostDataException, UnreadablePostError

from zhike.collect.intake.problems import Refusal

MOST_ITEMS = 1_000
MOST_BYTES = 1024 * 1024
NDJSON = "application/x-ndjson"
_JSON = "application/json"
# Half of a pair of code units: text that no database and no file can keep.
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def body_of(request: HttpRequest) -> bytes:
    """The body, if it is of a size and kind that is taken.

    Raises
    ------
    Refusal
        413, 415, and 400 for a body that breaks off.
    """
    if request.content_type not in (_JSON, NDJSON):
        raise Refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "body.type",
            zh=f"请用 Content-Type: {_JSON} 或 {NDJSON}",
            en=f"send Content-Type: {_JSON} or {NDJSON}",
        )
    length = request.META.get("CONTENT_LENGTH") or "0"
    # Before the body is read: whoever says that it is too long need not be listened to.
    if not length.isdigit() or int(length) > MOST_BYTES:
        raise _too_large()
    try:
        body = request.body
    except (UnreadablePostError, RawPostDataException) as error:
        raise _unreadable() from error
    if len(body) > MOST_BYTES:
        raise _too_large()
    return body


def items_of(body: bytes, *, is_ndjson: bool, name: str) -> list[Any]:
    """The items: of ``{name: […]}``, or one a line.

    Raises
    ------
    Refusal
        400 for what is no JSON in UTF-8, 413 for more than 1,000 items, 422 for another structure.
    """
    try:
        said = _lines(body) if is_ndjson else _parsed(body)
        if _SURROGATE.search(body):
            json.dumps(said, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise _unreadable() from error
    items = _listed({name: said} if is_ndjson else said, name)
    if len(items) > MOST_ITEMS:
        raise Refusal(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "body.too_many",
            zh=f"一次最多 {MOST_ITEMS} 项，这里有 {len(items)} 项；请分几次发",
            en=f"a request has at most {MOST_ITEMS} items, this one {len(items)}; send them in parts",
        )
    return items


def _lines(body: bytes) -> list[Any]:
    said = []
    for number, line in enumerate(body.splitlines(), start=1):
        try:
            said += [_parsed(line)] if line.strip() else []
        except (ValueError, RecursionError) as error:
            raise _unreadable(line=number) from error
    return said


def _parsed(text: bytes) -> Any:
    return json.loads(text.decode("utf-8-sig"), parse_constant=_no_number)


def _no_number(text: str) -> float:
    raise ValueError(text)


def _listed(said: object, name: str) -> list[Any]:
    items = said.get(name) if isinstance(said, dict) and set(said) == {name} else None
    if isinstance(items, list) and items:
        return items
    raise Refusal(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "body.structure",
        zh=f'正文应是 {{"{name}": [ … ]}}，至少一项，没有其他字段',
        en=f'the body must be {{"{name}": [ … ]}} with at least one item and nothing else',
    )


def _unreadable(*, line: int | None = None) -> Refusal:
    """Nothing was taken; of several lines, the first that cannot be read is named."""
    if line is not None:
        return Refusal(
            HTTPStatus.BAD_REQUEST,
            "body.unreadable",
            zh=f"第 {line} 行不是完整的 UTF-8 JSON；一行都没有收下",
            en=f"line {line} is not whole JSON in UTF-8; no line was taken",
        )
    return Refusal(
        HTTPStatus.BAD_REQUEST,
        "body.unreadable",
        zh="正文不是完整的 UTF-8 JSON",
        en="the body is not whole JSON in UTF-8",
    )


def _too_large() -> Refusal:
    return Refusal(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "body.too_large",
        zh="正文最大 1 MiB，请分几次发",
        en="a body has at most 1 MiB; send it in parts",
    )
