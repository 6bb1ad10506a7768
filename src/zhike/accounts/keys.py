"""What an API key looks like and what it may be for."""

from __future__ import annotations

import hashlib
import secrets
from enum import StrEnum, unique

from zhike.kernel.words import Text

_MARK = "zk_"
_SHOWN = len(_MARK) + 6


@unique
class KeyScope(StrEnum):
    """What a program may send."""

    EVENTS = "events"
    PROFILES = "profiles"
    ORDERS = "orders"
    REFERRALS = "referrals"

    @property
    def text(self) -> Text:
        return _TEXTS[self]


_TEXTS = {
    KeyScope.EVENTS: Text("行为事件", "events"),
    KeyScope.PROFILES: Text("客户资料", "profiles"),
    KeyScope.ORDERS: Text("订单", "orders"),
    KeyScope.REFERRALS: Text("推荐关系", "referrals"),
}


def new_token() -> str:
    """``zk_`` and 32 random bytes as text."""
    return _MARK + secrets.token_urlsafe(32)


def token_prefix(token: str) -> str:
    """The beginning of a token, by which people tell keys apart."""
    return token[:_SHOWN]


def token_hash(token: str) -> str:
    """SHA-256 in hexadecimal: a token is random enough that a slow hash would add nothing."""
    return hashlib.sha256(token.encode()).hexdigest()
