"""The BG/NBD and MBG/NBD likelihoods with first and second derivatives.

BG/NBD: Fader, Hardie & Lee (2005) eq. 6. MBG/NBD: Batislam, Denizel & Filiztekin (2007); its customers may
leave after the first order too, so that n = x + 1 orders gave a chance to leave instead of n = x. Nothing
else differs: everything below counts chances, and ``first_chance`` is 1 for MBG/NBD.
"""

import numpy as np
from scipy.special import digamma, gammaln, polygamma

from zhike.value.analysis.btyd.checks import Floats
from zhike.value.analysis.btyd.newton import Evaluation, in_logs
from zhike.value.analysis.btyd.summary import HistorySummary

BLOCK = 8192
"""Histories handled together, so that intermediate arrays stay in the processor's cache."""


def log_likelihood(summary: HistorySummary, log_parameters: Floats, first_chance: int = 0) -> Evaluation:
    """Return the mean log-likelihood a customer, with derivatives in log(r, alpha, a, b).

    Eq. 6 as ln L = ln Γ(r+x)/Γ(r) + ln B(a,b+n)/B(a,b) + r ln alpha - (r+x) ln(alpha+T)
    + ln(1 + e^u), where u = ln a/(b+n-1) + (r+x) ln (alpha+T)/(alpha+t_x), for n > 0 only, are the log
    odds of having dropped out, and n = x + first_chance.
    Everything but the last term is a sum over unique x or unique T.
    """
    parameters = np.exp(log_parameters)
    parts = (
        by_orders(summary, parameters, first_chance),
        by_tenure(summary, parameters),
        by_history(summary, parameters, first_chance),
    )
    customers = summary.order_weight.sum()
    total = Evaluation(
        sum(part.value for part in parts) / customers,
        np.sum([part.gradient for part in parts], axis=0) / customers,
        np.sum([part.hessian for part in parts], axis=0) / customers,
    )
    return in_logs(parameters, total)


def by_orders(summary: HistorySummary, parameters: Floats, first_chance: int) -> Evaluation:
    """Σ ln Γ(r+x)/Γ(r) + ln B(a,b+n)/B(a,b)."""
    r, _, a, b = parameters
    x, weight = summary.orders, summary.order_weight
    n = x + first_chance
    value = weight @ (
        gammaln(r + x) - gammaln(r) + gammaln(b + n) - gammaln(b) + gammaln(a + b) - gammaln(a + b + n)
    )
    gradient, hessian = np.zeros(4), np.zeros((4, 4))
    gradient[0] = weight @ (digamma(r + x) - digamma(r))
    gradient[2] = weight @ (digamma(a + b) - digamma(a + b + n))
    gradient[3] = gradient[2] + weight @ (digamma(b + n) - digamma(b))
    hessian[0, 0] = weight @ (polygamma(1, r + x) - polygamma(1, r))
    hessian[2:, 2:] = weight @ (polygamma(1, a + b) - polygamma(1, a + b + n))
    hessian[3, 3] += weight @ (polygamma(1, b + n) - polygamma(1, b))
    return Evaluation(float(value), gradient, hessian)


def by_tenure(summary: HistorySummary, parameters: Floats) -> Evaluation:
    """Σ r ln alpha - (r+x) ln(alpha+T)."""
    r, alpha, _, _ = parameters
    n, end = summary.tenure_weight, alpha + summary.tenures
    total, powers = n.sum(), r * n + summary.tenure_orders
    gradient, hessian = np.zeros(4), np.zeros((4, 4))
    gradient[0] = total * np.log(alpha) - n @ np.log(end)
    gradient[1] = r * total / alpha - powers @ (1.0 / end)
    hessian[0, 1] = hessian[1, 0] = total / alpha - n @ (1.0 / end)
    hessian[1, 1] = powers @ end**-2.0 - r * total / alpha**2
    value = r * gradient[0] - summary.tenure_orders @ np.log(end)
    return Evaluation(float(value), gradient, hessian)


def by_history(summary: HistorySummary, parameters: Floats, first_chance: int) -> Evaluation:
    """Σ ln(1 + e^u): the only part that visits every unique history."""
    r, alpha, a, b = parameters
    end, last = alpha + summary.tenures, alpha + summary.last_tenures
    power = r + summary.orders
    chances = summary.orders + first_chance
    log_odds = np.log(a) - np.log(b + np.maximum(chances, 1.0) - 1.0)
    # Logarithms and divisions for each unique time only; the histories look them up.
    tables = (power, log_odds, np.log(end), 1.0 / end, np.log(last), 1.0 / last)
    value, sums = 0.0, np.zeros((10, summary.orders.size))
    for first in range(0, summary.weight.size, BLOCK):
        block_value, block_sums = block_of_histories(summary, slice(first, first + BLOCK), tables)
        value += block_value
        sums += block_sums
    return Evaluation(value, *dropout_derivatives(sums, power, a, b + chances - 1.0))


def block_of_histories(
    summary: HistorySummary, block: slice, tables: tuple[Floats, ...]
) -> tuple[float, Floats]:
    """Return Σ ln(1 + e^u) over a block of histories, and its sums for each unique x, shape (10, x).

    With s the probability of having dropped out, v = s(1-s) and u's derivatives d in r and (r+x) d1 in
    alpha (d2 one order further), the rows are s, s d, s d1, s d2, v, v d, v d1, v d d, v d d1, v d1 d1.
    """
    power, log_odds, log_end, inverse_end, log_last, inverse_last = tables
    at, last_at = summary.order_at[block], summary.last_at[block]
    tenure_at, weight = summary.tenure_at[block], summary.weight[block]
    by_end, by_last = inverse_end[tenure_at], inverse_last[last_at]
    d, d1 = log_end[tenure_at] - log_last[last_at], by_end - by_last
    u = log_odds[at] + power[at] * d
    small = np.exp(-np.abs(u))
    value = weight @ (np.maximum(u, 0.0) + np.log(1.0 + small))
    dead = np.where(u >= 0.0, 1.0, small) / (1.0 + small)
    s = weight * dead
    v = s * (1.0 - dead)
    v_d, v_d1 = v * d, v * d1
    rows = (s, s * d, s * d1, -s * d1 * (by_end + by_last), v, v_d, v_d1, v_d * d, v_d * d1, v_d1 * d1)
    # Histories are sorted by x, so that sums for each x are sums of slices.
    starts = np.flatnonzero(np.diff(at, prepend=-1))
    sums = np.zeros((len(rows), summary.orders.size))
    sums[:, at[starts]] = np.add.reduceat(np.stack(rows), starts, axis=1)
    return float(value), sums


def dropout_derivatives(sums: Floats, power: Floats, a: float, b: Floats) -> tuple[Floats, Floats]:
    """Put sums of ``block_of_histories``, shape (10, x), together into a gradient (4,) and a Hessian (4, 4).

    ``power`` is r + x and ``b`` is b + n - 1, shape (x,). The Hessian is that of Σ ln(1 + e^u):
    Σ s(1-s) u' u'ᵀ + s u'', s the probability of having dropped out.
    """
    s, s_d, s_d1, s_d2, v, v_d, v_d1, v_dd, v_dd1, v_d1d1 = sums
    inverse = np.divide(1.0, b, out=np.zeros_like(b), where=s > 0)
    gradient = np.array([s_d.sum(), power @ s_d1, s.sum() / a, -(inverse @ s)])
    hessian = np.zeros((4, 4))
    hessian[0] = [v_dd.sum(), power @ v_dd1 + s_d1.sum(), v_d.sum() / a, -(inverse @ v_d)]
    hessian[1, 1:] = [power**2 @ v_d1d1 + power @ s_d2, power @ v_d1 / a, -(inverse * power @ v_d1)]
    hessian[2, 2:] = [(v.sum() - s.sum()) / a**2, -(inverse @ v) / a]
    hessian[3, 3] = inverse**2 @ (v + s)
    upper = np.triu(hessian, 1)
    return gradient, hessian + upper.T
