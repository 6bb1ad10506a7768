"""Who is in which segment, and what the segments are worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zhike.kernel.words import Text
from zhike.lake.catalog import Column, Table, register
from zhike.segments.builtin import FAMILIES

if TYPE_CHECKING:
    import ibis.expr.types as ir


def segment_members(overview: ir.Table) -> ir.Table:
    """One row a customer and segment that it is in."""
    import ibis

    return ibis.union(
        *(
            overview.filter(overview[column].notnull()).select(
                segment=ibis.literal(f"{family}:").concat(overview[column]), customer_id=overview.customer_id
            )
            for family, column in FAMILIES.items()
        )
    )


SEGMENT_MEMBERS = Table(
    "segment_members",
    "published",
    Text("每个人群的每位成员一行", "one row a member of a segment"),
    ("segment", "customer_id"),
    (
        Column("segment", "string", Text("人群代码", "code of the segment")),
        Column("customer_id", "int64", Text("客户编号", "customer id")),
    ),
    cut_from="customer_overview",
    cut_as=segment_members,
)

SEGMENT_SUMMARIES = Table(
    "segment_summaries",
    "published",
    Text("每个人群一行", "one row a segment that has members"),
    ("segment",),
    (
        Column("segment", "string", Text("人群代码", "code of the segment")),
        Column("customer_count", "int64", Text("客户数", "customers"), "count"),
        Column("spend_amount", "int64", Text("累计消费", "spend so far"), "minor_units"),
        Column("spend_amount_365d", "int64", Text("近 365 天消费", "spend within 365 days"), "minor_units"),
        Column("order_count", "int64", Text("订单数", "orders"), "count"),
        Column(
            "median_recency_days",
            "float64",
            Text("距最近一单天数中位数", "median days since the last order"),
            "days",
        ),
        Column("clv_365d", "float64", Text("未来 365 天价值", "value of the next 365 days"), "minor_units"),
    ),
)

register(SEGMENT_MEMBERS, SEGMENT_SUMMARIES)
