"""Delta tables on disk: append, merge and overwrite, each durable before it is reported done."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from zhike.kernel.errors import ZhikeError
from zhike.lake.catalog import Table

# Manifests, not the age of a log entry, decide how long a version can be opened.
_LOG = "_delta_log"
_CONFIGURATION = {
    "delta.logRetentionDuration": "interval 36500 days",
    # Opening a table reads the log since its last checkpoint.
    "delta.checkpointInterval": "10",
}


@dataclass(frozen=True, slots=True)
class PinnedFile:
    """One Parquet file of a table version: path below the table's folder, bytes, rows."""

    path: str
    size: int
    rows: int


@dataclass(frozen=True, slots=True)
class PinnedTable:
    """Exactly one version of one table; what a manifest names and an engine reads.

    `cut_from` is the wider table whose files these are, where this one is not written itself.
    """

    name: str
    version: int
    rows: int
    files: tuple[PinnedFile, ...]
    cut_from: str = ""

    @property
    def folder(self) -> str:
        """The table in whose folder the files lie."""
        return self.cut_from or self.name


@dataclass(frozen=True, slots=True)
class CommitMark:
    """What a commit carries (an application transaction of the Delta protocol), so that it can be found again."""

    name: str
    number: int


class DeltaFolder:
    """The Delta tables below one folder, one sub-folder a table."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, name: str) -> Path:
        return self.root / name

    def pinned(self, name: str) -> PinnedTable | None:
        """The newest version of a table, or None where nothing was ever written.

        Raises
        ------
        ZhikeError
            ``lake.empty_commit`` if the newest log entry has no content (a power loss): the rows
            that it named would silently be missing.
        """
        if not (self.path(name) / _LOG).is_dir():
            return None
        self._refuse_empty_commit(name)
        return self._pinned(name, self._open(name))

    def pinned_at(self, name: str, version: int) -> PinnedTable | None:
        """An older version of a table; None where there is none of that number."""
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError

        try:
            return self._pinned(name, DeltaTable(self.path(name), version=version))
        except DeltaError:
            return None

    def marked_version(self, name: str, mark: CommitMark, *, after: int) -> int | None:
        """The version that a commit with this mark made, of those later than `after`; None if there is none."""
        for entry in sorted((self.path(name) / _LOG).glob("*.json")):
            if entry.stem.isdigit() and int(entry.stem) > after and mark in _marks(entry):
                return int(entry.stem)
        return None

    def _pinned(self, name: str, delta: Any) -> PinnedTable:
        # Not `pa.table`: handed a foreign table, it imports pandas wherever that is installed.
        actions = pa.RecordBatchReader.from_stream(delta.get_add_actions(flatten=True)).read_all()
        files = tuple(
            PinnedFile(path=path, size=size, rows=rows)
            for path, size, rows in zip(
                actions["path"].to_pylist(),
                actions["size_bytes"].to_pylist(),
                actions["num_records"].to_pylist(),
                strict=True,
            )
        )
        return PinnedTable(name, delta.version(), sum(file.rows for file in files), files)

    def create(self, table: Table) -> None:
        """Make an empty table where there is none; one of a release before gets the columns that it lacks."""
        from deltalake import DeltaTable

        was_there = (self.path(table.name) / _LOG).is_dir()
        DeltaTable.create(
            self.path(table.name), schema=table.arrow_schema(), mode="ignore", configuration=_CONFIGURATION
        )
        if was_there:
            self._widen(table)

    def _widen(self, table: Table) -> None:
        from deltalake import Schema

        delta = self._open(table.name)
        written = {field.name for field in delta.schema().fields}
        missing = [field for field in table.arrow_schema() if field.name not in written]
        if missing:
            delta.alter.add_columns(list(Schema.from_arrow(pa.schema(missing)).fields))

    def append(self, table: Table, rows: pa.Table, *, mark: CommitMark | None = None) -> PinnedTable:
        """Add rows as one commit."""
        from deltalake import write_deltalake

        self.create(table)
        write_deltalake(
            self.path(table.name),
            rows.cast(table.arrow_schema()),
            mode="append",
            commit_properties=_properties(mark),
        )
        return self._settled(table.name)

    def append_files(
        self, table: Table, files: Sequence[Path], *, mark: CommitMark | None = None
    ) -> PinnedTable:
        """Add Parquet files that were written elsewhere on the same disk as one commit: they move into the table.

        They must have the columns of the table, in its order and types.
        """
        from deltalake.transaction import AddAction

        self.create(table)
        folder, moment = self.path(table.name), int(time.time() * 1000)
        adds = []
        for file in files:
            # Under a name that no commit mentions yet it is only litter, whatever happens next.
            place = folder / f"part-{uuid.uuid4().hex}.parquet"
            rows, size = pq.read_metadata(file).num_rows, file.stat().st_size
            fsync_path(file)
            file.rename(place)
            adds.append(AddAction(place.name, size, {}, moment, True, json.dumps({"numRecords": rows})))
        fsync_path(folder)
        self._open(table.name).create_write_transaction(
            adds,
            mode="append",
            schema=table.arrow_schema(),
            partition_by=[],
            commit_properties=_properties(mark),
        )
        return self._settled(table.name)

    def replace(self, table: Table, rows: pa.Table) -> PinnedTable:
        """Make rows the whole content of the table's next version."""
        from deltalake import write_deltalake

        self.create(table)
        write_deltalake(self.path(table.name), rows.cast(table.arrow_schema()), mode="overwrite")
        return self._settled(table.name)

    def upsert(self, table: Table, rows: pa.Table, *, mark: CommitMark | None = None) -> PinnedTable:
        """Replace the rows whose key is there, add the others: one commit."""
        self.create(table)
        same_key = " AND ".join(f"old.{column} = new.{column}" for column in table.key)
        (
            self._open(table.name)
            .merge(
                rows.cast(table.arrow_schema()),
                predicate=same_key,
                source_alias="new",
                target_alias="old",
                commit_properties=_properties(mark),
            )
            .when_matched_update_all()
            .when_not_matched_insert_all()
            .execute()
        )
        return self._settled(table.name)

    def restore(self, table: Table, rows: pa.Table, *, mark: CommitMark | None = None) -> PinnedTable:
        """Take rows away where `is_inserted`, make the others what they say: one commit, by key."""
        same_key = " AND ".join(f"old.{column} = new.{column}" for column in table.key)
        (
            self._open(table.name)
            .merge(
                rows,
                predicate=same_key,
                source_alias="new",
                target_alias="old",
                commit_properties=_properties(mark),
            )
            .when_matched_delete(predicate="new.is_inserted")
            .when_matched_update({name: f"new.{name}" for name in table.column_names})
            .execute()
        )
        return self._settled(table.name)

    def delete_rows(self, table: Table, *, column: str, values: Collection[int]) -> PinnedTable | None:
        """Take the rows with those values out of the table's next version; None where nothing was ever written.

        The files of earlier versions still have them until `sweep`.
        """
        if not (self.path(table.name) / _LOG).is_dir():
            return None
        if values:
            listed = ", ".join(str(int(value)) for value in values)
            self._open(table.name).delete(f"{column} IN ({listed})")
        return self._settled(table.name)

    def overwrite(self, table: Table, files: list[PinnedFile]) -> PinnedTable:
        """Make files that already lie in the table's folder the whole content of its next version."""
        from deltalake.transaction import AddAction

        folder = self.path(table.name)
        if not (folder / _LOG).is_dir():
            self.create(table)
        for file in files:
            fsync_path(folder / file.path)
        moment = int(time.time() * 1000)
        adds = [
            AddAction(file.path, file.size, {}, moment, True, json.dumps({"numRecords": file.rows}))
            for file in files
        ]
        delta = self._open(table.name)
        delta.create_write_transaction(
            list(adds), mode="overwrite", schema=table.arrow_schema(), partition_by=[]
        )
        delta.update_incremental()
        self._sync_log(table.name, delta.version())
        return PinnedTable(table.name, delta.version(), sum(file.rows for file in files), tuple(files))

    def sweep(self, name: str, *, keep: set[str]) -> int:
        """Delete the Parquet files of a table that are not among `keep`; how many they were.

        Not Delta's own vacuum: manifests, not the log, decide what is still needed.
        """
        litter = [file for file in self.path(name).glob("*.parquet") if file.name not in keep]
        for file in litter:
            file.unlink()
        return len(litter)

    def _open(self, name: str) -> Any:
        from deltalake import DeltaTable

        return DeltaTable(self.path(name))

    def _settled(self, name: str) -> PinnedTable:
        """The newest version, after its files, its log entry and both folders are on the disk."""
        # deltalake does not fsync local commits.
        pinned = self.pinned(name)
        assert pinned is not None
        folder = self.path(name)
        for file in pinned.files:
            if (folder / file.path).stat().st_mtime > time.time() - 3600:
                fsync_path(folder / file.path)
        self._sync_log(name, pinned.version)
        return pinned

    def _sync_log(self, name: str, version: int) -> None:
        folder = self.path(name)
        fsync_path(folder / _LOG / f"{version:020d}.json")
        fsync_path(folder / _LOG)
        fsync_path(folder)

    def _refuse_empty_commit(self, name: str) -> None:
        commits = sorted((self.path(name) / _LOG).glob("*.json"))
        if commits and commits[-1].stat().st_size == 0:
            raise ZhikeError(
                "lake.empty_commit",
                zh=f"表 {name} 的最新提交 {commits[-1]} 是空文件（可能断过电）。请从备份恢复该文件，或删除它后重新导入最后一批数据",
                en=f"the newest commit of {name}, {commits[-1]}, is an empty file (a power loss?). "
                "Restore it from a backup, or delete it and import the last batch again",
            )


def _properties(mark: CommitMark | None) -> Any:
    from deltalake import CommitProperties, Transaction

    return None if mark is None else CommitProperties(app_transactions=[Transaction(mark.name, mark.number)])


def _marks(entry: Path) -> set[CommitMark]:
    """The marks that an entry of the log carries."""
    actions = [json.loads(line) for line in entry.read_text(encoding="utf-8").splitlines() if line]
    told = [action["txn"] for action in actions if "txn" in action]
    return {CommitMark(each["appId"], each["version"]) for each in told}


def fsync_path(path: Path) -> None:
    """Push one file or folder to the disk."""
    if os.name == "nt" and path.is_dir():  # Windows cannot open a folder for fsync.
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
