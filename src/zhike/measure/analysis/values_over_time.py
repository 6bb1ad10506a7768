"""What customers were worth at the end of past months: one model, of the last closed month, asked about all of them.

A model for each month would be fitted twenty-four times; and customers would change their tenths because it did.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhike.lake.arrays import numpy_column
from zhike.value.analysis.backtest.champions import Champions
from zhike.value.analysis.backtest.methods import BLEND, RULES
from zhike.value.analysis.clv import ClvParameters, discounted_orders, evenly, fit_clv
from zhike.value.analysis.history import histories_of
from zhike.value.settings import ValueSettings

ORDERS_TO_COME = "orders_to_come"
MOST_FITTED = 20_000
CUTS = 9

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


def value_cuts(values: Array) -> tuple[int | None, ...]:
    """The lowest value of each tenth but the lowest, the highest first; None where a tenth has nobody."""
    size, longer = divmod(len(values), 10)
    ends = np.cumsum([size + (tenth < longer) for tenth in range(10)])[:-1]
    places = [int(end) - 1 for end in ends if 0 < end < len(values)]
    found = (-np.partition(-values, places)[places]).tolist() if places else []
    return (*found, *[None] * (CUTS - len(found)))


def tenth_of(valued: ir.Table) -> ir.IntegerValue:
    """1 for the highest tenth of the month … 10, by the columns `value_cut_1` … `_9` beside the values."""
    below = (
        (valued.value_amount < valued[f"value_cut_{place}"]).fill_null(False).cast("int32")
        for place in range(1, CUTS + 1)
    )
    return sum(below, ibis.literal(1, "int32"))
