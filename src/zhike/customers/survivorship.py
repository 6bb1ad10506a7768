"""Which value is shown where the records behind a customer say different things. Pure."""

from __future__ import annotations

from datetime import datetime

from zhike.customers.records import BY_HAND

Precedence = tuple[bool, bool, datetime, int]


def precedence(
    *, source: str, changed_at: datetime, profile_id: int, is_verified: bool = False
) -> Precedence:
    """The highest is shown: what staff typed, then what was verified, what is newest, the record that was there first.

    Names, contacts and attributes go by the same rule.
    """
    return source == BY_HAND, is_verified, changed_at, -profile_id
