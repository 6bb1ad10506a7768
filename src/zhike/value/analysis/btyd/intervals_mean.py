"""How sure an expectation is: intervals from the uncertainty of the parameters, by the delta method.

Expectations are positive, so the normal approximation is made for their logarithms:
se² = gᵀ C g with g the derivatives of ln E in the log parameters and C their covariance.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from zhike.value.analysis.btyd.checks import Floats
from zhike.value.analysis.btyd.errors import PredictionError
from zhike.value.analysis.btyd.intervals_future import OrderModel
from zhike.value.analysis.btyd.intervals_orders import (
    Interval,
    checked_question,
    checked_tail,
    unique_histories,
)
from zhike.value.analysis.btyd.uncertainty import Uncertainty

STEP = 1e-4
"""In log parameters: central differences are then good to about 1e-8."""


class FittedModel(Protocol):
    """Parameters by name, and what the fit knows of their uncertainty; a frozen dataclass."""

    @property
    def parameters(self) -> Mapping[str, float]:
        """In the order of the covariance."""

    @property
    def uncertainty(self) -> Uncertainty | None:
        """Covariance of the log parameters."""


class FittedOrderModel(OrderModel, FittedModel, Protocol):
    """A model of order times that was fitted."""


def expectation_interval(
    model: FittedOrderModel,
    frequency: ArrayLike,
    tenure_at_last_order: ArrayLike,
    tenure: ArrayLike,
    *,
    horizon: float,
    log_covariance: ArrayLike | None = None,
    confidence: float = 0.9,
) -> Interval:
    """Return the interval of E[Y(horizon) | x, t_x, T], lognormal around the estimate.

    Parameters
    ----------
    model, frequency, tenure_at_last_order, tenure, horizon
        As in ``order_interval``.
    log_covariance : array_like, shape (k, k), optional
        Covariance of the natural logarithms of ``model.parameters``, in their order; that of the fit if not given.
    confidence : float

    Returns
    -------
    Interval
        Of the broadcast shape.

    Raises
    ------
    PredictionError
        ``no_uncertainty`` for a model that was restored and no covariance; ``bad_covariance``.
    """
    history, until = checked_question(frequency, tenure_at_last_order, tenure, horizon)
    width = float(ndtri(1.0 - checked_tail(confidence)))
    covariance = checked_covariance(model, log_covariance)
    unique, at = unique_histories(history)
    expected = model.expected_orders(*unique, horizon=until)
    slopes = log_slopes(model, lambda changed: changed.expected_orders(*unique, horizon=until))
    some = expected > 0.0
    relative = np.divide(slopes, expected, out=np.zeros_like(slopes), where=some)
    error = np.sqrt(np.maximum(np.einsum("in,ij,jn->n", relative, covariance, relative), 0.0))
    bounds = (expected * np.exp(-width * error), expected * np.exp(width * error))
    return Interval(*(bound[at].reshape(history.frequency.shape) for bound in bounds))


def log_slopes(model: FittedModel, value: Callable[[Any], Floats]) -> Floats:
    """Return d value / d log parameter, shape (k, …), by central differences."""
    slopes = []
    for name, parameter in model.parameters.items():
        ends = [value(changed(model, name, parameter * np.exp(step))) for step in (STEP, -STEP)]
        slopes.append((ends[0] - ends[1]) / (2.0 * STEP))
    return np.array(slopes)


def changed(model: Any, name: str, value: float) -> Any:
    """Return the model with one parameter changed."""
    return replace(model, **{name: float(value)})


def fitted_covariance(model: FittedModel) -> Floats:
    """Return the covariance of all log parameters, shape (k, k); 0 for those that ran to the edge of the search.

    Raises
    ------
    PredictionError
        ``no_uncertainty`` where the fit has none to give.
    """
    names = list(model.parameters)
    known = model.uncertainty
    if known is None or not known.names:
        raise PredictionError(
            "no_uncertainty",
            "The model has no covariance of its parameters; fit it again, or pass log_covariance.",
            "模型没有参数协方差;请重新拟合,或传入 log_covariance。",
        )
    at = [names.index(name) for name in known.names]
    covariance = np.zeros((len(names), len(names)))
    covariance[np.ix_(at, at)] = known.log_covariance
    return covariance


def checked_covariance(model: FittedModel, log_covariance: ArrayLike | None) -> Floats:
    """Return the covariance given, or else that of the fit."""
    if log_covariance is None:
        return fitted_covariance(model)
    matrix, size = np.asarray(log_covariance, np.float64), len(model.parameters)
    good = matrix.shape == (size, size) and bool(np.all(np.isfinite(matrix)))
    good = good and bool(np.allclose(matrix, matrix.T)) and bool(np.all(np.diag(matrix) >= 0.0))
    if not good:
        raise PredictionError(
            "bad_covariance",
            f"log_covariance must be a symmetric {size} by {size} matrix of finite numbers with a diagonal of at "
            f"least 0, one row for each of {', '.join(model.parameters)}.",
            f"log_covariance 必须是对称的 {size}×{size} 有限数矩阵,对角线不小于 0,"
            f"各行依次对应 {'、'.join(model.parameters)}。",
        )
    return matrix
