"""Lifecycle stages: where each customer stands between first order and gone."""

from __future__ import annotations

import math
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from zhike.kernel.words import Text
from zhike.lake.arrays import numpy_column
from zhike.segments.settings import LifecycleSettings

_LEAST_REGULARS = 30
_USUAL_DAYS = (90, 180, 365)


@dataclass(frozen=True)
class LifecycleThresholds:
    """Quiet days after which a customer is at risk, dormant, lost; `from_rhythm` if the shop's own data gave them."""

    new_days: int
    at_risk_days: int
    dormant_days: int
    lost_days: int
    from_rhythm: bool


def lifecycle_inputs(buyers: pa.Table) -> pa.Table:
    """`mean_gap_days` of the regulars, those of `clv_inputs` with three or more days with an order."""
    days, tenure, recency = (
        numpy_column(buyers, name) for name in ("order_days", "tenure_days", "recency_days")
    )
    is_regular = days >= 3
    return pa.table({"mean_gap_days": (tenure - recency)[is_regular] / (days[is_regular] - 1)})


def fit_lifecycle(inputs: pa.Table, settings: LifecycleSettings) -> LifecycleThresholds:
    """Thresholds from settings, else from the rhythm of the shop, else 90, 180 and 365 days.

    The rhythm is the mean gap that nine in ten regulars stay below; a customer who is quiet for longer
    is at risk, for twice as long dormant, for four times as long lost. It takes 30 regulars.
    """
    if settings.at_risk_days:
        days = (settings.at_risk_days, settings.dormant_days, settings.lost_days)
        return LifecycleThresholds(settings.new_days, *days, from_rhythm=False)
    if inputs.num_rows < _LEAST_REGULARS:
        return LifecycleThresholds(settings.new_days, *_USUAL_DAYS, from_rhythm=False)
    gaps = numpy_column(inputs, "mean_gap_days")
    place = math.ceil(0.9 * len(gaps)) - 1
    rhythm = max(7, math.ceil(float(np.partition(gaps, place)[place])))
    return LifecycleThresholds(settings.new_days, rhythm, 2 * rhythm, 4 * rhythm, from_rhythm=True)


def lifecycle_stage(features: ir.Table, thresholds: LifecycleThresholds | ir.Table) -> ir.StringValue:
    """The stage of every customer, as a column over `customer_features`; none for those who refuse profiling.

    Thresholds that differ from row to row are columns of `features` itself.
    """
    return ibis.cases(
        (features.no_profiling, ibis.null("string")),
        (features.order_count == 0, "prospect"),
        (features.tenure_days <= thresholds.new_days, "new"),
        (features.recency_days <= thresholds.at_risk_days, "active"),
        (features.recency_days <= thresholds.dormant_days, "at_risk"),
        (features.recency_days <= thresholds.lost_days, "dormant"),
        else_="lost",
    )


def lifecycle_parameter_rows(
    thresholds: LifecycleThresholds,
) -> list[tuple[str, str, float, Text | None]]:
    """Rows for `model_parameters`."""
    origin = (
        Text("按本店节奏", "from the rhythm of this shop")
        if thresholds.from_rhythm
        else Text("设置或通用值", "from the settings or the usual values")
    )
    names = ("new_days", "at_risk_days", "dormant_days", "lost_days")
    return [("lifecycle", name, float(getattr(thresholds, name)), origin) for name in names]
