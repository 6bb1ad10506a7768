"""Reads of API keys."""

from __future__ import annotations

from zhike.accounts.keys import token_hash
from zhike.accounts.models import ApiKey


def api_key_of(token: str) -> ApiKey | None:
    """The key in force that has this token."""
    return ApiKey.objects.filter(hash=token_hash(token), revoked_at=None).first()


def api_keys() -> list[ApiKey]:
    """All keys: those in force first, each part with the newest first."""
    keys = ApiKey.objects.select_related("created_by").order_by("-pk")
    return sorted(keys, key=lambda key: key.revoked_at is not None)


def key_in_force(name: str) -> ApiKey | None:
    return ApiKey.objects.filter(name=name, revoked_at=None).first()


def key_with_id(key_id: int) -> ApiKey | None:
    return ApiKey.objects.filter(pk=key_id).first() if key_id < 2**63 else None
