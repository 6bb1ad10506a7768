"""The records behind a customer, and what people wrote about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings

from zhike.customers.models import Customer, Note, Profile
from zhike.customers.normal import city_tier
from zhike.customers.records import BY_HAND
from zhike.customers.selectors.typed_values import Typing, typings_of
from zhike.customers.vault import open_vault


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """One record from one source; `source_key` is empty where it was not asked for, and for what staff typed.

    Parameters
    ----------
    typings
        Of what staff typed, who and when, by field.
    """

    profile_id: int
    source: str
    source_key: str
    attributes: dict[str, Any]
    made_at: datetime
    changed_at: datetime
    typings: Mapping[str, Typing] = field(default_factory=dict)

    def since(self, code: str) -> datetime:
        """Since when it says what it says of an attribute; a record of a source, since it changed last."""
        return self.typings[code].at if code in self.typings else self.changed_at


@dataclass(frozen=True, slots=True)
class NoteShown:
    text: str
    author: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class CustomerState:
    """What is decided about a customer as a whole."""

    owner_id: int | None
    owner: str


def records_of(customer_id: int, *, with_keys: bool) -> list[SourceRecord]:
    """In the order in which they came; those erased are left out."""
    vault = open_vault(settings.ZHIKE_HOME)
    profiles = list(Profile.objects.filter(customer=customer_id, erased_at=None).order_by("pk"))
    typings = typings_of([p.pk for p in profiles if p.source == BY_HAND])
    return [
        SourceRecord(
            profile_id=p.pk,
            source=p.source,
            source_key=vault.open(p.sealed_key, place=p.place) if with_keys and p.source != BY_HAND else "",
            attributes=_with_tier(p.attributes),
            made_at=p.created_at,
            changed_at=p.changed_at,
            typings={name: typing for (pk, name), typing in typings.items() if pk == p.pk},
        )
        for p in profiles
    ]


def _with_tier(attributes: dict[str, Any]) -> dict[str, Any]:
    """What a record says, and the tier of its city unless it says that too."""
    city = attributes.get("city")
    tier = city_tier(city) if isinstance(city, str) and "city_tier" not in attributes else None
    return {**attributes, "city_tier": tier} if tier else attributes


def notes_of(customer_id: int) -> list[NoteShown]:
    """Newest first, opened."""
    vault = open_vault(settings.ZHIKE_HOME)
    notes = Note.objects.filter(profile__customer=customer_id).select_related("author").order_by("-made_at")
    return [
        NoteShown(vault.open(note.sealed, place=note.place), str(note.author or ""), note.made_at)
        for note in notes[:100]
    ]


def customer_state(customer_id: int) -> CustomerState:
    customer = Customer.objects.select_related("owner").get(pk=customer_id)
    return CustomerState(customer.owner_id, str(customer.owner or ""))
