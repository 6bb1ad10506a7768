"""BG/NBD: how often a customer orders and whether the customer is still there.

Sources
-------
Fader, Hardie & Lee (2005), "Counting Your Customers" the Easy Way: An Alternative to the Pareto/NBD
Model, Marketing Science 24(2), 275-284. Fader, Hardie & Lee (2005), Implementing the BG/NBD Model for
Customer Base Analysis in Excel. Fader & Hardie (2008), Computing P(alive) Using the BG/NBD Model.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.polynomial.legendre import leggauss
from numpy.typing import ArrayLike
from scipy.special import expit

from zhike.value.analysis.btyd.bg_nbd_likelihood import log_likelihood
from zhike.value.analysis.btyd.checks import (
    Floats,
    History,
    checked,
    checked_columns,
    checked_history,
    checked_number,
    checked_weights,
    refuse_parameters,
)
from zhike.value.analysis.btyd.errors import FitError, PredictionError
from zhike.value.analysis.btyd.expectation import orders_while_alive
from zhike.value.analysis.btyd.newton import LOG_LIMIT, Optimum, maximum
from zhike.value.analysis.btyd.summary import history_summary, unique_pairs

SAMPLE_ROWS = 20_000
"""Rows used to find the neighbourhood of the maximum, so that few steps need all rows."""

OTHER_STARTS = ((0.3, 0.3, 0.5, 3.0), (3.0, 3.0, 0.2, 0.5), (1.0, 1.0, 5.0, 50.0))
"""Tried only when the first start fails: r, alpha (over mean time between orders), a, b."""


@dataclass(frozen=True, slots=True)
class BgNbdParameters:
    """A fitted BG/NBD model.

    Attributes
    ----------
    r, alpha : float
        Gamma distribution of order rates: shape, and rate in ``time_unit``.
    a, b : float
        Beta distribution of the probability to drop out after an order.
    log_likelihood : float
        Weighted total at the maximum, for times in ``time_unit``.
    time_unit : str
        Unit of every time argument below, of ``horizon``, and of the inverse of ``discount_rate``.
        Numbers carry no unit, so the caller converts: a model in weeks is never asked in days.
    customers : float
        Sum of weights.
    iterations : int
    at_limit : tuple of str
        Parameters that ran away to the edge of the search because the data do not need them (for
        instance ``b`` when nobody drops out). Predictions stay valid; the values mean nothing.
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    time_unit: str
    customers: float = float("nan")
    iterations: int = 0
    at_limit: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        refuse_parameters({"r": self.r, "alpha": self.alpha, "a": self.a, "b": self.b})

    def probability_alive(
        self, frequency: ArrayLike, tenure_at_last_order: ArrayLike, tenure: ArrayLike
    ) -> Floats:
        """Return P(alive | x, t_x, T), in [0, 1] and of the broadcast shape of the arguments.

        A customer with no repeat order is alive with certainty: the model lets customers drop out only
        after a repeat order (Fader & Hardie 2008; the denominator of eq. 10 in the 2005 paper).

        Raises
        ------
        PredictionError
            For input that no history can produce, as in ``fit_bg_nbd``.
        """
        history = checked_history(frequency, tenure_at_last_order, tenure, PredictionError)
        return self._alive(history)

    def expected_orders(
        self, frequency: ArrayLike, tenure_at_last_order: ArrayLike, tenure: ArrayLike, *, horizon: float
    ) -> Floats:
        """Return E[Y(horizon) | x, t_x, T], eq. 10: orders expected within ``horizon`` after T.

        Parameters
        ----------
        frequency, tenure_at_last_order, tenure : array_like
            Repeat orders x, time t_x from first to last order and time T from first order to now, in
            ``time_unit``; broadcast together.
        horizon : float
            In ``time_unit``.

        Returns
        -------
        ndarray
            Of the broadcast shape.

        Raises
        ------
        PredictionError
        """
        return self.discounted_expected_orders(
            frequency, tenure_at_last_order, tenure, horizon=horizon, discount_rate=0.0
        )

    def discounted_expected_orders(
        self,
        frequency: ArrayLike,
        tenure_at_last_order: ArrayLike,
        tenure: ArrayLike,
        *,
        horizon: float,
        discount_rate: float,
    ) -> Floats:
        """Return the orders expected within ``horizon``, each discounted to now.

        ∫_0^H e^{-δt} dY(t) = e^{-δH} Y(H) + δ ∫_0^H e^{-δt} Y(t) dt, with Y from eq. 10.

        Parameters
        ----------
        frequency, tenure_at_last_order, tenure, horizon
            As in ``expected_orders``.
        discount_rate : float
            Continuous rate δ per ``time_unit``: ln(1 + yearly rate) / 52.18 for weeks. 0 discounts nothing.

        Returns
        -------
        ndarray
            Of the broadcast shape, to a relative 1e-8.

        Raises
        ------
        PredictionError
        """
        history = checked_history(frequency, tenure_at_last_order, tenure, PredictionError)
        until = checked_number("horizon", horizon, PredictionError)
        rate = checked_number("discount_rate", discount_rate, PredictionError)
        # Only P(alive) depends on t_x, so the costly factor is needed once for each (x, T).
        orders, tenures, pair_at = unique_pairs(history.frequency.ravel(), history.tenure.ravel())
        if_alive = self._discounted_if_alive(orders, tenures, until, rate)
        result: Floats = self._alive(history) * if_alive[pair_at].reshape(history.frequency.shape)
        return result

    def expected_orders_new_customer(self, horizon: ArrayLike) -> Floats:
        """Return E[X(horizon)], eq. 9: repeat orders of a new customer within ``horizon`` of the first.

        Parameters
        ----------
        horizon : array_like
            In ``time_unit``, any shape; the result has the same shape.

        Raises
        ------
        PredictionError
        """
        until = checked("horizon", horizon, PredictionError)
        nobody = np.zeros(until.size)
        return self._if_alive(nobody, nobody, until.ravel()).reshape(until.shape)

    def _alive(self, history: History) -> Floats:
        x, last, tenure = history
        # b + x - 1 is used for x > 0 only; for x = 0 any positive number does.
        odds_dead = np.log(self.a) - np.log(self.b + np.maximum(x, 1.0) - 1.0)
        odds_dead += (self.r + x) * np.log((self.alpha + tenure) / (self.alpha + last))
        alive: Floats = np.where(x > 0, expit(-odds_dead), 1.0)
        return alive

    def _if_alive(self, x: Floats, tenure: Floats, horizon: float | Floats) -> Floats:
        ratio: Floats = horizon / (self.alpha + tenure)
        return orders_while_alive(self.r + x, self.a, self.b + x, ratio)

    def _discounted_if_alive(self, x: Floats, tenure: Floats, horizon: float, rate: float) -> Floats:
        if rate > 0.0:
            # Beyond, orders count less than e^-60: nothing to add, and no reason to spend nodes on it.
            horizon = min(horizon, 60.0 / rate)
        total: Floats = np.exp(-rate * horizon) * self._if_alive(x, tenure, horizon)
        if rate == 0.0 or horizon == 0.0 or x.size == 0:
            return total
        # Y bends on the scale of alpha + T, which may be far below the horizon. In
        # u = log(1 + t / (alpha + T)) its nearest singularities are at ±iπ whatever the data are, so that
        # a few Gauss-Legendre nodes reach full precision.
        origin = self.alpha + tenure
        length = np.log1p(horizon / origin)
        points, weights = leggauss(discount_nodes(float(length.max()), rate * horizon))
        for point, weight in zip((points + 1.0) / 2.0, weights / 2.0, strict=True):
            time = origin * np.expm1(length * point)
            slope = length * (origin + time)
            total += rate * weight * slope * np.exp(-rate * time) * self._if_alive(x, tenure, time)
        return total


def discount_nodes(length: float, discount: float) -> int:
    """Return how many Gauss-Legendre nodes keep the discounted orders within a relative 1e-8.

    ``length`` is the interval in log time, ``discount`` is δH. Found by experiment for lengths up to 14 and
    discounts up to 26; 10 nodes for a yearly horizon and rate. A test compares with adaptive quadrature.
    """
    return int(np.ceil(8.0 + 0.3 * discount + length * (0.6 + 0.35 * np.log1p(discount))))


def fit_bg_nbd(
    frequency: ArrayLike,
    tenure_at_last_order: ArrayLike,
    tenure: ArrayLike,
    *,
    time_unit: str = "W",
    weights: ArrayLike | None = None,
) -> BgNbdParameters:
    """Fit BG/NBD by maximum likelihood, eq. 6.

    Parameters
    ----------
    frequency : array_like, shape (n,)
        Repeat orders x: distinct order days minus one.
    tenure_at_last_order : array_like, shape (n,)
        Time t_x from first to last order in ``time_unit``; 0 exactly when x is 0.
    tenure : array_like, shape (n,)
        Time T from first order to the end of observation in ``time_unit``.
    time_unit : str
        Name of the unit, kept with the parameters: "D", "W", "M"…
    weights : array_like, shape (n,), optional
        Customers each row stands for.

    Returns
    -------
    BgNbdParameters

    Raises
    ------
    FitError
        Empty input, columns of different length, missing, infinite or negative values, fractional x,
        t_x > T, x > 0 with t_x = 0 and the reverse, no repeat buyer, or no convergence.
    """
    refuse_blank_unit(time_unit)
    x, last, end = checked_columns(
        {"frequency": frequency, "tenure_at_last_order": tenure_at_last_order, "tenure": tenure}
    )
    history = checked_history(x, last, end, FitError)
    counts = checked_weights(weights, history.frequency.size)
    repeat_orders = history.frequency if counts is None else history.frequency * counts
    if repeat_orders.sum() <= 0:
        raise FitError(
            "no_repeat_buyer",
            "No customer has a repeat order, so nothing tells how often customers return; "
            "use a longer period or the fallback of last year's spend.",
            "没有任何客户复购,无法估计购买频率;请选用更长的时间段,或使用去年消费额的替代规则。",
        )
    # Times are measured in the longest tenure, so that no unit is easier to fit than another.
    scale = float(np.max(history.tenure))
    scaled = History(history.frequency, history.tenure_at_last_order / scale, history.tenure / scale)
    best = best_fit(scaled, counts)
    r, alpha, a, b = (float(value) for value in np.exp(best.log_parameters))
    customers = float(history.frequency.size if counts is None else counts.sum())
    limits = np.abs(best.log_parameters) >= LOG_LIMIT
    return BgNbdParameters(
        r=r,
        alpha=alpha * scale,
        a=a,
        b=b,
        # The likelihood is a density in the times of x orders; each brings the unit in once.
        log_likelihood=float(best.value * customers - repeat_orders.sum() * np.log(scale)),
        time_unit=time_unit,
        customers=customers,
        iterations=best.iterations,
        at_limit=tuple(name for name, edge in zip(("r", "alpha", "a", "b"), limits, strict=True) if edge),
    )


def refuse_blank_unit(time_unit: str) -> None:
    """Refuse a fit whose unit nobody could look up later."""
    if not time_unit.strip():
        raise FitError(
            "no_time_unit",
            "time_unit is empty; name it, for instance W.",
            "time_unit 为空;请填写,例如 W。",
        )


def best_fit(history: History, weights: Floats | None) -> Optimum:
    """Return the maximum, from the neighbourhood a sample gives or, failing that, from other starts."""
    rows = history.frequency.size
    objective = partial(log_likelihood, history_summary(history, weights))
    start = default_start(history, weights)
    every = slice(None, None, max(1, rows // SAMPLE_ROWS))
    part = History(*(column[every] for column in history))
    some = None if weights is None else weights[every]
    if part.frequency.size < rows and np.any(part.frequency if some is None else part.frequency * some):
        nearby = maximum(partial(log_likelihood, history_summary(part, some)), start)
        start = nearby.log_parameters if nearby.inside else start
    best = maximum(objective, start)
    if best.inside:
        return best
    others = [maximum(objective, np.log(other)) for other in OTHER_STARTS]
    converged = [found for found in (best, *others) if found.converged]
    if not converged:
        raise FitError(
            "no_convergence",
            f"The BG/NBD fit did not converge for {rows} rows; use more customers or a longer period.",
            f"BG/NBD 模型在 {rows} 行数据上未能收敛;请使用更多客户或更长的时间段。",
        )
    return max(converged, key=lambda found: found.value)


def default_start(history: History, weights: Floats | None) -> Floats:
    """Return log(r, alpha, a, b) that give the observed mean rate of orders."""
    counts = np.ones_like(history.frequency) if weights is None else weights
    time_between = float(counts @ history.tenure) / float(counts @ history.frequency)
    start: Floats = np.log([1.0, time_between, 1.0, 2.0])
    return start
