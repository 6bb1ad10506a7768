"""The default scheme 高/中/低价值: three levels by the value score."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from zhike.tiers.settings import TierSettings


def tier_of(value_score: ir.FloatingValue, settings: TierSettings) -> ir.StringValue:
    """The level that a value score stands for; none for those who refused to be scored."""
    return ibis.cases(
        (value_score >= settings.high_from, "high"),
        (value_score >= settings.middle_from, "middle"),
        (value_score.notnull(), "low"),
    )
