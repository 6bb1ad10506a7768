"""Reads of who is who."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass

import pyarrow as pa
from django.conf import settings
from django.db import connection

from zhike.customers.models import Customer, Profile
from zhike.customers.schema import PROFILES
from zhike.customers.vault import key_index, open_vault
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
    vault = open_vault(settings.ZHIKE_HOME)
    profiles = Profile.objects.filter(customer_id=customer_id, erased_at=None).order_by("pk")
    return [
        CustomerSource(p.pk, p.source, vault.open(p.sealed_key, place=p.place), p.attributes)
        for p in profiles
    ]


def source_keys_of(customer_ids: list[int]) -> dict[int, str]:
    """The source keys of some customers, each customer's joined by a comma."""
    vault = open_vault(settings.ZHIKE_HOME)
    profiles = Profile.objects.filter(customer_id__in=customer_ids, erased_at=None).order_by("pk")
    keys: dict[int, list[str]] = {}
    for profile in profiles.only("customer_id", "source", "key_index", "sealed_key"):
        keys.setdefault(profile.customer_id, []).append(vault.open(profile.sealed_key, place=profile.place))
    return {customer_id: ", ".join(those) for customer_id, those in keys.items()}


def profile_keys(profile_ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Source and source key of some profiles, by profile id; those erased are left out."""
    vault = open_vault(settings.ZHIKE_HOME)
    profiles = Profile.objects.filter(pk__in=profile_ids, erased_at=None)
    return {p.pk: (p.source, vault.open(p.sealed_key, place=p.place)) for p in profiles}


def customer_ids_by_key(text: str) -> list[int]:
    """Customers one of whose sources knows them by exactly this key."""
    vault = open_vault(settings.ZHIKE_HOME)
    # A fingerprint is of source and key together; there are a handful of sources.
    sources = Profile.objects.values_list("source", flat=True).distinct()
    indexes = [key_index(vault, source, text) for source in sources]
    found = Profile.objects.filter(key_index__in=indexes).values_list("customer_id", flat=True)
    return list(found.distinct()[:100])


def customer_ids_found(text: str, snapshot: Snapshot) -> tuple[int, ...]:
    """Customers with this number or with exactly this source key; if there is none, whoever placed this order."""
    found = set(customer_ids_by_key(text))
    if number := _customer_number(text):
        found.add(number)
    known = {current for pk in found if (current := current_customer_id(pk))}
    return tuple(sorted(known)) or _customer_ids_by_order(text, snapshot)


def customer_exists(customer_id: int) -> bool:
    return customer_id <= _LARGEST_ID and Customer.objects.filter(pk=customer_id).exists()


def current_customer_id(customer_id: int) -> int | None:
    """The customer that a number, perhaps of one linked with another since, leads to; None for no customer."""
    if customer_id > _LARGEST_ID or not Customer.objects.filter(pk=customer_id).exists():
        return None
    if Profile.objects.filter(customer_id=customer_id).exists():
        return customer_id
    moved = Profile.objects.filter(home_customer_id=customer_id).order_by("pk").first()
    return moved.customer_id if moved else customer_id


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
    query = "SELECT id, customer_id, source, attributes FROM customers_profile WHERE erased_at IS NULL"
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
