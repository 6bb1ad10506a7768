"""Recency, frequency, monetary: scores, the eleven groups and the eight classes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhike.lake.arrays import numpy_column
from zhike.value.analysis.features import profiled_buyers
from zhike.value.analysis.purchases import Window
from zhike.value.settings import ValueSettings

Cuts = tuple[int, ...]

LOOK_BACK = "look_back"

# One row a recency score (5 at the top), one column a frequency score 1 … 5: every cell in exactly one group.
_GRID = {
    5: ("new", "potential_loyalist", "potential_loyalist", "champions", "champions"),
    4: ("promising", "potential_loyalist", "potential_loyalist", "loyal", "loyal"),
    3: ("about_to_sleep", "about_to_sleep", "need_attention", "loyal", "loyal"),
    2: ("hibernating", "hibernating", "at_risk", "at_risk", "cannot_lose"),
    1: ("lost", "lost", "at_risk", "at_risk", "cannot_lose"),
}


def rfm_segment_of(r_score: int, f_score: int) -> str:
    """The group of a cell of the R × F grid; scores 1 to 5."""
    return _GRID[r_score][f_score - 1]


@dataclass(frozen=True)
class RfmParameters:
    """Cut points (four rising values each) and means; amounts in minor units.

    `method` is ``quantile`` or ``fixed``; `buyers` the number of customers behind them.
    """

    method: str
    buyers: int
    recency_cuts_days: Cuts
    frequency_cuts: Cuts
    monetary_cuts: Cuts
    mean_recency_days: float
    mean_order_count: float
    mean_spend_amount: float


def rfm_windows(as_of: date, settings: ValueSettings) -> dict[str, Window]:
    """The days that RFM looks back on, if not on the whole life."""
    look_back = settings.rfm_look_back_days
    return {LOOK_BACK: Window(as_of - timedelta(days=look_back), as_of)} if look_back else {}


def rfm_inputs(features: ir.Table) -> ir.Table:
    """`customer_id, recency_days, order_count, spend_amount` of all buyers, over their whole lives."""
    columns = ["customer_id", "recency_days", "order_count", "spend_amount"]
    return profiled_buyers(features).select(*columns)


def rfm_inputs_of_look_back(features: ir.Table, bought: ir.Table, everyone: ir.Table) -> ir.Table:
    """`rfm_inputs` of those who bought within `rfm_windows`; `bought` as `purchases` gives it for people."""
    profiled = everyone.filter(~everyone.no_profiling)
    recent = bought.filter(bought[f"order_count_{LOOK_BACK}"] > 0).join(profiled, "person_id")
    recent = recent.select(
        "customer_id",
        order_count=recent[f"order_count_{LOOK_BACK}"],
        spend_amount=recent[f"spend_amount_{LOOK_BACK}"],
    )
    return recent.join(features.select("customer_id", "recency_days"), "customer_id")


def fit_rfm(inputs: pa.Table, settings: ValueSettings) -> RfmParameters:
    """Cut points and means over the buyers; `inputs` as `rfm_inputs` gives them."""
    recency, count, spend = (
        numpy_column(inputs, name) for name in ("recency_days", "order_count", "spend_amount")
    )
    is_fixed = settings.rfm_method == "fixed"
    return RfmParameters(
        method=settings.rfm_method,
        buyers=inputs.num_rows,
        recency_cuts_days=settings.recency_thresholds_days if is_fixed else quintile_cuts(recency),
        frequency_cuts=settings.frequency_thresholds if is_fixed else quintile_cuts(count),
        monetary_cuts=settings.monetary_thresholds if is_fixed else quintile_cuts(spend),
        mean_recency_days=_mean(recency),
        mean_order_count=_mean(count),
        mean_spend_amount=_mean(spend),
    )


def quintile_cuts(values: npt.NDArray[np.int64]) -> Cuts:
    """The discrete 20/40/60/80 % quantiles: the smallest value that so large a share is at or below.

    Nothing for no values.
    """
    n = len(values)
    if n == 0:
        return ()
    places = [(k * n + 4) // 5 - 1 for k in (1, 2, 3, 4)]
    # NumPy sorts all in less time than it takes to find four.
    return tuple(int(v) for v in np.sort(values)[places])


def with_rfm(customers: ir.Table, inputs: ir.Table | None, fitted: RfmParameters) -> ir.Table:
    """`customers` with scores 1–5 (5 is best), group and class; empty for those who are no buyers.

    A score is 1 + the number of cut points strictly below the value (recency: 5 − that number), so equal
    values always get equal scores.

    Parameters
    ----------
    customers
        `customer_features`, possibly with more columns.
    inputs
        `rfm_inputs_of_look_back` where RFM looks back less far than the features; None for the whole life.

    Returns
    -------
    ibis.Table
        With `rfm_recency_days, rfm_order_count, rfm_spend_amount` (what was scored), `r_score, f_score,
        m_score, rfm_segment, rfm_class`.
    """
    measured = _over_the_whole_life(customers) if inputs is None else _over_the_look_back(customers, inputs)
    scored = measured.mutate(
        r_score=(5 - cuts_below(measured.rfm_recency_days, fitted.recency_cuts_days)).cast("int32"),
        f_score=(1 + cuts_below(measured.rfm_order_count, fitted.frequency_cuts)).cast("int32"),
        m_score=(1 + cuts_below(measured.rfm_spend_amount, fitted.monetary_cuts)).cast("int32"),
    )
    return scored.mutate(rfm_segment=segment_of_scores(scored), rfm_class=_class(scored, fitted))


def rfm_scores(scored: ir.Table) -> ir.Table:
    """The buyers of a table that `with_rfm` made, or of `customer_overview` where RFM looks at the whole life."""
    buyers = scored.filter(scored.r_score.notnull())
    if "rfm_recency_days" not in scored.columns:
        return buyers
    return buyers.mutate(
        recency_days=buyers.rfm_recency_days,
        order_count=buyers.rfm_order_count,
        spend_amount=buyers.rfm_spend_amount,
    )


def _over_the_whole_life(customers: ir.Table) -> ir.Table:
    is_buyer = (customers.order_count > 0) & ~customers.no_profiling
    return customers.mutate(
        rfm_recency_days=is_buyer.ifelse(customers.recency_days, ibis.null("int64")),
        rfm_order_count=is_buyer.ifelse(customers.order_count, ibis.null("int64")),
        rfm_spend_amount=is_buyer.ifelse(customers.spend_amount, ibis.null("int64")),
    )


def _over_the_look_back(customers: ir.Table, inputs: ir.Table) -> ir.Table:
    renamed = inputs.select(
        "customer_id",
        rfm_recency_days=inputs.recency_days,
        rfm_order_count=inputs.order_count,
        rfm_spend_amount=inputs.spend_amount,
    )
    return customers.left_join(renamed, "customer_id").drop("customer_id_right")


def cuts_below(value: ir.IntegerColumn, cuts: Sequence[int | ir.Value]) -> ir.IntegerValue:
    """How many cut points, numbers or columns, are strictly below a value; empty for an empty one."""
    none = value.notnull().ifelse(ibis.literal(0, "int32"), ibis.null("int32"))
    return reduce(lambda total, cut: total + (value > cut).cast("int32"), cuts, none)


def segment_of_scores(t: ir.Table) -> ir.Value:
    """The group by the columns `r_score` and `f_score`; empty where they are."""
    cells = ((r, f, name) for r, names in _GRID.items() for f, name in enumerate(names, start=1))
    return ibis.cases(*(((t.r_score == r) & (t.f_score == f), name) for r, f, name in cells))


def _class(t: ir.Table, fitted: RfmParameters) -> ir.Value:
    # The next whole number says the same: engines compare a whole number with a fraction as decimals of forty digits.
    is_important = t.rfm_spend_amount >= math.ceil(fitted.mean_spend_amount)
    is_recent = t.rfm_recency_days <= math.floor(fitted.mean_recency_days)
    is_frequent = t.rfm_order_count >= math.ceil(fitted.mean_order_count)
    kinds = {
        "value": is_recent & is_frequent,
        "develop": is_recent & ~is_frequent,
        "keep": ~is_recent & is_frequent,
        "retain": ~is_recent & ~is_frequent,
    }
    return ibis.cases(
        *((is_kind & is_important, f"important_{kind}") for kind, is_kind in kinds.items()),
        *((is_kind & ~is_important, f"general_{kind}") for kind, is_kind in kinds.items()),
    )


def _mean(values: npt.NDArray[np.int64]) -> float:
    return float(values.mean()) if len(values) else 0.0
