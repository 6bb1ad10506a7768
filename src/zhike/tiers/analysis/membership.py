"""The default scheme 高/中/低价值: three levels by the value score."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from zhike.tiers.settings import TierSettings

DEFAULT_SCHEME = "value"


def tier_members(value_scores: ir.Table, settings: TierSettings, *, as_of: date) -> ir.Table:
    """Every customer in exactly one level of the default scheme."""
    score = value_scores.value_score
    return value_scores.select(
        scheme=ibis.literal(DEFAULT_SCHEME),
        customer_id=value_scores.customer_id,
        as_of=ibis.literal(as_of),
        tier=ibis.cases(
            (score >= settings.high_from, "high"), (score >= settings.middle_from, "middle"), else_="low"
        ),
        tier_rank=ibis.cases((score >= settings.high_from, 1), (score >= settings.middle_from, 2), else_=3),
        value_score=score,
    )
