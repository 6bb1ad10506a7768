"""The value score: one number from 0 to 100 that ranks customers for the tiers."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

WEIGHTS = {"r_score": 0.2, "f_score": 0.2, "m_score": 0.3, "clv_decile": 0.3}
"""Shares of recency, frequency, monetary and expected value; they sum to 1."""


def value_scores(features: ir.Table, rfm: ir.Table, forecasts: ir.Table, *, as_of: date) -> ir.Table:
    """One row a customer; 0 for those without RFM scores: never bought, or not within the look-back.

    RFM scores 1–5 and CLV deciles 10–1 are each stretched to 0–100 and averaged by `WEIGHTS`.
    """
    parts = rfm.join(forecasts.select("customer_id", "clv_decile"), "customer_id")
    stretched = {
        **{name: (parts[name] - 1) / 4 for name in ("r_score", "f_score", "m_score")},
        "clv_decile": (10 - parts.clv_decile) / 9,
    }
    total = sum((100 * weight * stretched[name] for name, weight in WEIGHTS.items()), ibis.literal(0.0))
    scored = parts.select("customer_id", value_score=total.round(1))
    everyone = features.select("customer_id").left_join(scored, "customer_id").drop("customer_id_right")
    return everyone.mutate(as_of=ibis.literal(as_of), value_score=everyone.value_score.fill_null(0.0))
