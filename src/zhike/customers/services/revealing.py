"""Seeing the whole of a name or contact, with a reason that stays on record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from zhike.accounts.audit.actions import Target, action
from zhike.accounts.services import record_audit
from zhike.customers.selectors.people import Person, person_of
from zhike.customers.selectors.sensitive import SensitiveShown, sensitive_values_of
from zhike.kernel.errors import UsageError

if TYPE_CHECKING:
    from zhike.accounts.selectors import User

REVEALED = action("customer.revealed", zh="查看完整联系方式", en="saw whole contacts of a customer")


def needed_reason(text: str) -> str:
    """A reason as it is kept.

    Raises
    ------
    UsageError
        ``reason.missing`` for fewer than two characters.
    """
    reason = " ".join(text.split())
    if len(reason) < 2:
        raise UsageError(
            "reason.missing",
            zh="请写明原因（至少 2 个字），它会留在操作记录里",
            en="say why, in two characters at least; it stays in the audit trail",
        )
    return reason


@transaction.atomic
def reveal_customer(
    *, customer_id: int, reason: str, actor: User | None
) -> tuple[Person, tuple[SensitiveShown, ...]]:
    """One customer's names, contacts and sensitive values in full; who asked and why is recorded first.

    Raises
    ------
    UsageError
        ``reason.missing``; ``audit.reason`` for a reason that itself names a contact.
    """
    record_audit(
        actor=actor, action=REVEALED, object=Target("customer", customer_id), reason=needed_reason(reason)
    )
    return person_of(customer_id, is_masked=False), sensitive_values_of(customer_id)
