"""BG/NBD in which what is known of a customer moves the order rate and the dropout.

Source: Fader & Hardie (2007), Incorporating Time-Invariant Covariates into the Pareto/NBD and BG/NBD Models,
brucehardie.com/notes/019: alpha_i = alpha exp(-γ' z_i), a_i = a exp(δ' z_i), b_i = b exp(ε' z_i).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from zhike.value.analysis.btyd.bg_nbd import MODEL
from zhike.value.analysis.btyd.bg_nbd_covariate_likelihood import CovariateSample, log_likelihood
from zhike.value.analysis.btyd.checks import (
    ErrorClass,
    Floats,
    History,
    checked,
    checked_history,
    checked_number,
    refuse_parameters,
)
from zhike.value.analysis.btyd.dropout_after_orders import alive_probability
from zhike.value.analysis.btyd.errors import FitError, PredictionError
from zhike.value.analysis.btyd.expectation import discounted_orders_while_alive, orders_while_alive
from zhike.value.analysis.btyd.fitting import SAMPLE_ROWS, Sample, best_fit, checked_sample, climbed
from zhike.value.analysis.btyd.newton import Optimum, maximum
from zhike.value.analysis.btyd.uncertainty import AT_LIMIT, Uncertainty, transformed, uncertainty_at

ALIKE = 1e-8
"""Share of the variance that a covariate must have of its own, beside all others."""


class Effects(NamedTuple):
    """Coefficients of the covariates, in their order; each for one unit of the covariate.

    Attributes
    ----------
    rate : tuple of float
        γ: the mean order rate is multiplied by e^γ.
    dropout_a, dropout_b : tuple of float
        δ and ε: the odds of leaving after an order, a/b, are multiplied by e^(δ-ε).
    """

    rate: tuple[float, ...]
    dropout_a: tuple[float, ...]
    dropout_b: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class BgNbdCovariateParameters:
    """A fitted BG/NBD model with covariates.

    Attributes
    ----------
    r, alpha, a, b : float
        As in ``BgNbdParameters``, for a customer whose covariates are all 0.
    covariates : tuple of str
        Names, in the order of the columns.
    effects : Effects
    log_likelihood, time_unit, customers, iterations, at_limit
        As in ``BgNbdParameters``.
    uncertainty : Uncertainty or None
        Covariance of log(r, alpha, a, b) and of the effects themselves, which are named ``rate:channel``,
        ``dropout_a:channel``, ``dropout_b:channel``.
    """

    r: float
    alpha: float
    a: float
    b: float
    covariates: tuple[str, ...]
    effects: Effects
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
        """The four parameters of a customer whose covariates are all 0, by name."""
        return {"r": self.r, "alpha": self.alpha, "a": self.a, "b": self.b}

    @property
    def standard_errors(self) -> Mapping[str, float]:
        """Standard errors of parameters and effects; NaN where there is none, ``uncertainty`` says why."""
        found = self.uncertainty or Uncertainty((), ())
        effects = [f"{part}:{name}" for part in Effects._fields for name in self.covariates]
        return found.standard_errors(self.parameters) | {
            name: found.log_standard_error(name) for name in effects
        }

    def probability_alive(
        self,
        frequency: ArrayLike,
        tenure_at_last_order: ArrayLike,
        tenure: ArrayLike,
        *,
        covariates: ArrayLike,
    ) -> Floats:
        """Return P(alive | x, t_x, T, z), shape (n,), for flat columns (n,) and covariates (n, k).

        Raises
        ------
        PredictionError
        """
        history, alpha, a, b = self._customers(frequency, tenure_at_last_order, tenure, covariates)
        return alive_probability(history, self.r, alpha, a, b)

    def expected_orders(
        self,
        frequency: ArrayLike,
        tenure_at_last_order: ArrayLike,
        tenure: ArrayLike,
        *,
        covariates: ArrayLike,
        horizon: float,
    ) -> Floats:
        """Return the orders expected within ``horizon`` after T, shape (n,), as ``BgNbdParameters`` does.

        Raises
        ------
        PredictionError
        """
        return self.discounted_expected_orders(
            frequency,
            tenure_at_last_order,
            tenure,
            covariates=covariates,
            horizon=horizon,
            discount_rate=0.0,
        )

    def discounted_expected_orders(
        self,
        frequency: ArrayLike,
        tenure_at_last_order: ArrayLike,
        tenure: ArrayLike,
        *,
        covariates: ArrayLike,
        horizon: float,
        discount_rate: float,
    ) -> Floats:
        """Return these orders discounted to now at a continuous rate per ``time_unit``, shape (n,).

        Raises
        ------
        PredictionError
        """
        history, alpha, a, b = self._customers(frequency, tenure_at_last_order, tenure, covariates)
        until = checked_number("horizon", horizon, PredictionError)
        rate = checked_number("discount_rate", discount_rate, PredictionError)
        x = history.frequency
        if_alive = discounted_orders_while_alive(self.r + x, a, b + x, alpha + history.tenure, until, rate)
        orders: Floats = alive_probability(history, self.r, alpha, a, b) * if_alive
        return orders

    def expected_orders_new_customer(self, horizon: float, *, covariates: ArrayLike) -> Floats:
        """Return the repeat orders of new customers within ``horizon`` of the first, shape (n,).

        Raises
        ------
        PredictionError
        """
        until = checked_number("horizon", horizon, PredictionError)
        alpha, a, b = self._own(checked_covariates(covariates, len(self.covariates), None, PredictionError))
        return orders_while_alive(np.full(alpha.size, self.r), a, b, until / alpha)

    def _customers(
        self, frequency: ArrayLike, last: ArrayLike, tenure: ArrayLike, covariates: ArrayLike
    ) -> tuple[History, Floats, Floats, Floats]:
        broadcast = checked_history(frequency, last, tenure, PredictionError)
        history = History(*(np.atleast_1d(column) for column in broadcast))
        rows = history.frequency.size
        return history, *self._own(
            checked_covariates(covariates, len(self.covariates), rows, PredictionError)
        )

    def _own(self, z: Floats) -> tuple[Floats, Floats, Floats]:
        """The alpha, a and b of each customer."""
        return (
            self.alpha * np.exp(-z @ np.array(self.effects.rate, np.float64)),
            self.a * np.exp(z @ np.array(self.effects.dropout_a, np.float64)),
            self.b * np.exp(z @ np.array(self.effects.dropout_b, np.float64)),
        )


def checked_covariates(values: ArrayLike, columns: int, rows: int | None, error: ErrorClass) -> Floats:
    """Return covariates (rows, columns), finite but of any sign."""
    try:
        z = np.asarray(values, np.float64)
    except (TypeError, ValueError) as reason:
        raise error(
            "not_numbers",
            f"covariates hold something that is not a number ({reason}); write categories as columns of 0 and 1.",
            "covariates 中有不是数字的内容;类别请写成 0 和 1 的列。",
        ) from reason
    checked("covariates", np.abs(z), error)
    if z.ndim != 2 or z.shape[1] != columns or (rows is not None and z.shape[0] != rows):
        wanted = f"({'n' if rows is None else rows}, {columns})"
        raise error(
            "different_lengths",
            f"covariates have shape {z.shape} but {wanted} is needed; pass one row a customer and one column a name.",
            f"covariates 的形状为 {z.shape},应为 {wanted};请每位客户一行、每个名称一列。",
        )
    return z


def fit_bg_nbd_with_covariates(
    frequency: ArrayLike,
    tenure_at_last_order: ArrayLike,
    tenure: ArrayLike,
    *,
    covariates: ArrayLike,
    covariate_names: Sequence[str],
    time_unit: str = "W",
    weights: ArrayLike | None = None,
) -> BgNbdCovariateParameters:
    """Fit BG/NBD with time-invariant covariates by maximum likelihood.

    Parameters
    ----------
    frequency, tenure_at_last_order, tenure, time_unit, weights
        As in ``fit_bg_nbd``.
    covariates : array_like, shape (n, k)
        Numbers known at the first order: 0 and 1 for categories (one category left out). k may be 0.
    covariate_names : sequence of str
        Names of the k columns.

    Returns
    -------
    BgNbdCovariateParameters

    Raises
    ------
    FitError
        As ``fit_bg_nbd``; and for covariates that are not finite, are the same for every customer or follow
        from the others.
    """
    names = tuple(covariate_names)
    sample = checked_sample(frequency, tenure_at_last_order, tenure, time_unit, weights)
    z = checked_covariates(covariates, len(names), sample.history.frequency.size, FitError)
    weight = np.ones(z.shape[0]) if sample.weights is None else sample.weights
    centre, spread = standard(z, weight, names)
    design = np.column_stack([np.ones(z.shape[0]), (z - centre) / spread])
    best = best_with_covariates(CovariateSample(sample.history, weight, design), sample)
    raw = back_transform(centre, spread, sample.scale)
    return result_of(best, raw, sample, names, time_unit)


def standard(z: Floats, weight: Floats, names: tuple[str, ...]) -> tuple[Floats, Floats]:
    """Return weighted means and deviations of the columns, after refusing those that tell nothing apart."""
    centre = np.average(z, axis=0, weights=weight)
    spread = np.sqrt(np.average((z - centre) ** 2, axis=0, weights=weight))
    for name, deviation, middle in zip(names, spread, centre, strict=True):
        if deviation <= 1e-12 * max(1.0, abs(middle)):
            raise FitError(
                "constant_covariate",
                f"The covariate {name} is the same for every customer; leave it out.",
                f"协变量 {name} 对所有客户都相同;请去掉该列。",
            )
    scaled = (z - centre) / spread
    related = (scaled.T * weight) @ scaled / weight.sum()
    if names and np.linalg.eigvalsh(related)[0] < ALIKE:
        raise FitError(
            "dependent_covariates",
            f"The covariates {', '.join(names)} follow from each other; leave one category of each kind out.",
            f"协变量 {'、'.join(names)} 之间可以相互推出;每种类别请去掉其中一列。",
        )
    return centre, spread


def best_with_covariates(data: CovariateSample, sample: Sample) -> Optimum:
    """Climb from the fit without covariates, first on some of the rows."""
    unit = np.where(MODEL.times, np.log(sample.time_between), 0.0)
    plain = best_fit(MODEL, sample, None, unit).log_parameters
    width = data.design.shape[1]
    start = np.zeros(1 + 3 * width)
    start[0], start[1::width] = plain[0], plain[1:]
    rows = data.weight.size
    every = slice(None, None, max(1, rows // SAMPLE_ROWS[-1]))
    some = CovariateSample(
        History(*(column[every] for column in data.history)), data.weight[every], data.design[every]
    )
    starts = [start]
    if some.weight.size < rows and np.any(some.history.frequency * some.weight):
        nearby = maximum(partial(log_likelihood, some), start)
        starts = [nearby.log_parameters, start] if nearby.inside else starts
    return climbed(partial(log_likelihood, data), starts, "BG/NBD", rows)


def back_transform(centre: Floats, spread: Floats, scale: float) -> tuple[Floats, Floats]:
    """Return the matrix and the shift that lead from coordinates to ln(r, alpha, a, b), γ, δ and ε."""
    k = centre.size
    width = k + 1
    matrix, shift = np.zeros((1 + 3 * width, 1 + 3 * width)), np.zeros(1 + 3 * width)
    matrix[0, 0] = 1.0
    for part in range(3):
        here = 1 + part * width
        matrix[1 + part, here] = 1.0
        matrix[1 + part, here + 1 : here + width] = -centre / spread
        sign = -1.0 if part == 0 else 1.0
        effects = 4 + part * k + np.arange(k)
        matrix[effects, here + 1 + np.arange(k)] = sign / spread
    shift[1] = np.log(scale)
    return matrix, shift


def result_of(
    best: Optimum, raw: tuple[Floats, Floats], sample: Sample, names: tuple[str, ...], time_unit: str
) -> BgNbdCovariateParameters:
    """Put the fit into the caller's units."""
    matrix, shift = raw
    values = matrix @ best.log_parameters + shift
    k = len(names)
    labels = (*MODEL.names, *(f"{part}:{name}" for part in Effects._fields for name in names))
    r, alpha, a, b = (float(value) for value in np.exp(values[:4]))
    effects = [tuple(map(float, values[4 + part * k : 4 + (part + 1) * k])) for part in range(3)]
    found = uncertainty_at(best, tuple(map(str, range(values.size))), sample.customers)
    moved = transformed(found, matrix, labels)
    return BgNbdCovariateParameters(
        r=r,
        alpha=alpha,
        a=a,
        b=b,
        covariates=names,
        effects=Effects(*effects),
        log_likelihood=float(best.value * sample.customers - sample.repeat_orders * np.log(sample.scale)),
        time_unit=time_unit,
        customers=sample.customers,
        iterations=best.iterations,
        at_limit=tuple(name for name, reason in moved.reasons if reason is AT_LIMIT),
        uncertainty=moved,
    )
