"""Reads of the audit trail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from zhike.accounts.audit.actions import action_text
from zhike.accounts.audit.chain import GENESIS, entry_hash
from zhike.accounts.models import AuditEntry, User
from zhike.kernel.words import Text


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One entry as people read it; `actor` is empty for the command line and for whoever did not get in."""

    id: int
    at: datetime
    actor: str
    action: str
    action_text: Text
    object_kind: str
    object_id: str
    reason: str
    details: str
    hash: str


def audit_count(*, action: str = "", actor_id: int | None = None) -> int:
    return _filtered(action, actor_id).count()


def audit_lines(
    *, action: str = "", actor_id: int | None = None, offset: int = 0, size: int | None = None
) -> Iterator[AuditLine]:
    """Entries, newest first; without `size` all of them, a piece at a time."""
    entries = _filtered(action, actor_id).select_related("actor").order_by("-pk")
    end = None if size is None else offset + size
    for entry in entries[offset:end].iterator():
        yield _line(entry)


def audit_actions() -> list[str]:
    """Codes of the actions that occur."""
    return sorted(AuditEntry.objects.values_list("action", flat=True).distinct())


def audit_actors() -> list[User]:
    """Whoever did something that is recorded."""
    ids = AuditEntry.objects.exclude(actor=None).values_list("actor_id", flat=True).distinct()
    return list(User.objects.filter(pk__in=list(ids)).order_by("pk"))


def verify_audit() -> int | None:
    """The id of the first entry that was changed, or stands behind one that was removed; None if all is well.

    Entries cut off at the very end leave nothing behind that could tell; the guards of the database refuse that.
    """
    previous = GENESIS
    for entry in AuditEntry.objects.order_by("pk").iterator():
        if entry.previous_hash != previous or entry.hash != _hash_of(entry):
            return entry.pk
        previous = entry.hash
    return None


def _filtered(action: str, actor_id: int | None) -> QuerySet[AuditEntry]:
    entries = AuditEntry.objects.all()
    if action:
        entries = entries.filter(action=action)
    return entries if actor_id is None else entries.filter(actor_id=actor_id)


def _hash_of(entry: AuditEntry) -> str:
    return entry_hash(
        previous_hash=entry.previous_hash,
        at=entry.at,
        actor_id=entry.actor_id,
        action=entry.action,
        object_kind=entry.object_kind,
        object_id=entry.object_id,
        reason=entry.reason,
        details=entry.details,
    )


def _line(entry: AuditEntry) -> AuditLine:
    return AuditLine(
        id=entry.pk,
        at=entry.at,
        actor=str(entry.actor) if entry.actor else "",
        action=entry.action,
        action_text=action_text(entry.action),
        object_kind=entry.object_kind,
        object_id=entry.object_id,
        reason=entry.reason,
        details=", ".join(f"{name}={_said(value)}" for name, value in sorted(entry.details.items())),
        hash=entry.hash,
    )


def _said(value: object) -> str:
    return "+".join(map(str, value)) if isinstance(value, list) else str(value)
