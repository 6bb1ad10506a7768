"""Whether somebody may be written to, and whether their profile may be used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from zhike.customers.models import ConsentEntry, Identity, Profile, Suppression
from zhike.customers.vault import open_vault
from zhike.kernel import clock

_REACHED_BY = {"sms": ("phone",), "phone": ("phone",), "email": ("email",)}


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
    """Whether the customer agreed to it and nothing that was said later or elsewhere is against it.

    What a person agreed to at a contact that nobody may write to counts for nothing, whoever brought it in.
    """
    if suppressed_contacts(customer_id) & set(reached_by(purpose, channel)):
        return False
    said = [s for s in consents_of(customer_id) if s.purpose == purpose and s.channel in ("", channel)]
    return bool(said) and all(state.is_granted for state in said)


def is_suppressed(kind: str, value: str) -> bool:
    """Whether nobody may write to this contact."""
    index = open_vault(settings.ZHIKE_HOME).fingerprint(kind, value)
    return Suppression.objects.filter(kind=kind, value_index=index).exists()


def suppressed_contacts(customer_id: int) -> set[str]:
    """The kinds of the customer's contacts among which one must not be written to."""
    mine = Identity.objects.filter(
        profile__customer=customer_id, kind=OuterRef("kind"), value_index=OuterRef("value_index")
    )
    return set(Suppression.objects.filter(Exists(mine)).values_list("kind", flat=True))


def reached_by(purpose: str, channel: str) -> tuple[str, ...]:
    """The kinds of contacts that somebody is written to at, for a purpose by a channel; of any channel if it is empty."""
    if purpose != "marketing":
        return ()
    return _REACHED_BY.get(channel, ()) if channel else ("phone", "email")


def refuses_profiling(customer_id: int) -> bool:
    """Whether any of the people merged here refused that decisions are made by their profile."""
    refused = Q(home_customer__no_profiling=True) | Q(Exists(_saying_no()))
    return Profile.objects.filter(refused, customer=customer_id).exists()


def profiles_refusing_profiling(customer_id: int) -> list[int]:
    """The records of a customer that say no to profiling in the ledger, as `REFUSING_PROFILING`."""
    refused = Profile.objects.filter(Exists(_saying_no()), customer=customer_id)
    return sorted(refused.values_list("pk", flat=True))


def _saying_no() -> QuerySet[ConsentEntry]:
    """Of a profile, as `REFUSING_PROFILING` has it of all."""
    about = ConsentEntry.objects.filter(purpose="profiling", undone_at=None)
    is_later = Q(given_at__gt=OuterRef("given_at")) | Q(given_at=OuterRef("given_at"), pk__gt=OuterRef("pk"))
    later = about.filter(is_later, profile=OuterRef("profile"), channel=OuterRef("channel"))
    return about.filter(~Exists(later), profile=OuterRef("pk"), is_granted=False)


# What was agreed to for a time that is over is no refusal. Its first three conditions are those of an index.
REFUSING_PROFILING = """
SELECT said.profile_id FROM customers_consententry said
WHERE said.purpose = 'profiling' AND NOT said.is_granted AND said.undone_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM customers_consententry later
    WHERE later.profile_id = said.profile_id AND later.purpose = said.purpose AND later.channel = said.channel
    AND later.undone_at IS NULL AND (later.given_at, later.id) > (said.given_at, said.id)
)
"""
"""The profiles of all whose newest word about profiling, on some channel, is no."""
