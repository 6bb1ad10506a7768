"""Which level every customer holds in every scheme."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zhike.kernel.words import Text
from zhike.lake.catalog import Column, Table, register
from zhike.tiers.labels import TIER_COLOURS, TIERS

if TYPE_CHECKING:
    import ibis.expr.types as ir

DEFAULT_SCHEME = "value"


def tier_members(tiered: ir.Table) -> ir.Table:
    """Customers with a `tier`, each in that level of the default scheme."""
    import ibis

    ranks = [(tiered.tier == tier, rank) for rank, tier in enumerate(TIERS, start=1)]
    return tiered.mutate(scheme=ibis.literal(DEFAULT_SCHEME), tier_rank=ibis.cases(*ranks))


TIER_MEMBERS = Table(
    "tier_members",
    "published",
    Text("每位客户每个方案一行", "one row a customer and scheme"),
    ("scheme", "customer_id"),
    (
        Column("scheme", "string", Text("分级方案", "tier scheme")),
        Column("customer_id", "int64", Text("客户编号", "customer id")),
        Column("as_of", "date", Text("业务日期", "business date")),
        Column("tier", "string", Text("等级", "tier"), labels=TIERS, colours=TIER_COLOURS),
        Column(
            "tier_rank", "int32", Text("等级次序（1 最高）", "rank of the tier, 1 is the highest"), "rank"
        ),
        Column("value_score", "float64", Text("价值分", "value score"), "score"),
    ),
    cut_from="customer_overview",
    cut_where="tier",
    cut_as=tier_members,
)

register(TIER_MEMBERS)
