"""Commits that carry a number, so that work which was cut off can tell whether it was written."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from zhike.lake.catalog import Table
from zhike.lake.deltas import DeltaFolder, PinnedTable

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
    from deltalake import write_deltalake

    deltas.create(table)
    write_deltalake(
        deltas.path(table.name),
        rows.cast(table.arrow_schema()),
        mode="append",
        commit_properties=_numbered(number),
    )
    return deltas._settled(table.name)


def upsert_once(deltas: DeltaFolder, table: Table, rows: pa.Table, *, number: int) -> PinnedTable:
    """Replace the rows whose key is there, add the others: one commit that carries `number`."""
    deltas.create(table)
    same_key = " AND ".join(f"old.{column} = new.{column}" for column in table.key)
    (
        deltas._open(table.name)
        .merge(
            rows.cast(table.arrow_schema()),
            predicate=same_key,
            source_alias="new",
            target_alias="old",
            commit_properties=_numbered(number),
        )
        .when_matched_update_all()
        .when_not_matched_insert_all()
        .execute()
    )
    return deltas._settled(table.name)


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


def _numbered(number: int) -> Any:
    from deltalake import CommitProperties, Transaction

    return CommitProperties(app_transactions=[Transaction(_APP, number)])
