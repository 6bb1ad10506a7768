"""Consents that staff write down for a customer who told them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from zhike.accounts.audit.actions import Target, action
from zhike.accounts.services import record_audit
from zhike.customers.services.consents import (
    agree_to_profiling,
    primary_profile,
    record_consent,
    set_no_profiling,
)

if TYPE_CHECKING:
    from zhike.accounts.selectors import User

GRANTED = action("consent.granted", zh="登记同意", en="wrote down a consent")
WITHDRAWN = action("consent.withdrawn", zh="登记撤回同意", en="wrote down a withdrawal")
PROFILING_REFUSED = action("profiling.refused", zh="登记拒绝画像", en="wrote down a refusal of profiling")
PROFILING_ALLOWED = action("profiling.allowed", zh="恢复画像", en="allowed profiling again")

STAFF = "staff"
"""The source of what staff write down."""


@transaction.atomic
def state_consent(
    *, customer_id: int, purpose: str, channel: str, is_granted: bool, text_version: str, actor: User | None
) -> None:
    """Add to the ledger what a customer told somebody of the staff.

    Raises
    ------
    UsageError
        ``consent.purpose``, ``consent.channel``, ``customer.unknown``, ``customer.erased``.
    """
    record_consent(
        customer_id=customer_id,
        purpose=purpose,
        channel=channel,
        is_granted=is_granted,
        source=STAFF,
        text_version=text_version.strip()[:60],
        actor=actor,
    )
    record_audit(
        actor=actor,
        action=GRANTED if is_granted else WITHDRAWN,
        object=Target("customer", customer_id),
        details={"purpose": purpose, "channel": channel},
    )


@transaction.atomic
def state_profiling(*, customer_id: int, is_refused: bool, actor: User | None) -> None:
    """Leave a customer out of everything that is decided by a profile, or let them in again.

    To let in again is a word of the customer too: what a form or a file said before is answered in the ledger.

    Raises
    ------
    UsageError
        ``customer.unknown``, ``customer.erased``.
    """
    primary_profile(customer_id)
    if is_refused:
        set_no_profiling(customer_id=customer_id, is_refused=True)
    else:
        agree_to_profiling(customer_id=customer_id, source=STAFF, actor=actor)
    done = PROFILING_REFUSED if is_refused else PROFILING_ALLOWED
    record_audit(actor=actor, action=done, object=Target("customer", customer_id))
