"""BG/BB: customers who can order once in each period, such as one donation a year or one meal kit a week.

Source: Fader, Hardie & Shang (2010), Customer-Base Analysis in a Discrete-Time Noncontractual Setting, Marketing
Science 29(6), 1086-1108.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaln, gammaln

from zhike.value.analysis.btyd.bg_bb_likelihood import (
    Chances,
    chances_summary,
    log_likelihood,
    log_sums,
    log_terms,
    terms_of,
)
from zhike.value.analysis.btyd.checks import (
    ErrorClass,
    Floats,
    checked,
    checked_columns,
    checked_number,
    checked_weights,
    refuse_parameters,
    refuse_rows,
)
from zhike.value.analysis.btyd.errors import FitError, PredictionError
from zhike.value.analysis.btyd.fitting import climbed, refuse_blank_unit
from zhike.value.analysis.btyd.newton import LOG_LIMIT
from zhike.value.analysis.btyd.sbg_lifetime import discounted_periods, expected_periods, log_survival
from zhike.value.analysis.btyd.uncertainty import Uncertainty, uncertainty_at

NAMES = ("alpha", "beta", "gamma", "delta")
STARTS = ((1.0, 1.0, 0.5, 3.0), (0.3, 2.0, 1.0, 10.0), (5.0, 5.0, 0.2, 0.5), (1.0, 10.0, 3.0, 30.0))
"""alpha, beta, gamma, delta; those after the first are tried only when it fails."""

MOST_OPPORTUNITIES = 100_000


@dataclass(frozen=True, slots=True)
class BgBbParameters:
    """A fitted BG/BB model.

    At each opportunity a customer who is there orders with probability p ~ Beta(alpha, beta); before each
    opportunity the customer leaves for good with probability θ ~ Beta(gamma, delta).

    Attributes
    ----------
    alpha, beta : float
    gamma, delta : float
    log_likelihood : float
        Weighted total at the maximum.
    time_unit : str
        The time from one opportunity to the next; ``horizon`` counts opportunities.
    customers : float
        Sum of weights.
    iterations : int
    at_limit : tuple of str
        Parameters that ran away because the data do not need them. Predictions stay valid.
    uncertainty : Uncertainty or None
        Covariance of log(alpha, beta, gamma, delta).
    """

    alpha: float
    beta: float
    gamma: float
    delta: float
    log_likelihood: float
    time_unit: str
    customers: float = float("nan")
    iterations: int = 0
    at_limit: tuple[str, ...] = ()
    uncertainty: Uncertainty | None = None

    def __post_init__(self) -> None:
        refuse_parameters(dict(self.parameters))

    @property
    def parameters(self) -> Mapping[str, float]:
        """The four parameters by name."""
        return {"alpha": self.alpha, "beta": self.beta, "gamma": self.gamma, "delta": self.delta}

    def probability_alive(
        self, frequency: ArrayLike, last_opportunity: ArrayLike, opportunities: ArrayLike
    ) -> Floats:
        """Return P(alive at n + 1 | x, t_x, n), of the broadcast shape.

        Raises
        ------
        PredictionError
            For input that no history can produce, as in ``fit_bg_bb``.
        """
        chances = checked_chances(frequency, last_opportunity, opportunities, PredictionError)
        stays = self.delta + chances.opportunities
        alive: Floats = self._there(chances) * stays / (self.gamma + stays)
        return alive

    def expected_orders(
        self, frequency: ArrayLike, last_opportunity: ArrayLike, opportunities: ArrayLike, *, horizon: int
    ) -> Floats:
        """Return E[X(n, n + horizon) | x, t_x, n]: orders at the next ``horizon`` opportunities.

        Parameters
        ----------
        frequency, last_opportunity, opportunities : array_like
            Orders x, number t_x of the opportunity of the last one, opportunities n so far; broadcast together.
        horizon : int

        Raises
        ------
        PredictionError
        """
        chances = checked_chances(frequency, last_opportunity, opportunities, PredictionError)
        until = checked_horizon(horizon)
        n, at = np.unique(chances.opportunities, return_inverse=True)
        periods = expected_periods(self.gamma, self.delta + n, until)
        orders: Floats = self._there(chances) * self._rate(chances) * periods[at]
        return orders

    def discounted_expected_residual_orders(
        self,
        frequency: ArrayLike,
        last_opportunity: ArrayLike,
        opportunities: ArrayLike,
        *,
        discount_rate: float,
    ) -> Floats:
        """Return DERT: all orders to come, the one at opportunity n + k worth (1 + d)^-k.

        Parameters
        ----------
        discount_rate : float
            d from one opportunity to the next.

        Raises
        ------
        PredictionError
            As above; ``infinite_orders`` for d = 0 and gamma ≤ 1.
        """
        chances = checked_chances(frequency, last_opportunity, opportunities, PredictionError)
        rate = checked_number("discount_rate", discount_rate, PredictionError)
        n, at = np.unique(chances.opportunities, return_inverse=True)
        periods = discounted_periods(self.gamma, self.delta + n, rate)
        if not np.all(np.isfinite(periods)):
            raise infinite_orders(self.gamma)
        orders: Floats = self._there(chances) * self._rate(chances) * periods[at]
        return orders

    def expected_orders_new_customer(self, opportunities: int) -> float:
        """Return E[X(n)]: orders of a new customer at the first ``opportunities``."""
        until = checked_horizon(opportunities)
        periods = expected_periods(self.gamma, np.array(self.delta), until)
        return float(self.alpha / (self.alpha + self.beta) * periods)

    def order_probabilities_new_customer(self, opportunities: int) -> Floats:
        """Return P(X(n) = x) for x = 0 … n, shape (n + 1,)."""
        n = checked_horizon(opportunities)
        return self._order_probabilities(0.0, 0.0, n)

    def order_probabilities(
        self, frequency: int, last_opportunity: int, opportunities: int, *, horizon: int
    ) -> Floats:
        """Return P(X(n, n + horizon) = y | x, t_x, n) for y = 0 … horizon of one customer."""
        chances = checked_chances(frequency, last_opportunity, opportunities, PredictionError)
        until = checked_horizon(horizon)
        there = float(self._there(chances))
        orders = self._order_probabilities(float(chances.frequency), float(chances.opportunities), until)
        orders *= there
        orders[0] += 1.0 - there
        return orders

    def _order_probabilities(self, x: float, n: float, horizon: int) -> Floats:
        """P(y orders at the next opportunities | there at n): y of the m ≤ horizon for which the customer stays."""
        stayed, orders = np.meshgrid(np.arange(horizon + 1.0), np.arange(horizon + 1.0))
        ends = np.exp(log_survival(self.gamma, np.array(self.delta + n), np.arange(horizon + 1.0)))
        ends[:-1] *= self.gamma / (self.gamma + self.delta + n + np.arange(horizon))
        missed = np.maximum(stayed - orders, 0.0)
        alpha, beta = self.alpha + x, self.beta + n - x
        log_choose = gammaln(stayed + 1.0) - gammaln(orders + 1.0) - gammaln(missed + 1.0)
        log_orders = log_choose + betaln(alpha + orders, beta + missed) - betaln(alpha, beta)
        result: Floats = np.where(orders <= stayed, np.exp(log_orders), 0.0) @ ends
        return result

    def _rate(self, chances: Chances) -> Floats:
        rate: Floats = (self.alpha + chances.frequency) / (self.alpha + self.beta + chances.opportunities)
        return rate

    def _there(self, chances: Chances) -> Floats:
        """P(still there after opportunity n): the share of the last way in the likelihood, once a history."""
        flat = Chances(*(column.ravel() for column in chances))
        stacked, at = np.unique(np.stack(flat), axis=1, return_inverse=True)
        histories = Chances(*stacked)
        terms = terms_of(histories)
        values = log_terms(terms, np.array([self.alpha, self.beta, self.gamma, self.delta]))
        total = log_sums(terms, values, stacked.shape[1])
        there: Floats = np.exp(np.minimum(values[terms.left == 0] - total, 0.0))
        return there[at.ravel()].reshape(chances.frequency.shape)


def infinite_orders(gamma: float) -> PredictionError:
    """Return the refusal to add up orders without end."""
    return PredictionError(
        "infinite_orders",
        f"Without a discount the expected orders are infinite (gamma = {gamma:.4g}, above 1 is needed); "
        "pass a discount_rate above 0.",
        f"不折现时预期订单数为无穷大(gamma = {gamma:.4g},需大于 1);请传入大于 0 的 discount_rate。",
    )


def checked_horizon(horizon: float) -> int:
    """Return a whole number of opportunities."""
    until = checked_number("horizon", horizon, PredictionError)
    if until != round(until) or until > MOST_OPPORTUNITIES:
        raise PredictionError(
            "not_whole",
            f"horizon is {until:g} but counts opportunities; pass a whole number up to {MOST_OPPORTUNITIES}.",
            f"horizon 为 {until:g},但它是机会的次数;请传入不超过 {MOST_OPPORTUNITIES} 的整数。",
        )
    return int(until)


IMPOSSIBLE = {
    "not_whole": (
        "frequency, last_opportunity and opportunities count opportunities and must be whole numbers.",
        "frequency、last_opportunity 与 opportunities 都是机会的次数,必须为整数。",
    ),
    "last_order_after_end": (
        "last_opportunity is larger than opportunities; number the opportunities from 1.",
        "last_opportunity 大于 opportunities;机会应从 1 开始编号。",
    ),
    "more_orders_than_opportunities": (
        "frequency is larger than last_opportunity; count one order at most for each opportunity.",
        "frequency 大于 last_opportunity;每次机会最多计一单。",
    ),
    "time_without_repeat": (
        "frequency is 0 but last_opportunity is above 0; pass 0 where there is no order.",
        "frequency 为 0 而 last_opportunity 大于 0;没有订单时请传入 0。",
    ),
    "too_many_opportunities": (
        f"opportunities is above {MOST_OPPORTUNITIES}; use longer periods or the BG/NBD model.",
        f"opportunities 超过 {MOST_OPPORTUNITIES};请使用更长的周期,或改用 BG/NBD 模型。",
    ),
}


def checked_chances(
    frequency: ArrayLike, last_opportunity: ArrayLike, opportunities: ArrayLike, error: ErrorClass
) -> Chances:
    """Return the columns broadcast together, after refusing histories that cannot happen."""
    columns = {"frequency": frequency, "last_opportunity": last_opportunity, "opportunities": opportunities}
    parts = [checked(name, column, error) for name, column in columns.items()]
    try:
        x, last, n = np.broadcast_arrays(*parts)
    except ValueError as reason:
        shapes = ", ".join(str(part.shape) for part in parts)
        raise error(
            "different_shapes",
            f"The columns do not fit together: {shapes}; pass one row a customer.",
            f"各列的形状不一致:{shapes};请每位客户传入一行。",
        ) from reason
    wrong = {
        "not_whole": (x != np.rint(x)) | (last != np.rint(last)) | (n != np.rint(n)),
        "last_order_after_end": last > n,
        "more_orders_than_opportunities": x > last,
        "time_without_repeat": (x == 0) & (last > 0),
        "too_many_opportunities": n > MOST_OPPORTUNITIES,
    }
    for code, rows in wrong.items():
        refuse_rows(rows, error, code, *IMPOSSIBLE[code])
    return Chances(x, last, n)


def fit_bg_bb(
    frequency: ArrayLike,
    last_opportunity: ArrayLike,
    opportunities: ArrayLike,
    *,
    time_unit: str = "Y",
    weights: ArrayLike | None = None,
) -> BgBbParameters:
    """Fit BG/BB by maximum likelihood.

    Parameters
    ----------
    frequency : array_like, shape (n,)
        Opportunities x at which the customer ordered, the first purchase not counted.
    last_opportunity : array_like, shape (n,)
        Number t_x of the opportunity of the last order, from 1; 0 exactly when x is 0.
    opportunities : array_like, shape (n,)
        Opportunities since the first purchase; cohorts may differ.
    time_unit : str
        Time from one opportunity to the next, kept with the parameters.
    weights : array_like, shape (n,), optional
        Customers each row stands for.

    Raises
    ------
    FitError
        Empty input, columns of different length, missing, negative or fractional numbers, x > t_x, t_x > n,
        x = 0 with t_x > 0, no order at any opportunity, or no convergence.
    """
    refuse_blank_unit(time_unit)
    x, last, n = checked_columns(
        {"frequency": frequency, "last_opportunity": last_opportunity, "opportunities": opportunities}
    )
    chances = checked_chances(x, last, n, FitError)
    counts = checked_weights(weights, chances.frequency.size)
    if float(np.sum(chances.frequency if counts is None else chances.frequency * counts)) <= 0.0:
        raise FitError(
            "no_repeat_buyer",
            "No customer has an order at any opportunity; use a longer period.",
            "没有任何客户在任一机会下单;请选用更长的时间段。",
        )
    summary = chances_summary(chances, counts)
    starts = [np.log(start) for start in STARTS]
    best = climbed(partial(log_likelihood, summary), starts, "BG/BB", chances.frequency.size)
    customers = float(summary.weight.sum())
    limits = np.abs(best.log_parameters) >= LOG_LIMIT
    alpha, beta, gamma, delta = (float(value) for value in np.exp(best.log_parameters))
    return BgBbParameters(
        alpha=alpha,
        beta=beta,
        gamma=gamma,
        delta=delta,
        log_likelihood=float(best.value * customers),
        time_unit=time_unit,
        customers=customers,
        iterations=best.iterations,
        at_limit=tuple(name for name, edge in zip(NAMES, limits, strict=True) if edge),
        uncertainty=uncertainty_at(best, NAMES, customers),
    )
