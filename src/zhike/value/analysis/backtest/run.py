"""One back-test: every candidate forecasts, every forecast is held against what came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from zhike.kernel.errors import UsageError
from zhike.value.analysis.backtest.champions import Champions, champions_of
from zhike.value.analysis.backtest.histories import Histories
from zhike.value.analysis.backtest.methods import forecasts
from zhike.value.analysis.backtest.metrics import (
    DecileOutcome,
    amount_metrics,
    outcome_deciles,
    ranking_metrics,
)
from zhike.value.analysis.backtest.orders import LEAST_CUSTOMERS
from zhike.value.analysis.backtest.split import Split

Measured = Mapping[str, Mapping[str, Mapping[str, float]]]
"""Target → method → metric → value."""


@dataclass(frozen=True)
class Backtest:
    """`deciles` by target and method; the target ``alive`` is a ranking and has none."""

    split: Split
    customers: int
    measured: Measured
    deciles: Mapping[tuple[str, str], list[DecileOutcome]]

    @property
    def champions(self) -> Champions:
        return champions_of(self.measured)


def run_backtest(histories: Histories, split: Split) -> Backtest:
    """Forecast the holdout from what was known before it, by every candidate.

    Raises
    ------
    UsageError
        ``backtest.few_customers`` below `LEAST_CUSTOMERS`.
    """
    customers = histories.known.customers
    if customers < LEAST_CUSTOMERS:
        raise UsageError(
            "backtest.few_customers",
            zh=f"{split.known_until} 及以前只有 {customers} 位客户，回测至少需要 {LEAST_CUSTOMERS} 位；"
            "请等数据更多，或选更晚的 --until、更短的 --holdout-days",
            en=f"there were {customers} customers until {split.known_until}, a back-test needs {LEAST_CUSTOMERS}; "
            "wait for more data, or use a later --until or a shorter --holdout-days",
        )
    made = forecasts(histories, split.holdout_days)
    orders = histories.after.order_days.astype(np.float64)
    spend = histories.after.spend.astype(np.float64)
    came_back = (orders > 0).astype(np.float64)
    return Backtest(
        split=split,
        customers=customers,
        measured={
            "orders": {code: amount_metrics(each.orders, orders) for code, each in made.items()},
            "spend": {code: amount_metrics(each.spend, spend) for code, each in made.items()},
            "alive": {code: ranking_metrics(each.alive, came_back) for code, each in made.items()},
        },
        deciles={
            **{("orders", code): outcome_deciles(each.orders, orders) for code, each in made.items()},
            **{("spend", code): outcome_deciles(each.spend, spend) for code, each in made.items()},
        },
    )
