"""The BG/NBD likelihood with a rate and a dropout of each customer's own, with derivatives.

Fader & Hardie (2007), Incorporating Time-Invariant Covariates into the Pareto/NBD and BG/NBD Models,
brucehardie.com/notes/019.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import digamma, expit, gammaln, polygamma

from zhike.value.analysis.btyd.checks import Floats, History
from zhike.value.analysis.btyd.newton import Evaluation

BLOCK = 16_384
"""Customers handled together."""


class CovariateSample(NamedTuple):
    """Histories (n,), weights (n,) and the design (n, k+1): a column of ones, then the covariates."""

    history: History
    weight: Floats
    design: Floats


def log_likelihood(sample: CovariateSample, coordinates: Floats) -> Evaluation:
    """Return the mean log-likelihood a customer with derivatives in the coordinates.

    ``coordinates``, shape (1 + 3(k+1),), are ln r, then k+1 numbers each that times the design give ln alpha_i,
    ln a_i and ln b_i.
    """
    width = sample.design.shape[1]
    value, gradient = 0.0, np.zeros(coordinates.size)
    hessian = np.zeros((coordinates.size, coordinates.size))
    places = [slice(0, 1), *(slice(1 + i * width, 1 + (i + 1) * width) for i in range(3))]
    for first in range(0, sample.weight.size, BLOCK):
        block = slice(first, first + BLOCK)
        design, weight = sample.design[block], sample.weight[block]
        logs = [np.full(weight.size, coordinates[0]), *(design @ coordinates[place] for place in places[1:])]
        here = by_row(History(*(column[block] for column in sample.history)), np.exp(np.stack(logs)))
        value += float(weight @ here.value)
        seen = [design[:, :1], design, design, design]
        for i, (place, columns) in enumerate(zip(places, seen, strict=True)):
            gradient[place] += (weight * here.gradient[i]) @ columns
            for j in range(i, 4):
                hessian[place, places[j]] += (columns.T * (weight * here.hessian[i, j])) @ seen[j]
    upper = np.triu(hessian, 1)
    hessian = np.triu(hessian) + upper.T
    customers = float(sample.weight.sum())
    return Evaluation(value / customers, gradient / customers, hessian / customers)


class Rows(NamedTuple):
    """Log-likelihood (n,), gradient (4, n) and Hessian (4, 4, n) in ln(r, alpha_i, a_i, b_i)."""

    value: Floats
    gradient: Floats
    hessian: Floats


def by_row(history: History, parameters: Floats) -> Rows:
    """Fader, Hardie & Lee (2005) eq. 6 of each customer, at parameters of shape (4, n)."""
    parts = (
        rate_part(history, parameters),
        dropout_part(history, parameters),
        gone_part(history, parameters),
    )
    gradient = np.sum([part.gradient for part in parts], axis=0)
    hessian = np.sum([part.hessian for part in parts], axis=0)
    in_logs = parameters * gradient
    hessian *= parameters[:, None] * parameters[None]
    hessian[np.arange(4), np.arange(4)] += in_logs
    return Rows(np.sum([part.value for part in parts], axis=0), in_logs, hessian)


def rate_part(history: History, parameters: Floats) -> Rows:
    """ln Γ(r+x)/Γ(r) + r ln alpha - (r+x) ln(alpha+T)."""
    r, alpha = float(parameters[0, 0]), parameters[1]
    x, end = history.frequency, alpha + history.tenure
    power, log_share = r + x, np.log(alpha / end)
    # Few frequencies are different, and r is everybody's.
    orders, at = np.unique(x, return_inverse=True)
    rising = gammaln(r + orders) - gammaln(r)
    slope, bend = digamma(r + orders) - digamma(r), polygamma(1, r + orders) - polygamma(1, r)
    value = rising[at] + r * log_share - x * np.log(end)
    gradient, hessian = np.zeros((4, x.size)), np.zeros((4, 4, x.size))
    gradient[0] = slope[at] + log_share
    gradient[1] = r / alpha - power / end
    hessian[0, 0] = bend[at]
    hessian[0, 1] = hessian[1, 0] = 1.0 / alpha - 1.0 / end
    hessian[1, 1] = power / end**2 - r / alpha**2
    return Rows(value, gradient, hessian)


def dropout_part(history: History, parameters: Floats) -> Rows:
    """ln B(a,b+x)/B(a,b)."""
    a, b = parameters[2:]
    x = history.frequency
    value = gammaln(b + x) - gammaln(b) + gammaln(a + b) - gammaln(a + b + x)
    gradient, hessian = np.zeros((4, x.size)), np.zeros((4, 4, x.size))
    gradient[2] = digamma(a + b) - digamma(a + b + x)
    gradient[3] = gradient[2] + digamma(b + x) - digamma(b)
    hessian[2:, 2:] = polygamma(1, a + b) - polygamma(1, a + b + x)
    hessian[3, 3] += polygamma(1, b + x) - polygamma(1, b)
    return Rows(value, gradient, hessian)


def gone_part(history: History, parameters: Floats) -> Rows:
    """ln(1 + e^u) for x > 0, u = ln a/(b+x-1) + (r+x) ln (alpha+T)/(alpha+t_x)."""
    r, alpha, a, b = parameters
    x, repeat = history.frequency, history.frequency > 0
    end, last, before = alpha + history.tenure, alpha + history.tenure_at_last_order, b + np.maximum(x, 1) - 1
    power, quiet = r + x, 1.0 / end - 1.0 / last
    log_quiet = np.log(end / last)
    u = np.log(a / before) + power * log_quiet
    gone = np.where(repeat, expit(u), 0.0)
    slope = np.stack([log_quiet, power * quiet, 1.0 / a, -1.0 / before])
    hessian = gone * (1.0 - gone) * slope[:, None] * slope[None]
    hessian[0, 1] += gone * quiet
    hessian[1, 0] = hessian[0, 1]
    hessian[1, 1] += gone * power * (1.0 / last**2 - 1.0 / end**2)
    hessian[2, 2] -= gone / a**2
    hessian[3, 3] += gone / before**2
    return Rows(np.where(repeat, np.logaddexp(0.0, u), 0.0), gone * slope, hessian)
