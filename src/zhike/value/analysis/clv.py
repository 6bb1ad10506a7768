"""Customer lifetime value of the next 365 days: how many order days, how much on each, what it is worth today."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhike.kernel.words import Text
from zhike.lake.arrays import numpy_column
from zhike.value.analysis.btyd import (
    BgNbdParameters,
    FitError,
    GammaGammaParameters,
    fit_bg_nbd,
    fit_gamma_gamma,
)
from zhike.value.settings import ValueSettings

HORIZON_DAYS = 365
LEAST_REPEAT_BUYERS = 30
_DAYS_PER_WEEK = 7

INPUTS = ("order_days", "tenure_days", "recency_days", "spend_amount")


@dataclass(frozen=True)
class ClvParameters:
    """What the forecasts rest on.

    `orders` is None where the model could not be fitted: then the rule "next year like the last 365
    days" is used for everyone, and `reason` says why. `amounts` is None where only the amounts fall back,
    to each customer's own mean.
    """

    buyers: int
    repeat_buyers: int
    orders: BgNbdParameters | None
    amounts: GammaGammaParameters | None
    reason: Text | None
    margin: float
    discount_rate_yearly: float


def clv_inputs(features: ir.Table) -> ir.Table:
    """The columns of `INPUTS` for every buyer."""
    return features.filter(features.order_count > 0).select(*INPUTS)


def histories(features: ir.Table) -> ir.Table:
    """The distinct order days, tenures and recencies of the buyers; many share one."""
    return features.filter(features.order_count > 0).select(*INPUTS[:3]).distinct()


def fit_clv(inputs: pa.Table, settings: ValueSettings) -> ClvParameters:
    """Fit BG/NBD and Gamma-Gamma; falls back, and says so, where the data cannot carry them.

    Parameters
    ----------
    inputs
        As `clv_inputs` gives them: days and minor units.
    """
    order_days, tenure, recency, spend = (numpy_column(inputs, name) for name in INPUTS)
    repeat_buyers = int((order_days > 1).sum())
    orders, amounts, reason = None, None, None
    if repeat_buyers < LEAST_REPEAT_BUYERS:
        reason = _TOO_FEW.format(found=repeat_buyers, needed=LEAST_REPEAT_BUYERS)
    else:
        # The two models share nothing, and NumPy lets go of the interpreter while it computes.
        with ThreadPoolExecutor(max_workers=1) as beside:
            fitting_amounts = beside.submit(_fit_amounts, order_days, spend)
            try:
                orders = fit_bg_nbd(order_days - 1, *_weeks(tenure - recency, tenure), time_unit="W")
                amounts, reason = fitting_amounts.result()
            except FitError as error:
                reason = _NOT_FITTED.format(why=Text(zh=error.zh, en=error.en))
    return ClvParameters(
        buyers=inputs.num_rows,
        repeat_buyers=repeat_buyers,
        orders=orders,
        amounts=amounts,
        reason=reason,
        margin=settings.margin,
        discount_rate_yearly=settings.discount_rate_yearly,
    )


def _fit_amounts(
    order_days: npt.NDArray[np.int64], spend: npt.NDArray[np.int64]
) -> tuple[GammaGammaParameters | None, Text | None]:
    """Gamma-Gamma, or why each customer's own mean has to do."""
    paid = spend > 0
    try:
        amounts = fit_gamma_gamma(order_days[paid], spend[paid] / order_days[paid])
    except FitError as error:
        return None, _OWN_AMOUNTS.format(why=Text(zh=error.zh, en=error.en))
    if amounts.q <= 1:
        return None, _OWN_AMOUNTS.format(why=_NO_MEAN)
    return amounts, None


_TOO_FEW = Text(
    "只有 {found} 位客户在两天以上下过单（模型至少需要 {needed} 位），改用规则“明年与最近 365 天相同”",
    "only {found} customers ordered on two or more days (the model needs {needed}); "
    "the rule “next year like the last 365 days” is used",
)
_NOT_FITTED = Text(
    "模型未能拟合（{why}），已改用简单规则", "the model could not be fitted ({why}); the simple rule is used"
)
_OWN_AMOUNTS = Text(
    "单次金额改用每位客户自己的平均（{why}）", "each customer's own mean amount is used ({why})"
)
_NO_MEAN = Text("金额过于离散，Gamma-Gamma 的 q ≤ 1", "the amounts are too dispersed, Gamma-Gamma q ≤ 1")


def order_forecasts(histories: pa.Table, fitted: ClvParameters) -> pa.Table:
    """Forecasts for each distinct history; many customers share one, so this is done once for all of them.

    Parameters
    ----------
    histories
        Distinct `order_days, tenure_days, recency_days`.

    Returns
    -------
    pyarrow.Table
        The three keys, `probability_alive`, `expected_orders_365d` and `discounted_orders_365d`.
    """
    if fitted.orders is None:
        raise ValueError("the rule needs no forecasts by history")
    order_days, tenure, recency = (numpy_column(histories, name) for name in INPUTS[:3])
    history = (order_days - 1, *_weeks(tenure - recency, tenure))
    horizon = HORIZON_DAYS / _DAYS_PER_WEEK
    continuous_rate = math.log1p(fitted.discount_rate_yearly) * _DAYS_PER_WEEK / HORIZON_DAYS
    expected = fitted.orders.expected_orders(*history, horizon=horizon)
    discounted = fitted.orders.discounted_expected_orders(
        *history, horizon=horizon, discount_rate=continuous_rate
    )
    return (
        histories.append_column("probability_alive", pa.array(fitted.orders.probability_alive(*history)))
        .append_column("expected_orders_365d", pa.array(expected))
        .append_column("discounted_orders_365d", pa.array(discounted))
    )


def clv_forecasts(
    features: ir.Table, by_history: ir.Table | None, fitted: ClvParameters, *, as_of: date
) -> ir.Table:
    """One row a buyer; `by_history` as `order_forecasts` gives it, None under the rule."""
    # Few columns: the deciles below sort whole rows.
    buyers = features.filter(features.order_count > 0).select("customer_id", *INPUTS, "order_count_365d")
    expected = _by_rule(buyers) if by_history is None else _by_model(buyers, by_history)
    amount = _expected_amount(expected, fitted.amounts)
    valued = expected.mutate(
        as_of=ibis.literal(as_of),
        expected_order_amount=amount,
        clv_365d=amount * expected.discounted_orders_365d * fitted.margin,
    )
    return valued.mutate(
        alive_tenth=((valued.probability_alive * 10).floor() + 1).clip(1, 10).cast("int32"),
        clv_decile=_decile(valued, "clv_365d"),
        spend_decile=_decile(valued, "spend_amount"),
    )


def _by_model(buyers: ir.Table, by_history: ir.Table) -> ir.Table:
    joined = buyers.join(by_history, list(INPUTS[:3]))
    return joined.mutate(method=ibis.literal("bg_nbd"))


def _by_rule(buyers: ir.Table) -> ir.Table:
    # Whoever is known for less than a year is scaled up, but never as if from less than a month.
    known_days = buyers.tenure_days.clip(30, HORIZON_DAYS).cast("float64")
    expected = buyers.order_count_365d * HORIZON_DAYS / known_days
    return buyers.mutate(
        method=ibis.literal("rule"),
        probability_alive=ibis.null("float64"),
        expected_orders_365d=expected,
        discounted_orders_365d=expected,
    )


def _expected_amount(t: ir.Table, fitted: GammaGammaParameters | None) -> ir.FloatingValue:
    """The conditional mean of Fader & Hardie (2013), eq. 5, with n order days and their total spend."""
    spend = t.spend_amount.cast("float64")
    if fitted is None:
        return spend / t.order_days
    return (fitted.gamma + spend) * fitted.p / (fitted.p * t.order_days + fitted.q - 1)


def _decile(t: ir.Table, column: str) -> ir.IntegerValue:
    """1 for the highest tenth; sizes differ by at most one, ties are broken by customer id."""
    best_first = ibis.window(order_by=[ibis.desc(column), "customer_id"])
    return (ibis.ntile(10).over(best_first) + 1).cast("int32")


def _weeks(*days: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.float64], ...]:
    return tuple(values / _DAYS_PER_WEEK for values in days)
