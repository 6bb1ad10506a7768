"""Customers who may leave after an order: what BG/NBD and MBG/NBD share.

While alive, a customer orders at random at rate λ ~ Gamma(r, alpha). After each order that counts as a chance
to leave, the customer leaves for good with probability p ~ Beta(a, b). The models differ in one thing only:
in BG/NBD repeat orders are such chances, in MBG/NBD the first order is one too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from zhike.value.analysis.btyd.checks import (
    Floats,
    History,
    checked,
    checked_history,
    refuse_parameters,
)
from zhike.value.analysis.btyd.errors import PredictionError
from zhike.value.analysis.btyd.expectation import (
    discounted_orders_while_alive,
    orders_while_alive,
)
from zhike.value.analysis.btyd.orders_to_come import OrdersToCome
from zhike.value.analysis.btyd.priors import LogNormalPrior
from zhike.value.analysis.btyd.uncertainty import Uncertainty

NAMES = ("r", "alpha", "a", "b")
TIMES = (False, True, False, False)

START = (1.0, 1.0, 1.0, 2.0)
"""r, alpha (over the mean time between orders, so that the observed rate is met), a, b."""

OTHER_STARTS = ((0.3, 0.3, 0.5, 3.0), (3.0, 3.0, 0.2, 0.5), (1.0, 1.0, 5.0, 50.0))


@dataclass(frozen=True, slots=True)
class DropoutAfterOrders(OrdersToCome):
    """A fitted model of this kind; see ``BgNbdParameters`` and ``MbgNbdParameters``.

    Attributes
    ----------
    r, alpha : float
        Gamma distribution of order rates: shape, and rate in ``time_unit``.
    a, b : float
        Beta distribution of the probability to drop out after an order.
    log_likelihood : float
        Weighted total at the estimate, for times in ``time_unit``; without the prior.
    time_unit : str
        Unit of every time argument below, of ``horizon``, and of the inverse of ``discount_rate``.
        Numbers carry no unit, so the caller converts: a model in weeks is never asked in days.
    customers : float
        Sum of weights.
    iterations : int
    at_limit : tuple of str
        Parameters that ran away to the edge of the search because the data do not need them (for
        instance ``b`` when nobody drops out). Predictions stay valid; the values mean nothing.
    uncertainty : Uncertainty or None
        Covariance of log(r, alpha, a, b); None for a model that was restored, not fitted.
    prior : LogNormalPrior or None
        What the fit leaned on; None for plain maximum likelihood.
    """

    first_chance: ClassVar[int] = 0
    """1 if a customer may leave after the first order."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    time_unit: str
    customers: float = float("nan")
    iterations: int = 0
    at_limit: tuple[str, ...] = ()
    uncertainty: Uncertainty | None = None
    prior: LogNormalPrior | None = None

    def __post_init__(self) -> None:
        refuse_parameters(dict(self.parameters))

    @property
    def parameters(self) -> Mapping[str, float]:
        """The four parameters by name."""
        return {"r": self.r, "alpha": self.alpha, "a": self.a, "b": self.b}

    @property
    def standard_errors(self) -> Mapping[str, float]:
        """Standard error of each parameter, NaN where there is none; ``uncertainty`` says why."""
        return (self.uncertainty or Uncertainty((), ())).standard_errors(self.parameters)

    def probability_alive(
        self, frequency: ArrayLike, tenure_at_last_order: ArrayLike, tenure: ArrayLike
    ) -> Floats:
        """Return P(alive | x, t_x, T), in [0, 1] and of the broadcast shape of the arguments.

        1 / (1 + e^u) with e^u = a/(b+n-1) · ((alpha+T)/(alpha+t_x))^(r+x), n the chances to leave so far; 1
        for n = 0.

        Raises
        ------
        PredictionError
            For input that no history can produce, as in the fit.
        """
        history = checked_history(frequency, tenure_at_last_order, tenure, PredictionError)
        return self._alive(history)

    def orders_if_alive(
        self, frequency: Floats, tenure: Floats, *, horizon: float, discount_rate: float
    ) -> Floats:
        """As in ``OrdersToCome``: ∫_0^H e^{-δt} dY(t) = e^{-δH} Y(H) + δ ∫_0^H e^{-δt} Y(t) dt."""
        return discounted_orders_while_alive(
            *self._after(frequency), self.alpha + tenure, horizon, discount_rate
        )

    def expected_orders_new_customer(self, horizon: ArrayLike) -> Floats:
        """Return E[X(horizon)]: repeat orders of a new customer within ``horizon`` of the first.

        Parameters
        ----------
        horizon : array_like
            In ``time_unit``, any shape; the result has the same shape.

        Raises
        ------
        PredictionError
        """
        until = checked("horizon", horizon, PredictionError)
        stays = self.b / (self.a + self.b) if self.first_chance else 1.0
        orders = orders_while_alive(*self._after(np.zeros(until.size)), until.ravel() / self.alpha)
        result: Floats = stays * orders.reshape(until.shape)
        return result

    def _alive(self, history: History) -> Floats:
        return alive_probability(history, self.r, self.alpha, self.a, self.b, self.first_chance)

    def _after(self, x: Floats) -> tuple[Floats, float, Floats]:
        """Shapes of λ and p given x orders of somebody alive."""
        return self.r + x, self.a, self.b + x + self.first_chance


def alive_probability(
    history: History,
    r: float,
    alpha: float | Floats,
    a: float | Floats,
    b: float | Floats,
    first_chance: int = 0,
) -> Floats:
    """Return P(alive) of checked histories; parameters may differ by row."""
    x, last, tenure = history
    chances = x + first_chance
    # b + n - 1 is used for n > 0 only; for n = 0 any positive number does.
    odds_dead = np.log(a) - np.log(b + np.maximum(chances, 1.0) - 1.0)
    odds_dead = odds_dead + (r + x) * np.log((alpha + tenure) / (alpha + last))
    alive: Floats = np.where(chances > 0, expit(-odds_dead), 1.0)
    return alive
