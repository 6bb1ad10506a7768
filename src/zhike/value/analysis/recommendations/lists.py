"""The best ten products of each customer, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhike.value.analysis.recommendations.model import (
    ItemModel,
    Matrix,
    Numbers,
    Past,
    Shares,
    bought_of,
    past_of,
)

RECOMMENDATIONS = "recommendations"
LIST_LENGTH = 10
REASON_CODES = ("again", "together", "popular")
_CELLS_A_BLOCK = 500_000
_TIE = 1e-9


@dataclass(frozen=True)
class Blend:
    """How much each part counts; without a half-life, the customer's own products by purchase days alone."""

    name: str
    again: float
    together: float
    popular: float
    half_life_days: float | None = None


@dataclass(frozen=True)
class Lists:
    """For each of some customers the best items, best first, and what each part adds to their scores.

    `parts` has one array for each of `REASON_CODES`; a score of 0 means that there is no such item.
    """

    items: Numbers
    parts: tuple[Shares, Shares, Shares]

    @property
    def scores(self) -> Shares:
        again, together, popular = self.parts
        return again + together + popular


def best_lists(past: Past, model: ItemModel, blend: Blend) -> Iterator[tuple[slice, Lists]]:
    """The lists of blocks of customers, of whom not more than fit into a little memory, and where these stand."""
    step = max(1, _CELLS_A_BLOCK // max(model.item_count, 1))
    for first in range(0, past.again.shape[0], step):
        block = slice(first, min(first + step, past.again.shape[0]))
        yield block, _best(past.again[block], past.liking[block], model, blend)


def _best(again: Matrix, liking: Matrix, model: ItemModel, blend: Blend) -> Lists:
    length = min(LIST_LENGTH, model.item_count)
    together = (liking @ model.neighbours).toarray() if blend.together else np.zeros(again.shape)
    together *= blend.together
    popular = blend.popular * model.popularity
    # The negative total, in place, for these are the largest arrays; equal scores: the better seller first.
    lacking = again.toarray()
    lacking *= -blend.again
    lacking -= together
    lacking -= popular - _TIE * np.arange(model.item_count)
    top = np.argpartition(lacking, length - 1, axis=1)[:, :length]
    order = np.argsort(np.take_along_axis(lacking, top, axis=1), axis=1, kind="stable")
    items = np.take_along_axis(top, order, axis=1)
    rows = np.repeat(np.arange(again.shape[0]), length)
    bought_again = blend.again * np.asarray(again[rows, items.ravel()]).reshape(items.shape)
    return Lists(items, (bought_again, np.take_along_axis(together, items, axis=1), popular[items]))


def recommendations(rows: pa.Table, *, model: ItemModel, blend: Blend, until: date) -> dict[str, pa.Table]:
    """The lists of some customers; of each alone, so that any parts of them may be given.

    Parameters
    ----------
    rows
        Of `customer_products`: all of each customer's.

    Returns
    -------
    dict
        `RECOMMENDATIONS`: `customer_id, rank, item, score, reason, goes_with_item`.
    """
    bought = bought_of(rows, until=until, item_count=model.item_count)
    past = past_of(bought, model, blend.half_life_days)
    made = [_listed(bought.customer_ids[:0], past.liking[:0], _nothing(), model)]
    for block, lists in best_lists(past, model, blend) if model.item_count else ():
        made.append(_listed(bought.customer_ids[block], past.liking[block], lists, model))
    return {RECOMMENDATIONS: pa.concat_tables(made)}


def _nothing() -> Lists:
    none = np.zeros((0, 0))
    return Lists(none.astype(np.int64), (none, none, none))


def _listed(ids: Numbers, liking: Matrix, lists: Lists, model: ItemModel) -> pa.Table:
    rows, places = np.nonzero(lists.scores > 0)
    items = lists.items[rows, places]
    reasons = np.argmax(np.stack(lists.parts), axis=0)[rows, places] if len(rows) else rows
    columns: dict[str, Any] = {
        "customer_id": pa.array(ids[rows], pa.int64()),
        "rank": pa.array(places + 1, pa.int32()),
        "item": pa.array(items, pa.int64()),
        "score": pa.array(lists.scores[rows, places], pa.float64()),
        "reason": pa.array(REASON_CODES, pa.string()).take(pa.array(reasons, pa.int64())),
        "goes_with_item": _goes_with(liking, model, rows, items, reasons == REASON_CODES.index("together")),
    }
    return pa.table(columns)


def _goes_with(
    liking: Matrix, model: ItemModel, rows: Numbers, items: Numbers, is_together: npt.NDArray[np.bool_]
) -> pa.Array:
    """Of products listed for going together: the customer's own product that says so most."""
    found = np.zeros(len(rows), dtype=np.int64)
    if is_together.any():
        towards = model.neighbours.T.tocsr()[items[is_together]]
        said = liking[rows[is_together]].multiply(towards).tocsr()
        found[is_together] = np.asarray(said.argmax(axis=1)).ravel()
    return pa.array(found, pa.int64(), mask=~is_together)
