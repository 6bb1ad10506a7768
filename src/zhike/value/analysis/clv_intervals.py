"""How sure the value of the whole shop and of each decile is, and what one customer may spend."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from zhike.lake.arrays import numpy_column
from zhike.value.analysis.backtest.methods import OrderModel, weeks
from zhike.value.analysis.btyd import GammaGammaParameters, PredictionError, spend_interval, total_spend
from zhike.value.analysis.clv import (
    CONFIDENCE,
    FORECASTS,
    HORIZON_WEEKS,
    INPUTS,
    ClvParameters,
    clv_forecasts,
    evenly,
)

MOST_ROWS = 20_000
"""A sample tells the width of an interval as well as everybody does."""

CUSTOMER_CONFIDENCES = (0.8, 0.9)

ALL = 0
"""The decile of the row of all buyers."""


def interval_inputs(inputs: pa.Table) -> pa.Table:
    """At most `MOST_ROWS` buyers, evenly from all in the order of their ids."""
    return evenly(inputs, MOST_ROWS)


def clv_intervals(sample: pa.Table, totals: pa.Table, fitted: ClvParameters, schema: pa.Schema) -> pa.Table:
    """90 % intervals of the expected value: of chance, and of parameters that are wrong for everybody at once.

    Parameters
    ----------
    sample
        Of `clv_inputs`, as `interval_inputs` draws it.
    totals
        `clv_deciles`: `clv_decile, customer_count, clv_365d`.

    Returns
    -------
    pa.Table
        `clv_decile` (0 for all), `customer_count, clv_365d, clv_365d_low, clv_365d_high`; empty where there is
        no interval: under a rule, without Gamma-Gamma, and where the variance of amounts is infinite.
    """
    if fitted.orders is None or fitted.amounts is None or not totals.num_rows:
        return schema.empty_table()
    order_of = np.argsort(
        -numpy_column(clv_forecasts(sample, fitted=fitted, has_bounds=False)[FORECASTS], "clv_365d"),
        kind="stable",
    )
    rows = sorted(totals.to_pylist(), key=lambda row: row["clv_decile"])
    customers = sum(row["customer_count"] for row in rows)
    parts = [(ALL, customers, sum(row["clv_365d"] for row in rows), order_of)]
    ends = np.round(np.cumsum([row["customer_count"] for row in rows]) * (len(order_of) / customers)).astype(
        int
    )
    for row, begin, end in zip(rows, np.append(0, ends), ends, strict=False):
        parts.append((row["clv_decile"], row["customer_count"], row["clv_365d"], order_of[begin:end]))
    try:
        found = [
            _row(sample.take(at), fitted, decile, count, value)
            for decile, count, value, at in parts
            if len(at)
        ]
    except PredictionError:
        return schema.empty_table()
    return pa.Table.from_pylist(found, schema=schema)


def _row(
    sample: pa.Table, fitted: ClvParameters, decile: int, customers: int, value: float
) -> dict[str, float | int]:
    order_days, tenure, recency, spend = (numpy_column(sample, name) for name in INPUTS[:4])
    assert fitted.orders is not None
    assert fitted.amounts is not None
    paid = np.maximum(spend, 0)
    forecast = total_spend(
        fitted.orders,
        fitted.amounts,
        *weeks(order_days, recency, tenure),
        order_count=order_days,
        mean_order_amount=paid / order_days,
        horizon=HORIZON_WEEKS,
        weights=np.full(len(spend), customers / len(spend)),
        rates=fitted.margins.of(sample) if fitted.margins else None,
        confidence=CONFIDENCE,
    )
    low, high = forecast.interval
    # Discounted, and of everybody instead of the sample.
    scale = value / forecast.expected if forecast.expected else 0.0
    return {
        "clv_decile": decile,
        "customer_count": customers,
        "clv_365d": value,
        # Of a sample around 0 the sign may be another.
        "clv_365d_low": min(low * scale, high * scale),
        "clv_365d_high": max(low * scale, high * scale),
    }


@dataclass(frozen=True, slots=True)
class Bounds:
    """What holds with `confidence`; minor units."""

    confidence: float
    low: float
    high: float


def customer_bounds(
    orders: OrderModel,
    amounts: GammaGammaParameters,
    *,
    order_days: int,
    tenure_days: int,
    recency_days: int,
    spend_amount: int,
) -> tuple[Bounds, ...]:
    """What one customer will spend in the next 365 days, before margin and discount: 80 % and 90 % intervals.

    Of chance alone: next to that of one customer, the error of the parameters does not count.
    """
    history = weeks(*(np.array([days]) for days in (order_days, recency_days, tenure_days)))
    found = []
    for confidence in CUSTOMER_CONFIDENCES:
        low, high = spend_interval(
            orders,
            amounts,
            *history,
            order_count=np.array([order_days]),
            mean_order_amount=np.array([max(spend_amount, 0) / order_days]),
            horizon=HORIZON_WEEKS,
            confidence=confidence,
        )
        found.append(Bounds(confidence, float(low[0]), float(high[0])))
    return tuple(found)
