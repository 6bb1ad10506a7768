"""Forecasts made as of an earlier day, against what customers did after it.

Pure: `orders` describes what to read, `histories` sums it up, `run` forecasts and compares, `champions` chooses.
"""

from zhike.value.analysis.backtest.champions import DEFAULT_CHAMPIONS, Champions, champions_of
from zhike.value.analysis.backtest.histories import Histories, histories_of
from zhike.value.analysis.backtest.methods import BLEND, BLENDED, METHOD_NAMES, MODELS, RULES
from zhike.value.analysis.backtest.orders import (
    LEAST_CUSTOMERS,
    MOST_CUSTOMERS,
    bought_span,
    known_customers,
    split_orders,
)
from zhike.value.analysis.backtest.run import Backtest, run_backtest
from zhike.value.analysis.backtest.split import Split, closed_months_split, split_until
from zhike.value.analysis.backtest.tables import (
    backtest_rows,
    decile_rows,
    fingerprint,
    measured,
)

__all__ = [
    "BLEND",
    "BLENDED",
    "DEFAULT_CHAMPIONS",
    "LEAST_CUSTOMERS",
    "METHOD_NAMES",
    "MODELS",
    "MOST_CUSTOMERS",
    "RULES",
    "Backtest",
    "Champions",
    "Histories",
    "Split",
    "backtest_rows",
    "bought_span",
    "champions_of",
    "closed_months_split",
    "decile_rows",
    "fingerprint",
    "histories_of",
    "known_customers",
    "measured",
    "run_backtest",
    "split_orders",
    "split_until",
]
