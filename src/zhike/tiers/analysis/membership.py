"""The default scheme 高/中/低价值: three levels by the value score."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from zhike.tiers.labels import TIERS
from zhike.tiers.settings import TierSettings

DEFAULT_SCHEME = "value"


def tier_of(value_score: ir.FloatingValue, settings: TierSettings) -> ir.StringValue:
    """The level that a value score stands for; none for those who refused to be scored."""
    return ibis.cases(
        (value_score >= settings.high_from, "high"),
        (value_score >= settings.middle_from, "middle"),
        (value_score.notnull(), "low"),
    )


def tier_members(scored: ir.Table) -> ir.Table:
    """Every customer of a table with `tier` and `value_score` who has a tier, in one level of the default scheme."""
    ranks = [(scored.tier == tier, rank) for rank, tier in enumerate(TIERS, start=1)]
    return scored.filter(scored.tier.notnull()).mutate(
        scheme=ibis.literal(DEFAULT_SCHEME), tier_rank=ibis.cases(*ranks)
    )
