"""What a customer may spend: prediction intervals from the distributions of orders and of amounts.

The amounts of a customer are Gamma(p, ν), and ν given ``count`` orders of mean z̄ is Gamma(Q, G) with Q = q + p·count
and G = gamma + count·z̄ (Fader & Hardie 2013, eq. 4). So y orders are worth G times a beta prime variable of shapes
p·y and Q, whatever the amounts were: P(S ≤ G·ratio | y) = I_u(p·y, Q), u = ratio/(1 + ratio). The quantiles of the
ratio depend on (x, t_x, T, count) only, and each unique history is computed once.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc, betaincinv, betaln

from zhike.value.analysis.btyd.checks import Floats
from zhike.value.analysis.btyd.gamma_gamma import GammaGammaParameters
from zhike.value.analysis.btyd.intervals_future import Future, OrderModel, cells
from zhike.value.analysis.btyd.intervals_orders import (
    Interval,
    Prospects,
    checked_question,
    checked_tail,
    prospects,
)
from zhike.value.analysis.btyd.intervals_total import checked_amounts
from zhike.value.analysis.btyd.summary import Indices, unique_pairs

PAIRS = 4096
"""Curves computed together."""

REST = 1e-6
"""Probability of even more orders, which are then taken for the most looked at."""

MOST_NODES = 600
HALVINGS = 16


class Curves(NamedTuple):
    """P(S > G·e^node | alive) of each pair (x, T), and its slope in the log: shapes (k,), (n, k), (n, k).

    ``some`` (n,) is P(S > 0 | alive).
    """

    some: Floats
    nodes: Floats
    survival: Floats
    slope: Floats


def spend_interval(
    model: OrderModel,
    amounts: GammaGammaParameters,
    frequency: ArrayLike,
    tenure_at_last_order: ArrayLike,
    tenure: ArrayLike,
    *,
    order_count: ArrayLike,
    mean_order_amount: ArrayLike,
    horizon: float,
    confidence: float = 0.9,
) -> Interval:
    """Return the equal-tailed prediction interval of what each customer spends within ``horizon``, not discounted.

    0 is the lower bound where no order at all is likely enough. Quantiles are interpolated between computed points,
    to about 5e-4 of their value (5e-3 where amounts hardly vary, p in the hundreds).

    Parameters
    ----------
    model, frequency, tenure_at_last_order, tenure, horizon, confidence
        As in ``order_interval``.
    amounts : GammaGammaParameters
    order_count, mean_order_amount : array_like
        Orders that the mean is taken over and their mean amount, as in the fit of ``amounts``; one row a customer.
        0 and 0 for a customer without any.

    Returns
    -------
    Interval
        In the unit of the amounts, of the broadcast shape of the history.

    Raises
    ------
    PredictionError
    """
    history, until = checked_question(frequency, tenure_at_last_order, tenure, horizon)
    tail = checked_tail(confidence)
    count, mean = checked_amounts(order_count, mean_order_amount, history.frequency.size)
    asked = prospects(model, history, until)
    history_at, counts, at = unique_pairs(asked.at.astype(np.float64), count)
    rows = history_at.astype(np.intp)
    unique = Prospects(asked.future, asked.alive[rows], asked.pair_at[rows], at)
    ratios = ratio_quantiles(unique, counts, amounts, (1.0 - tail, tail))
    unit = amounts.gamma + count * mean
    return Interval(*((ratio[at] * unit).reshape(history.frequency.shape) for ratio in ratios))


def ratio_quantiles(
    asked: Prospects, counts: Floats, amounts: GammaGammaParameters, tails: tuple[float, ...]
) -> Floats:
    """Return ratios S/G exceeded with the probabilities ``tails``, shape (tails, u), for unique histories (u,)."""
    result = np.zeros((len(tails), asked.alive.size))
    order = np.lexsort((asked.pair_at, counts))
    groups = np.split(order, np.flatnonzero(np.diff(counts[order])) + 1) if order.size else []
    for group in groups:
        shape = amounts.q + amounts.p * float(counts[group[0]])
        new = np.diff(asked.pair_at[group], prepend=-1) != 0
        pair = np.cumsum(new) - 1
        for first in range(0, int(pair[-1]) + 1, PAIRS):
            part = slice(*np.searchsorted(pair, (first, first + PAIRS)))
            rows = group[part]
            curves = spend_curves(asked.future, asked.pair_at[rows[new[part]]], amounts.p, shape)
            for at, tail in enumerate(tails):
                wanted = tail / np.maximum(asked.alive[rows], 1e-300)
                result[at, rows] = exceeded(curves, pair[part] - first, wanted)
    return result


def spend_curves(future: Future, pairs: Indices, p: float, shape: float) -> Curves:
    """Return the distribution of S/G of customers alive, by the number of orders they may place."""
    orders, likely = order_cells(future, pairs)
    # The narrowest piece of the distribution is about this wide in log terms.
    width = np.sqrt(1.0 / shape + 1.0 / (p * orders[-1]))
    low = log_odds(float(betaincinv(p, shape, 1e-4)))
    high = -log_odds(float(betaincinv(shape, p * orders[-1], 1e-5)))
    nodes = np.linspace(low, high, int(min(16 + (high - low) / (0.5 * width), MOST_NODES)))
    above = 1.0 / (1.0 + np.exp(nodes))
    alpha = p * orders[:, None]
    survival = betainc(shape, alpha, above)
    log_density = -alpha * np.logaddexp(0.0, -nodes) - shape * np.logaddexp(0.0, nodes) - betaln(alpha, shape)
    return Curves(likely.sum(axis=1), nodes, likely @ survival, -likely @ np.exp(log_density))


def log_odds(share: float) -> float:
    """Return log(share/(1-share)) of a number that may have underflowed."""
    return float(np.log(max(share, 1e-300)) - np.log1p(-min(share, 1.0 - 1e-16)))


def order_cells(future: Future, pairs: Indices) -> tuple[Floats, Floats]:
    """Return numbers of orders (c,) and the probability of each, or of the cell around it, (pairs, c)."""
    middles, reached = [], []
    active = np.arange(pairs.size)
    for first, last in cells():
        likely = np.zeros(pairs.size)
        likely[active] = future.at_least(np.full(active.size, float(first)), pairs[active])
        middles.append((first + last) / 2.0)
        reached.append(likely)
        active = active[likely[active] > REST]
        if not active.size:
            break
    stacked = np.stack(reached, axis=1)
    return np.array(middles), stacked - np.append(stacked[:, 1:], np.zeros((pairs.size, 1)), axis=1)


def exceeded(curves: Curves, pair: Indices, wanted: Floats) -> Floats:
    """Return the ratio at which the curve of each row's pair falls to ``wanted``, shape (n,); 0 if it never starts.

    Between nodes the curve is the cubic with the exact values and slopes at both.
    """
    ratio = np.zeros(pair.size)
    rows = np.flatnonzero(curves.some[pair] > wanted)
    at, level = pair[rows], wanted[rows]
    low, high = np.zeros(rows.size, np.intp), np.full(rows.size, curves.nodes.size - 1)
    for _ in range(int(curves.nodes.size).bit_length()):
        middle = (low + high) // 2
        beyond = curves.survival[at, middle] > level
        low, high = np.where(beyond, middle, low), np.where(beyond, high, np.maximum(middle, 1))
    low, step = high - 1, curves.nodes[1] - curves.nodes[0]
    ends = (curves.survival[at, low], curves.survival[at, high])
    slopes = (step * curves.slope[at, low], step * curves.slope[at, high])
    left, right = np.zeros(rows.size), np.ones(rows.size)
    for _ in range(HALVINGS):
        t = (left + right) / 2.0
        beyond = cubic(t, ends, slopes) > level
        left, right = np.where(beyond, t, left), np.where(beyond, right, t)
    ratio[rows] = np.exp(curves.nodes[low] + step * (left + right) / 2.0)
    return ratio


def cubic(t: Floats, ends: tuple[Floats, Floats], slopes: tuple[Floats, Floats]) -> Floats:
    """Return the Hermite cubic on [0, 1]."""
    s = 1.0 - t
    value: Floats = s * s * ((1.0 + 2.0 * t) * ends[0] + t * slopes[0])
    value += t * t * ((1.0 + 2.0 * s) * ends[1] - s * slopes[1])
    return value
