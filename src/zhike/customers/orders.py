"""The orders of one customer, and how their spend grew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from zhike.kernel.words import Text
from zhike.lake.snapshots import Snapshot

MOST_LINES = 100
# Beyond this a customer is a wholesaler or a till: the newest are shown, the figures stay complete.
_MOST_ORDERS = 20_000


@dataclass(frozen=True, slots=True)
class Order:
    source: str
    order_id: str
    ordered_at: datetime | None
    ordered_on: date
    amount: int
    status: str
    refund_amount: int
    refunded_on: date | None
    discount_amount: int
    coupon_code: str | None
    channel: str | None
    store: str | None

    @property
    def is_cancelled(self) -> bool:
        return self.status == "cancelled"

    def net_amount(self, as_of: date) -> int | None:
        """What counts as spend on `as_of`; None for an order that does not count (any more)."""
        # The same rule as that of the published spend, which a test compares with this one.
        if self.is_cancelled or self.ordered_on > as_of:
            return None
        is_refunded = self.refunded_on is not None and self.refunded_on <= as_of
        refund = self.refund_amount if is_refunded else 0
        is_whole = refund >= self.amount and (refund > 0 or self.status == "refunded")
        return None if is_refunded and is_whole else self.amount - refund


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One article of an order; `name` is the article's number where nobody named it."""

    name: str
    category: str
    quantity: int
    amount: int


_COLUMNS = (
    "source", "order_id", "ordered_at", "ordered_on", "amount", "status", "refund_amount", "refunded_on",
    "discount_amount", "coupon_code", "channel", "store",
)  # fmt: skip


def orders_of(snapshot: Snapshot, profile_ids: Sequence[int]) -> list[Order]:
    """All orders of some profiles, newest first."""
    if not profile_ids:
        return []
    orders = snapshot.table("orders")
    mine = orders.filter(orders.profile_id.isin(profile_ids)).select(*_COLUMNS)
    newest = mine.order_by([mine.ordered_on.desc(), mine.ordered_at.desc(), mine.order_id.desc()])
    rows: list[dict[str, Any]] = snapshot.rows(newest.limit(_MOST_ORDERS))
    return [Order(**{**row, **_zeros(row)}) for row in rows]


def lines_of(
    snapshot: Snapshot, profile_ids: Sequence[int], orders: Sequence[Order]
) -> dict[tuple[str, str], tuple[OrderLine, ...]]:
    """The lines of some orders by source and order number, at most `MOST_LINES` + 1 an order."""
    if not orders:
        return {}
    lines, products = snapshot.table("order_lines"), snapshot.table("products")
    days = [order.ordered_on for order in orders]
    # The days and profiles let the engine skip most of the file; the orders say which lines are meant.
    mine = lines.filter(
        lines.profile_id.isin(profile_ids),
        lines.ordered_on.between(min(days), max(days)),
        lines.order_id.isin([order.order_id for order in orders]),
    )
    named = products.select("source", "product_id", "name", "category")
    joined = mine.left_join(named, ["source", "product_id"])
    wanted = joined.select(
        "source", "order_id", "line_number", "product_id", "quantity", "amount", "name", "category"
    )
    rows: list[dict[str, Any]] = snapshot.rows(wanted.order_by(["source", "order_id", "line_number"]))
    found: dict[tuple[str, str], list[OrderLine]] = {}
    for row in rows:
        of_order = found.setdefault((row["source"], row["order_id"]), [])
        if len(of_order) <= MOST_LINES:
            name = row["name"] or row["product_id"] or ""
            of_order.append(OrderLine(name, row["category"] or "", row["quantity"] or 0, row["amount"] or 0))
    return {key: tuple(those) for key, those in found.items()}


def spend_by_day(orders: Sequence[Order], as_of: date) -> list[tuple[date, int]]:
    """Spend so far at the end of each day with an order that counts, oldest first."""
    by_day: dict[date, int] = {}
    for order in orders:
        net = order.net_amount(as_of)
        if net is not None:
            by_day[order.ordered_on] = by_day.get(order.ordered_on, 0) + net
    sofar, total = [], 0
    for day in sorted(by_day):
        total += by_day[day]
        sofar.append((day, total))
    return sofar


def _zeros(row: dict[str, Any]) -> dict[str, Any]:
    named = {name: row[name] or 0 for name in ("amount", "refund_amount", "discount_amount")}
    return {**named, "status": row["status"] or ""}


SPEND_SO_FAR = Text("累计消费", "Spend so far")
