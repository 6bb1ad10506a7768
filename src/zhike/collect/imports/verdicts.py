"""What becomes of the good rows: a repeat, a conflict, news, or known already."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from zhike.collect.imports.staging import StagedFile
from zhike.lake.engines import Budget
from zhike.lake.snapshots import Lake

_KEYS_AT_ONCE = 250_000
# Enough for the keys of one batch and a scan of the orders, whatever the size of either.
_BUDGET = Budget(threads=2, memory="256MB")


@dataclass(frozen=True)
class Repeats:
    """Rows whose order id stands earlier in the file.

    Parameters
    ----------
    same
        Numbers of those with the same content as the earlier row.
    conflicts
        Row number → number of the earlier row, of those with other content.
    """

    same: np.ndarray
    conflicts: dict[int, int]

    def marks(self, last_number: int) -> np.ndarray:
        """For every row number up to the last, whether it is a repeat."""
        marks = np.zeros(last_number + 1, dtype=bool)
        marks[self.same] = True
        marks[np.fromiter(self.conflicts, np.int64)] = True
        return marks


@dataclass(frozen=True)
class Verdicts:
    """What becomes of the good rows; those that are not known to be anything else are new.

    Parameters
    ----------
    repeats
        Within the file.
    unchanged, updated
        Numbers of the rows whose order is in the lake, with the same content and with other content.
    """

    repeats: Repeats
    unchanged: np.ndarray
    updated: np.ndarray

    def not_written(self, last_number: int) -> np.ndarray:
        """For every row number up to the last, whether the row stays out of the lake."""
        marks = self.repeats.marks(last_number)
        marks[self.unchanged] = True
        return marks


def verdicts(staged: StagedFile, lake: Lake, *, source: str) -> Verdicts:
    """Compare the good rows of a file with one another and with the orders of their source."""
    repeats = repeats_within(staged)
    # A repeat goes the way of its first row, which alone is compared with the lake.
    is_repeat = repeats.marks(staged.last_number)
    unchanged, updated = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for keys in staged.keys(batch_rows=_KEYS_AT_ONCE):
        firsts = keys.filter(pa.array(~is_repeat[keys["number"].to_numpy()]))
        # A fresh engine for each batch gives the memory of the one before back.
        with lake.reading_facts(budget=_BUDGET) as facts:
            loaded = facts.load("imported_keys", pa.Table.from_batches([firsts]))
            found = facts.fetch(known_orders(loaded, facts.table("orders"), source=source))
        numbers, is_same = found["number"].to_numpy(), found["is_same"].to_numpy()
        unchanged.append(numbers[is_same])
        updated.append(numbers[~is_same])
    return Verdicts(repeats, np.concatenate(unchanged), np.concatenate(updated))


def known_orders(keys: ir.Table, orders: ir.Table, *, source: str) -> ir.Table:
    """The rows whose key is in the lake: `number, is_same`."""
    present = orders.filter(orders.source == source).select("order_id", known_hash="row_hash")
    joined = keys.join(present, "order_id")
    return joined.select("number", is_same=joined.row_hash == joined.known_hash)


def repeats_within(staged: StagedFile) -> Repeats:
    """The rows whose order id stands earlier in the file.

    Hashes tell which ids can be repeats, at eight bytes a row; only those ids are looked at themselves.
    """
    hashes = np.sort(staged.key_hashes())
    suspects = np.unique(hashes[1:][hashes[1:] == hashes[:-1]])
    firsts: dict[str, tuple[int, int]] = {}
    same: list[int] = []
    conflicts: dict[int, int] = {}
    for number, order_id, row_hash in _rows_of(staged, suspects):
        first_number, first_hash = firsts.setdefault(order_id, (number, row_hash))
        if first_number == number:
            continue
        if first_hash == row_hash:
            same.append(number)
        else:
            conflicts[number] = first_number
    return Repeats(np.array(same, np.int64), conflicts)


def _rows_of(staged: StagedFile, key_hashes: np.ndarray) -> Iterator[tuple[int, str, int]]:
    if not len(key_hashes):
        return
    for keys in staged.keys(batch_rows=_KEYS_AT_ONCE):
        rows = keys.filter(pa.array(np.isin(keys["key_hash"].to_numpy(), key_hashes)))
        columns = (rows[name].to_pylist() for name in ("number", "order_id", "row_hash"))
        yield from zip(*columns, strict=True)
