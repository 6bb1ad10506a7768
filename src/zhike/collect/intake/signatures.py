"""Signatures of incoming requests by the Standard Webhooks specification. Pure: no Django."""

from __future__ import annotations

import base64
import hmac
from datetime import datetime

TOLERANCE_SECONDS = 300
_MARK = "whsec_"
_VERSION = "v1"


def derived_secret(master: str, *, slug: str, salt: str) -> str:
    """``whsec_`` and 32 bytes in Base64: HMAC-SHA256 of the hook's name and salt with the master key."""
    digest = hmac.digest(master.encode(), f"zhike hook\0{slug}\0{salt}".encode(), "sha256")
    return _MARK + base64.b64encode(digest).decode()


def signature(secret: str, *, message_id: str, timestamp: str, body: bytes) -> str:
    """``v1,`` and the HMAC-SHA256 of ``id.timestamp.body`` in Base64."""
    key = base64.b64decode(secret.removeprefix(_MARK))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return f"{_VERSION}," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def is_complete(*, message_id: str, timestamp: str, signatures: str) -> bool:
    """Whether all three headers are there, and the time is a number of seconds."""
    is_moment = timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12
    return bool(message_id and signatures) and is_moment


def is_recent(timestamp: str, *, now: datetime) -> bool:
    """Whether a time that `is_complete` found is near."""
    return abs(now.timestamp() - int(timestamp)) <= TOLERANCE_SECONDS


def is_signed(
    secret: str, *, message_id: str, timestamp: str, signatures: str, body: bytes, now: datetime
) -> bool:
    """Whether one of the signatures, with spaces between them, is that of the body and the time is near."""
    if not is_complete(message_id=message_id, timestamp=timestamp, signatures=signatures):
        return False
    if not is_recent(timestamp, now=now):
        return False
    wanted = signature(secret, message_id=message_id, timestamp=timestamp, body=body).encode()
    return any(hmac.compare_digest(wanted, given.encode()) for given in signatures.split(" "))
