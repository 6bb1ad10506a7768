"""The hash that ties an entry to the one before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime

GENESIS = "0" * 64


def entry_hash(
    *,
    previous_hash: str,
    at: datetime,
    actor_id: int | None,
    action: str,
    object_kind: str,
    object_id: str,
    reason: str,
    details: Mapping[str, object],
) -> str:
    """SHA-256, in hexadecimal, over everything an entry says and the hash of the entry before.

    The order of keys in `details` does not matter: a database may keep it or not.
    """
    said = [
        previous_hash,
        at.astimezone(UTC).isoformat(timespec="microseconds"),
        actor_id,
        action,
        object_kind,
        object_id,
        reason,
        details,
    ]
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
