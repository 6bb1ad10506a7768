"""Making, changing and revoking API keys."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from zhike.accounts.audit.actions import API_KEY_CHANGED, API_KEY_CREATED, API_KEY_REVOKED, Target
from zhike.accounts.keys import KeyScope, new_token, token_hash, token_prefix
from zhike.accounts.models import ApiKey, User
from zhike.accounts.services.audit import record_audit
from zhike.kernel import clock
from zhike.kernel.errors import UsageError

# The time of the last use is for people who ask whether a key is still needed.
_USE_IS_NOTED_EVERY = timedelta(hours=1)
_LONGEST_NAME = 80


@dataclass(frozen=True)
class NewKey:
    """A key and its token, which can be shown now and never again."""

    key: ApiKey
    token: str


@transaction.atomic
def create_api_key(*, actor: User | None, name: str, scopes: Iterable[str]) -> NewKey:
    """Make a key.

    Raises
    ------
    UsageError
        ``api_key.name`` without a name or for one in use, ``api_key.scopes`` for no scope or an unknown one.
    """
    name = name.strip()
    _check_name(name)
    wanted = _checked_scopes(scopes)
    token = new_token()
    key = ApiKey.objects.create(
        name=name,
        prefix=token_prefix(token),
        hash=token_hash(token),
        scopes=wanted,
        created_by=actor,
        created_at=clock.now(),
    )
    record_audit(
        actor=actor, action=API_KEY_CREATED, object=Target("api_key", key.pk), details={"scopes": wanted}
    )
    return NewKey(key, token)


@transaction.atomic
def change_api_key(*, actor: User | None, key: ApiKey, scopes: Iterable[str]) -> None:
    """Let a key in force be for something else, from the next request on; the token stays. The same again changes nothing.

    Raises
    ------
    UsageError
        ``api_key.scopes`` as `create_api_key`, ``api_key.revoked`` for a key that is not in force.
    """
    wanted, present = _checked_scopes(scopes), ApiKey.objects.get(pk=key.pk)
    if present.revoked_at is not None:
        raise UsageError(
            "api_key.revoked",
            zh=f"密钥“{key.name}”已停用，不能再修改；请新建一个",
            en=f"the key “{key.name}” was revoked and cannot be changed; make a new one",
        )
    if present.scopes == wanted:
        return
    ApiKey.objects.filter(pk=key.pk).update(scopes=wanted)
    details: dict[str, object] = {"from": present.scopes, "to": wanted}
    record_audit(actor=actor, action=API_KEY_CHANGED, object=Target("api_key", key.pk), details=details)


@transaction.atomic
def revoke_api_key(*, actor: User | None, key: ApiKey) -> None:
    """No program gets in with this key from now on; revoking it again changes nothing."""
    if not ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=clock.now()):
        return
    record_audit(actor=actor, action=API_KEY_REVOKED, object=Target("api_key", key.pk))


def note_key_use(*, key: ApiKey) -> None:
    """Remember that the key is in use, to the hour."""
    now = clock.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - _USE_IS_NOTED_EVERY)
    if key.last_used_at is None or key.last_used_at < now - _USE_IS_NOTED_EVERY:
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


def _check_name(name: str) -> None:
    if not name or len(name) > _LONGEST_NAME:
        raise UsageError(
            "api_key.name",
            zh=f"请给密钥起个名字，最多 {_LONGEST_NAME} 字，例如“官网”",
            en=f"name the key in at most {_LONGEST_NAME} characters, for example “website”",
        )
    if ApiKey.objects.filter(name=name, revoked_at=None).exists():
        raise UsageError(
            "api_key.name",
            zh=f"已有名为“{name}”的密钥：换个名字，或先停用那一个",
            en=f"a key named “{name}” is in use: choose another name, or revoke that one first",
        )


def _checked_scopes(scopes: Iterable[str]) -> list[str]:
    asked = set(scopes)
    known = [scope.value for scope in KeyScope]
    if not asked or asked - set(known):
        raise UsageError(
            "api_key.scopes",
            zh=f"请至少选一种用途：{'、'.join(known)}",
            en=f"choose what the key is for: {', '.join(known)}",
        )
    return [scope for scope in known if scope in asked]
