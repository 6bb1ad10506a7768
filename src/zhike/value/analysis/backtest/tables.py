"""A back-test as published rows, and back."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from zhike.value.analysis.backtest.champions import MARGIN, TIE
from zhike.value.analysis.backtest.methods import LEAST_REPEAT_BUYERS
from zhike.value.analysis.backtest.orders import LEAST_CUSTOMERS, MOST_CUSTOMERS
from zhike.value.analysis.backtest.run import Backtest
from zhike.value.analysis.backtest.split import LEAST_HISTORY

_VERSION = 1
"""To be raised when a method computes something else."""


def fingerprint() -> str:
    """What besides the orders a back-test rests on: of another, nothing may be carried over."""
    settings = (_VERSION, MOST_CUSTOMERS, LEAST_CUSTOMERS, LEAST_REPEAT_BUYERS, LEAST_HISTORY, MARGIN, TIE)
    return "/".join(str(value) for value in settings)


def backtest_rows(found: Backtest | None, schema: pa.Schema) -> pa.Table:
    """One row a target, method and metric; no row without a back-test."""
    rows = [] if found is None else list(_rows(found))
    return pa.Table.from_pylist(rows, schema=schema)


def _rows(found: Backtest) -> Iterable[dict[str, Any]]:
    champions = found.champions.by_target
    for target, methods in found.measured.items():
        for method, metrics in methods.items():
            for metric, value in metrics.items():
                yield {
                    "target": target,
                    "method": method,
                    "metric": metric,
                    "value": value if math.isfinite(value) else None,
                    "is_champion": champions.get(target) == method,
                    "customers": found.customers,
                    "calibration_first_on": found.split.first_day,
                    "calibration_last_on": found.split.known_until,
                    "holdout_last_on": found.split.until,
                    "fingerprint": fingerprint(),
                }


def decile_rows(found: Backtest | None, schema: pa.Schema) -> pa.Table:
    """One row a target, method and tenth of the customers."""
    deciles = {} if found is None else found.deciles
    rows = [
        {
            "target": target,
            "method": method,
            "decile": each.rank,
            "customers": each.customers,
            "predicted": each.predicted,
            "actual": each.actual,
        }
        for (target, method), outcomes in deciles.items()
        for each in outcomes
    ]
    return pa.Table.from_pylist(rows, schema=schema)


def measured(rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, dict[str, float]]]:
    """Target → method → metric → value, NaN for empty ones, from rows of `backtests`."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for row in rows:
        value = math.nan if row["value"] is None else row["value"]
        found.setdefault(row["target"], {}).setdefault(row["method"], {})[row["metric"]] = value
    return found
