"""Everything known about one customer, side by side: the table that all per-customer tables are cut from."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from zhike.pipeline.schema import FROM_CHURN
from zhike.segments.analysis.lifecycle import LifecycleThresholds, lifecycle_stage
from zhike.tiers.analysis.membership import tier_of
from zhike.tiers.settings import TierSettings
from zhike.value.analysis.clv import ClvParameters
from zhike.value.analysis.deciles import DecileCuts, decile
from zhike.value.analysis.rfm import RfmParameters, with_rfm
from zhike.value.analysis.scores import PARTS, Scoring, score_band, unpacked, value_score


@dataclass(frozen=True)
class Models:
    """What was fitted before anyone is scored."""

    rfm: RfmParameters
    clv: ClvParameters
    lifecycle: LifecycleThresholds
    scoring: Scoring


@dataclass(frozen=True)
class Forecasts:
    """What NumPy forecasts, one row a customer: `clv_forecasts`, `churn_scores` and `next_orders.by_customer`."""

    clv: ir.Table
    churn: ir.Table
    next_orders: ir.Table


@dataclass(frozen=True)
class Deciles:
    """Where the tenths by expected value and by spend so far are cut."""

    clv: DecileCuts
    spend: DecileCuts


def scored_customers(
    features: ir.Table,
    forecasts: Forecasts,
    rfm_inputs: ir.Table | None,
    models: Models,
    deciles: Deciles,
    tiers: TierSettings,
) -> ir.Table:
    """One row a customer: features, forecasts, RFM, value score, tier and lifecycle stage.

    One expression instead of a join of finished tables: at a million customers the joins cost more than
    the scores. Only the forecasts stand apart, for NumPy makes them. `rfm_inputs` is None where RFM looks at
    the whole life. `forecasts` as `value.analysis.scores.scored_forecasts` gives them.
    """
    churn = forecasts.churn.select("customer_id", *FROM_CHURN)
    joined = features
    made = {"clv": forecasts.clv, "churn": churn, "next": forecasts.next_orders}
    for name, table in made.items():
        joined = joined.left_join(table, "customer_id", rname=f"{{name}}_of_{name}")
    keys = [f"customer_id_of_{name}" for name in made]
    found = unpacked(joined)
    is_forecast, value = joined.clv_365d.notnull(), value_score(joined, found["score"])
    # All at once: every layer of the wide table takes its time to compile.
    scored = joined.select(
        *(name for name in joined.columns if name not in (*keys, *found)),
        **found,
        method=ibis.cases((is_forecast, models.clv.method)),
        clv_basis=ibis.cases((is_forecast, models.clv.basis)),
        clv_decile=decile(joined, deciles.clv),
        spend_decile=is_forecast.ifelse(decile(joined, deciles.spend), ibis.null("int32")),
        value_score=value,
        lifecycle_stage=lifecycle_stage(joined, models.lifecycle),
        tier=tier_of(value, tiers),
        score_band=score_band(value),
        **{name: ibis.null(kind) for name, kind in PARTS.items() if name not in joined.columns},
    )
    return with_rfm(scored, rfm_inputs, models.rfm)
