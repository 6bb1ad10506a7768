"""What is believed of parameters before there are data: log-normal priors for small samples.

With n customers the fit maximises the mean log-likelihood plus 1/n times the log prior: few customers lean
on the prior, many ignore it. The defaults describe published data sets; ``docs/algorithms/clv.md`` lists
them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from zhike.value.analysis.btyd.checks import Floats
from zhike.value.analysis.btyd.errors import FitError
from zhike.value.analysis.btyd.newton import Evaluation

Objective = Callable[[Floats], Evaluation]


@dataclass(frozen=True, slots=True)
class LogNormalPrior:
    """A normal distribution of the logarithms of parameters.

    Attributes
    ----------
    names : tuple of str
        The parameters of the model, all of them and in its order.
    medians : tuple of float
        Above 0. Parameters that are times (alpha, beta) count in mean times between orders: the summed tenures
        over the summed repeat orders of the data. Amounts (gamma) count in mean order amounts. So one prior
        does for every time unit, currency and rhythm.
    log_covariance : tuple of tuple of float
        Of the natural logarithms, positive definite.
    """

    names: tuple[str, ...]
    medians: tuple[float, ...]
    log_covariance: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        matrix, size = np.array(self.log_covariance, np.float64), len(self.names)
        if len(self.medians) != size or matrix.shape != (size, size):
            raise refused("needs a median, and a row and a column of the covariance, for each parameter")
        if not all(0.0 < median < np.inf for median in self.medians):
            raise refused("has a median that is not a finite number above 0")
        if not np.allclose(matrix, matrix.T) or not np.all(np.linalg.eigvalsh(matrix) > 0.0):
            raise refused("has a covariance that is not symmetric and positive definite")

    def widened(self, factor: float) -> LogNormalPrior:
        """Return the same prior with all standard deviations (of logs) multiplied by ``factor``."""
        rows = tuple(tuple(value * factor**2 for value in row) for row in self.log_covariance)
        return LogNormalPrior(self.names, self.medians, rows)

    def log_density(self, log_parameters: Floats, log_scale: Floats) -> Evaluation:
        """Log density at log parameters (k,), up to a constant, with derivatives.

        ``log_scale`` (k,) is the log of the unit each median counts in.
        """
        precision = np.linalg.inv(np.array(self.log_covariance))
        away = log_parameters - np.log(self.medians) - log_scale
        slope = -precision @ away
        return Evaluation(float(away @ slope) / 2.0, slope, -precision)


def refused(why: str) -> FitError:
    """Return the refusal of a prior that is none."""
    return FitError(
        "bad_prior",
        f"The prior {why}; correct it, or pass a prior of zhike.value.analysis.btyd.",
        "先验分布无效:每个参数都要有大于 0 的中位数,协方差矩阵须对称且正定;请更正,或使用本模块提供的先验。",
    )


def check_prior(prior: LogNormalPrior | None, names: tuple[str, ...]) -> None:
    """Refuse a prior of another model."""
    if prior is not None and prior.names != names:
        raise FitError(
            "prior_of_another_model",
            f"The prior is about {', '.join(prior.names)}, but the model has {', '.join(names)}; "
            "pass the prior of this model.",
            f"先验分布的参数是 {'、'.join(prior.names)},而模型的参数是 {'、'.join(names)};请使用该模型的先验。",
        )


def with_prior(
    objective: Objective, prior: LogNormalPrior | None, log_scale: Floats, customers: float
) -> Objective:
    """Add a prior, shared out over the customers, to a mean log-likelihood."""
    if prior is None:
        return objective

    def posterior(log_parameters: Floats) -> Evaluation:
        data, belief = objective(log_parameters), prior.log_density(log_parameters, log_scale)
        return Evaluation(
            data.value + belief.value / customers,
            data.gradient + belief.gradient / customers,
            data.hessian + belief.hessian / customers,
        )

    return posterior


def log_covariance(
    deviations: tuple[float, ...], correlations: dict[tuple[int, int], float]
) -> tuple[tuple[float, ...], ...]:
    """Return a covariance from standard deviations of logs and the correlations that are not 0."""
    size = range(len(deviations))
    related = {**correlations, **{(j, i): value for (i, j), value in correlations.items()}}
    return tuple(
        tuple(deviations[i] * deviations[j] * (1.0 if i == j else related.get((i, j), 0.0)) for j in size)
        for i in size
    )


# The figures behind these stand in docs/algorithms/clv.md. Order rates and their spread go together (r with
# alpha), so do dropout rates and theirs; deviations are wider than the data sets differ.
BG_NBD_PRIOR = LogNormalPrior(
    ("r", "alpha", "a", "b"),
    (0.35, 0.2, 0.7, 3.2),
    log_covariance((1.0, 1.25, 1.0, 1.0), {(0, 1): 0.75, (2, 3): 0.3}),
)
MBG_NBD_PRIOR = LogNormalPrior(
    ("r", "alpha", "a", "b"),
    (1.1, 0.4, 0.65, 1.5),
    log_covariance((1.0, 1.25, 1.0, 1.0), {(0, 1): 0.75, (2, 3): 0.3}),
)
PARETO_NBD_PRIOR = LogNormalPrior(
    ("r", "alpha", "s", "beta"),
    (0.9, 0.45, 0.65, 0.5),
    log_covariance((1.0, 1.25, 1.0, 1.25), {(0, 1): 0.75, (2, 3): 0.6}),
)
GAMMA_GAMMA_PRIOR = LogNormalPrior(
    ("p", "q", "gamma"),
    (3.0, 4.0, 1.0),
    log_covariance((1.2, 0.6, 1.2), {(0, 2): -0.7, (1, 2): 0.3}),
)
