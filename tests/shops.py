"""Tiny shops for tests: orders written straight into a lake of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path

import pyarrow as pa

from zhike.kernel.home import BusinessSettings, Home, create_home

SOURCE = "test"


@dataclass
class Order:
    """One order as a test thinks of it; amounts in minor units."""

    customer: str
    day: date
    amount: int
    status: str = "completed"
    refund: int = 0
    refunded_on: date | None = None
    discount: int = 0
    order_id: str = field(default="")


def open_shop(folder: Path, *, sections: str = "", **business: str) -> Home:
    return create_home(folder, BusinessSettings(name="山茶小铺", **business), sections=sections)


def add_orders(home: Home, orders: list[Order]) -> dict[str, int]:
    """Append orders as facts; returns the customer id of every customer key."""
    from zhike.collect.schema import ORDERS
    from zhike.customers.models import Profile
    from zhike.customers.services import register_profiles
    from zhike.lake.snapshots import open_lake

    ids = register_profiles(source=SOURCE, source_keys=[order.customer for order in orders])
    deltas = open_lake(home.lake).deltas
    before = deltas.pinned(ORDERS.name)
    start = before.rows if before else 0
    rows = [_row(order, ids[order.customer], start + number) for number, order in enumerate(orders)]
    deltas.append(ORDERS, pa.Table.from_pylist(rows, schema=ORDERS.arrow_schema()))
    customers = dict(Profile.objects.filter(source=SOURCE).values_list("pk", "customer_id"))
    return {key: customers[profile_id] for key, profile_id in ids.items()}


def _row(order: Order, profile_id: int, number: int) -> dict[str, object]:
    moment = datetime.combine(order.day, time(4), UTC)
    is_refunded = order.refund > 0 or order.status == "refunded"
    return {
        "source": SOURCE,
        "order_id": order.order_id or f"O{number}",
        "profile_id": profile_id,
        "ordered_at": moment,
        "ordered_on": order.day,
        "amount": order.amount,
        "status": order.status,
        "refund_amount": order.amount if order.status == "refunded" and not order.refund else order.refund,
        "refunded_on": (order.refunded_on or order.day) if is_refunded else None,
        "discount_amount": order.discount,
        "row_hash": 0,
    }


def refresh(home: Home, *, as_of: date | None = None, is_full: bool = False):  # type: ignore[no-untyped-def]
    """Run a refresh quietly; the finished run."""
    from zhike.jobs.progress import Silent
    from zhike.pipeline.services import request_refresh, run_refresh

    return run_refresh(home=home, run=request_refresh(as_of=as_of, is_full=is_full), progress=Silent())


def published(home: Home, name: str) -> list[dict[str, object]]:
    """The rows of a table of the current snapshot."""
    from zhike.lake.snapshots import open_lake

    snapshot = open_lake(home.lake).current()
    assert snapshot is not None
    return snapshot.rows(snapshot.table(name))
