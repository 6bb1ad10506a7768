"""Maximise a smooth function of a few positive parameters by Newton steps in their logarithms."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LOG_LIMIT = 10.0
"""Parameters stay within e^-10 … e^10 of the scaled data. Beyond, likelihoods are flat and
differences of log gamma functions lose the digits that would tell two values apart."""

LARGEST_STEP = 2.0
MAX_ITERATIONS = 100
MAX_HALVINGS = 30
TOLERANCE = 1e-13
NOISE = 1e-9


class Evaluation(NamedTuple):
    """Value, gradient (k,) and Hessian (k, k) at one point."""

    value: float
    gradient: Floats
    hessian: Floats


class Optimum(NamedTuple):
    """Where the search ended; ``log_parameters`` has shape (k,), ``hessian`` (k, k), both in logs."""

    log_parameters: Floats
    value: float
    iterations: int
    converged: bool
    hessian: Floats

    @property
    def inside(self) -> bool:
        """Whether the search converged with no parameter at the edge."""
        return self.converged and bool(np.all(np.abs(self.log_parameters) < LOG_LIMIT))


Objective = Callable[[Floats], Evaluation]


def in_logs(parameters: Floats, at: Evaluation) -> Evaluation:
    """Turn derivatives with respect to parameters into derivatives with respect to their logs."""
    gradient = parameters * at.gradient
    hessian = at.hessian * np.outer(parameters, parameters) + np.diag(gradient)
    return Evaluation(at.value, gradient, hessian)


def maximum(objective: Objective, start: Floats, *, tolerance: float = TOLERANCE) -> Optimum:
    """Climb from ``start`` until a Newton step promises no gain that floating point could show.

    Parameters
    ----------
    objective : callable
        Mean log-likelihood a row and its derivatives, as a function of log parameters (k,).
    start : ndarray, shape (k,)
    tolerance : float
        The gain, relative to the value, that is not worth a step; larger where the neighbourhood is enough.

    Notes
    -----
    Parameters that run away (a model the data do not need) stop at ``LOG_LIMIT`` and count as
    converged: the rest of the parameters is then the maximum on that edge.
    """
    point = np.clip(start, -LOG_LIMIT, LOG_LIMIT)
    here = objective(point)
    for iteration in range(MAX_ITERATIONS):
        step = newton_step(point, here)
        gain = float(here.gradient @ step)
        if not np.isfinite(here.value + gain):
            break
        if gain <= tolerance * (1.0 + abs(here.value)):
            end = np.clip(point + step, -LOG_LIMIT, LOG_LIMIT)
            return Optimum(end, here.value + gain / 2, iteration, True, here.hessian)
        before = here.value
        found = line_search(objective, point, here, step)
        point, here = found or (point, here)
        if here.value - before <= TOLERANCE * (1.0 + abs(before)):
            # The promise was rounding noise in the derivatives if it was small, a failure otherwise.
            return Optimum(point, here.value, iteration, gain < NOISE, here.hessian)
    return Optimum(point, here.value, MAX_ITERATIONS, False, here.hessian)


def newton_step(point: Floats, here: Evaluation) -> Floats:
    """Return an uphill step that ends inside the limits; parameters held at a limit do not move.

    The whole step is shortened to the first limit it meets: cutting single parameters off would leave the
    others where they were right for the uncut step, perhaps downhill.
    """
    held = (np.abs(point) >= LOG_LIMIT) & (point * here.gradient > 0)
    while True:
        step = free_step(here, ~held)
        blocked = (np.abs(point) >= LOG_LIMIT) & (point * step > 0)
        if not blocked.any():
            break
        held |= blocked
    room = np.where(step > 0, LOG_LIMIT - point, LOG_LIMIT + point)
    share = np.divide(room, np.abs(step), out=np.ones_like(step), where=np.abs(step) > room)
    longest = max(float(np.max(np.abs(step))), LARGEST_STEP)
    return step * min(float(share.min()), LARGEST_STEP / longest)


def free_step(here: Evaluation, free: NDArray[np.bool_]) -> Floats:
    """Return the Newton step in the free parameters, turned uphill where the curvature is wrong."""
    step = np.zeros_like(here.gradient)
    if free.any() and np.all(np.isfinite(here.hessian)):
        curvature, axes = np.linalg.eigh(-here.hessian[np.ix_(free, free)])
        curvature = np.maximum(np.abs(curvature), 1e-14)
        step[free] = axes @ (axes.T @ here.gradient[free] / curvature)
    return step


def line_search(
    objective: Objective, point: Floats, here: Evaluation, step: Floats
) -> tuple[Floats, Evaluation] | None:
    """Halve the step until it gains its share; None when no step does."""
    noise = TOLERANCE * (1.0 + abs(here.value))
    for halving in range(MAX_HALVINGS):
        part = step * 0.5**halving
        there = objective(point + part)
        if there.value >= here.value + 1e-4 * float(here.gradient @ part) - noise:
            return np.clip(point + part, -LOG_LIMIT, LOG_LIMIT), there
    return None
