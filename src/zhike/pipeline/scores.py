"""Everything known about one customer, side by side: the table that all per-customer tables are cut from."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from zhike.segments.analysis.lifecycle import LifecycleThresholds, lifecycle_stage
from zhike.tiers.analysis.membership import tier_of
from zhike.tiers.settings import TierSettings
from zhike.value.analysis.clv import ClvParameters
from zhike.value.analysis.rfm import RfmParameters, with_rfm
from zhike.value.analysis.scores import value_score


@dataclass(frozen=True)
class Models:
    """What was fitted before anyone is scored."""

    rfm: RfmParameters
    clv: ClvParameters
    lifecycle: LifecycleThresholds


def scored_customers(
    features: ir.Table,
    forecasts: ir.Table,
    rfm_inputs: ir.Table | None,
    models: Models,
    tiers: TierSettings,
) -> ir.Table:
    """One row a customer: features, RFM, forecasts, value score, tier and lifecycle stage.

    One expression instead of a join of finished tables: at a million customers the joins cost more than
    the scores. Only the forecasts stand apart, for their deciles need the order of all buyers. `rfm_inputs`
    is None where RFM looks at the whole life.
    """
    further = [name for name in forecasts.columns if name not in features.columns]
    forecast = features.left_join(forecasts.select("customer_id", *further), "customer_id").drop(
        "customer_id_right"
    )
    scored = with_rfm(forecast, rfm_inputs, models.rfm)
    scored = scored.mutate(
        value_score=value_score(scored), lifecycle_stage=lifecycle_stage(scored, models.lifecycle)
    )
    return scored.mutate(tier=tier_of(scored.value_score, tiers))
