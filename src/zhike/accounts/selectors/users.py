"""Reads of who has an account."""

from __future__ import annotations

from zhike.accounts.access import Role
from zhike.accounts.models import User


def account_of(email: str) -> User | None:
    """The account that signs in with this address, in any spelling of capitals."""
    return User.objects.filter(email__iexact=email).first()


def first_owner() -> User | None:
    """The owner who was there first, of those who can sign in."""
    return User.objects.filter(role=Role.OWNER.value, is_active=True).order_by("pk").first()


def users() -> list[User]:
    """Everybody with an account, those who can sign in first, then in order of arrival."""
    return list(User.objects.order_by("-is_active", "pk"))


def user_with_id(user_id: int) -> User | None:
    return User.objects.filter(pk=user_id).first() if user_id < 2**63 else None
