"""How strongly products go with each other and with a customer's past, as sparse matrices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import sparse

from zhike.lake.arrays import numpy_column

Numbers = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]
Matrix = Any  # scipy.sparse has no types of its own

NEIGHBOURS = 20
_SHRINKAGE = 10.0
_COLUMNS_A_BLOCK = 500
_MOST_PRODUCTS_COUNTED_TWICE = 1_000_000_000
_SPREAD = 2_654_435_761
_CYCLE = 1 << 30
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Bought:
    """Who bought what on how many days, `quiet_days` ago last; a row a customer (by number) and item, sorted."""

    customer_ids: Numbers
    customers: Numbers
    items: Numbers
    day_counts: Numbers
    quiet_days: Numbers
    item_count: int

    def matrix(self, values: npt.NDArray[Any]) -> Matrix:
        """Customers × items."""
        shape = (len(self.customer_ids), self.item_count)
        return sparse.csr_matrix((values.astype(np.float64), (self.customers, self.items)), shape=shape)


@dataclass(frozen=True)
class ItemModel:
    """What was learnt about items, the best seller first.

    `popularity` is 1 for the best seller, `repeat_share` the share of an item's buyers who bought it on several
    days; `neighbours[j, i]` is how much having bought j speaks for i, and adds up to 1 over each i's neighbours.
    """

    popularity: Shares
    repeat_share: Shares
    neighbours: Matrix

    @property
    def item_count(self) -> int:
        return len(self.popularity)


def bought_of(rows: pa.Table, *, until: date, item_count: int) -> Bought:
    """From the rows of `customer_products` up to a day, in any order."""
    people, items = (numpy_column(rows, name).astype(np.int64) for name in ("customer_id", "item"))
    order = np.lexsort((items, people))
    last = rows["last_on"].cast(pa.int32()).to_numpy().astype(np.int64)
    ids, customers = np.unique(people[order], return_inverse=True)
    return Bought(
        customer_ids=ids,
        customers=customers.astype(np.int64),
        items=items[order],
        day_counts=numpy_column(rows, "day_count").astype(np.int64)[order],
        quiet_days=(until - _EPOCH).days - last[order],
        item_count=item_count,
    )


def learnt_items(bought: Bought, order_counts: npt.NDArray[Any]) -> ItemModel:
    """Popularity, repeat purchases and neighbours of the items.

    Parameters
    ----------
    order_counts
        Orders that had each item lately.
    """
    counts = order_counts.astype(np.float64)
    return ItemModel(
        popularity=counts / max(counts.max(initial=0.0), 1.0),
        repeat_share=_repeat_shares(bought),
        neighbours=_neighbours(_within_budget(bought)),
    )


@dataclass(frozen=True)
class Past:
    """Customers × items, from 0 to 1: what they buy again, and what they show a liking for."""

    again: Matrix
    liking: Matrix


def past_of(bought: Bought, model: ItemModel, half_life_days: float | None) -> Past:
    """What their purchases say about customers.

    Purchase days count by half for every `half_life_days` since the last of them, and for buying again by the root
    of how many buyers of the product buy it again; a number x of such days becomes x/(1 + x). Without a half-life
    it is the purchase days as they are, the latest product first among equals.
    """
    counted = bought.day_counts.astype(np.float64)
    if half_life_days is None:
        days: Shares = counted + 0.5 * np.exp2(-bought.quiet_days / 365)
        again = days
    else:
        days = counted * np.exp2(-bought.quiet_days / half_life_days)
        again = days * np.sqrt(model.repeat_share[bought.items])
    return Past(bought.matrix(again / (1 + again)), bought.matrix(days / (1 + days)))


def shuffled(ids: Numbers) -> Numbers:
    """Places of the ids in an order that has nothing to do with their size, and is always the same."""
    return np.argsort(ids % _CYCLE * _SPREAD % _CYCLE, kind="stable")


def _repeat_shares(bought: Bought) -> Shares:
    """Drawn to the share over all items as if ten more buyers had had that."""
    is_repeat = bought.day_counts > 1
    buyers = np.bincount(bought.items, minlength=bought.item_count)
    repeat = np.bincount(bought.items, weights=is_repeat, minlength=bought.item_count)
    overall = is_repeat.mean() if len(is_repeat) else 0.0
    shares: Shares = (repeat + _SHRINKAGE * overall) / (buyers + _SHRINKAGE)
    return shares


def _within_budget(bought: Bought) -> Matrix:
    """Customers × items, 1 where bought; of customers with many products only as many as can be counted soon."""
    matrix = bought.matrix(np.ones(len(bought.items)))
    squares = np.diff(matrix.indptr).astype(np.int64) ** 2
    order = shuffled(bought.customer_ids)
    kept = order[np.cumsum(squares[order]) <= _MOST_PRODUCTS_COUNTED_TWICE]
    return matrix[np.sort(kept)]


def _neighbours(matrix: Matrix) -> Matrix:
    """Cosine of the buyers of two items, shrunk where few bought both; the 20 nearest of each, as shares."""
    item_count = matrix.shape[1]
    buyers = np.maximum(np.asarray(matrix.sum(axis=0)).ravel(), 1.0)
    transposed = matrix.T.tocsr()
    columns = matrix.tocsc()
    blocks = []
    for first in range(0, item_count, _COLUMNS_A_BLOCK):
        both = (transposed @ columns[:, first : first + _COLUMNS_A_BLOCK]).toarray()
        blocks.append(_nearest(both, buyers, first))
    if not blocks:
        return sparse.csr_matrix((0, 0))
    return sparse.hstack(blocks).tocsr()


def _nearest(both: Shares, buyers: Shares, first: int) -> Matrix:
    """The columns from `first` on of the neighbours, from how many bought both."""
    width = both.shape[1]
    its = np.arange(width)
    both[first + its, its] = 0.0
    cosine = both / np.sqrt(buyers[:, None] * buyers[None, first : first + width])
    cosine *= both / (both + _SHRINKAGE)
    kept = min(NEIGHBOURS, len(buyers))
    # Equal ones: the better seller, whatever a partial sort does on this processor.
    ties = np.arange(len(buyers))[:, None] * 1e-12
    best = np.argpartition(ties - cosine, kept - 1, axis=0)[:kept]
    values = np.take_along_axis(cosine, best, axis=0)
    values /= np.maximum(values.sum(axis=0), 1e-300)
    places = (best.ravel(), np.broadcast_to(its, best.shape).ravel())
    found = sparse.csc_matrix((values.ravel(), places), shape=both.shape)
    found.eliminate_zeros()
    return found
