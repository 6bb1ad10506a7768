"""Making and changing accounts."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import translation

from zhike.accounts.access import Right, Role, may
from zhike.accounts.audit.actions import (
    PASSWORD_RENEWED,
    ROLE_CHANGED,
    USER_ADDED,
    USER_SWITCHED_OFF,
    USER_SWITCHED_ON,
    Target,
)
from zhike.accounts.models import User, normal_email
from zhike.accounts.services.audit import record_audit
from zhike.kernel.errors import UsageError, ZhikeError


@dataclass(frozen=True)
class NewAccount:
    """An account and the password to sign in with for the first time, which is shown once."""

    user: User
    password: str


@transaction.atomic
def create_owner(*, email: str, password: str, display_name: str = "") -> User:
    """Make the owner of this data folder, who may do everything.

    Raises
    ------
    UsageError
        ``account.email`` for what is not an e-mail address, ``account.exists`` when somebody signs in
        with it already, ``account.password`` for a password that is too easy to guess.
    """
    address = _free_address(email)
    _check_password(password, User(email=address, display_name=display_name))
    return _made(None, address, password, display_name, Role.OWNER)


@transaction.atomic
def add_user(*, actor: User | None, email: str, role: Role, display_name: str = "") -> NewAccount:
    """Make an account with a password made up here. `actor` is None on the command line.

    Raises
    ------
    UsageError
        ``account.email`` or ``account.exists``, as for the owner.
    ZhikeError
        ``account.right`` if `actor` may not make such an account.
    """
    _check_actor(actor, role)
    address = _free_address(email)
    password = _new_password()
    user = _made(actor, address, password, display_name.strip(), role, is_temporary=True)
    return NewAccount(user, password)


@transaction.atomic
def set_role(*, actor: User | None, user: User, role: Role) -> None:
    """Make somebody something else.

    Raises
    ------
    ZhikeError
        ``account.right`` if `actor` may not, ``account.last_owner`` if nobody would be owner then.
    """
    before = _locked(user)
    _check_actor(actor, before.role, role)
    if before.role == role:
        return
    _check_an_owner_stays(before, still_owner=role == Role.OWNER)
    User.objects.filter(pk=user.pk).update(role=role.value)
    user.role = role.value
    record_audit(
        actor=actor,
        action=ROLE_CHANGED,
        object=Target("user", user.pk),
        details={"from": before.role, "to": role.value},
    )


@transaction.atomic
def switch_off(*, actor: User | None, user: User) -> None:
    """Let somebody in no more; open sessions end with their next request.

    Raises
    ------
    ZhikeError
        ``account.right`` if `actor` may not, ``account.last_owner`` for the only owner.
    """
    before = _locked(user)
    _check_actor(actor, before.role)
    _check_an_owner_stays(before, still_owner=False)
    _switch(actor, user, before, is_active=False)


@transaction.atomic
def switch_on(*, actor: User | None, user: User) -> None:
    """Let somebody in again, with the role and the password from before.

    Raises
    ------
    ZhikeError
        ``account.right`` if `actor` may not.
    """
    before = _locked(user)
    _check_actor(actor, before.role)
    _switch(actor, user, before, is_active=True)


@transaction.atomic
def renew_password(*, actor: User | None, user: User) -> NewAccount:
    """Give somebody who forgot it a new password, made up here; sessions opened with the old one end.

    Raises
    ------
    ZhikeError
        ``account.right`` if `actor` may not.
    """
    _check_actor(actor, _locked(user).role)
    password = _new_password()
    _set_password(actor, user, password, is_temporary=True)
    return NewAccount(user, password)


@transaction.atomic
def set_password(*, user: User, password: str, actor: User | None = None) -> None:
    """Give a user a new password; sessions opened with the old one end.

    Raises
    ------
    UsageError
        ``account.password`` for a password that is too easy to guess.
    """
    _check_password(password, user)
    _set_password(actor, user, password, is_temporary=False)


@transaction.atomic
def remember_language(*, user: User, language: str) -> None:
    """The language this user reads from now on, on every device."""
    user.language = language
    user.save(update_fields=["language"])


def _made(
    actor: User | None,
    address: str,
    password: str,
    display_name: str,
    role: Role,
    *,
    is_temporary: bool = False,
) -> User:
    user = User.objects.create_user(
        email=address,
        password=password,
        display_name=display_name,
        role=role.value,
        has_temporary_password=is_temporary,
    )
    record_audit(actor=actor, action=USER_ADDED, object=Target("user", user.pk), details={"role": role.value})
    return user


def _set_password(actor: User | None, user: User, password: str, *, is_temporary: bool) -> None:
    user.set_password(password)
    user.has_temporary_password = is_temporary
    user.save(update_fields=["password", "has_temporary_password"])
    record_audit(actor=actor, action=PASSWORD_RENEWED, object=Target("user", user.pk))


def _switch(actor: User | None, user: User, before: User, *, is_active: bool) -> None:
    if before.is_active == is_active:
        return
    User.objects.filter(pk=user.pk).update(is_active=is_active)
    user.is_active = is_active
    action = USER_SWITCHED_ON if is_active else USER_SWITCHED_OFF
    record_audit(actor=actor, action=action, object=Target("user", user.pk))


def _locked(user: User) -> User:
    """The account as it is now; two who change accounts at once take turns."""
    # The owners too: each of the last two could otherwise switch the other off.
    accounts = {each.pk: each for each in User.objects.select_for_update().order_by("pk")}
    return accounts[user.pk]


def _check_actor(actor: User | None, *roles: str) -> None:
    """`roles` are those that somebody has or gets."""
    if actor is None:
        return
    needed = Right.MANAGE_OWNERS if Role.OWNER in roles else Right.MANAGE_USERS
    if not may(actor, needed):
        raise ZhikeError(
            "account.right",
            zh="店主的账号只有店主能改"
            if needed is Right.MANAGE_OWNERS
            else "你的角色不能管理账号，请找店主",
            en="only an owner can change who is owner"
            if needed is Right.MANAGE_OWNERS
            else "your role cannot manage users; ask the owner",
        )


def _check_an_owner_stays(user: User, *, still_owner: bool) -> None:
    if still_owner or user.role != Role.OWNER or not user.is_active:
        return
    others = User.objects.filter(role=Role.OWNER.value, is_active=True).exclude(pk=user.pk)
    if not others.exists():
        raise ZhikeError(
            "account.last_owner",
            zh=f"{user} 是唯一的店主，不能改角色或停用；请先指定另一位店主",
            en=f"{user} is the only owner and cannot be changed or switched off; make somebody else owner first",
        )


def _new_password() -> str:
    return secrets.token_urlsafe(12)


def _free_address(email: str) -> str:
    address = normal_email(email)
    _check_email(address)
    if User.objects.filter(email=address).exists():
        raise UsageError(
            "account.exists",
            zh=f"{address} 已有账号，直接登录即可",
            en=f"{address} already has an account: sign in with it",
        )
    return address


def _check_email(address: str) -> None:
    try:
        validate_email(address)
    except ValidationError as error:
        raise UsageError(
            "account.email",
            zh=f"“{address}”不是有效的邮箱地址，例如应写 owner@example.com",
            en=f"“{address}” is not an e-mail address; write for example owner@example.com",
        ) from error


def _check_password(password: str, user: User) -> None:
    if zh := _password_faults(password, user, "zh-hans"):
        raise UsageError(
            "account.password",
            zh="密码不合要求：" + "".join(zh),
            en="The password is refused: " + " ".join(_password_faults(password, user, "en")),
        )


def _password_faults(password: str, user: User, language: str) -> list[str]:
    # Django's validators put their sentences in words when they refuse, so each language asks again.
    with translation.override(language):
        try:
            validate_password(password, user)
        except ValidationError as error:
            return error.messages
    return []
