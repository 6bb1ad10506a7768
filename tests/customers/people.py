"""Two people of the shop with names and contacts, and how tests act upon them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.test import Client

from tests.customers.conftest import Shop
from tests.shops import SOURCE
from zhike.accounts.models import AuditEntry
from zhike.customers.records import ConsentGiven, Identifier, ProfileRecord
from zhike.customers.services import record_profiles

NAME, PHONE, EMAIL = "欧阳娜娜", "+8613912345678", "nana@example.com"


def name_people(shop: Shop) -> tuple[int, int]:
    """The regular and k0 get names; their customer numbers."""
    agreed = ConsentGiven("marketing", "sms", True, datetime(2026, 1, 5, tzinfo=UTC), "v2")
    regular = ProfileRecord(
        source_key="regular",
        name=NAME,
        identifiers=(Identifier("phone", PHONE, is_verified=True), Identifier("email", EMAIL)),
        birthday="1990-05-01",
        attributes={"gender": "female", "city": "杭州市"},
        consents=(agreed,),
    )
    other = ProfileRecord(
        source_key="k0",
        name="欧阳娜",
        identifiers=(Identifier("phone", "+8613987654321"),),
        birthday="1991-06-02",
        attributes={"gender": "female"},
    )
    record_profiles(source=SOURCE, records=[regular, other])
    return shop.ids["regular"], shop.ids["k0"]


def said(client: Client, path: str, **query: Any) -> str:
    return client.get(path, query).content.decode()


def listed(client: Client, **query: Any) -> set[int]:
    page = client.get("/customers/", {"view": "all", "size": 200, **query}).context["page"]
    assert not page.problems, page.problems
    return {row.customer_id for row in page.rows}


def recorded(action: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action=action).order_by("pk"))
