"""Everything known about one customer, side by side."""

from __future__ import annotations

import ibis.expr.types as ir

from zhike.pipeline.schema import CUSTOMER_OVERVIEW
from zhike.segments.analysis.lifecycle import LifecycleThresholds, lifecycle_stage


def customer_overview(
    features: ir.Table, rfm: ir.Table, forecasts: ir.Table, tiers: ir.Table, thresholds: LifecycleThresholds
) -> ir.Table:
    """One row a customer, as `CUSTOMER_OVERVIEW` declares it."""
    # RFM may look back less far than the features: its own recency, count and spend stay in `rfm_scores`.
    wide = features
    for table in (rfm, forecasts, tiers):
        fresh = [
            name
            for name in table.columns
            if name in CUSTOMER_OVERVIEW.column_names and name not in wide.columns
        ]
        wide = wide.left_join(table.select("customer_id", *fresh), "customer_id").drop("customer_id_right")
    return wide.mutate(lifecycle_stage=lifecycle_stage(wide, thresholds))
