"""Reads of what staff typed about customers: who and when; the values are read with those of the other sources."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from zhike.customers.models import TypedValue


@dataclass(frozen=True, slots=True)
class Typing:
    """Who typed a value, and when."""

    by: str
    at: datetime


Typings = dict[tuple[int, str], Typing]
"""By profile and field."""


def typings_of(profile_ids: Collection[int]) -> Typings:
    """Of those profiles, which staff filled by hand."""
    if not profile_ids:
        return {}
    rows = TypedValue.objects.filter(profile__in=profile_ids).select_related("actor")
    return {(row.profile_id, row.field): Typing(str(row.actor or ""), row.made_at) for row in rows}


def typed_fields_of(customer_id: int) -> set[str]:
    """The fields of a customer that staff filled by hand."""
    rows = TypedValue.objects.filter(profile__customer=customer_id)
    return set(rows.values_list("field", flat=True))
