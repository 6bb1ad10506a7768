"""From purchase histories to parameters: what the models of order times share."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from zhike.value.analysis.btyd.checks import (
    Floats,
    History,
    checked_columns,
    checked_history,
    checked_weights,
)
from zhike.value.analysis.btyd.errors import FitError
from zhike.value.analysis.btyd.newton import LOG_LIMIT, Evaluation, Optimum, maximum
from zhike.value.analysis.btyd.priors import LogNormalPrior, Objective, check_prior, with_prior
from zhike.value.analysis.btyd.uncertainty import Uncertainty, uncertainty_at

SAMPLE_ROWS = (2_000, 20_000)
"""Rows used to find the neighbourhood of the maximum, so that few steps need many rows and fewer all."""

NEARBY = 1e-6
"""Gain a customer below which a sample has nothing more to say: chance moves its maximum by more."""


class Model(NamedTuple):
    """What sets one model of order times apart.

    Attributes
    ----------
    title : str
    names : tuple of str
        Parameters.
    times : tuple of bool
        Which of them are times.
    summarise : callable
        Sufficient statistics of a history and weights.
    log_likelihood : callable
        Mean log-likelihood a customer from these and log parameters (k,), with derivatives.
    start, other_starts : tuple of float
        Times over the mean time between orders. The others are tried only when the first fails.
    """

    title: str
    names: tuple[str, ...]
    times: tuple[bool, ...]
    summarise: Callable[[History, Floats | None], Any]
    log_likelihood: Callable[[Any, Floats], Evaluation]
    start: tuple[float, ...]
    other_starts: tuple[tuple[float, ...], ...]


class Facts(NamedTuple):
    """What is known of a fit beside its parameters, in the order of the fields of every model."""

    log_likelihood: float
    time_unit: str
    customers: float
    iterations: int
    at_limit: tuple[str, ...]
    uncertainty: Uncertainty
    prior: LogNormalPrior | None


class Sample(NamedTuple):
    """Checked histories, times over ``scale``: the longest tenure, so that no unit is easier to fit."""

    history: History
    weights: Floats | None
    scale: float
    customers: float
    repeat_orders: float

    @property
    def time_between(self) -> float:
        """Mean time between repeat orders, over ``scale``."""
        tenure = self.history.tenure
        total = float(tenure.sum() if self.weights is None else self.weights @ tenure)
        return total / self.repeat_orders


def checked_sample(
    frequency: ArrayLike,
    tenure_at_last_order: ArrayLike,
    tenure: ArrayLike,
    time_unit: str,
    weights: ArrayLike | None,
) -> Sample:
    """Return the columns of a fit, or refuse them as the fit functions say."""
    refuse_blank_unit(time_unit)
    x, last, end = checked_columns(
        {"frequency": frequency, "tenure_at_last_order": tenure_at_last_order, "tenure": tenure}
    )
    history = checked_history(x, last, end, FitError)
    counts = checked_weights(weights, history.frequency.size)
    repeat_orders = float((history.frequency if counts is None else history.frequency * counts).sum())
    if repeat_orders <= 0:
        raise FitError(
            "no_repeat_buyer",
            "No customer has a repeat order, so nothing tells how often customers return; "
            "use a longer period or the fallback of last year's spend.",
            "没有任何客户复购,无法估计购买频率;请选用更长的时间段,或使用去年消费额的替代规则。",
        )
    scale = float(np.max(history.tenure))
    scaled = History(history.frequency, history.tenure_at_last_order / scale, history.tenure / scale)
    customers = float(history.frequency.size if counts is None else counts.sum())
    return Sample(scaled, counts, scale, customers, repeat_orders)


def refuse_blank_unit(time_unit: str) -> None:
    """Refuse a fit whose unit nobody could look up later."""
    if not time_unit.strip():
        raise FitError(
            "no_time_unit",
            "time_unit is empty; name it, for instance W.",
            "time_unit 为空;请填写,例如 W。",
        )


def fit_histories(
    model: Model,
    frequency: ArrayLike,
    tenure_at_last_order: ArrayLike,
    tenure: ArrayLike,
    *,
    time_unit: str,
    weights: ArrayLike | None,
    prior: LogNormalPrior | None,
) -> tuple[list[float], Facts]:
    """Return the parameters in the caller's time unit and the facts of the fit.

    Maximum likelihood, or with a prior the maximum of the posterior. Raises ``FitError``.
    """
    check_prior(prior, model.names)
    sample = checked_sample(frequency, tenure_at_last_order, tenure, time_unit, weights)
    unit = np.where(model.times, np.log(sample.time_between), 0.0)
    best = best_fit(model, sample, prior, unit)
    value = best.value
    if prior is not None:
        value -= prior.log_density(best.log_parameters, unit).value / sample.customers
    limits = np.abs(best.log_parameters) >= LOG_LIMIT
    parameters = np.exp(best.log_parameters) * np.where(model.times, sample.scale, 1.0)
    facts = Facts(
        # The likelihood is a density in the times of x orders; each brings the unit in once.
        log_likelihood=float(value * sample.customers - sample.repeat_orders * np.log(sample.scale)),
        time_unit=time_unit,
        customers=sample.customers,
        iterations=best.iterations,
        at_limit=tuple(name for name, edge in zip(model.names, limits, strict=True) if edge),
        uncertainty=uncertainty_at(best, model.names, sample.customers),
        prior=prior,
    )
    return [float(value) for value in parameters], facts


def best_fit(model: Model, sample: Sample, prior: LogNormalPrior | None, unit: Floats) -> Optimum:
    """Return the maximum, from the neighbourhood a sample gives or, failing that, from other starts."""

    def objective(history: History, weights: Floats | None) -> Objective:
        data = partial(model.log_likelihood, model.summarise(history, weights))
        return with_prior(data, prior, unit, sample.customers)

    history, weights = sample.history, sample.weights
    rows = history.frequency.size
    start = np.log(model.start) + unit
    for size in SAMPLE_ROWS:
        every = slice(None, None, max(1, rows // size))
        part = History(*(column[every] for column in history))
        some = None if weights is None else weights[every]
        if part.frequency.size < rows and np.any(part.frequency if some is None else part.frequency * some):
            nearby = maximum(objective(part, some), start, tolerance=NEARBY)
            start = nearby.log_parameters if nearby.inside else start
    others = [np.log(other) + unit for other in model.other_starts]
    return climbed(objective(history, weights), [start, *others], model.title, rows)


def climbed(objective: Objective, starts: list[Floats], title: str, rows: int) -> Optimum:
    """Return the maximum from the first start if it lies inside the limits, else the best from all."""
    best = maximum(objective, starts[0])
    if best.inside:
        return best
    found = [best, *(maximum(objective, start) for start in starts[1:])]
    converged = [end for end in found if end.converged]
    if not converged:
        raise FitError(
            "no_convergence",
            f"The {title} fit did not converge for {rows} rows; use more customers or a longer period.",
            f"{title} 模型在 {rows} 行数据上未能收敛;请使用更多客户或更长的时间段。",
        )
    return max(converged, key=lambda end: end.value)
