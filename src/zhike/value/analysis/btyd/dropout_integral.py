"""The chance of having left between two moments: the hypergeometric part of Pareto/NBD.

Schmittlein, Morrison & Colombo (1987) and Fader & Hardie (2005) hold differences of Gaussian hypergeometric
functions, each an integral over the unseen moment τ of leaving:

    ∫_t^U (alpha+τ)^-(r+x) (beta+τ)^-(s+1) dτ.

2F1 overflows for frequent buyers, and its derivatives with respect to parameters have no closed form. The
integral has one sign, may be taken in logarithms, and differentiates under the integral sign: gradient and
Hessian are averages over the same integrand.
"""

from typing import NamedTuple

import numpy as np

from zhike.value.analysis.btyd.checks import Floats
from zhike.value.analysis.btyd.quadrature import gauss_legendre

BLOCK = 2048
"""Rows handled together; a few arrays of this length stay in the processor's cache."""

DROP = 42.0
"""The integrand is followed until it has fallen by e^-42: the rest is below rounding."""

TRIMS = 12


class Averages(NamedTuple):
    """An integral and averages over its integrand, each of shape (n,) in the last axis.

    Attributes
    ----------
    log_value : ndarray, shape (n,)
        -inf where the interval is empty; the averages are then those at its point.
    first : ndarray, shape (4, n)
        Means of ln(alpha+τ), 1/(alpha+τ), ln(beta+τ), 1/(beta+τ).
    second : ndarray, shape (4, 4, n)
        Means of their products.
    """

    log_value: Floats
    first: Floats
    second: Floats


def log_integral(
    power: Floats, alpha: float, s: float, beta: float, start: Floats, end: float | Floats
) -> Floats:
    """Return ln ∫_start^end (alpha+τ)^-power (beta+τ)^-(s+1) dτ, shape (n,), without averages."""
    return _by_blocks(power, alpha, s, beta, start, end, wants_averages=False).log_value


def averages(
    power: Floats, alpha: float, s: float, beta: float, start: Floats, end: float | Floats
) -> Averages:
    """Return the integral and its averages.

    Parameters
    ----------
    power : ndarray, shape (n,)
        r + x, above 0.
    alpha, s, beta : float
        Above 0.
    start, end : ndarray, shape (n,)
        0 ≤ start ≤ end, in the unit of alpha and beta.
    """
    return _by_blocks(power, alpha, s, beta, start, end, wants_averages=True)


def _by_blocks(
    power: Floats,
    alpha: float,
    s: float,
    beta: float,
    start: Floats,
    end: float | Floats,
    *,
    wants_averages: bool,
) -> Averages:
    end = np.broadcast_to(np.asarray(end, np.float64), start.shape)
    size = start.size
    result = Averages(
        np.empty(size),
        np.zeros((4, size if wants_averages else 0)),
        np.zeros((4, 4, size if wants_averages else 0)),
    )
    # Rows of one block share the nodes that the longest of them needs.
    by_length = np.argsort((end - start) / (min(alpha, beta) + start))
    for first in range(0, size, BLOCK):
        at = by_length[first : first + BLOCK]
        stretch = _stretch(power[at], alpha, s, beta, start[at], end[at])
        into = (np.zeros((4, at.size)), np.zeros((4, 4, at.size))) if wants_averages else None
        result.log_value[at] = _follow(stretch, into)
        if into is not None:
            result.first[:, at], result.second[:, :, at] = into
    return result


class Stretch(NamedTuple):
    """The integral in w = ln((near+τ)/(near+start)), near being the smaller of alpha and beta.

    Then the integrand is e^(rise·w) (1 + share·(e^w - 1))^-far_power, concave in its logarithm, with
    singularities no closer than ±iπ whatever the data are: a few Gauss-Legendre nodes reach full precision.
    """

    rise: Floats
    share: Floats
    far_power: Floats
    reach: Floats
    log_near: Floats
    log_far: Floats
    alpha_is_near: bool


def _stretch(power: Floats, alpha: float, s: float, beta: float, start: Floats, end: Floats) -> Stretch:
    alpha_is_near = alpha <= beta
    near, far = (alpha, beta) if alpha_is_near else (beta, alpha)
    other = np.full_like(power, s + 1.0)
    near_power, far_power = (power, other) if alpha_is_near else (other, power)
    rise, share = 1.0 - near_power, (near + start) / (far + start)
    reach = np.log1p((end - start) / (near + start))
    trimmed = _trimmed(rise, share, far_power, reach)
    return Stretch(rise, share, far_power, trimmed, np.log(near + start), np.log(far + start), alpha_is_near)


def _trimmed(rise: Floats, share: Floats, far_power: Floats, reach: Floats) -> Floats:
    """Return where the integrand has fallen by e^-DROP, or the end of the interval if that comes first.

    Newton's method from the right: the logarithm is concave, so each step stays beyond the point sought.
    """
    w = reach.copy()
    for _ in range(TRIMS):
        grown = np.expm1(w)
        inside = 1.0 + share * grown
        below = rise * w - far_power * np.log(inside) + DROP
        slope = rise - far_power * share * (grown + 1.0) / inside
        far_out = (below < 0.0) & (slope < 0.0)
        if not far_out.any():
            break
        w = np.where(far_out, w - below / np.where(far_out, slope, -1.0), w)
    return w


def _follow(stretch: Stretch, into: tuple[Floats, Floats] | None) -> Floats:
    """Return the log integral of each row; write the averages ``into`` arrays (4, n) and (4, 4, n)."""
    total = np.zeros_like(stretch.reach)
    for point, weight in zip(*_nodes(stretch), strict=True):
        w = point * stretch.reach
        log_inside = np.log1p(stretch.share * np.expm1(w))
        here = weight * np.exp(stretch.rise * w - stretch.far_power * log_inside)
        total += here
        if into is not None:
            _add(into, here, stretch.log_near + w, stretch.log_far + log_inside, stretch.alpha_is_near)
    if into is not None:
        into[0][:] /= total
        into[1][:] /= total
    with np.errstate(divide="ignore"):
        log_length = np.log(stretch.reach)
    log_value: Floats = (
        stretch.rise * stretch.log_near - stretch.far_power * stretch.log_far + log_length + np.log(total)
    )
    return log_value


def _nodes(stretch: Stretch) -> tuple[Floats, Floats]:
    """Gauss-Legendre nodes and weights on [0, 1], enough for the longest row (found by experiment)."""
    longest = float(stretch.reach.max(initial=0.0))
    fall = (
        stretch.far_power * np.log1p(stretch.share * np.expm1(stretch.reach)) - stretch.rise * stretch.reach
    )
    steepest = min(float(fall.max(initial=0.0)), 2.0 * DROP)
    points, weights = gauss_legendre(int(np.ceil(10.0 + 3.0 * longest + 0.5 * steepest)))
    return (points + 1.0) / 2.0, weights / 2.0


def _add(
    into: tuple[Floats, Floats], here: Floats, log_near: Floats, log_far: Floats, alpha_is_near: bool
) -> None:
    logs = (log_near, log_far) if alpha_is_near else (log_far, log_near)
    what = (logs[0], np.exp(-logs[0]), logs[1], np.exp(-logs[1]))
    first, second = into
    for i, one in enumerate(what):
        weighted = here * one
        first[i] += weighted
        for j in range(i, 4):
            second[i, j] += weighted * what[j]
            if j > i:
                second[j, i] = second[i, j]
