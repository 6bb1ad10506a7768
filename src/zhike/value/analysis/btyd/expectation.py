"""Expected orders of a customer who is alive: the hypergeometric part of the BG/NBD predictions.

Fader, Hardie & Lee (2005), equations (9) and (10), hold the factor

    (a+b+x-1)/(a-1) · [1 - ((alpha+T)/(alpha+T+t))^(r+x) · 2F1(r+x, b+x; a+b+x-1; t/(alpha+T+t))].

As printed it divides by zero at a = 1, subtracts nearly equal numbers for short horizons and overflows
for large x. Both ways below add positive numbers only, and a = 1 is a value like any other.
"""

import numpy as np
from scipy.special import exprel

from zhike.value.analysis.btyd.checks import Floats
from zhike.value.analysis.btyd.quadrature import gauss_legendre

BLOCK = 2048
"""Customers handled together; a few arrays of this length stay in the processor's cache."""

MOST_TERMS = 3000.0
"""Above this many terms of the sum the integral is cheaper."""

CHECK_EVERY = 16
SMALL = 1e-13
LARGE = 1e120


def orders_while_alive(shape: Floats, a: float | Floats, b: Floats, time_ratio: Floats) -> Floats:
    """Return the expected orders within t of customers alive at T.

    Parameters
    ----------
    shape : ndarray, shape (n,)
        r + x, above 0.
    a : float or ndarray, shape (n,)
        First parameter of the dropout probability's beta distribution.
    b : ndarray, shape (n,)
        b + x, the second parameter given the orders so far.
    time_ratio : ndarray, shape (n,)
        t / (alpha + T), without unit.

    Returns
    -------
    ndarray, shape (n,)
        To about 1e-12 of the value.
    """
    result = np.zeros(shape.shape)
    a = np.broadcast_to(np.asarray(a, np.float64), shape.shape)
    terms = expected_terms(shape, time_ratio)
    order = np.argsort(terms)
    order = order[time_ratio[order] > 0]
    split = int(np.searchsorted(terms[order], MOST_TERMS))
    for way, rows in ((by_sum, order[:split]), (by_integral, order[split:])):
        # Sorted by effort, so that no customer waits for the slowest one.
        for first in range(0, rows.size, BLOCK):
            block = rows[first : first + BLOCK]
            result[block] = way(shape[block], a[block], b[block], time_ratio[block])
    return result


def discounted_orders_while_alive(
    shape: Floats, a: float | Floats, b: Floats, origin: Floats, horizon: float, rate: float
) -> Floats:
    """Return the orders within ``horizon`` of customers alive now, each discounted to now.

    ∫_0^H e^{-δt} dY(t) = e^{-δH} Y(H) + δ ∫_0^H e^{-δt} Y(t) dt, Y as in ``orders_while_alive``.

    Parameters
    ----------
    shape, a, b
        As in ``orders_while_alive``.
    origin : ndarray, shape (n,)
        alpha + T.
    horizon, rate : float
        In the unit of ``origin`` and its inverse.
    """
    if rate > 0.0:
        # Beyond, orders count less than e^-60: nothing to add, and no reason to spend nodes on it.
        horizon = min(horizon, 60.0 / rate)
    total: Floats = np.exp(-rate * horizon) * orders_while_alive(shape, a, b, horizon / origin)
    if rate == 0.0 or horizon == 0.0 or shape.size == 0:
        return total
    # Y bends on the scale of alpha + T, which may be far below the horizon. In
    # u = log(1 + t / (alpha + T)) its nearest singularities are at ±iπ whatever the data are, so that
    # a few Gauss-Legendre nodes reach full precision.
    length = np.log1p(horizon / origin)
    points, weights = gauss_legendre(discount_nodes(float(length.max()), rate * horizon))
    for point, weight in zip((points + 1.0) / 2.0, weights / 2.0, strict=True):
        time = origin * np.expm1(length * point)
        slope = length * (origin + time)
        orders = orders_while_alive(shape, a, b, time / origin)
        total += rate * weight * slope * np.exp(-rate * time) * orders
    return total


def discount_nodes(length: float, discount: float) -> int:
    """Return how many Gauss-Legendre nodes keep the discounted orders within a relative 1e-8.

    ``length`` is the interval in log time, ``discount`` is δH. Found by experiment for lengths up to 14 and
    discounts up to 26; 10 nodes for a yearly horizon and rate. A test compares with adaptive quadrature.
    """
    return int(np.ceil(8.0 + 0.3 * discount + length * (0.6 + 0.35 * np.log1p(discount))))


def expected_terms(shape: Floats, time_ratio: Floats) -> Floats:
    """Return about how many orders a customer who never drops out might make at the most."""
    mean = shape * time_ratio
    spread = np.sqrt(mean * (1.0 + time_ratio))
    terms: Floats = mean + 8.0 * spread + 32.0 * (1.0 + time_ratio)
    return terms


def by_sum(shape: Floats, a: float | Floats, b: Floats, time_ratio: Floats) -> Floats:
    """Sum over k, the orders the customer would make without ever dropping out.

    k is negative binomial, P(k) = (shape)_k / k! · z^k · (1-z)^shape with z = s / (1+s). Order j+1 of
    them happens if no dropout followed the j before it, with probability (b)_j / (a+b)_j; the sum of
    those over j < k is what k would-be orders are worth.
    """
    z = time_ratio / (1.0 + time_ratio)
    log_scale = -shape * np.log1p(time_ratio)
    probability, survival = np.ones_like(z), np.ones_like(z)
    worth, total = np.zeros_like(z), np.zeros_like(z)
    k = 0
    while True:
        for _ in range(CHECK_EVERY):
            probability *= z * (shape + k) / (k + 1.0)
            worth += survival
            total += probability * worth
            survival *= (b + k) / (a + b + k)
            k += 1
        # The first terms of frequent buyers are far below the largest: keep them in range.
        high = total > LARGE
        if high.any():
            log_scale[high] += np.log(LARGE)
            probability[high] /= LARGE
            total[high] /= LARGE
        ratio = z * np.maximum(1.0, (shape + k) / (k + 1.0)) * (1.0 + survival / worth)
        if np.all(probability * worth * ratio <= SMALL * total * (1.0 - ratio)):
            result: Floats = np.exp(log_scale + np.log(total))
            return result


def by_integral(shape: Floats, a: float | Floats, b: Floats, time_ratio: Floats) -> Floats:
    """Average (1 - (1+ps)^-shape) / p over the dropout probability p ~ Beta(a, b).

    Trapezium rule in v, logit(p) = centre + width · sinh(v): dense where the integrand bends, and
    reaching as far as the slow tails of a small a or b need. Dividing by the same rule's integral of
    the beta density replaces its normalising constant, which would lose digits for large a and b.
    """
    a = np.broadcast_to(np.asarray(a, np.float64), b.shape)
    width = np.minimum(1.0, np.sqrt(1.0 / a + 1.0 / b))
    # Where the density is e^-60 of its peak: exponential tails with a bell of this width between them.
    left = 60.0 / a + np.log1p(60.0 / b) + 12.0 * width
    right = 60.0 / b + np.log1p(60.0 / a) + 12.0 * width
    v = np.arange(-np.arcsinh(left / width).max(), np.arcsinh(right / width).max(), 0.02)
    result = np.empty_like(shape)
    for i, (m, a_i, b_i, s, w) in enumerate(zip(shape, a, b, time_ratio, width, strict=True)):
        logit = np.log(a_i / b_i) + w * np.sinh(v)
        log_p = -np.logaddexp(0.0, -logit)
        log_density = a_i * log_p - b_i * np.logaddexp(0.0, logit)
        density = np.exp(log_density - log_density.max()) * np.cosh(v)
        p = np.maximum(np.exp(log_p), 1e-300)
        growth = np.log1p(p * s)
        value = m * growth / p * exprel(-m * growth)
        result[i] = density @ value / density.sum()
    return result
