"""What people agreed to, and whom nobody may write to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from django.conf import settings
from django.db import transaction

from zhike.accounts.audit.actions import Action, Target, action
from zhike.accounts.services import record_audit
from zhike.customers import normal
from zhike.customers.models import ConsentEntry, Customer, Identity, Profile, Suppression
from zhike.customers.records import CONSENT_CHANNELS, PURPOSES, WITHDRAWN
from zhike.customers.selectors.consents import is_suppressed, profiles_refusing_profiling
from zhike.customers.services.revealing import needed_reason
from zhike.customers.vault import open_vault
from zhike.kernel import clock
from zhike.kernel.errors import UsageError

if TYPE_CHECKING:
    from zhike.accounts.selectors import User

SUPPRESSED = action(
    "contact.suppressed", zh="登记拒收联系方式", en="put a contact on the list of those never written to"
)
ALLOWED_AGAIN = action(
    "contact.allowed", zh="撤回拒收登记", en="took a contact off the list of those never written to"
)


@transaction.atomic
def record_consent(
    *,
    customer_id: int,
    purpose: str,
    channel: str,
    is_granted: bool,
    source: str,
    text: str = "",
    text_version: str = "",
    given_at: datetime | None = None,
    expires_at: datetime | None = None,
    actor: User | None = None,
) -> ConsentEntry:
    """Add to the ledger what a customer agreed to or withdrew, on the first of its profiles.

    Parameters
    ----------
    channel
        Empty for all channels.
    text
        The words that were shown; only their SHA-256 is kept, beside their version.

    Raises
    ------
    UsageError
        ``consent.purpose``, ``consent.channel``, ``customer.unknown``, ``customer.erased``.
    """
    if purpose not in PURPOSES:
        raise UsageError("consent.purpose", zh=f"不认识的目的“{purpose}”", en=f"unknown purpose “{purpose}”")
    if channel not in CONSENT_CHANNELS:
        raise UsageError("consent.channel", zh=f"不认识的渠道“{channel}”", en=f"unknown channel “{channel}”")
    profile = primary_profile(customer_id)
    if purpose == "profiling":
        _stamp([profile.pk])
    return ConsentEntry.objects.create(
        profile=profile,
        purpose=purpose,
        channel=channel,
        is_granted=is_granted,
        text_version=text_version,
        text_hash=hashlib.sha256(text.encode()).hexdigest() if text else "",
        source=source,
        actor=actor,
        given_at=given_at or clock.now(),
        expires_at=expires_at,
    )


@transaction.atomic
def set_no_profiling(*, customer_id: int, is_refused: bool) -> None:
    """Leave a customer out of everything that is decided by a profile (PIPL article 24), or let them in again."""
    homes = Profile.objects.filter(customer=customer_id).values("home_customer")
    # On every customer that was merged here, so that parting them again forgets nobody's refusal.
    Customer.objects.filter(pk__in=homes).update(no_profiling=is_refused)
    _stamp(Profile.objects.filter(home_customer__in=homes).values_list("pk", flat=True))


@transaction.atomic
def agree_to_profiling(*, customer_id: int, source: str, actor: User | None) -> None:
    """Let a customer be profiled again who said so: the switch, and a later word in each record that said no."""
    set_no_profiling(customer_id=customer_id, is_refused=False)
    now, refusing = clock.now(), profiles_refusing_profiling(customer_id)
    said = ConsentEntry.objects.filter(profile__in=refusing, purpose="profiling", undone_at=None)
    ConsentEntry.objects.bulk_create(
        ConsentEntry(
            profile_id=profile_id,
            purpose="profiling",
            channel=channel,
            is_granted=True,
            source=source,
            actor=actor,
            given_at=now,
        )
        for profile_id, channel in sorted(set(said.values_list("profile_id", "channel")))
    )


def _stamp(profile_ids: Iterable[int]) -> None:
    # The lake's copy of the profiles says who refuses, and is brought up to date by what has changed.
    Profile.objects.filter(pk__in=list(profile_ids)).update(changed_at=clock.now())


@transaction.atomic
def suppress_contact(*, kind: str, value: str, reason: str) -> None:
    """Never write to this contact again, whoever has it and whatever is imported later."""
    index = open_vault(settings.ZHIKE_HOME).fingerprint(kind, value)
    Suppression.objects.get_or_create(kind=kind, value_index=index, defaults={"reason": reason})


def suppress_asked(*, contact: str, reason: str, actor: User | None = None) -> bool:
    """Put a phone or e-mail, as people write it, on the list of those that nobody may write to; whether it is new there.

    Raises
    ------
    ZhikeError
        ``contact.…`` for what is neither; ``reason.missing``, ``audit.reason``.
    """
    kind, value = contact_in(contact)
    is_new = not is_suppressed(kind, value)
    with transaction.atomic():
        suppress_contact(kind=kind, value=value, reason="asked")
        _record(SUPPRESSED, kind=kind, reason=reason, actor=actor)
    return is_new


def allow_again(*, contact: str, reason: str, actor: User | None = None) -> bool:
    """Take a phone or e-mail off that list, where it was put by mistake; whether it was there.

    Whoever it is stays as unwritten to as they were: only what they agreed to themselves counts again.

    Raises
    ------
    ZhikeError
        As `suppress_asked`.
    """
    kind, value = contact_in(contact)
    index = open_vault(settings.ZHIKE_HOME).fingerprint(kind, value)
    with transaction.atomic():
        deleted, _ = Suppression.objects.filter(kind=kind, value_index=index).delete()
        _record(ALLOWED_AGAIN, kind=kind, reason=reason, actor=actor)
    return deleted > 0


def contact_in(text: str) -> tuple[str, str]:
    """The kind of a contact as people write it, ``phone`` or ``email``, and the one way of writing it.

    Raises
    ------
    ZhikeError
        ``contact.…`` for what is neither.
    """
    kind: Literal["email", "phone"] = "email" if {"@", "＠"} & set(text) else "phone"
    return kind, str(normal.identifier(kind, text))


def _record(done: Action, *, kind: str, reason: str, actor: User | None) -> None:
    # The trail says who, when and why; which contact it was only those can tell who have it.
    record_audit(
        actor=actor,
        action=done,
        object=Target("contact"),
        reason=needed_reason(reason),
        details={"kind": kind},
    )


@transaction.atomic
def suppress_customer(*, customer_id: int, reason: str) -> int:
    """Never write to any contact of a customer again; how many there are."""
    contacts = Identity.objects.filter(profile__customer=customer_id, kind__in=("phone", "email"))
    made = [
        Suppression(kind=kind, value_index=index, reason=reason)
        for kind, index in set(contacts.values_list("kind", "value_index"))
    ]
    Suppression.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)


def primary_profile(customer_id: int) -> Profile:
    """The profile on which that hangs which is noted of a customer as a whole: the first that is not erased.

    Raises
    ------
    UsageError
        ``customer.unknown``, ``customer.erased``.
    """
    needed_customer(customer_id)
    profile = Profile.objects.filter(customer=customer_id, erased_at=None).order_by("pk").first()
    if profile is None:
        raise UsageError(
            "customer.erased",
            zh=f"客户 #{customer_id} 已被抹除，不能再登记或合并任何内容",
            en=f"customer #{customer_id} was erased; nothing can be written about them or linked with them",
        )
    return profile


def needed_customer(customer_id: int) -> None:
    """Refuse a number that no customer has; one that was erased keeps its own.

    Raises
    ------
    UsageError
        ``customer.unknown``.
    """
    if not Profile.objects.filter(customer=customer_id).exclude(source=WITHDRAWN).exists():
        raise UsageError(
            "customer.unknown", zh=f"没有 #{customer_id} 这位客户", en=f"there is no customer #{customer_id}"
        )
