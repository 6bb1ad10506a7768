"""The API for programs: events, profiles, orders, referrals; each request with an API key of its scope."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern
from django.views.decorators.http import require_safe
from ninja import NinjaAPI, Schema
from pydantic import Field

from zhike import __version__
from zhike.accounts.keys import KeyScope
from zhike.accounts.rules import NeedsKey, declared, open_to_all
from zhike.collect.imports.kinds import kind_named
from zhike.collect.intake.answers import Receive, answered, received
from zhike.collect.intake.people import receive_profiles
from zhike.collect.intake.problems import methods_as_problems
from zhike.collect.intake.receiving import receive_events, receive_orders, receive_referrals

PREFIX = "/api/v1/"
_SCOPES = {scope.value for scope in KeyScope}

# Its own pages of documentation are off: they load from a CDN.
api = NinjaAPI(title="Zhike", version=__version__, urls_namespace="api", docs_url=None, openapi_url=None)


class Event(Schema):
    event_id: str = Field(max_length=100, description="the source's own id; the same again is a duplicate")
    name: str = Field(description="lower case, such as page_viewed")
    occurred_at: str = Field(description="ISO 8601; without a zone it is the shop's time")
    customer: str = Field(description="the source's key of the customer")
    source: str | None = Field(
        None, description="where the ids come from; by default the name of the API key"
    )
    properties: dict[str, Any] | None = Field(None, description="flat, at most 4 KiB, no personal data")


class Consent(Schema):
    purpose: str = Field(description="marketing, service, profiling or sensitive")
    is_granted: bool
    given_at: str
    channel: str = Field("", description="empty for all; sms, email, wechat, phone")
    text_version: str = ""


class Reason(Schema):
    field: str
    code: str
    detail: str


class RejectedItem(Schema):
    index: int
    field: str
    code: str
    detail: str
    more: list[Reason] = Field(description="what else is wrong with the item")


class Receipt(Schema):
    accepted: int
    duplicates: int
    rejected: list[RejectedItem]


class Problem(Schema):
    """RFC 9457."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    rejected: list[RejectedItem] | None = None


_ANSWERS: dict[int, type[Schema]] = {202: Receipt} | dict.fromkeys((400, 413, 415, 422, 429, 503), Problem)


def _body(name: str, one: dict[str, Any]) -> dict[str, Any]:
    """How OpenAPI describes a body that is checked item by item, and so not by the framework."""
    listed = {"type": "array", "minItems": 1, "maxItems": 1000, "items": one}
    batch = {"type": "object", "required": [name], "properties": {name: listed}}
    content = {"application/json": {"schema": batch}, "application/x-ndjson": {"schema": one}}
    return {"requestBody": {"required": True, "content": content}, "security": [{"key": []}]}


def _of_kind(name: str, key: str, more: dict[str, Any]) -> dict[str, Any]:
    """An item with the fields of an import; `key` is what the API calls the customer's key."""
    renamed = {"customer_id": key, "referrer_id": "referrer"}
    fields = {renamed.get(each.name, each.name): each for each in kind_named(name).fields}
    described = {name: {"description": each.text.en} for name, each in fields.items()}
    required = [name for name, each in fields.items() if each.is_required]
    return {"type": "object", "properties": {**described, **more}, "required": required}


_SOURCE = {"source": {"description": "where the ids come from; by default the name of the API key"}}
_ORDERS = _body("orders", _of_kind("orders", "customer", _SOURCE))
_REFERRALS = _body("referrals", _of_kind("referrals", "customer", _SOURCE))
_PROFILES = _body(
    "profiles",
    _of_kind(
        "customers",
        "key",
        _SOURCE
        | {
            "attributes": {"type": "object", "description": "your own attributes, by code"},
            "consents": {"type": "array", "items": Consent.model_json_schema()},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
    ),
)


@api.post(
    "events", url_name="events", response=_ANSWERS, openapi_extra=_body("events", Event.model_json_schema())
)
def events(request: HttpRequest) -> HttpResponse:
    """Things that customers did."""
    return _received(request, receive_events, "events")


@api.post("profiles", url_name="profiles", response=_ANSWERS, openapi_extra=_PROFILES)
def profiles(request: HttpRequest) -> HttpResponse:
    """What a source knows about people; what is left out stays as it is."""
    return _received(request, receive_profiles, "profiles")


@api.post("orders", url_name="orders", response=_ANSWERS, openapi_extra=_ORDERS)
def orders(request: HttpRequest) -> HttpResponse:
    """Orders; the same order id again updates the order."""
    return _received(request, receive_orders, "orders")


@api.post("referrals", url_name="referrals", response=_ANSWERS, openapi_extra=_REFERRALS)
def referrals(request: HttpRequest) -> HttpResponse:
    """Who was brought by whom; the same two again are a duplicate."""
    return _received(request, receive_referrals, "referrals")


@methods_as_problems
@open_to_all
@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """The API as OpenAPI 3.1."""
    described = dict(api.get_openapi_schema(path_prefix=PREFIX))
    described["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    return JsonResponse(described)


def ruled_urls() -> list[URLPattern]:
    """The addresses of the API, each behind a key of the scope that has its name."""
    kept = []
    for pattern in api.urls[0]:
        # The root of the API, which the framework adds, would say nothing.
        if isinstance(pattern, URLPattern) and pattern.name in _SCOPES:
            assert pattern.callback is not None
            pattern.callback = declared(methods_as_problems(pattern.callback), NeedsKey(pattern.name))
            kept.append(pattern)
    return kept


def _received(request: HttpRequest, receive: Receive, name: str) -> HttpResponse:
    source = request.api_key.name[:40]  # type: ignore[attr-defined]
    return answered(request, lambda: received(request, receive, name=name, source=source))
