"""Reads of accounts, and the one type that other domains may name."""

from __future__ import annotations

from zhike.accounts.models import User

__all__ = ["User", "account_of", "first_owner"]


def account_of(email: str) -> User | None:
    """The account that signs in with this address, in any spelling of capitals."""
    return User.objects.filter(email__iexact=email).first()


def first_owner() -> User | None:
    """The owner who was there first."""
    return User.objects.filter(is_owner=True).order_by("pk").first()
