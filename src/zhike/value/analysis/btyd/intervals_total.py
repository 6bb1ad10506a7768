"""Intervals of a shop's total: the chance in its customers, and parameters that are wrong for all of them at once.

Chance averages out over many customers, the error of the parameters does not: in a large shop it is what is left.
The sum of many customers is close to normal; the bounds are those of the gamma distribution of the same mean and
variance, which is the same for narrow intervals and stays above 0 for wide ones. A lognormal distribution does not reach
down far enough: in a small shop much hangs on a few frequent buyers, who may have left. In a tiny one nobody may come at
all: that chance is counted apart, and the gamma distribution is that of the total if anybody comes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaincinv, ndtri

from zhike.value.analysis.btyd.checks import Floats, checked, checked_weights
from zhike.value.analysis.btyd.errors import PredictionError
from zhike.value.analysis.btyd.gamma_gamma import GammaGammaParameters
from zhike.value.analysis.btyd.intervals_future import mean_squares
from zhike.value.analysis.btyd.intervals_mean import (
    FittedOrderModel,
    checked_covariance,
    log_slopes,
)
from zhike.value.analysis.btyd.intervals_orders import (
    Prospects,
    checked_question,
    checked_tail,
    prospects,
    unique_histories,
)
from zhike.value.analysis.btyd.summary import weight_at

LEAST_VARIANCE = 1e-12
"""Of the square of the mean: below, a total is known as well as a float tells it."""


@dataclass(frozen=True, slots=True)
class TotalForecast:
    """A total of all customers.

    Attributes
    ----------
    expected : float
    chance_variance : float
        Variance if the parameters were known.
    parameter_variance : float
        Variance of ``expected`` because they are not.
    anybody : float
        Probability that anyone orders at all.
    confidence : float
    """

    expected: float
    chance_variance: float
    parameter_variance: float
    anybody: float
    confidence: float

    @property
    def interval(self) -> tuple[float, float]:
        """Bounds that hold the total with ``confidence``: 0 or of a gamma distribution, with the mean and variance above.

        Normal where the total is negative, as a margin may be.
        """
        variance = self.chance_variance + self.parameter_variance
        ends = np.array([1.0 - self.confidence, 1.0 + self.confidence]) / 2.0
        if self.expected <= 0.0:
            low, high = self.expected + ndtri(ends) * np.sqrt(variance)
            return float(low), float(high)
        # Of the total S if anybody orders: E[S]/anybody is its mean, E[S²]/anybody its mean square.
        mean = self.expected / self.anybody
        relative_variance = self.anybody * (1.0 + variance / self.expected**2) - 1.0
        shape = 1.0 / max(relative_variance, LEAST_VARIANCE)
        low, high = mean / shape * gammaincinv(shape, np.maximum(1.0 - (1.0 - ends) / self.anybody, 0.0))
        return float(low), float(high)


def total_orders(
    model: FittedOrderModel,
    frequency: ArrayLike,
    tenure_at_last_order: ArrayLike,
    tenure: ArrayLike,
    *,
    horizon: float,
    weights: ArrayLike | None = None,
    log_covariance: ArrayLike | None = None,
    confidence: float = 0.9,
) -> TotalForecast:
    """Forecast the orders of all these customers together within ``horizon``.

    Parameters
    ----------
    model, frequency, tenure_at_last_order, tenure, horizon, confidence
        As in ``order_interval``; one row a customer.
    weights : array_like, shape (n,), optional
        Customers each row stands for.
    log_covariance : array_like, shape (k, k), optional
        As in ``expectation_interval``. Zeros give chance alone.

    Raises
    ------
    PredictionError, FitError
        The latter for weights.
    """
    history, until = checked_question(frequency, tenure_at_last_order, tenure, horizon)
    checked_tail(confidence)
    covariance = checked_covariance(model, log_covariance)
    unique, at = unique_histories(history)
    counts = weight_at(at, checked_weights(weights, at.size), unique.frequency.size)
    asked = prospects(model, unique, until)
    expected = model.expected_orders(*unique, horizon=until)
    squares = (asked.alive * mean_squares(asked.future)[asked.pair_at])[asked.at]
    slopes = log_slopes(model, lambda changed: counts @ changed.expected_orders(*unique, horizon=until))
    return TotalForecast(
        expected=float(counts @ expected),
        chance_variance=max(float(counts @ (squares - expected**2)), 0.0),
        parameter_variance=max(float(slopes @ covariance @ slopes), 0.0),
        anybody=chance_of_anybody(asked, counts),
        confidence=float(confidence),
    )


def total_spend(
    model: FittedOrderModel,
    amounts: GammaGammaParameters,
    frequency: ArrayLike,
    tenure_at_last_order: ArrayLike,
    tenure: ArrayLike,
    *,
    order_count: ArrayLike,
    mean_order_amount: ArrayLike,
    horizon: float,
    weights: ArrayLike | None = None,
    rates: ArrayLike | None = None,
    log_covariance: ArrayLike | None = None,
    amounts_log_covariance: ArrayLike | None = None,
    confidence: float = 0.9,
) -> TotalForecast:
    """Forecast what all these customers will spend together within ``horizon``, not discounted.

    Given ν, Y orders have mean Y p/ν and variance Y p/ν², so with Q = q + p·count, G = gamma + count·mean:
    E[S²] = (p E[Y] + p² E[Y²]) G²/((Q-1)(Q-2)).

    Parameters
    ----------
    order_count, mean_order_amount : array_like, shape (n,)
        Orders that the mean is taken over, as in the fit of ``amounts``; 0 and 0 for a customer without any.
    rates : array_like, shape (n,), optional
        What a unit of each customer's spend counts, 1 by default; a margin may be negative.
    amounts_log_covariance : array_like, shape (3, 3), optional
        Of log(p, q, gamma); independent of the covariance of ``model``.

    Raises
    ------
    PredictionError
        ``infinite_variance`` where Q ≤ 2: single orders may outweigh all others, and no interval exists.
    """
    history, until = checked_question(frequency, tenure_at_last_order, tenure, horizon)
    checked_tail(confidence)
    count, mean = checked_amounts(order_count, mean_order_amount, history.frequency.size)
    unique, at = unique_histories(history)
    counts = checked_weights(weights, at.size)
    counts = np.ones(at.size) if counts is None else counts
    rate = np.ones(at.size) if rates is None else np.asarray(rates, dtype=np.float64)
    spread = amount_spread(amounts, count, mean)
    asked = prospects(model, unique, until)
    orders = model.expected_orders(*unique, horizon=until)
    squares = (asked.alive * mean_squares(asked.future)[asked.pair_at])[asked.at]
    each = amounts.expected_order_amount(count, mean)
    spend = orders[at] * each
    chance = (counts * rate**2) @ ((amounts.p * orders + amounts.p**2 * squares)[at] * spread - spend**2)
    by_history = np.bincount(at, counts * rate * each, unique.frequency.size)
    by_customer = counts * rate * orders[at]
    slopes = log_slopes(model, lambda changed: by_history @ changed.expected_orders(*unique, horizon=until))
    amount_slopes = log_slopes(
        amounts, lambda changed: by_customer @ changed.expected_order_amount(count, mean)
    )
    covariance = checked_covariance(model, log_covariance)
    amounts_covariance = checked_covariance(amounts, amounts_log_covariance)
    unknown = slopes @ covariance @ slopes + amount_slopes @ amounts_covariance @ amount_slopes
    return TotalForecast(
        expected=float((counts * rate) @ spend),
        chance_variance=max(float(chance), 0.0),
        parameter_variance=max(float(unknown), 0.0),
        anybody=chance_of_anybody(asked, weight_at(at, counts, unique.frequency.size)),
        confidence=float(confidence),
    )


def chance_of_anybody(asked: Prospects, counts: Floats) -> float:
    """Return the probability that at least one of the customers orders; ``counts`` (u,) has those of each row asked."""
    rows = np.arange(asked.future.rows)
    likely = asked.alive * asked.future.at_least(np.ones(rows.size), rows)[asked.pair_at]
    nobody = counts @ np.log1p(-np.minimum(likely, 1.0 - 1e-16))[asked.at]
    return float(-np.expm1(nobody))


def amount_spread(amounts: GammaGammaParameters, count: Floats, mean: Floats) -> Floats:
    """Return E[1/ν² | history] for each row; refuse where it is infinite."""
    shape = amounts.q + amounts.p * count
    if np.any(shape <= 2.0):
        raise PredictionError(
            "infinite_variance",
            f"The variance of order amounts is infinite (q = {amounts.q:.4g}, above 2 is needed): a few amounts "
            "outweigh all others; remove outliers, or forecast the orders only.",
            f"订单金额的方差为无穷大(q = {amounts.q:.4g},需大于 2):少数订单金额远超其余;请剔除异常值,或仅预测订单数。",
        )
    spread: Floats = (amounts.gamma + count * mean) ** 2 / ((shape - 1.0) * (shape - 2.0))
    return spread


def checked_amounts(order_count: ArrayLike, mean_order_amount: ArrayLike, rows: int) -> tuple[Floats, Floats]:
    """Return both columns flat, one row a customer."""
    count = checked("order_count", order_count, PredictionError)
    mean = checked("mean_order_amount", mean_order_amount, PredictionError)
    if count.size != rows or mean.size != rows:
        raise PredictionError(
            "different_shapes",
            f"order_count has {count.size} rows and mean_order_amount {mean.size}, but there are {rows} customers; "
            "pass one row a customer.",
            f"order_count 有 {count.size} 行、mean_order_amount 有 {mean.size} 行,而客户有 {rows} 位;请每位客户传入一行。",
        )
    return count.ravel(), mean.ravel()
