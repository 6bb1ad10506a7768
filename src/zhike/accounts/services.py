"""Writes to accounts."""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import translation

from zhike.accounts.models import User, normal_email
from zhike.kernel.errors import UsageError


@transaction.atomic
def create_owner(*, email: str, password: str, display_name: str = "") -> User:
    """Make the owner of this data folder, who may do everything.

    Raises
    ------
    UsageError
        ``account.email`` for what is not an e-mail address, ``account.exists`` when somebody signs in
        with it already, ``account.password`` for a password that is too easy to guess.
    """
    address = normal_email(email)
    _check_email(address)
    if User.objects.filter(email=address).exists():
        raise UsageError(
            "account.exists",
            zh=f"{address} 已有账号，直接登录即可",
            en=f"{address} already has an account: sign in with it",
        )
    _check_password(password, User(email=address, display_name=display_name))
    return User.objects.create_user(
        email=address, password=password, display_name=display_name, is_owner=True
    )


@transaction.atomic
def set_password(*, user: User, password: str) -> None:
    """Give a user a new password; sessions opened with the old one end.

    Raises
    ------
    UsageError
        ``account.password`` for a password that is too easy to guess.
    """
    _check_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])


@transaction.atomic
def remember_language(*, user: User, language: str) -> None:
    """The language this user reads from now on, on every device."""
    user.language = language
    user.save(update_fields=["language"])


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
