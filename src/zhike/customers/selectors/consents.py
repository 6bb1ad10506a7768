"""Whether somebody may be written to, and whether their profile may be used."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from zhike.customers.models import ConsentEntry, Customer, Identity, Profile, Suppression
from zhike.customers.vault import open_vault
from zhike.kernel import clock


@dataclass(frozen=True, slots=True)
class ConsentState:
    """Where a customer stands on one purpose and channel, and from what."""

    purpose: str
    channel: str
    is_granted: bool
    given_at: datetime
    source: str
    text_version: str


def consents_of(customer_id: int) -> list[ConsentState]:
    """What stands: the newest word of each record, and of several records the most restrictive."""
    newest: dict[tuple[int, str, str], ConsentEntry] = {}
    entries = ConsentEntry.objects.filter(profile__customer=customer_id, undone_at=None)
    for entry in entries.order_by("given_at", "pk"):
        newest[entry.profile_id, entry.purpose, entry.channel] = entry
    standing: dict[tuple[str, str], ConsentState] = {}
    now = clock.now()
    for (_, purpose, channel), entry in newest.items():
        is_granted = entry.is_granted and (entry.expires_at is None or entry.expires_at > now)
        known = standing.get((purpose, channel))
        if known is None or (known.is_granted and not is_granted):
            standing[purpose, channel] = ConsentState(
                purpose, channel, is_granted, entry.given_at, entry.source, entry.text_version
            )
    return sorted(standing.values(), key=lambda state: (state.purpose, state.channel))


def is_agreed(customer_id: int, *, purpose: str, channel: str) -> bool:
    """Whether the customer agreed to it and nothing that was said later or elsewhere is against it."""
    said = [s for s in consents_of(customer_id) if s.purpose == purpose and s.channel in ("", channel)]
    return bool(said) and all(state.is_granted for state in said)


def is_suppressed(kind: str, value: str) -> bool:
    """Whether nobody may write to this contact."""
    index = open_vault(settings.ZHIKE_HOME).fingerprint(kind, value)
    return Suppression.objects.filter(kind=kind, value_index=index).exists()


def has_suppressed_contact(customer_id: int) -> bool:
    """Whether one of the customer's contacts must not be written to."""
    mine = Identity.objects.filter(profile__customer=customer_id).values("value_index")
    return Suppression.objects.filter(value_index__in=mine).exists()


def refuses_profiling(customer_id: int) -> bool:
    """Whether any of the people merged here refused that decisions are made by their profile."""
    return customer_id in customers_refusing_profiling([customer_id])


def customers_refusing_profiling(customer_ids: Collection[int] | None = None) -> set[int]:
    """The customers, of those given or of all, whose profile must not decide anything."""
    refused = Profile.objects.filter(home_customer__in=Customer.objects.filter(no_profiling=True))
    if customer_ids is not None:
        refused = refused.filter(customer__in=customer_ids)
    return set(refused.values_list("customer_id", flat=True))
