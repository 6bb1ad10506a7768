"""Reads of the list of contacts that nobody may write to: how many, since when and why; which they are nobody can tell."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.db.models.functions import TruncDate

from zhike.customers.models import Identity, Suppression
from zhike.customers.slices import slices
from zhike.customers.vault import open_vault


@dataclass(frozen=True, slots=True)
class SuppressedCount:
    """How many contacts of a kind (``phone``, ``email``) were put on the list on a day, in the shop's time, and why."""

    made_on: date
    kind: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Since when a contact is on the list, and the code of the reason."""

    made_at: datetime
    reason: str


def suppressed_totals() -> dict[tuple[str, str], int]:
    """How many contacts are on the list, by kind and reason."""
    counted = Suppression.objects.values_list("kind", "reason").annotate(count=Count("pk")).order_by()
    return {(kind, reason): count for kind, reason, count in counted}


def suppressed_lately(*, most: int) -> list[SuppressedCount]:
    """The newest days on which any were put on it, newest first, most rows at most."""
    day = TruncDate("made_at", tzinfo=settings.ZHIKE_BUSINESS.zone)
    days = Suppression.objects.annotate(made_on=day).values_list("made_on", "kind", "reason")
    counted = days.annotate(count=Count("pk")).order_by("-made_on", "kind", "reason")
    return [SuppressedCount(*row) for row in counted[:most]]


def standing_of(kind: str, value: str) -> Standing | None:
    """How a contact stands on the list; None where it is not on it."""
    index = open_vault(settings.ZHIKE_HOME).fingerprint(kind, value)
    found = Suppression.objects.filter(kind=kind, value_index=index).first()
    return Standing(found.made_at, found.reason) if found else None


def suppressed_kinds_of(customer_ids: Collection[int]) -> dict[int, set[str]]:
    """The kinds of contacts, of each customer who has such, among which one must not be written to."""
    found: dict[int, set[str]] = {}
    for some in slices(customer_ids):
        for pk, kind in _suppressed(some).values_list("profile__customer", "kind").distinct():
            found.setdefault(pk, set()).add(kind)
    return found


def _suppressed(customer_ids: Collection[int]) -> QuerySet[Identity]:
    listed = Suppression.objects.filter(kind=OuterRef("kind"), value_index=OuterRef("value_index"))
    theirs = Identity.objects.filter(profile__customer__in=customer_ids, kind__in=("phone", "email"))
    return theirs.filter(Exists(listed))
