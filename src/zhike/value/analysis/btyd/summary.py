"""Sufficient statistics: many customers share one history, so each history is evaluated once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhike.value.analysis.btyd.checks import Floats, History

Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class HistorySummary:
    """Unique histories with weights, and the sums that need no history at all.

    Attributes
    ----------
    orders, order_weight : ndarray, shape (x,)
        Unique frequencies and the weight of customers at each.
    tenures, tenure_weight, tenure_orders : ndarray, shape (T,)
        Unique tenures, the weight of customers and their weighted repeat orders at each.
    last_tenures : ndarray, shape (t,)
        Unique tenures at the last order.
    order_at, last_at, tenure_at : ndarray of int, shape (u,)
        Unique histories after which a customer may be gone, as positions in the arrays above, by
        ``order_at``: those with a repeat order, or all.
    weight : ndarray, shape (u,)
        Weight of customers with each such history.
    """

    orders: Floats
    order_weight: Floats
    tenures: Floats
    tenure_weight: Floats
    tenure_orders: Floats
    last_tenures: Floats
    order_at: Indices
    last_at: Indices
    tenure_at: Indices
    weight: Floats


def unique_codes(values: Floats) -> tuple[Floats, Indices]:
    """Return sorted unique values and the position of each value among them.

    ``np.unique`` hashes when no inverse is asked for, which leaves finding the positions. Orders and days
    lie on a grid: cells narrower than the smallest gap hold one unique value each, and a table of cells is
    some ten times faster than a binary search.
    """
    unique = np.unique(values)
    if unique.size < 2:
        return unique, np.zeros(values.shape, np.intp)
    gap, span = float(np.min(np.diff(unique))), float(unique[-1] - unique[0])
    # Too wide for a table, or so narrow that its scale is beyond the largest float.
    if span > gap * values.size or gap < 2 / np.finfo(float).max:
        return unique, np.searchsorted(unique, values)
    cells_per_unit = 1.01 / gap
    cells = ((unique - unique[0]) * cells_per_unit).astype(np.intp)
    table = np.zeros(cells[-1] + 1, np.intp)
    table[cells] = np.arange(unique.size)
    return unique, table[((values - unique[0]) * cells_per_unit).astype(np.intp)]


def unique_pairs(first: Floats, second: Floats) -> tuple[Floats, Floats, Indices]:
    """Return the unique pairs of two flat arrays and the position of each row's pair among them."""
    first_values, first_at = unique_codes(first)
    second_values, second_at = unique_codes(second)
    key = first_at * second_values.size + second_at
    cells = first_values.size * second_values.size
    if cells <= 8 * key.size:
        # A table of all possible pairs is smaller than the sort it replaces.
        present = np.zeros(cells, dtype=np.bool_)
        present[key] = True
        keys = np.flatnonzero(present)
        pair_at = (np.cumsum(present) - 1)[key]
    else:
        keys, pair_at = np.unique(key, return_inverse=True)
    left, right = np.divmod(keys, second_values.size)
    return first_values[left], second_values[right], pair_at


def weighted_unique(key: Indices, weights: Floats | None) -> tuple[Indices, Floats]:
    """Return sorted unique keys (k,) and the summed weight of each."""
    if weights is None:
        ordered = np.sort(key)
        order = None
    else:
        order = np.argsort(key)
        ordered = key[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if key.size else np.zeros(0, np.intp)
    if order is None or weights is None:
        return ordered[starts], np.diff(starts, append=key.size).astype(np.float64)
    return ordered[starts], np.add.reduceat(weights[order], starts) if key.size else np.zeros(0)


def weight_at(positions: Indices, weights: Floats | None, size: int) -> Floats:
    """Return the summed weight, or the count, of rows at each of ``size`` positions."""
    return np.bincount(positions, weights, size).astype(np.float64, copy=False)


def history_summary(
    history: History, weights: Floats | None, *, keep_one_time: bool = False
) -> HistorySummary:
    """Collapse customers, shape (n,), into weighted unique histories.

    Parameters
    ----------
    history : History
        Flat arrays (n,) in one time unit.
    weights : ndarray, shape (n,), or None
        Customers each row stands for; None means one.
    keep_one_time : bool
        Whether histories without a repeat order are listed too, for models in which these may be gone.
    """
    orders, order_at = unique_codes(history.frequency)
    tenures, tenure_at = unique_codes(history.tenure)
    repeat = np.flatnonzero((history.frequency > 0) | keep_one_time)
    last_tenures, last_at = unique_codes(history.tenure_at_last_order[repeat])
    pair = order_at[repeat] * tenures.size + tenure_at[repeat]
    pairs = np.zeros(0, np.intp)
    if orders.size * tenures.size * last_tenures.size >= np.iinfo(np.intp).max:
        # Only for millions of rows of continuous time: renumber so that the joint key stays an integer.
        pairs, pair = np.unique(pair, return_inverse=True)
    keys, weight = weighted_unique(
        pair * last_tenures.size + last_at, None if weights is None else weights[repeat]
    )
    unique_pair, unique_last = np.divmod(keys, max(last_tenures.size, 1))
    unique_order, unique_tenure = np.divmod(pairs[unique_pair] if pairs.size else unique_pair, tenures.size)
    ordered = history.frequency if weights is None else history.frequency * weights
    return HistorySummary(
        orders=orders,
        order_weight=weight_at(order_at, weights, orders.size),
        tenures=tenures,
        tenure_weight=weight_at(tenure_at, weights, tenures.size),
        tenure_orders=weight_at(tenure_at, ordered, tenures.size),
        last_tenures=last_tenures,
        order_at=unique_order,
        last_at=unique_last,
        tenure_at=unique_tenure,
        weight=weight,
    )
