"""Reads of who is who."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pyarrow as pa
from django.db import connection

from zhike.customers.models import Customer, Profile
from zhike.customers.schema import PROFILES
from zhike.lake.snapshots import Snapshot

_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True)
class CustomerSource:
    """One record behind a customer: where it comes from, its key there, its attributes."""

    profile_id: int
    source: str
    source_key: str
    attributes: dict[str, str]


def sources_of(customer_id: int) -> list[CustomerSource]:
    profiles = Profile.objects.filter(customer_id=customer_id).order_by("pk")
    return [CustomerSource(p.pk, p.source, p.source_key, p.attributes) for p in profiles]


def source_keys_of(customer_ids: list[int]) -> dict[int, str]:
    """The source keys of some customers, each customer's joined by a comma."""
    pairs = Profile.objects.filter(customer_id__in=customer_ids).order_by("pk")
    keys: dict[int, list[str]] = {}
    for customer_id, key in pairs.values_list("customer_id", "source_key"):
        keys.setdefault(customer_id, []).append(key)
    return {customer_id: ", ".join(those) for customer_id, those in keys.items()}


def customer_ids_by_key(text: str) -> list[int]:
    """Customers one of whose sources knows them by exactly this key."""
    found = Profile.objects.filter(source_key=text).values_list("customer_id", flat=True)
    return list(found.distinct()[:100])


def customer_ids_found(text: str, snapshot: Snapshot) -> tuple[int, ...]:
    """Customers with this number or with exactly this source key; if there is none, whoever placed this order."""
    found = set(customer_ids_by_key(text))
    if number := _customer_number(text):
        found.add(number)
    known = set(Customer.objects.filter(pk__in=found).values_list("pk", flat=True)) if found else set()
    return tuple(sorted(known)) or _customer_ids_by_order(text, snapshot)


def customer_exists(customer_id: int) -> bool:
    return customer_id <= _LARGEST_ID and Customer.objects.filter(pk=customer_id).exists()


def _customer_number(text: str) -> int | None:
    digits = text.removeprefix("#")
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 20 else 0
    return number if 0 < number <= _LARGEST_ID else None


def _customer_ids_by_order(text: str, snapshot: Snapshot) -> tuple[int, ...]:
    orders = snapshot.table("orders")
    rows = snapshot.rows(orders.filter(orders.order_id == text).select("profile_id").distinct().limit(100))
    profiles = Profile.objects.filter(pk__in=[row["profile_id"] for row in rows])
    return tuple(profiles.order_by("customer_id").values_list("customer_id", flat=True).distinct())


def profile_map_mark() -> str:
    """Changes whenever the lake's copy of the map would."""
    # Each from an index; profiles are never deleted, so their number need not be counted.
    newest = Profile.objects.order_by("-pk").values_list("pk", flat=True).first()
    changed = Profile.objects.order_by("-changed_at").values_list("changed_at", flat=True).first()
    return f"{newest} {changed.isoformat() if changed else ''}"


def profile_map() -> pa.Table:
    """The whole map from profile to customer, as the lake's `profiles` has it."""
    # Plain tuples: a million model objects would cost more than the rest of a refresh.
    query = "SELECT id, customer_id, source, attributes FROM customers_profile"
    with connection.cursor() as cursor:
        cursor.execute(query)
        rows = cursor.fetchall()
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    columns[3] = tuple(None if text in ("{}", {}) else _as_json(text) for text in columns[3])
    return pa.table(
        [
            pa.array(column, field.type)
            for column, field in zip(columns, PROFILES.arrow_schema(), strict=True)
        ],
        schema=PROFILES.arrow_schema(),
    )


def _as_json(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
