"""Commits that carry a number, so that work which was cut off can tell whether it was written."""

from __future__ import annotations

import pyarrow as pa

from zhike.lake.catalog import Table
from zhike.lake.deltas import CommitMark, DeltaFolder, PinnedTable

_APP = "zhike.intake"
# A file of a few rows costs a query as much as one of many.
_SMALL_BYTES = 16 * 1024 * 1024
_MOST_SMALL_FILES = 64


def committed_number(deltas: DeltaFolder, table: Table) -> int:
    """The highest number with which a commit to this table was made; 0 before the first."""
    if deltas.pinned(table.name) is None:
        return 0
    return deltas._open(table.name).transaction_version(_APP) or 0


def append_once(deltas: DeltaFolder, table: Table, rows: pa.Table, *, number: int) -> PinnedTable:
    """Add rows as one commit that carries `number` (an application transaction of the Delta protocol)."""
    return deltas.append(table, rows, mark=CommitMark(_APP, number))


def upsert_once(deltas: DeltaFolder, table: Table, rows: pa.Table, *, number: int) -> PinnedTable:
    """Replace the rows whose key is there, add the others: one commit that carries `number`."""
    return deltas.upsert(table, rows, mark=CommitMark(_APP, number))


def join_small_files(deltas: DeltaFolder, table: Table) -> bool:
    """Put many small files together; whether that was needed.

    The rows stay the same, and so do the files on the disk: snapshots that name them can still be opened.
    """
    pinned = deltas.pinned(table.name)
    if pinned is None or sum(file.size < _SMALL_BYTES for file in pinned.files) < _MOST_SMALL_FILES:
        return False
    deltas._open(table.name).optimize.compact(target_size=_SMALL_BYTES)
    deltas._settled(table.name)
    return True
