"""The chance of having left between two moments: the hypergeometric part of Pareto/NBD.

Schmittlein, Morrison & Colombo (1987) and Fader & Hardie (2005) hold differences of Gaussian hypergeometric
functions, each an integral over the unseen moment τ of leaving:

    ∫_t^U (alpha+τ)^-(r+x) (beta+τ)^-(s+1) dτ.

2F1 overflows for frequent buyers, and its derivatives with respect to parameters have no closed form. The
integral has one sign, may be taken in logarithms, and differentiates under the integral sign: gradient and
Hessian are averages over the same integrand.

Over its leading term the integral is so smooth in ln(t) that a few moments tell it for all (``_interpolated``).
"""

from typing import NamedTuple

import numpy as np
from numpy.polynomial.chebyshev import chebpts1

from zhike.value.analysis.btyd.chebyshev import interpolated
from zhike.value.analysis.btyd.checks import Floats
from zhike.value.analysis.btyd.quadrature import gauss_legendre
from zhike.value.analysis.btyd.summary import unique_codes

BLOCK = 256
"""Rows handled together with all their nodes; a few such arrays stay in the processor's cache."""

DROP = 38.0
"""The integrand is followed until it has fallen by e^-38: the rest is below rounding."""

TRIMS = 12

FAR = np.exp(40.0)
"""What is left so many times later differs by nothing that could be told from rounding."""

PAIRS = np.triu_indices(4)


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
    power: Floats, alpha: float, s: float, beta: float, start: Floats, end: float | Floats | None = None
) -> Floats:
    """Return ln ∫_start^end (alpha+τ)^-power (beta+τ)^-(s+1) dτ, shape (n,), without averages."""
    over = _over_leading(power, alpha, s, beta, start, end, wants_averages=False)
    found: Floats = _log_leading(power, alpha, s, beta, start) + over[0]
    return found


def averages(
    power: Floats, alpha: float, s: float, beta: float, start: Floats, end: float | Floats | None = None
) -> Averages:
    """Return the integral and its averages.

    Parameters
    ----------
    power : ndarray, shape (n,)
        r + x, above 0. Fast where rows of the same power stand together.
    alpha, s, beta : float
        Above 0.
    start, end : ndarray, shape (n,)
        0 ≤ start ≤ end, in the unit of alpha and beta. Without an end it is `FAR` after the latest start, the
        same for all rows.
    """
    found = _over_leading(power, alpha, s, beta, start, end, wants_averages=True)
    here = np.stack([alpha + start, beta + start])
    zero, one = np.zeros_like(here), np.ones_like(here)
    # What was averaged is ln((alpha+τ)/(alpha+start)), (alpha+start)/(alpha+τ), and the same of beta.
    shift = np.stack([np.log(here), zero], axis=1).reshape(4, -1)
    scale = np.stack([one, 1.0 / here], axis=1).reshape(4, -1)
    mean = scale * found[1:5]
    second = np.empty((4, 4, start.size))
    for (i, j), product in zip(np.transpose(PAIRS), found[5:], strict=True):
        second[i, j] = scale[i] * scale[j] * product
        second[i, j] += shift[i] * mean[j] + shift[j] * (mean[i] + shift[i])
        second[j, i] = second[i, j]
    log_value = _log_leading(power, alpha, s, beta, start) + found[0]
    return Averages(log_value, shift + mean, second)


def _log_leading(power: Floats, alpha: float, s: float, beta: float, start: Floats) -> Floats:
    leading: Floats = -power * np.log(alpha + start) - (s + 1.0) * np.log(beta + start)
    return leading


def _over_leading(
    power: Floats,
    alpha: float,
    s: float,
    beta: float,
    start: Floats,
    end: float | Floats | None,
    *,
    wants_averages: bool,
) -> Floats:
    """Return the log integral over the integrand at its start and, if wanted, the averages: shape (1 or 15, n).

    Averages are of the logs and inverses of (alpha+τ)/(alpha+start) and (beta+τ)/(beta+start), then of their
    products in the order of `PAIRS`.
    """
    if end is not None:
        ends = np.broadcast_to(np.asarray(end, np.float64), start.shape)
        return _by_blocks(power, alpha, s, beta, start, ends, wants_averages)
    near, powers = min(alpha, beta), np.unique(power)
    latest = near + float(start.max(initial=0.0))
    count = _moments(float(np.log(latest / near)))
    if powers.size * count < power.size:
        return _interpolated(power, alpha, s, beta, start, count, wants_averages)
    return _by_blocks(power, alpha, s, beta, start, np.full_like(start, latest * FAR), wants_averages)


def _moments(length: float) -> int:
    """How many moments tell all of an interval of ln(near+start): the nearest singularities are at ±iπ, as below."""
    return 4 + int(np.ceil(28.0 / np.arcsinh(2.0 * np.pi / max(length, 0.1))))


def _interpolated(
    power: Floats, alpha: float, s: float, beta: float, start: Floats, count: int, wants_averages: bool
) -> Floats:
    """As `_over_leading`, from Chebyshev series in ln(near+start) of each power: to about 1e-13."""
    near = min(alpha, beta)
    length = float(np.log1p(start.max() / near))
    powers, power_at = unique_codes(power)
    moments = near * np.expm1((chebpts1(count) + 1.0) / 2.0 * length)
    ends = np.full(powers.size * count, (near + start.max()) * FAR)
    told = _by_blocks(
        np.repeat(powers, count), alpha, s, beta, np.tile(moments, powers.size), ends, wants_averages
    )
    values = told.reshape(-1, powers.size, count).transpose(1, 2, 0)
    found = interpolated(values, power_at, np.log1p(start / near) * (2.0 / length) - 1.0)
    return np.ascontiguousarray(found.T)


def _by_blocks(
    power: Floats, alpha: float, s: float, beta: float, start: Floats, end: Floats, wants_averages: bool
) -> Floats:
    result = np.empty((15 if wants_averages else 1, start.size))
    # Rows of one block share the nodes that the longest of them needs.
    by_length = np.argsort((end - start) / (min(alpha, beta) + start))
    for first in range(0, start.size, BLOCK):
        at = by_length[first : first + BLOCK]
        stretch = _stretch(power[at], alpha, s, beta, start[at], end[at])
        result[:, at] = _follow(stretch, wants_averages)
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
    alpha_is_near: bool


def _stretch(power: Floats, alpha: float, s: float, beta: float, start: Floats, end: Floats) -> Stretch:
    alpha_is_near = alpha <= beta
    near, far = (alpha, beta) if alpha_is_near else (beta, alpha)
    other = np.full_like(power, s + 1.0)
    near_power, far_power = (power, other) if alpha_is_near else (other, power)
    rise, share = 1.0 - near_power, (near + start) / (far + start)
    reach = np.log1p((end - start) / (near + start))
    trimmed = _trimmed(rise, share, far_power, reach)
    return Stretch(rise, share, far_power, trimmed, np.log(near + start), alpha_is_near)


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


def _follow(stretch: Stretch, wants_averages: bool) -> Floats:
    """Return the columns of `_over_leading`, shape (1 or 15, n)."""
    points, weights = _nodes(stretch)
    w = points[:, None] * stretch.reach
    grown = np.expm1(w)
    log_inside = np.log1p(stretch.share * grown)
    here = weights[:, None] * np.exp(stretch.rise * w - stretch.far_power * log_inside)
    total = here.sum(axis=0)
    with np.errstate(divide="ignore"):
        log_value: Floats = stretch.log_near + np.log(stretch.reach) + np.log(total)
    if not wants_averages:
        return log_value.reshape(1, -1)
    near, far = (w, 1.0 / (1.0 + grown)), (log_inside, 1.0 / (1.0 + stretch.share * grown))
    what = (*near, *far) if stretch.alpha_is_near else (*far, *near)
    here /= total
    weighted = [here * one for one in what]
    means = [each.sum(axis=0) for each in weighted]
    products = [np.einsum("nr,nr->r", weighted[i], what[j]) for i, j in zip(*PAIRS, strict=True)]
    return np.stack([log_value, *means, *products])


def _nodes(stretch: Stretch) -> tuple[Floats, Floats]:
    """Gauss-Legendre nodes and weights on [0, 1], enough for the longest row (found by experiment)."""
    longest = float(stretch.reach.max(initial=0.0))
    fall = (
        stretch.far_power * np.log1p(stretch.share * np.expm1(stretch.reach)) - stretch.rise * stretch.reach
    )
    steepest = min(float(fall.max(initial=0.0)), 2.0 * DROP)
    # In eights, so that few rules are ever made.
    points, weights = gauss_legendre(8 * int(np.ceil((10.0 + 2.0 * longest + 0.5 * steepest) / 8.0)))
    return (points + 1.0) / 2.0, weights / 2.0
