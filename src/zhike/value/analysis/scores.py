"""The value score: one number from 0 to 100 that ranks customers for the tiers."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from zhike.value.labels import SCORE_BANDS_FROM

WEIGHTS = {"r_score": 0.2, "f_score": 0.2, "m_score": 0.3, "clv_decile": 0.3}
"""Shares of recency, frequency, monetary and expected value; they sum to 1."""


def value_score(scored: ir.Table) -> ir.FloatingValue:
    """The score of every row of a table that has RFM scores and CLV deciles.

    RFM scores 1–5 and CLV deciles 10–1 are each stretched to 0–100 and averaged by `WEIGHTS`. 0 for those
    without RFM scores: never bought, or not within the look-back. Empty for those who refused to be profiled.
    """
    stretched = {
        **{name: (scored[name] - 1) / 4 for name in ("r_score", "f_score", "m_score")},
        "clv_decile": (10 - scored.clv_decile) / 9,
    }
    total = sum((100 * weight * stretched[name] for name, weight in WEIGHTS.items()), ibis.literal(0.0))
    return scored.no_profiling.ifelse(ibis.null("float64"), total.round(1).fill_null(0.0))


def score_band(score: ir.FloatingValue) -> ir.StringValue:
    """The band of `labels.SCORE_BANDS` that a value score is in; empty where there is none."""
    return ibis.cases(*((score >= lowest, band) for band, lowest in SCORE_BANDS_FROM.items()))
