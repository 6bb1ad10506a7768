"""What the members of the built-in segments are worth."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from zhike.segments.builtin import FAMILIES


def segment_summaries(overview: ir.Table) -> ir.Table:
    """One row a segment that has members."""
    return ibis.union(*(_summary(overview, family, column) for family, column in FAMILIES.items()))


def _summary(overview: ir.Table, family: str, column: str) -> ir.Table:
    members = overview.filter(overview[column].notnull())
    return members.group_by(segment=ibis.literal(f"{family}:").concat(members[column])).aggregate(
        customer_count=members.count(),
        spend_amount=members.spend_amount.sum(),
        spend_amount_365d=members.spend_amount_365d.sum(),
        order_count=members.order_count.sum(),
        median_recency_days=members.recency_days.median().cast("float64"),
        clv_365d=members.clv_365d.sum(),
    )
