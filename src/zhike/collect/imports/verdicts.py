"""What becomes of the good rows: a repeat, a conflict, news, or known already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from zhike.collect.imports.kinds.kind import Kind
from zhike.collect.imports.staging import StagedFile

KEYS_AT_ONCE = 250_000


def _no_rows() -> np.ndarray:
    return np.empty(0, np.int64)


@dataclass(frozen=True)
class Repeats:
    """Rows whose key stands earlier in the file.

    Parameters
    ----------
    same
        Numbers of those with the same content as the earlier row.
    conflicts
        Row number → number of the earlier row, of those with other content.
    joined
        Row number → columns with what later rows added, of the rows that are the first of their key.
    """

    same: np.ndarray
    conflicts: dict[int, int]
    joined: Mapping[int, Mapping[str, object]] = field(default_factory=dict)

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
        Numbers of the rows whose key is in the lake, with the same content and with other content.
    orphans
        Numbers of the rows whose order is not in the lake; a repeat of such a row is one as well.
    """

    repeats: Repeats
    unchanged: np.ndarray = field(default_factory=_no_rows)
    updated: np.ndarray = field(default_factory=_no_rows)
    orphans: np.ndarray = field(default_factory=_no_rows)

    def not_written(self, last_number: int) -> np.ndarray:
        """For every row number up to the last, whether the row stays out of the lake."""
        marks = self.repeats.marks(last_number)
        marks[self.unchanged] = True
        marks[self.orphans] = True
        return marks


def known_rows(rows: ir.Table, present: ir.Table, kind: Kind, *, source: str) -> ir.Table:
    """The rows whose key is in the lake: `number, is_same`, and the `known_profile` if somebody's."""
    mine = present.filter(present.source == source)
    compared = _compared(kind)
    renamed = {f"known_{name}": mine[name] for name in compared}
    if kind.person != "nobody":
        renamed["known_profile"] = mine.profile_id
    joined = rows.join(mine.select(*kind.key, **renamed), kind.key)
    is_same: Any = True
    for name in compared:
        is_same = joined[name].identical_to(joined[f"known_{name}"]) & is_same
    extra = [] if kind.person == "nobody" else ["known_profile"]
    return joined.select("number", *extra, is_same=is_same)


def columns_to_compare(kind: Kind) -> list[str]:
    """The staged columns that `known_rows` needs."""
    return ["number", *kind.key, *_compared(kind)]


def repeats_within(staged: StagedFile, kind: Kind) -> Repeats:
    """The rows whose key stands earlier in the file.

    Hashes tell which keys can be repeats, at eight bytes a row; only those are looked at themselves.
    """
    hashes = np.sort(staged.key_hashes())
    suspects = np.unique(hashes[1:][hashes[1:] == hashes[:-1]])
    repeating = kind.repeating()
    same: list[int] = []
    conflicts: dict[int, int] = {}
    for number, key, content in _rows_of(staged, kind.key, suspects, repeating.columns):
        earlier = repeating.earlier(number, key, content)
        if earlier is not None:
            if earlier.is_contradicted:
                conflicts[number] = earlier.number
            else:
                same.append(number)
    return Repeats(np.array(same, np.int64), conflicts, repeating.joined())


def with_joined(rows: pa.RecordBatch, joined: Mapping[int, Mapping[str, object]]) -> pa.RecordBatch:
    """The rows with what later rows of the file added to them."""
    if not joined:
        return rows
    told = [joined.get(number, {}) for number in rows["number"].to_pylist()]
    changed = {name for row in told for name in row}
    columns = [
        pa.array(
            [row.get(name, value) for row, value in zip(told, rows[name].to_pylist(), strict=True)],
            rows.schema.field(name).type,
        )
        if name in changed
        else rows[name]
        for name in rows.schema.names
    ]
    return pa.record_batch(columns, schema=rows.schema)


def _compared(kind: Kind) -> list[str]:
    assert kind.table is not None
    if "row_hash" in kind.table.column_names:
        return ["row_hash"]
    # Whom an event names besides its own customer is part of its key, and known to the lake by another number.
    unlike = {"properties"} if kind.second_person else set()
    kept = set(kind.table.column_names) - set(kind.key) - unlike
    return [name for name in kind.staged.names if name in kept]


def _rows_of(
    staged: StagedFile, key: tuple[str, ...], key_hashes: np.ndarray, columns: tuple[str, ...]
) -> Iterator[tuple[int, tuple[Any, ...], tuple[Any, ...]]]:
    """Number, key and content of the rows with those hashes."""
    if not len(key_hashes):
        return
    names = ["number", *key, *columns]
    for batch in staged.rows(["key_hash", *names], batch_rows=KEYS_AT_ONCE):
        rows = batch.filter(pa.array(np.isin(batch["key_hash"].to_numpy(), key_hashes)))
        for number, *values in zip(*(rows[name].to_pylist() for name in names), strict=True):
            yield number, tuple(values[: len(key)]), tuple(values[len(key) :])
