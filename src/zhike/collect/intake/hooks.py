"""Addresses to which other systems post signed events."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import TypedDict

from django.conf import settings
from django.db import transaction

from zhike.accounts.audit.actions import Target, action
from zhike.accounts.selectors import User
from zhike.accounts.services import record_audit
from zhike.collect.intake.models import Hook
from zhike.collect.intake.problems import Refusal
from zhike.collect.intake.signatures import derived_secret, is_complete, is_recent, is_signed
from zhike.kernel import clock
from zhike.kernel.errors import UsageError

HOOK_MADE = action("hook.made", zh="新建接收地址", en="made a webhook address")
HOOK_CLOSED = action("hook.closed", zh="关闭接收地址", en="closed a webhook address")

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z", re.ASCII)
_LONGEST_SLUG = 40
_USE_IS_NOTED_EVERY = timedelta(hours=1)


class _Given(TypedDict):
    """What the headers of a request say of its signature."""

    message_id: str
    timestamp: str
    signatures: str


@dataclass(frozen=True, slots=True)
class NewHook:
    """A hook and its secret, which can be shown now and never again."""

    slug: str
    secret: str


@transaction.atomic
def create_hook(*, slug: str, actor: User | None = None) -> NewHook:
    """Open an address ``/hooks/SLUG``.

    Raises
    ------
    UsageError
        ``hook.slug`` for a name that is none or is in use.
    """
    if not _SLUG.match(slug) or len(slug) > _LONGEST_SLUG or Hook.objects.filter(slug=slug).exists():
        raise UsageError(
            "hook.slug",
            zh="地址应由小写字母、数字和连字符组成，最多 40 个字符，且没有被用过，例如 my-shop",
            en="an address is lower-case letters, digits and hyphens, at most 40, and not in use, such as my-shop",
        )
    hook = Hook.objects.create(slug=slug, salt=secrets.token_urlsafe(32))
    record_audit(actor=actor, action=HOOK_MADE, object=Target("hook", slug))
    return NewHook(slug, _secret(hook))


@transaction.atomic
def close_hook(*, slug: str, actor: User | None = None) -> None:
    """Take nothing more at this address; closing it again changes nothing."""
    if Hook.objects.filter(slug=slug, is_open=True).update(is_open=False):
        record_audit(actor=actor, action=HOOK_CLOSED, object=Target("hook", slug))


def hooks() -> list[Hook]:
    """All hooks, those in use first."""
    return list(Hook.objects.order_by("-is_open", "slug"))


def signed_hook(slug: str, headers: Mapping[str, str], body: bytes) -> Hook | None:
    """The open hook of that address, if the body is signed with its secret.

    Raises
    ------
    Refusal
        ``hook.headers``, ``hook.time`` for what is no signature of now, whatever the address.
    """
    given = _signature_in(headers)
    hook = Hook.objects.filter(slug=slug, is_open=True).first()
    if hook is None:
        return None
    is_good = is_signed(
        _secret(hook),
        **given,
        body=body,
        now=clock.now(),
    )
    if not is_good:
        return None
    _note_use(hook)
    return hook


def _signature_in(headers: Mapping[str, str]) -> _Given:
    given = _Given(
        message_id=headers.get("webhook-id", ""),
        timestamp=headers.get("webhook-timestamp", ""),
        signatures=headers.get("webhook-signature", ""),
    )
    if not is_complete(**given):
        raise Refusal(
            HTTPStatus.UNAUTHORIZED,
            "hook.headers",
            zh="请求头要有 webhook-id、webhook-timestamp（1970 年以来的秒数）和 webhook-signature",
            en="the headers webhook-id, webhook-timestamp (seconds since 1970) and webhook-signature are needed",
        )
    now = clock.now()
    if not is_recent(given["timestamp"], now=now):
        raise Refusal(
            HTTPStatus.UNAUTHORIZED,
            "hook.time",
            zh=f"webhook-timestamp 与这里的时间（{now.timestamp():.0f}）相差超过 5 分钟；请校准时钟，重发时重新签名",
            en=f"webhook-timestamp is more than 5 minutes off the time here ({now.timestamp():.0f}); "
            "set the clock, and sign again what is sent again",
        )
    return given


def _secret(hook: Hook) -> str:
    return derived_secret(settings.ZHIKE_HOME.secret_key(), slug=hook.slug, salt=hook.salt)


def _note_use(hook: Hook) -> None:
    now = clock.now()
    if hook.last_used_at is None or hook.last_used_at < now - _USE_IS_NOTED_EVERY:
        Hook.objects.filter(pk=hook.pk).update(last_used_at=now)
