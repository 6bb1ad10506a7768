"""The value score: one number from 0 to 100 that ranks customers for the tiers, and why.

See ``docs/algorithms/value-score.md``.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhike.lake.arrays import numpy_column
from zhike.value.analysis.backtest.split import Split
from zhike.value.analysis.clv import FORECASTS, ClvParameters, clv_forecasts, fit_clv
from zhike.value.analysis.scores.components import (
    COMPONENTS,
    NOBODY_KNOWN,
    Scoring,
    column_of,
    component_columns,
    fit_scoring,
    ratings,
    weighted,
)
from zhike.value.analysis.scores.learning import Learned, Past, learned_from
from zhike.value.analysis.scores.weights import DEFAULT_WEIGHTS, ScoreChoice, weights_of
from zhike.value.labels import SCORE_BANDS_FROM
from zhike.value.settings import ValueSettings

__all__ = [
    "COMPONENTS",
    "DEFAULT_WEIGHTS",
    "ScoreChoice",
    "Scoring",
    "fitted_scoring",
    "learned_weights",
    "score_band",
    "scored_forecasts",
    "unpacked",
    "value_score",
    "weights_of",
    "with_signals",
]

_FILLED = {
    "active_days": NOBODY_KNOWN,
    "feedback_sum": 0,
    "feedback_weight": 0,
    "referred_count": 0,
    "referral_amount": 0,
    "rfm_order_count": 0,
    "rfm_spend_amount": 0,
    "line_amount": 0,
    "costed_amount": 0,
    "costed_margin": 0,
}
PARTS = {column_of(name): "float64" for name in COMPONENTS} | {
    "active_days_90d": "int64",
    "referred_count": "int64",
    "referral_amount": "int64",
    "feedback_rating": "float64",
}
"""What the score is made of, and the raw measures of some components: column → type."""
_IN_TENTHS = ("score", *(column_of(name) for name in COMPONENTS))
_WHOLE = ("expected_orders_365d_low", "expected_orders_365d_high")
_MOST_ORDERS = float(2**31 - 1)


def with_signals(buyers: ir.Table, *known: ir.Table) -> ir.Table:
    """`clv_inputs` with the columns of tables keyed by `customer_id`, filled where somebody is not in them."""
    for each in known:
        named = [name for name in each.columns if name != "customer_id"]
        joined = buyers.left_join(each, "customer_id")
        buyers = joined.select(
            *buyers.columns, **{name: joined[name].fill_null(_FILLED[name]).cast("int64") for name in named}
        )
    return buyers


def fitted_scoring(sample: pa.Table, fitted: ClvParameters, chosen: dict[str, float]) -> Scoring:
    """Ranks of some buyers, and the weights of what there is data for.

    A hundred thousand of them place everybody to well below a tenth of the scale.
    """
    clv = numpy_column(clv_forecasts(sample, fitted=fitted, has_bounds=False)[FORECASTS], "clv_365d")
    return fit_scoring(sample, clv, chosen, DEFAULT_WEIGHTS)


def scored_forecasts(inputs: pa.Table, *, fitted: ClvParameters, scoring: Scoring) -> dict[str, pa.Table]:
    """`clv_forecasts` with `score` and those columns of `PARTS` that there is data for, as `unpacked` reads them.

    Half as wide as they are published: every byte of a customer is copied four times on its way there.
    """
    forecasts = clv_forecasts(inputs, fitted=fitted)[FORECASTS]
    clv = numpy_column(forecasts, "clv_365d")
    placed = component_columns(inputs, clv, scoring)
    rows = inputs.num_rows
    columns = {name: forecasts[name] for name in forecasts.column_names}
    for name in _WHOLE:
        # A model of odd data may think of more orders than there are numbers of this width.
        columns[name] = pc.min_element_wise(columns[name], _MOST_ORDERS, skip_nulls=False).cast(pa.int32())
    columns["score"] = _in_tenths(weighted(placed, scoring.weights, rows))
    for name in scoring.known:
        is_known = name in placed
        columns[column_of(name)] = _in_tenths(placed[name]) if is_known else pa.nulls(rows, pa.int16())
    columns |= _raw(inputs, scoring)
    return {FORECASTS: pa.table(columns)}


def _in_tenths(values: npt.NDArray[np.float64]) -> pa.Array:
    return pa.array(np.rint(values * 10).astype(np.int16))


def unpacked(t: ir.Table) -> dict[str, ir.Value]:
    """The columns of `scored_forecasts` that are published otherwise, by name, from a table that has them."""
    tenths = {name: t[name].cast("float64") / 10.0 for name in _IN_TENTHS if name in t.columns}
    whole = {name: t[name].cast("float64") for name in _WHOLE}
    alive_tenth = ((t.probability_alive * 10.0).floor() + 1).clip(1, 10).cast("int32")
    return {**tenths, **whole, "alive_tenth": alive_tenth}


def _raw(inputs: pa.Table, scoring: Scoring) -> dict[str, pa.Array]:
    found = {}
    if "engagement" in scoring.ranks and "active_days" in inputs.column_names:
        days = numpy_column(inputs, "active_days")
        found["active_days_90d"] = pa.array(days, mask=days < 0)
    if "referral_amount" in inputs.column_names:
        found |= {
            name: pa.array(numpy_column(inputs, name)) for name in ("referred_count", "referral_amount")
        }
    if "feedback" in scoring.ranks and "feedback_weight" in inputs.column_names:
        has_none = numpy_column(inputs, "feedback_weight") == 0
        found["feedback_rating"] = pa.array(ratings(inputs, scoring.rating).round(1), mask=has_none)
    return found


def learned_weights(inputs: pa.Table, past: Past, split: Split) -> Learned:
    """Weights learned from how customers stood at the split, by what was known then, and what they spent after it.

    The expected value is counted in revenue, by the default model: what the shop set meanwhile was not known then.
    It is not discounted, for neither is what they spent.

    Parameters
    ----------
    inputs
        Those of `past` with the signals of that day, by id.
    """
    fitted = fit_clv(past.inputs, ValueSettings(discount_rate_yearly=0))
    forecasts = clv_forecasts(past.inputs, fitted=fitted, horizon_days=split.holdout_days, has_bounds=False)[
        FORECASTS
    ]
    clv = numpy_column(forecasts, "clv_365d")
    scoring = fit_scoring(inputs, clv, DEFAULT_WEIGHTS, DEFAULT_WEIGHTS)
    return learned_from(component_columns(inputs, clv, scoring), past, scoring.weights, split)


def value_score(customers: ir.Table, score: ir.FloatingValue) -> ir.FloatingValue:
    """The score of every row of a table with `no_profiling`, from one that only buyers have.

    0 for those who never bought. Empty for those who refused to be profiled.
    """
    return customers.no_profiling.ifelse(ibis.null("float64"), score.fill_null(0.0))


def score_band(score: ir.FloatingValue) -> ir.StringValue:
    """The band of `labels.SCORE_BANDS` that a value score is in; empty where there is none."""
    return ibis.cases(*((score >= lowest, band) for band, lowest in SCORE_BANDS_FROM.items()))
