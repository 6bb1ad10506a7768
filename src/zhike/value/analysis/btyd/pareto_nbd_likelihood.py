"""The Pareto/NBD likelihood with first and second derivatives.

Schmittlein, Morrison & Colombo (1987); Fader & Hardie (2005), A Note on Deriving the Pareto/NBD Model and
Related Expressions (brucehardie.com/notes/009), with the integral over the moment of leaving kept (``dropout_integral``).
"""

from typing import NamedTuple

import numpy as np
from scipy.special import digamma, gammaln, polygamma

from zhike.value.analysis.btyd.checks import Floats, History
from zhike.value.analysis.btyd.dropout_integral import averages
from zhike.value.analysis.btyd.newton import Evaluation, in_logs
from zhike.value.analysis.btyd.summary import (
    HistorySummary,
    Indices,
    history_summary,
    unique_pairs,
)

BLOCK = 8192
"""Histories handled together, so that intermediate arrays stay in the processor's cache."""


class ParetoSummary(NamedTuple):
    """Unique histories, and the unique pairs of repeat orders and a moment that they hold.

    Attributes
    ----------
    histories : HistorySummary
        One-time buyers included.
    power_of : ndarray, shape (p,)
        Repeat orders x of each pair.
    moment : ndarray, shape (p,)
        Its moment: the last order or the end of observation.
    last_at, end_at : ndarray of int, shape (u,)
        The pairs of each history.
    """

    histories: HistorySummary
    power_of: Floats
    moment: Floats
    last_at: Indices
    end_at: Indices


def pareto_summary(history: History, weights: Floats | None) -> ParetoSummary:
    """Collapse customers, shape (n,), into weighted unique histories and their pairs."""
    unique = history_summary(history, weights, keep_one_time=True)
    orders = unique.orders[unique.order_at]
    moments = np.concatenate([unique.last_tenures[unique.last_at], unique.tenures[unique.tenure_at]])
    power_of, moment, pair_at = unique_pairs(np.concatenate([orders, orders]), moments)
    return ParetoSummary(unique, power_of, moment, pair_at[: orders.size], pair_at[orders.size :])


class Term(NamedTuple):
    """One term of the likelihood for each pair: log value (p,), gradient (4, p) and curvature (4, 4, p).

    The curvature is the second derivative of the term over the term: that of its log plus the outer
    product of the gradient.
    """

    log_value: Floats
    gradient: Floats
    curvature: Floats


def log_likelihood(summary: ParetoSummary, log_parameters: Floats) -> Evaluation:
    """Return the mean log-likelihood a customer, with derivatives in log(r, alpha, s, beta).

    L = Γ(r+x)/Γ(r) alpha^r beta^s · [(alpha+T)^-(r+x) (beta+T)^-s + s ∫_{t_x}^T (alpha+τ)^-(r+x)
    (beta+τ)^-(s+1) dτ]: still there at T, or gone at τ since the last order.

    The integral is taken as the difference of those from t_x and from T to the longest tenure. So it is needed
    for unique (x, t) only, not for each (x, t_x, T); little is lost, because s times the second never
    exceeds the first term.
    """
    parameters = np.exp(log_parameters)
    alive = alive_term(summary, parameters)
    gone = gone_term(summary, parameters)
    value, last_weight, end_weight, alive_weight, products = over_histories(summary, alive, gone)
    gone_weight = last_weight - end_weight
    gradient = alive.gradient @ alive_weight + gone.gradient @ gone_weight
    hessian = alive.curvature @ alive_weight + gone.curvature @ gone_weight - products
    constant = without_history(summary.histories, parameters)
    customers = summary.histories.order_weight.sum()
    total = Evaluation(
        (value + constant.value) / customers,
        (gradient + constant.gradient) / customers,
        (hessian + constant.hessian) / customers,
    )
    return in_logs(parameters, total)


def without_history(unique: HistorySummary, parameters: Floats) -> Evaluation:
    """Σ ln Γ(r+x)/Γ(r) + r ln alpha + s ln beta."""
    r, alpha, s, beta = parameters
    x, weight = unique.orders, unique.order_weight
    total = weight.sum()
    value = weight @ (gammaln(r + x) - gammaln(r)) + total * (r * np.log(alpha) + s * np.log(beta))
    rising = weight @ (digamma(r + x) - digamma(r))
    gradient = np.array(
        [rising + total * np.log(alpha), total * r / alpha, total * np.log(beta), total * s / beta]
    )
    hessian = np.zeros((4, 4))
    hessian[0, 0] = weight @ (polygamma(1, r + x) - polygamma(1, r))
    hessian[0, 1] = hessian[1, 0] = total / alpha
    hessian[1, 1] = -total * r / alpha**2
    hessian[2, 3] = hessian[3, 2] = total / beta
    hessian[3, 3] = -total * s / beta**2
    return Evaluation(float(value), gradient, hessian)


def alive_term(summary: ParetoSummary, parameters: Floats) -> Term:
    """(alpha+t)^-(r+x) (beta+t)^-s of each pair."""
    r, alpha, s, beta = parameters
    power, end, far_end = r + summary.power_of, alpha + summary.moment, beta + summary.moment
    log_end, log_far_end = np.log(end), np.log(far_end)
    gradient = np.stack([-log_end, -power / end, -log_far_end, -s / far_end])
    curvature = gradient[:, None] * gradient[None]
    curvature[0, 1] -= 1.0 / end
    curvature[1, 1] += power / end**2
    curvature[2, 3] -= 1.0 / far_end
    curvature[3, 3] += s / far_end**2
    curvature[1, 0], curvature[3, 2] = curvature[0, 1], curvature[2, 3]
    return Term(-power * log_end - s * log_far_end, gradient, curvature)


def gone_term(summary: ParetoSummary, parameters: Floats) -> Term:
    """s ∫_t^U (alpha+τ)^-(r+x) (beta+τ)^-(s+1) dτ of each pair, U so far after the longest tenure that nothing is left."""
    r, alpha, s, beta = parameters
    power = r + summary.power_of
    found = averages(power, alpha, s, beta, summary.moment)
    # The integrand's log derivatives are -1, -power, -1, -(s+1) times what was averaged.
    factor = -np.stack([np.ones_like(power), power, np.ones_like(power), np.full_like(power, s + 1.0)])
    gradient = factor * found.first
    curvature = factor[:, None] * factor[None] * found.second
    curvature[0, 1] -= found.first[1]
    curvature[1, 1] += power * found.second[1, 1]
    curvature[2, 3] -= found.first[3]
    curvature[3, 3] += (s + 1.0) * found.second[3, 3]
    # The factor s: its second derivative is 0, its slope 1/s meets the gradient of the integral.
    curvature[2] += gradient / s
    curvature[:, 2] = curvature[2]
    curvature[2, 2] = factor[2] ** 2 * found.second[2, 2] + 2.0 * gradient[2] / s
    curvature[1, 0], curvature[3, 2] = curvature[0, 1], curvature[2, 3]
    gradient[2] += 1.0 / s
    return Term(np.log(s) + found.log_value, gradient, curvature)


def over_histories(
    summary: ParetoSummary, alive: Term, gone: Term
) -> tuple[float, Floats, Floats, Floats, Floats]:
    """Σ ln(alive at T + gone since t_x - gone since T), and what its derivatives need.

    Returns the value; for each pair (p,) the weighted shares of the three terms, of which the derivatives are
    sums; and Σ g gᵀ (4, 4) over histories.
    """
    weight, pairs = summary.histories.weight, summary.moment.size
    value, products = 0.0, np.zeros((4, 4))
    sums = np.zeros((3, pairs))
    for first in range(0, weight.size, BLOCK):
        block = slice(first, first + BLOCK)
        last, end, w = summary.last_at[block], summary.end_at[block], weight[block]
        logs = np.stack([gone.log_value[last], gone.log_value[end], alive.log_value[end]])
        top = np.maximum(logs[0], logs[2])
        parts = np.exp(logs - top)
        total = parts[0] - parts[1] + parts[2]
        value += float(w @ (top + np.log(total)))
        shares = parts / total
        g = shares[0] * gone.gradient[:, last]
        g += shares[2] * alive.gradient[:, end] - shares[1] * gone.gradient[:, end]
        products += (g * w) @ g.T
        for row, (at, share) in enumerate(zip((last, end, end), shares, strict=True)):
            sums[row] += np.bincount(at, w * share, pairs)
    return value, sums[0], sums[1], sums[2], products
