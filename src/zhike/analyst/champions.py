"""Which model forecasts: the one that was named, or the one that a back-test of these orders chooses."""

from __future__ import annotations

from datetime import date

from zhike.analyst.workbench import Workbench
from zhike.kernel.errors import UsageError
from zhike.value.analysis.backtest import (
    DEFAULT_CHAMPIONS,
    LEAST_CUSTOMERS,
    MODELS,
    Champions,
    bought_span,
    closed_months_split,
    histories_of,
    known_customers,
    run_backtest,
    split_orders,
)

AUTO = "auto"


def champions_for(model: str, bench: Workbench, as_of: date) -> Champions:
    """The methods to use for a name of `MODELS`, or ``auto`` as a refresh chooses them.

    Raises
    ------
    UsageError
        ``model.unknown``.
    """
    if model == AUTO:
        return _tested(bench, as_of)
    if model not in MODELS:
        raise UsageError(
            "model.unknown",
            zh=f"model={model!r}：可用 {AUTO}、{'、'.join(MODELS)}",
            en=f"model={model!r}: known are {AUTO}, {', '.join(MODELS)}",
        )
    return Champions({}, value=model, alive=model, is_tested=False)


def _tested(bench: Workbench, as_of: date) -> Champions:
    first = bench.engine.fetch(bought_span(bench.orders))["first"][0].as_py()
    split = closed_months_split(first, as_of) if first else None
    if split is None:
        return DEFAULT_CHAMPIONS
    known = bench.engine.fetch(known_customers(bench.orders, split))["profiles"][0].as_py()
    rows = split_orders(bench.orders, bench.merged, bench.everyone, split, known=known)
    histories = histories_of(bench.engine.fetch(rows), split)
    if histories.known.customers < LEAST_CUSTOMERS:
        return DEFAULT_CHAMPIONS
    return run_backtest(histories, split).champions
