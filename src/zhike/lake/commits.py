"""Commits of produced tables, made while the next tables are computed."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from zhike.lake.catalog import Table
from zhike.lake.deltas import DeltaFolder, PinnedFile, PinnedTable

_UNCOMMITTED = -1


class Commits:
    """The commits of one draft, one after another, so that versions follow each other."""

    def __init__(self, deltas: DeltaFolder) -> None:
        self._deltas = deltas
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._newest: dict[str, Future[PinnedTable]] = {}

    def begin(self, table: Table, files: list[PinnedFile]) -> PinnedTable:
        """Make written files the next version of a table, by and by; what is returned has no version yet."""
        self._newest[table.name] = self._thread.submit(self._deltas.overwrite, table, files)
        return PinnedTable(table.name, _UNCOMMITTED, sum(file.rows for file in files), tuple(files))

    def finished(self, pinned: PinnedTable) -> PinnedTable:
        """A table with its version, once it is on the disk; raises what went wrong with that."""
        if pinned.version != _UNCOMMITTED:
            return pinned
        return replace(pinned, version=self._newest[pinned.folder].result().version)

    def close(self) -> None:
        """Wait for all: a refresh that failed leaves nothing that goes on."""
        self._thread.shutdown()
