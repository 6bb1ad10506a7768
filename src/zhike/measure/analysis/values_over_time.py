"""What customers were worth at the end of past months: one model, of the last closed month, asked about all of them.

A model for each month would be fitted twenty-four times; and customers would change their tenths because it did.
"""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhike.lake.arrays import numpy_column
from zhike.measure.schema.history import RANK_CUTS
from zhike.value.analysis.backtest.champions import Champions
from zhike.value.analysis.backtest.methods import BLEND, RULES
from zhike.value.analysis.clv import ClvParameters, discounted_orders, evenly, fit_clv
from zhike.value.analysis.history import histories_of
from zhike.value.analysis.scores.components import NEUTRAL
from zhike.value.settings import ValueSettings

ORDERS_TO_COME = "orders_to_come"
MOST_FITTED = 20_000
MEASURED = {
    "recency": ("recency_days", -1),
    "frequency": ("rfm_order_count", 1),
    "monetary": ("rfm_spend_amount", 1),
    "clv": ("value_amount", 1),
}
"""What each component in `schema.history.RANKED` measures, and its sign: more is better."""

# Far above every value, and yet near enough to be taken off one.
_NOBODY = 1 << 62

Array = npt.NDArray[np.int64]


def looks_at_recent(champions: Champions) -> bool:
    """Whether the method counts the orders of the last 365 days."""
    return champions.value == BLEND or champions.value in RULES


def last_states(states: ir.Table, *, month: int) -> ir.Table:
    """What `fit_values` fits on: everybody at the end of the last month."""
    last = states.filter(states.month == month)
    return last.select(
        "order_days", "tenure_days", "recency_days", "spend_amount", customer_id=last.person_id
    )


def fit_values(last: pa.Table, settings: ValueSettings, champions: Champions) -> ClvParameters:
    """The method of the CLV forecast, fitted to a sample of the last closed month."""
    return fit_clv(evenly(last, MOST_FITTED), settings, champions)


def histories(states: ir.Table) -> ir.Table:
    """The different histories of all customers and months."""
    return states.select("history").distinct()


def orders_to_come(rows: pa.Table, *, fitted: ClvParameters) -> dict[str, pa.Table]:
    """`ORDERS_TO_COME`: `history, orders_to_come` (discounted, 365 days) for rows of `histories`."""
    packed = numpy_column(rows, "history").astype(np.int64)
    order_days, recency, tenure, recent = histories_of(packed)
    found = discounted_orders(
        fitted,
        order_days=order_days,
        tenure_days=tenure,
        recency_days=recency,
        recent=np.minimum(recent, order_days),
    )
    return {ORDERS_TO_COME: pa.table({"history": rows["history"], ORDERS_TO_COME: pa.array(found)})}


def with_values(states: ir.Table, orders: ir.Table, fitted: ClvParameters) -> ir.Table:
    """States with `value_amount`: what is expected of 365 days, before margin, in whole minor units."""
    joined = states.join(orders, "history")
    spend, days = joined.spend_amount.cast("float64"), joined.order_days.cast("float64")
    amount = spend / days
    if (model := fitted.amounts) is not None:
        modelled = (spend + model.gamma) * model.p / (days * model.p + (model.q - 1))
        amount = (spend >= 0).ifelse(modelled, amount)
    return joined.mutate(value_amount=(amount * joined[ORDERS_TO_COME]).round().cast("int64"))


def rank_cuts(values: Array) -> tuple[int | None, ...]:
    """The lowest value of each tenth but the lowest, the highest first; None where a tenth has nobody."""
    size, longer = divmod(len(values), 10)
    ends = np.cumsum([size + (tenth < longer) for tenth in range(10)])[:-1]
    places = [int(end) - 1 for end in ends if 0 < end < len(values)]
    # NumPy sorts all in less time than it takes to find nine.
    found = np.sort(values)[::-1][places].tolist() if places else []
    return (*found, *[None] * (RANK_CUTS - len(found)))


def cuts_by_component(states: Mapping[str, Array]) -> dict[str, tuple[int | None, ...]]:
    """`rank_cuts` of what each component in `MEASURED` measures, in one month."""
    return {name: rank_cuts(sign * states[column]) for name, (column, sign) in MEASURED.items()}


def cuts_beside(cuts: pa.Table) -> pa.Table:
    """The cut points of months to stand beside the states: a tenth with nobody begins where nobody is."""
    for name in MEASURED:
        for place in range(1, RANK_CUTS + 1):
            column = f"{name}_rank_cut_{place}"
            filled = pc.fill_null(cuts[column], _NOBODY)
            cuts = cuts.set_column(cuts.column_names.index(column), column, filled)
    return cuts


def score_of(states: ir.Table, weights: Mapping[str, float]) -> ir.FloatingValue:
    """The value score at the time, by the `cuts_beside` the states: percent ranks by tenths.

    What is not known of the past (engagement, referrals, feedback) counts as neutral.

    Parameters
    ----------
    weights
        Those in force, by component; they sum to 1.
    """
    unknown = sum(weight for name, weight in weights.items() if name not in MEASURED)
    score = ibis.literal(NEUTRAL * unknown, "float64")
    for name in MEASURED:
        if weights.get(name):
            score = score + ibis.literal(weights[name], "float64") * _rank(states, name)
    return score.round(1)


def _rank(states: ir.Table, name: str) -> ir.NumericValue:
    """Half the share above whom a value is strictly and half above whom it is or with whom it is equal."""
    column, sign = MEASURED[name]
    cuts = (states[f"{name}_rank_cut_{place}"] for place in range(1, RANK_CUTS + 1))
    # The sign of a difference is both comparisons in one: most of the time of so many rows goes by them.
    passed = ((sign * states[column] - cut).sign() for cut in cuts)
    return (sum(passed, ibis.literal(1 + RANK_CUTS, "int8")) * 5).cast("float64")
