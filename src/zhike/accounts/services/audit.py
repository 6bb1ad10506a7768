"""Adding to the audit trail."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.db import connection, transaction

from zhike.accounts.audit.actions import Action, Target
from zhike.accounts.audit.chain import GENESIS, entry_hash
from zhike.accounts.models import AuditEntry, User
from zhike.kernel import clock
from zhike.kernel.errors import UsageError

# What cannot be told from a contact is not recorded: an address has an @, a number seven digits in a row.
_CONTACT = re.compile(r"@|(?:\d[\s-]?){7,}")
_LONGEST_REASON = 200
_LOCK = 7_201_733


@transaction.atomic
def record_audit(
    *,
    actor: User | None,
    action: Action,
    object: Target,
    reason: str = "",
    details: Mapping[str, object] | None = None,
) -> None:
    """Add one entry, in the transaction of what it records: both are kept, or neither.

    Parameters
    ----------
    actor
        None for the command line, the worker and whoever could not sign in.
    details
        Codes, numbers, flags and lists of them; never a name or a contact.

    Raises
    ------
    UsageError
        ``audit.reason`` for a reason that is too long or holds an address or a telephone number.
    ValueError
        For details that hold one, or that are not plain values: a mistake of the caller.
    """
    _check_reason(reason)
    said = {name: _plain(name, value) for name, value in (details or {}).items()}
    _wait_for_turn()
    newest = AuditEntry.objects.order_by("-pk").values_list("hash", flat=True).first()
    entry = AuditEntry(
        at=clock.now(),
        actor=actor,
        action=action.code,
        object_kind=object.kind,
        object_id=str(object.id),
        reason=reason,
        details=said,
        previous_hash=newest or GENESIS,
    )
    entry.hash = entry_hash(
        previous_hash=entry.previous_hash,
        at=entry.at,
        actor_id=entry.actor_id,
        action=entry.action,
        object_kind=entry.object_kind,
        object_id=entry.object_id,
        reason=entry.reason,
        details=said,
    )
    entry.save(force_insert=True)


def _check_reason(reason: str) -> None:
    if len(reason) > _LONGEST_REASON or _CONTACT.search(reason):
        raise UsageError(
            "audit.reason",
            zh=f"原因最多 {_LONGEST_REASON} 字，且不要写邮箱或电话号码，请改写",
            en=f"a reason has at most {_LONGEST_REASON} characters and no e-mail or telephone number; word it anew",
        )


def _plain(name: str, value: object) -> object:
    if isinstance(value, (list, tuple)):
        return [_plain(name, part) for part in value]
    if isinstance(value, str):
        if _CONTACT.search(value):
            raise ValueError(f"the detail {name} of an audit entry may hold personal data")
        return str(value)
    if value is None or isinstance(value, int):
        return value
    raise ValueError(f"the detail {name} of an audit entry must be text, a whole number or a flag")


def _wait_for_turn() -> None:
    # SQLite lets one writer in at a time by itself.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
