"""The orders in which the customer list can stand."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

SORTS = {
    "customer": "customer_id",
    "last_order": "last_order_on",
    "orders": "order_count",
    "spend": "spend_amount",
    "average_order": "average_order_amount",
    "clv": "clv_365d",
    "alive": "probability_alive",
    "value_score": "value_score",
    "risk": "lost_probability",
    "due": "next_order_on",
}
"""`sort=` → column of the overview; a ``-`` before it is highest first."""


@dataclass(frozen=True, slots=True)
class Sort:
    name: str
    is_descending: bool = False

    def __str__(self) -> str:
        return f"-{self.name}" if self.is_descending else self.name


DEFAULT_SORT = Sort("spend", is_descending=True)


def ordered(customers: ir.Table, sort: Sort) -> ir.Table:
    """Rows in that order; unknown values come last, equal ones stand by customer number."""
    column = customers[SORTS[sort.name]]
    key = ibis.desc(column, nulls_first=False) if sort.is_descending else ibis.asc(column, nulls_first=False)
    # Ibis refuses one column twice.
    return customers.order_by(key if sort.name == "customer" else [key, customers.customer_id])
