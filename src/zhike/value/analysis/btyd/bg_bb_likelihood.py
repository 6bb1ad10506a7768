"""The BG/BB likelihood of Fader, Hardie & Shang (2010) with first and second derivatives."""

from typing import NamedTuple

import numpy as np
from scipy.special import betaln, digamma, gammaln, polygamma

from zhike.value.analysis.btyd.checks import Floats
from zhike.value.analysis.btyd.newton import Evaluation, in_logs
from zhike.value.analysis.btyd.summary import Indices, weighted_unique

TERMS = 100_000
"""Terms handled together, so that intermediate arrays stay small."""


class Chances(NamedTuple):
    """Checked histories in opportunities: x of them taken, the last one at t_x, n in all; float arrays (u,)."""

    frequency: Floats
    last: Floats
    opportunities: Floats


class ChancesSummary(NamedTuple):
    """Unique histories and the customers of each."""

    histories: Chances
    weight: Floats


class Terms(NamedTuple):
    """The ways a history can have come about, one a row: the customer left after ``stayed`` opportunities.

    ``row`` is the history, in ascending order; ``left`` is 1, or 0 for the last way of each history: still there.
    """

    row: Indices
    taken: Indices
    stayed: Indices
    left: Indices


def chances_summary(histories: Chances, weights: Floats | None) -> ChancesSummary:
    """Collapse customers, shape (n,), into weighted unique histories."""
    x, last, n = (column.astype(np.intp) for column in histories)
    size = int(n.max(initial=0)) + 1
    keys, weight = weighted_unique((n * size + last) * size + x, weights)
    rest, unique_x = np.divmod(keys, size)
    unique_n, unique_last = np.divmod(rest, size)
    columns = (column.astype(np.float64) for column in (unique_x, unique_last, unique_n))
    return ChancesSummary(Chances(*columns), weight)


def terms_of(histories: Chances) -> Terms:
    """List the ways for each history: the customer left after t_x, …, n - 1 opportunities, or not at all."""
    x, last, n = (column.astype(np.intp) for column in histories)
    ways = n - last + 1
    row = np.repeat(np.arange(x.size), ways)
    first = np.cumsum(ways) - ways
    stayed = last[row] + np.arange(row.size) - first[row]
    return Terms(row, x[row], stayed, (stayed < n[row]).astype(np.intp))


def log_terms(terms: Terms, parameters: Floats) -> Floats:
    """Return ln B(α+x, β+m-x)/B(α,β) · B(γ+e, δ+m)/B(γ,δ) for each way: m opportunities stayed, e = ``left``."""
    alpha, beta, gamma, delta = parameters
    counts = np.arange(int(terms.stayed.max(initial=0)) + 2)
    at_taken, at_missed = gammaln(alpha + counts), gammaln(beta + counts)
    at_stayed, at_both, at_end = (gammaln(base + counts) for base in (delta, alpha + beta, gamma + delta))
    taken, stayed, left = terms.taken, terms.stayed, terms.left
    value: Floats = at_taken[taken] + at_missed[stayed - taken] - at_both[stayed] - betaln(alpha, beta)
    value += gammaln([gamma, gamma + 1.0])[left] + at_stayed[stayed] - at_end[stayed + left]
    value -= betaln(gamma, delta)
    return value


def log_sums(terms: Terms, values: Floats, rows: int) -> Floats:
    """Return ln Σ e^value over the ways of each history, shape (rows,)."""
    starts = np.searchsorted(terms.row, np.arange(rows))
    largest = np.maximum.reduceat(values, starts)
    sums: Floats = largest + np.log(np.add.reduceat(np.exp(values - largest[terms.row]), starts))
    return sums


def log_likelihood(summary: ChancesSummary, log_parameters: Floats) -> Evaluation:
    """Return the mean log-likelihood a customer with derivatives in log(alpha, beta, gamma, delta)."""
    parameters = np.exp(log_parameters)
    value, gradient, hessian = 0.0, np.zeros(4), np.zeros((4, 4))
    ways = np.cumsum(summary.histories.opportunities - summary.histories.last + 1.0)
    cuts = np.searchsorted(ways, np.arange(TERMS, ways[-1], TERMS))
    for block in np.split(np.arange(ways.size), np.unique(cuts)):
        if block.size:
            part = Chances(*(column[block] for column in summary.histories))
            here = block_of_histories(part, summary.weight[block], parameters)
            value, gradient, hessian = value + here.value, gradient + here.gradient, hessian + here.hessian
    n = float(summary.weight.sum())
    return in_logs(parameters, Evaluation(value / n, gradient / n, hessian / n))


def block_of_histories(histories: Chances, weight: Floats, parameters: Floats) -> Evaluation:
    """Return Σ w ln L over histories, gradient (4,) and Hessian (4, 4) in the parameters.

    With s_i the share of way i in its history's likelihood and g_i, H_i the derivatives of its log: the gradient
    is Σ s_i g_i, the Hessian Σ s_i (H_i + g_i g_iᵀ) less the outer product of the gradient, history by history.
    """
    terms = terms_of(histories)
    values = log_terms(terms, parameters)
    total = log_sums(terms, values, weight.size)
    share = np.exp(values - total[terms.row])
    slopes, curves = term_derivatives(terms, parameters)
    starts = np.searchsorted(terms.row, np.arange(weight.size))
    mean = np.add.reduceat(share * slopes, starts, axis=1)
    weighted = weight[terms.row] * share
    hessian = (slopes * weighted) @ slopes.T - (mean * weight) @ mean.T
    hessian[[0, 1, 2, 3], [0, 1, 2, 3]] += curves[:4] @ weighted
    hessian[[0, 1, 2, 3], [1, 0, 3, 2]] += curves[[4, 4, 5, 5]] @ weighted
    return Evaluation(float(weight @ total), mean @ weight, hessian)


def term_derivatives(terms: Terms, parameters: Floats) -> tuple[Floats, Floats]:
    """Return derivatives of ``log_terms``: first (4, terms); second (6, terms): four own, then αβ and γδ."""
    alpha, beta, gamma, delta = parameters
    counts = np.arange(int(terms.stayed.max(initial=0)) + 2)
    missed, end = terms.stayed - terms.taken, terms.stayed + terms.left
    parts = (
        (alpha, terms.taken),
        (beta, missed),
        (gamma, terms.left),
        (delta, terms.stayed),
        (alpha + beta, terms.stayed),
        (gamma + delta, end),
    )
    first = np.stack([(digamma(base + counts) - digamma(base))[at] for base, at in parts])
    second = np.stack([(polygamma(1, base + counts) - polygamma(1, base))[at] for base, at in parts])
    pair = [4, 4, 5, 5]
    return first[:4] - first[pair], np.concatenate([second[:4] - second[pair], -second[4:]])
