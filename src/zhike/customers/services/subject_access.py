"""Handing a person everything that is known of them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.serializers.json import DjangoJSONEncoder

from zhike.accounts.audit.actions import Target, action
from zhike.accounts.services import record_audit
from zhike.customers.selectors import is_erased
from zhike.customers.selectors.access import everything_of
from zhike.customers.services.consents import needed_customer
from zhike.kernel.errors import UsageError

if TYPE_CHECKING:
    from zhike.accounts.selectors import User

HANDED_OUT = action("customer.handed_out", zh="导出个人信息", en="handed out what is known of a customer")


def hand_out(*, customer_id: int, out: Path, reason: str, actor: User | None = None) -> int:
    """Write everything that is known of a customer as JSON into a file of the owner only; how many rows.

    Raises
    ------
    UsageError
        ``customer.unknown``, ``customer.erased``, ``audit.reason``.
    """
    needed_customer(customer_id)
    if is_erased(customer_id):
        raise UsageError(
            "customer.erased",
            zh=f"客户 #{customer_id} 已被抹除，没有可以导出的信息，文件没有写出",
            en=f"customer #{customer_id} was erased; nothing is known of them any more, and no file was written",
        )
    known = everything_of(customer_id)
    record_audit(actor=actor, action=HANDED_OUT, object=Target("customer", customer_id), reason=reason)
    with os.fdopen(
        os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
    ) as stream:
        json.dump(known, stream, ensure_ascii=False, indent=1, cls=DjangoJSONEncoder)
    return _rows(known)


def _rows(known: Any) -> int:
    if isinstance(known, list):
        return len(known)
    return sum(_rows(value) for value in known.values()) if isinstance(known, dict) else 0
