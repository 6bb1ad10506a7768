"""Lifetimes that end with a probability which differs between customers: the beta-geometric distribution.

Each period a customer leaves with probability θ ~ Beta(a, b) and stays with 1 - θ. Fader & Hardie (2007) use it
for contracts, Fader, Hardie & Shang (2010) for the unseen lifetimes of BG/BB.
"""

import numpy as np
from scipy.special import gammaln

from zhike.value.analysis.btyd.checks import Floats

CLOSE = 1e-13
MOST_LEVELS = 2**17


def log_survival(a: float, b: Floats, periods: Floats) -> Floats:
    """Return ln B(a, b+t)/B(a, b): the chance of staying t periods; ``b`` and t broadcast together."""
    result: Floats = gammaln(b + periods) - gammaln(b) + gammaln(a + b) - gammaln(a + b + periods)
    return result


def expected_periods(a: float, b: Floats, periods: int) -> Floats:
    """Return Σ_{t=1}^{periods} B(a, b+t)/B(a, b), shape of ``b``: the periods a customer is still to stay.

    The closed form in gamma functions divides by a - 1; this adds positive numbers only.
    """
    staying, total = np.ones_like(b), np.zeros_like(b)
    for t in range(periods):
        staying = staying * (b + t) / (a + b + t)
        total += staying
    return total


def discounted_periods(a: float, b: Floats, discount_rate: float) -> Floats:
    """Return Σ_{t≥1} (1+d)^-t B(a, b+t)/B(a, b), shape of ``b``, to about 1e-12 of the value.

    With z = 1/(1+d) it is z b/(a+b) · 2F1(1, b+1; a+b+1; z), for which Gauss's continued fraction converges at
    any z < 1 with positive terms only. At d = 0 it is b / (a-1), infinite for a ≤ 1.
    """
    if discount_rate == 0.0:
        endless: Floats = b / (a - 1.0) if a > 1.0 else np.full(b.shape, np.inf)
        return endless
    z = 1.0 / (1.0 + discount_rate)
    levels = int(16 + 10.0 / np.sqrt(1.0 - z))
    before = gauss_fraction(b + 1.0, a + b + 1.0, z, levels)
    while levels < MOST_LEVELS:
        levels *= 2
        fraction = gauss_fraction(b + 1.0, a + b + 1.0, z, levels)
        if np.all(np.abs(fraction - before) <= CLOSE * fraction):
            break
        before = fraction
    result: Floats = z * b / (a + b) * before
    return result


def gauss_fraction(b: Floats, c: Floats, z: float, levels: int) -> Floats:
    """Return 2F1(1, b; c; z) = 1/(1 - k_1 z/(1 - k_2 z/(1 - …))) with 2 ``levels`` + 1 fractions (DLMF 15.7.1)."""
    inner = np.ones_like(b)
    for n in range(levels, 0, -1):
        odd = (b + n) * (c + n - 1.0) / ((c + 2.0 * n - 1.0) * (c + 2.0 * n))
        even = n * (c - b + n - 1.0) / ((c + 2.0 * n - 2.0) * (c + 2.0 * n - 1.0))
        inner = 1.0 - even * z / (1.0 - odd * z / inner)
    result: Floats = 1.0 / (1.0 - b / c * z / inner)
    return result
