"""What the cast of the tests has in common, and how somebody with a role joins it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.test import Client

    from zhike.accounts.access import Role
    from zhike.accounts.models import User

PASSWORD = "tea-leaf-9182"


def colleague(role: Role | str) -> User:
    """Somebody in the shop with this role, whose name is the role; the same account each time."""
    from zhike.accounts.models import User

    made, _ = User.objects.get_or_create(
        email=f"{role}@example.com",
        defaults={"password": _hashed(), "display_name": str(role).capitalize(), "role": str(role)},
    )
    return made


@cache
def _hashed() -> str:
    # Hashing is slow on purpose; a test of all roles would wait for nothing else.
    from django.contrib.auth.hashers import make_password

    return make_password(PASSWORD)


def client_of(user: User) -> Client:
    """A browser in which this user is signed in."""
    from django.test import Client

    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client
