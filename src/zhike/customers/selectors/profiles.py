"""Reads of who is who."""

from __future__ import annotations

from collections.abc import Collection

from django.conf import settings
from django.db.models import F

from zhike.customers.models import Customer, Profile
from zhike.customers.records import BY_HAND, ERASED, WITHDRAWN
from zhike.customers.vault import key_index, open_vault
from zhike.lake.snapshots import Snapshot

_LARGEST_ID = 2**63 - 1


def source_keys_of(customer_ids: list[int]) -> dict[int, str]:
    """The source keys of some customers, each customer's joined by a comma; what staff typed has none."""
    vault = open_vault(settings.ZHIKE_HOME)
    profiles = Profile.objects.filter(customer_id__in=customer_ids, erased_at=None).exclude(source=BY_HAND)
    profiles = profiles.order_by("pk")
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
    indexes = [key_index(vault, source, text) for source in source_names()]
    found = Profile.objects.filter(key_index__in=indexes, erased_at=None).values_list(
        "customer_id", flat=True
    )
    return list(found.distinct()[:100])


def customers_of(profile_ids: Collection[int]) -> dict[int, int]:
    """The customer of each of some profiles; those that nobody sees any more have none."""
    profiles = Profile.objects.filter(pk__in=profile_ids, erased_at=None)
    return dict(profiles.values_list("pk", "customer_id"))


def source_names() -> list[str]:
    """Where records come from; those that were erased or withdrawn come from nowhere."""
    names: list[str] = []
    # One step into the index for each source: to list the distinct ones would read it all.
    while name := _source_after(names[-1] if names else ""):
        names.append(name)
    return [name for name in names if name not in (ERASED, WITHDRAWN)]


def _source_after(name: str) -> str | None:
    later = Profile.objects.filter(source__gt=name).order_by("source")
    return later.values_list("source", flat=True).first()


def customer_ids_found(text: str, snapshot: Snapshot, *, by_key: bool) -> tuple[int, ...]:
    """Customers with this number or, `by_key`, with exactly this source key; if there is none, whoever placed this order.

    A key may be a member card or a telephone number: to look by it is for those who may see it.
    """
    found = set(customer_ids_by_key(text)) if by_key else set()
    number = _customer_number(text)
    if number and (current := current_customer_id(number)):
        found.add(current)
    return tuple(sorted(found)) or _customer_ids_by_order(text, snapshot)


def current_customer_id(customer_id: int) -> int | None:
    """The customer that a number, perhaps of one linked with another since, leads to; None for nobody.

    Nobody is also of whom nothing is left since what brought them was taken back.
    """
    if customer_id > _LARGEST_ID or not Customer.objects.filter(pk=customer_id).exists():
        return None
    sources = _sources_of(customer_id)
    if not sources:
        moved = Profile.objects.filter(home_customer_id=customer_id).order_by("pk").first()
        customer_id = moved.customer_id if moved else customer_id
        sources = _sources_of(customer_id)
    return None if sources == {WITHDRAWN} else customer_id


def _sources_of(customer_id: int) -> set[str]:
    return set(Profile.objects.filter(customer_id=customer_id).values_list("source", flat=True).distinct())


def is_erased(customer_id: int) -> bool:
    """Whether everything that was known of a customer was erased; of one without records nothing was."""
    known = Profile.objects.filter(customer=customer_id).exclude(source=WITHDRAWN)
    alive_first = known.order_by(F("erased_at").asc(nulls_first=True))
    erased = list(alive_first.values_list("erased_at", flat=True)[:1])
    return bool(erased) and erased[0] is not None


def _customer_number(text: str) -> int | None:
    digits = text.removeprefix("#")
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 20 else 0
    return number if 0 < number <= _LARGEST_ID else None


def _customer_ids_by_order(text: str, snapshot: Snapshot) -> tuple[int, ...]:
    orders = snapshot.table("orders")
    rows = snapshot.rows(orders.filter(orders.order_id == text).select("profile_id").distinct().limit(100))
    profiles = Profile.objects.filter(pk__in=[row["profile_id"] for row in rows])
    return tuple(profiles.order_by("customer_id").values_list("customer_id", flat=True).distinct())
