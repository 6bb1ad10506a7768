"""Who is expected to order, or to stay away: described on the forecasts of a snapshot."""

from __future__ import annotations

from datetime import timedelta

import ibis
import ibis.expr.types as ir

from zhike.lake.snapshots import Snapshot

SCORES, NEXT_ORDERS = "churn_scores", "next_orders"
RESTOCK_DAYS = 30


def expected_customers(snapshot: Snapshot, name: str, value: str) -> ir.IntegerColumn:
    """`customer_id` of those who fit ``risk``, ``due_within``, ``overdue`` or ``restock``."""
    if name == "risk":
        scores = snapshot.table(SCORES)
        return scores.filter(scores.risk_band == value).customer_id
    orders = snapshot.table(NEXT_ORDERS)
    match name:
        case "due_within":
            found = orders.filter((orders.category == "") & _is_due(orders, snapshot, int(value)))
        case "overdue":
            found = orders.filter((orders.category == "") & orders.is_overdue)
        case "restock":
            found = orders.filter((orders.category == value) & _is_due(orders, snapshot, RESTOCK_DAYS))
        case _:
            raise ValueError(name)
    return found.customer_id


def _is_due(orders: ir.Table, snapshot: Snapshot, days: int) -> ir.BooleanValue:
    return orders.expected_on <= ibis.literal(snapshot.as_of + timedelta(days=days))
