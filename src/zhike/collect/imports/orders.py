"""One record of an order file, checked and brought into the form that the lake keeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from hashlib import blake2b
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pyarrow as pa

from zhike.collect.imports import cells
from zhike.collect.imports.mapping import ColumnMapping, FieldNames, Layout
from zhike.collect.imports.records import folded, shown
from zhike.collect.schema import ORDERS
from zhike.kernel.errors import ZhikeError

ORDER_FIELDS = FieldNames(
    required=("order_id", "customer_id", "ordered_at", "amount"),
    optional=(
        "status",
        "refund_amount",
        "refunded_at",
        "discount_amount",
        "coupon_code",
        "channel",
        "store",
        "payment_method",
        "currency",
    ),
    coded=("status", "currency"),
)
STATUSES = ("paid", "completed", "cancelled", "refunded")

# What is staged: the orders table with the source's customer key in place of our profile id. The hash of the
# order id finds repeats and means something within this process only.
_GIVEN_LATER = ("source", "profile_id")
STAGED_ORDERS = pa.schema(
    [("number", pa.int64()), ("key_hash", pa.int64()), ("customer_id", pa.string())]
    + [field for field in ORDERS.arrow_schema() if field.name not in _GIVEN_LATER]
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class OrderRow(NamedTuple):
    """One order as it is staged, in the order of `STAGED_ORDERS`; `ordered_at` in microseconds since 1970, UTC."""

    number: int
    key_hash: int
    customer_id: str
    order_id: str
    ordered_at: int
    ordered_on: date
    amount: int
    status: str
    refund_amount: int
    refunded_on: date | None
    discount_amount: int
    coupon_code: str | None
    channel: str | None
    store: str | None
    payment_method: str | None
    row_hash: int


class RowFault(Exception):
    """A record that cannot be taken: the field of ours that is wrong, and what is wrong with it."""

    def __init__(self, field: str, error: ZhikeError) -> None:
        self.field = field
        self.error = error
        super().__init__(error.code)


@dataclass(frozen=True)
class OrderRules:
    """What the business decides about its orders: currency, time zone, and the moment of the import."""

    currency: str
    zone: ZoneInfo
    now: datetime


class OrderReader:
    """Turns the cells of a record into an `OrderRow`."""

    def __init__(self, layout: Layout, mapping: ColumnMapping, rules: OrderRules) -> None:
        readers = _field_readers(mapping, rules)
        self._readers = [(name, place, readers[name]) for name, place in layout.positions.items()]
        self._absent = dict.fromkeys(ORDER_FIELDS.all)

    def read(self, number: int, values: Sequence[object]) -> OrderRow:
        """The order in a record.

        Raises
        ------
        RowFault
            With the first field that cannot be taken.
        """
        known: dict[str, Any] = dict(self._absent)
        for name, place, read in self._readers:
            try:
                known[name] = read(values[place])
            except ZhikeError as error:
                raise RowFault(name, error) from None
        return _order(number, known)


def row_hash(content: Sequence[object]) -> int:
    """A fingerprint of normalised content: the same on every run and platform.

    Parameters
    ----------
    content
        Text without NUL, integers, days, or None; never empty text, which None stands for.
    """
    text = "\0".join(["" if value is None else str(value) for value in content])
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


def staged_batch(rows: Sequence[OrderRow]) -> pa.RecordBatch:
    """The rows as Arrow."""
    columns = zip(*rows, strict=True)
    return pa.record_batch(
        [pa.array(column, field.type) for column, field in zip(columns, STAGED_ORDERS, strict=True)],
        schema=STAGED_ORDERS,
    )


def _field_readers(mapping: ColumnMapping, rules: OrderRules) -> dict[str, Callable[[object], object]]:
    amount = partial(cells.amount, currency=rules.currency)
    moment = partial(cells.moment, zone=rules.zone, now=rules.now)
    status = partial(
        cells.coded_value,
        known={word: word for word in STATUSES},
        name="status",
        unmapped=mapping.values.get("status", {}),
    )
    return {
        "order_id": cells.id_text,
        "customer_id": cells.id_text,
        "ordered_at": moment,
        "amount": amount,
        "status": _unless_nothing(status),
        "refund_amount": _unless_nothing(amount),
        "refunded_at": _unless_nothing(moment),
        "discount_amount": _unless_nothing(amount),
        "coupon_code": cells.optional_text,
        "channel": cells.optional_text,
        "store": cells.optional_text,
        "payment_method": cells.optional_text,
        "currency": _currency_reader(rules.currency, mapping),
    }


def _unless_nothing(read: Callable[[object], object]) -> Callable[[object], object]:
    return lambda value: None if cells.is_nothing(value) else read(value)


def _currency_reader(currency: str, mapping: ColumnMapping) -> Callable[[object], object]:
    translated = mapping.values.get("currency", {})

    def read(value: object) -> None:
        if not cells.is_nothing(value):
            text = folded(str(value))
            if folded(translated.get(text, text)) != currency.lower():
                raise ZhikeError(
                    "currency.other",
                    zh=f"币种是“{shown(value)}”，本店只记 {currency}；请换算后再导入",
                    en=f"the currency is “{shown(value)}”; this business keeps {currency} only. Convert it first",
                )

    return read


def _order(number: int, known: dict[str, Any]) -> OrderRow:
    ordered_at, ordered_on = known["ordered_at"]
    amount, status = known["amount"], known["status"] or "completed"
    refund_amount = _refund_amount(known["refund_amount"], amount, status)
    refunded_on = _refunded_on(known["refunded_at"], ordered_on)
    if refunded_on is None and (refund_amount or status == "refunded"):
        refunded_on = ordered_on
    content = (
        known["customer_id"],
        known["order_id"],
        (ordered_at - _EPOCH) // _MICROSECOND,
        ordered_on,
        amount,
        status,
        refund_amount,
        refunded_on,
        known["discount_amount"] or 0,
        known["coupon_code"],
        known["channel"],
        known["store"],
        known["payment_method"],
    )
    return OrderRow(number, hash(known["order_id"]), *content, row_hash(content))


def _refund_amount(refund: int | None, amount: int, status: str) -> int:
    if refund is None:
        return amount if status == "refunded" else 0
    if refund > amount:
        raise RowFault(
            "refund_amount",
            ZhikeError(
                "refund.over_amount",
                zh="退款金额大于实付金额",
                en="the refund is larger than the amount of the order",
            ),
        )
    if status == "refunded" and refund == 0 < amount:
        raise RowFault(
            "refund_amount",
            ZhikeError(
                "refund.contradiction",
                zh="状态是 refunded，退款金额却是 0；全额退款请留空，否则写明金额",
                en="the status is refunded but the refund is 0; leave it empty for all of it, or say how much",
            ),
        )
    return refund


def _refunded_on(refunded: tuple[datetime, date] | None, ordered_on: date) -> date | None:
    if refunded is None:
        return None
    if refunded[1] < ordered_on:
        raise RowFault(
            "refunded_at",
            ZhikeError(
                "refund.before_order",
                zh=f"退款日 {refunded[1]} 早于下单日 {ordered_on}",
                en=f"the refund on {refunded[1]} is before the order on {ordered_on}",
            ),
        )
    return refunded[1]
