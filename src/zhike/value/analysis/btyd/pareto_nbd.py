"""Pareto/NBD: customers order at random and leave at any moment, seen or not.

Sources
-------
Schmittlein, Morrison & Colombo (1987), Counting Your Customers: Who Are They and What Will They Do Next?,
Management Science 33(1), 1-24. Fader & Hardie (2005), A Note on Deriving the Pareto/NBD Model and Related
Expressions, brucehardie.com/notes/009. Fader, Hardie & Lee (2005), RFM and CLV: Using Iso-Value Curves for
Customer Base Analysis, Journal of Marketing Research 42(4), 415-430.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import exprel

from zhike.value.analysis.btyd.checks import (
    Floats,
    History,
    checked,
    checked_history,
    checked_number,
    refuse_parameters,
)
from zhike.value.analysis.btyd.dropout_integral import log_integral
from zhike.value.analysis.btyd.errors import PredictionError
from zhike.value.analysis.btyd.fitting import Model, fit_histories
from zhike.value.analysis.btyd.orders_to_come import OrdersToCome
from zhike.value.analysis.btyd.pareto_nbd_likelihood import log_likelihood, pareto_summary
from zhike.value.analysis.btyd.priors import LogNormalPrior
from zhike.value.analysis.btyd.quadrature import gauss_legendre
from zhike.value.analysis.btyd.summary import unique_pairs
from zhike.value.analysis.btyd.uncertainty import Uncertainty

MODEL = Model(
    "Pareto/NBD",
    ("r", "alpha", "s", "beta"),
    (False, True, False, True),
    pareto_summary,
    log_likelihood,
    (0.8, 0.5, 0.7, 0.8),
    ((0.3, 0.3, 0.5, 3.0), (3.0, 3.0, 0.3, 5.0), (1.0, 1.0, 5.0, 20.0)),
)

NOTHING_LEFT = 60.0
"""Orders later than this many times 1/δ count less than e^-60."""


@dataclass(frozen=True, slots=True)
class ParetoNbdParameters(OrdersToCome):
    """A fitted Pareto/NBD model.

    Attributes
    ----------
    r, alpha : float
        Gamma distribution of order rates: shape, and rate in ``time_unit``.
    s, beta : float
        Gamma distribution of dropout rates: shape, and rate in ``time_unit``.
    log_likelihood, time_unit, customers, iterations, at_limit, uncertainty, prior
        As in ``BgNbdParameters``.
    """

    r: float
    alpha: float
    s: float
    beta: float
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
        return {"r": self.r, "alpha": self.alpha, "s": self.s, "beta": self.beta}

    @property
    def standard_errors(self) -> Mapping[str, float]:
        """Standard error of each parameter, NaN where there is none; ``uncertainty`` says why."""
        return (self.uncertainty or Uncertainty((), ())).standard_errors(self.parameters)

    def probability_alive(
        self, frequency: ArrayLike, tenure_at_last_order: ArrayLike, tenure: ArrayLike
    ) -> Floats:
        """Return P(alive | x, t_x, T), in [0, 1] and of the broadcast shape of the arguments.

        The first term of the likelihood over its sum (notes/009, section on P(alive)).

        Raises
        ------
        PredictionError
            For input that no history can produce, as in ``fit_pareto_nbd``.
        """
        return self._alive(checked_history(frequency, tenure_at_last_order, tenure, PredictionError))

    def discounted_residual_orders(
        self,
        frequency: ArrayLike,
        tenure_at_last_order: ArrayLike,
        tenure: ArrayLike,
        *,
        discount_rate: float,
    ) -> Floats:
        """Return DERT: all orders still to come, each discounted to now (Fader, Hardie & Lee 2005, JMR).

        ``discounted_expected_orders`` without an end; ``discount_rate`` must be above 0, because for s ≤ 1 there
        is no finite number of orders without it.

        Raises
        ------
        PredictionError
        """
        if checked_number("discount_rate", discount_rate, PredictionError) == 0.0:
            raise PredictionError(
                "no_discount",
                "discount_rate is 0, but orders without an end have to be discounted; "
                "pass a rate above 0, or use expected_orders with a horizon.",
                "discount_rate 为 0,而不设期限的订单必须折现;请传入大于 0 的折现率,或使用带 horizon 的 expected_orders。",
            )
        return self.discounted_expected_orders(
            frequency,
            tenure_at_last_order,
            tenure,
            horizon=NOTHING_LEFT / float(discount_rate),
            discount_rate=discount_rate,
        )

    def expected_orders_new_customer(self, horizon: ArrayLike) -> Floats:
        """Return E[X(horizon)]: repeat orders of a new customer within ``horizon`` of the first.

        r beta/(alpha (s-1)) · [1 - (beta/(beta+t))^(s-1)] (notes/009).

        Parameters
        ----------
        horizon : array_like
            In ``time_unit``, any shape; the result has the same shape.

        Raises
        ------
        PredictionError
        """
        until = checked("horizon", horizon, PredictionError)
        orders: Floats = self.r / self.alpha * self._lifetime(np.zeros(until.shape), until)
        return orders

    def _alive(self, history: History) -> Floats:
        """As in the likelihood, the integral over the moment of leaving is a difference of two up to one end.

        So it is taken for each (x, t_x) and (x, T), not for each (x, t_x, T).
        """
        x, last, tenure = (column.ravel() for column in history)
        orders, moment, at = unique_pairs(np.concatenate([x, x]), np.concatenate([last, tenure]))
        power = self.r + orders
        log_gone = np.log(self.s) + log_integral(power, self.alpha, self.s, self.beta, moment)
        log_here = -power * np.log(self.alpha + moment) - self.s * np.log(self.beta + moment)
        last_at, end_at = at[: x.size], at[x.size :]
        # Gone after t_x and gone after T over still there at T; the latter is at most 1.
        here = log_here[end_at]
        with np.errstate(over="ignore"):
            gone = np.exp(log_gone[last_at] - here) - np.exp(log_gone[end_at] - here)
        alive: Floats = (1.0 / (1.0 + np.maximum(gone, 0.0))).reshape(history.frequency.shape)
        return alive

    def orders_if_alive(
        self, frequency: Floats, tenure: Floats, *, horizon: float, discount_rate: float
    ) -> Floats:
        """As in ``OrdersToCome``: (r+x)/(alpha+T) · ∫_0^H e^{-δt} ((beta+T)/(beta+T+t))^s dt.

        Without discount that is (r+x)(beta+T)/((alpha+T)(s-1)) · [1 - ((beta+T)/(beta+T+H))^(s-1)] (notes/009), with
        its limit at s = 1.
        """
        if discount_rate == 0.0:
            weeks = self._lifetime(tenure, horizon)
        else:
            ends = min(horizon, NOTHING_LEFT / discount_rate)
            weeks = self._discounted_lifetime(tenure, ends, discount_rate)
        orders: Floats = (self.r + frequency) / (self.alpha + tenure) * weeks
        return orders

    def _lifetime(self, tenure: Floats, horizon: float | Floats) -> Floats:
        """Expected time within ``horizon`` that somebody alive at ``tenure`` stays."""
        origin = self.beta + tenure
        length = np.log1p(horizon / origin)
        time: Floats = origin * length * exprel(-(self.s - 1.0) * length)
        return time

    def _discounted_lifetime(self, tenure: Floats, horizon: float, rate: float) -> Floats:
        # In u = log(1 + t / (beta + T)) the nearest singularities are at ±iπ whatever the data are. Where
        # customers leave fast, the rest of the horizon is not worth any nodes.
        origin = self.beta + tenure
        length = np.log1p(horizon / origin)
        if self.s > 1.0:
            length = np.minimum(length, NOTHING_LEFT / (self.s - 1.0))
        longest = float(length.max(initial=0.0))
        points, weights = gauss_legendre(int(np.ceil(16.0 + 4.0 * longest + 0.5 * min(rate * horizon, 60.0))))
        total = np.zeros(tenure.shape)
        for point, weight in zip((points + 1.0) / 2.0, weights / 2.0, strict=True):
            u = length * point
            total += weight * np.exp((1.0 - self.s) * u - rate * origin * np.expm1(u))
        return origin * length * total


def fit_pareto_nbd(
    frequency: ArrayLike,
    tenure_at_last_order: ArrayLike,
    tenure: ArrayLike,
    *,
    time_unit: str = "W",
    weights: ArrayLike | None = None,
    prior: LogNormalPrior | None = None,
) -> ParetoNbdParameters:
    """Fit Pareto/NBD by maximum likelihood (likelihood as in ``pareto_nbd_likelihood``).

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
    prior : LogNormalPrior, optional
        For small samples: maximises the posterior instead, for instance with ``PARETO_NBD_PRIOR``.

    Returns
    -------
    ParetoNbdParameters

    Raises
    ------
    FitError
        As in ``fit_bg_nbd``.
    """
    (r, alpha, s, beta), facts = fit_histories(
        MODEL, frequency, tenure_at_last_order, tenure, time_unit=time_unit, weights=weights, prior=prior
    )
    return ParetoNbdParameters(r, alpha, s, beta, *facts)
