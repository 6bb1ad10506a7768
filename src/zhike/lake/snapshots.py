"""Snapshots: the only place that runs a query, and the only way that computed tables become visible."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any

import filelock
import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from zhike.kernel import clock
from zhike.kernel.errors import ZhikeError
from zhike.lake import catalog
from zhike.lake.binding import bound_table, table_of_files
from zhike.lake.commits import Commits
from zhike.lake.deltas import DeltaFolder, PinnedTable
from zhike.lake.engines import REFRESH_BUDGET, ROWS_A_PART, WEB_BUDGET, WORKER_BUDGET, open_engine
from zhike.lake.engines.protocol import Budget, Engine, Fold
from zhike.lake.forgetting import forget_history, forget_spilled, forget_table
from zhike.lake.manifests import Manifest, ManifestFolder
from zhike.lake.swapped import Swapped

log = logging.getLogger(__name__)

_LEAST_FREE_BYTES = 64 * 1024 * 1024


class Snapshot:
    """A published, frozen set of tables: facts as they were pinned and everything computed from them."""

    def __init__(self, manifest: Manifest, deltas: DeltaFolder, engine: Engine) -> None:
        self.manifest = manifest
        self._deltas = deltas
        self._engine = engine
        self._tables: dict[str, ir.Table] = {}
        self._lock = threading.Lock()

    @property
    def id(self) -> int:
        return self.manifest.id

    @property
    def as_of(self) -> date:
        return self.manifest.as_of

    @property
    def created_at(self) -> datetime:
        return self.manifest.created_at

    def table(self, name: str) -> ir.Table:
        """A table of this snapshot, to describe queries on.

        Raises
        ------
        UsageError
            ``table.unknown`` for a name that the catalog does not have.
        """
        with self._lock:
            if name not in self._tables:
                pinned = self.manifest.tables.get(name)
                self._tables[name] = bound_table(self._engine, self._deltas, catalog.table(name), pinned)
            return self._tables[name]

    def lacks(self, name: str) -> bool:
        """Whether this snapshot does not have the table with the columns it has today."""
        pinned = self.manifest.tables.get(name)
        if pinned is None:
            return True
        files = (self._deltas.path(pinned.folder) / file.path for file in pinned.files)
        today = set(catalog.table(pinned.folder).column_names)
        return any(not today <= set(pq.read_schema(file).names) for file in files)

    def fetch(self, expression: ir.Table) -> pa.Table:
        """Run a query and return its rows."""
        return self._engine.fetch(expression)

    def rows(self, expression: ir.Table) -> list[dict[str, Any]]:
        """Run a query and return its rows as dicts; for small results."""
        rows: list[dict[str, Any]] = self.fetch(expression).to_pylist()
        return rows


@dataclass(frozen=True, slots=True)
class Changed:
    """What a database says has changed in a fact: `rows` as they are now, and the keys (one column) of all `touched`, gone ones included."""

    rows: pa.Table
    touched: pa.Table


class Draft:
    """A snapshot in the making: visible to nobody until `publish`."""

    def __init__(self, lake: Lake, engine: Engine) -> None:
        self._lake = lake
        self._engine = engine
        self._pinned: dict[str, PinnedTable] = {}
        self._tables: dict[str, ir.Table] = {}
        self._swapped: dict[str, Swapped] = {}
        self._commits = Commits(lake.deltas)
        for fact in catalog.tables("fact"):
            self._pin(fact.name, lake.deltas.pinned(fact.name))

    @cached_property
    def before(self) -> Snapshot | None:
        """The snapshot in force, read by the engine of this draft."""
        manifest = self._lake.manifests_current()
        return Snapshot(manifest, self._lake.deltas, self._engine) if manifest else None

    def table(self, name: str) -> ir.Table:
        """A fact as it was when the draft was opened, or a table produced earlier in this draft."""
        table = catalog.table(name)
        if table.kind != "fact" and name not in self._pinned:
            raise ZhikeError(
                "stage.order",
                zh=f"表 {name} 还没有在这次刷新中生成，请检查阶段顺序",
                en=f"the table {name} is not produced yet in this refresh; check the order of the stages",
            )
        # Most tables that are produced are read by no later stage.
        if name not in self._tables:
            self._tables[name] = bound_table(self._engine, self._lake.deltas, table, self._pinned.get(name))
        return self._tables[name]

    def rows(self, name: str) -> int:
        """How many rows a fact has."""
        return self._pinned[name].rows if name in self._pinned else 0

    def swapped(self, name: str) -> Swapped:
        """What the newest version of a fact has otherwise than the snapshot before: whole files, most rows of which may be the same."""
        if name not in self._swapped:
            self._swapped[name] = self._compared(name)
        return self._swapped[name]

    def _compared(self, name: str) -> Swapped:
        old = self.before.manifest.tables.get(name) if self.before else None
        read = partial(table_of_files, self._engine, self._lake.deltas, catalog.table(name))
        return Swapped(old, self._pinned.get(name), read)

    def produce(self, name: str, expression: ir.Table) -> int:
        """Run an expression as the next version of a published table; the number of rows.

        The table can be read at once, and is committed while the next ones are computed, at the latest by `publish`.
        """
        table = catalog.table(name)
        files = self._engine.write(table.shaped(expression), self._lake.deltas.path(name))
        return self._pin(name, self._commits.begin(table, files))

    def cut(self, name: str) -> int:
        """Publish a table that is cut from one produced before, without writing it; the number of rows."""
        table = catalog.table(name)
        wide = self._pinned[table.cut_from]
        rows = wide.rows
        if table.cut_where:
            # Of that column alone: the query for whole rows takes ten times as long to write.
            read = self.table(table.cut_from)
            rows = self._number(read.aggregate(rows=read[table.cut_where].count()))
        elif table.cut_as:
            rows = self.count(table.cut_as(self.table(table.cut_from)))
        return self._pin(name, replace(wide, name=name, rows=rows, cut_from=table.cut_from))

    def carry(self, name: str) -> int:
        """Publish a table as it is in the snapshot before; the number of rows."""
        if self.before is None or name not in self.before.manifest.tables:
            raise ZhikeError(
                "snapshot.nothing_to_carry",
                zh=f"之前的快照没有表 {name}，无法沿用",
                en=f"the snapshot before has no table {name} to carry over",
            )
        return self._pin(name, self.before.manifest.tables[name])

    def produce_rows(self, name: str, rows: pa.Table) -> int:
        """Publish rows that were computed in memory."""
        return self.produce(name, self._engine.load(name, rows.cast(catalog.table(name).arrow_schema())))

    def copy_fact(
        self, name: str, mark: str, read: Callable[[str], Changed], *, is_full: bool = False
    ) -> int:
        """Bring a fact that the database owns up to date; nothing is read while `mark` stays the same.

        `read` is given the mark of the copy that is there, to read only what changed since, or nothing, to read
        all; `is_full` reads all in any case.
        """
        table = catalog.table(name)
        deltas, note = self._lake.deltas, self._lake.root / "marks" / name
        pinned = deltas.pinned(name)
        # A release that has more columns reads all anew.
        columns, noted = " ".join(table.column_names), note.read_text().split("\n") if note.is_file() else []
        is_known = not is_full and pinned is not None and noted[:2] == [str(pinned.version), columns]
        since = noted[2] if is_known else ""
        if pinned is None or since != mark:
            rows = self._engine.load(name, (changed := read(since)).rows)
            if since:
                self._pin(name, pinned)
                touched = self._engine.load("touched", changed.touched)
                rows = ibis.union(self.table(name).anti_join(touched, table.key[0]), rows)
            pinned = deltas.overwrite(table, self._engine.write(table.shaped(rows), deltas.path(name)))
            note.parent.mkdir(exist_ok=True)
            note.write_text(f"{pinned.version}\n{columns}\n{mark}")
        return self._pin(name, pinned)

    def keep(self, name: str, expression: ir.Table) -> ir.Table:
        """Run an expression that several stages read and keep it until it is dropped or the draft is closed; never published."""
        return self._engine.keep(name, expression)

    def fold(
        self, rows: ir.Table, by: str, function: Fold, *, rows_a_part: int = ROWS_A_PART
    ) -> dict[str, ir.Table]:
        """Hand rows to a function in parts that share no value of `by`, and keep what it gives as `keep` does.

        For what NumPy does better than a query; each name of the result is a table, its parts one after another.
        """
        return self._engine.fold(rows, by, function, rows_a_part=rows_a_part)

    def load(self, name: str, rows: pa.Table) -> ir.Table:
        """Rows held in memory, as a table to join with; never published."""
        return self._engine.load(name, rows)

    def drop(self, *tables: ir.Table) -> None:
        """Give back what tables of `keep`, `fold` or `load` take that nothing reads any more."""
        for table in tables:
            self._engine.drop(table)

    def fetch(self, expression: ir.Table) -> pa.Table:
        return self._engine.fetch(expression)

    def count(self, expression: ir.Table) -> int:
        """How many rows a query gives."""
        return self._number(expression.aggregate(rows=expression.count()))

    def _number(self, expression: ir.Table) -> int:
        return int(self.fetch(expression)["rows"][0].as_py())

    def publish(self, *, as_of: date, after: int = 0) -> Manifest:
        """Make every table of this draft visible in one step; historical if a later date is current.

        `after` is the highest number known elsewhere: numbers are never given twice, even if manifests were lost.
        """
        current = self.before.manifest if self.before else None
        newest = max([after, *self._lake.manifests.ids()])
        historical = current is not None and as_of < current.as_of
        manifest = Manifest(
            id=newest + 1,
            as_of=as_of,
            created_at=clock.now(),
            historical=historical,
            previous_id=current.id if current and not historical else None,
            tables={name: self._commits.finished(pinned) for name, pinned in sorted(self._pinned.items())},
        )
        self._lake.manifests.publish(manifest)
        return manifest

    def close(self) -> None:
        self._commits.close()

    def _pin(self, name: str, pinned: PinnedTable | None) -> int:
        self._swapped.pop(name, None)
        self._tables.pop(name, None)
        if pinned is not None:
            self._pinned[name] = pinned
        return pinned.rows if pinned else 0


class Lake:
    """One lake: its Delta tables, its manifests and its locks."""

    def __init__(self, root: Path, engine_url: str = "duckdb") -> None:
        self.root = root
        self.engine_url = engine_url
        self.deltas = DeltaFolder(root / "tables")
        self.manifests = ManifestFolder(root / "manifests")
        self._opened: Snapshot | None = None
        self._lock = threading.Lock()
        self._readers: dict[Budget, Engine] = {}

    def current(self) -> Snapshot | None:
        """The newest whole snapshot that is not historical; None before the first refresh."""
        with self._lock:
            manifest = self.manifests_current(known=self._opened.manifest if self._opened else None)
            if manifest is None:
                self._opened = None
            elif self._opened is None or self._opened.id != manifest.id:
                self._opened = Snapshot(manifest, self.deltas, self._reader(WEB_BUDGET))
            return self._opened

    def snapshot(self, id: int, *, budget: Budget = WEB_BUDGET) -> Snapshot:
        """One snapshot by number, a historical one included.

        Raises
        ------
        ZhikeError
            ``snapshot.missing`` or ``snapshot.damaged``.
        """
        if id not in self.manifests.ids():
            raise ZhikeError("snapshot.missing", zh=f"没有第 {id} 号快照", en=f"there is no snapshot {id}")
        manifest = self.manifests.read(id)
        if problem := self._damage(manifest):
            raise ZhikeError(
                "snapshot.damaged",
                zh=f"第 {id} 号快照不完整：{problem}",
                en=f"snapshot {id} is damaged: {problem}",
            )
        return Snapshot(manifest, self.deltas, self._reader(budget))

    def manifests_current(self, known: Manifest | None = None) -> Manifest | None:
        """The manifest in force; one that names missing or truncated files is passed over, loudly."""
        for id in reversed(self.manifests.ids()):
            if known is not None and known.id == id:
                return known
            try:
                manifest = self.manifests.read(id)
            except (ValueError, KeyError, TypeError) as error:
                log.error("manifest %s is unreadable (%s); falling back to the one before", id, error)
                continue
            if manifest.historical:
                continue
            if problem := self._damage(manifest):
                log.error("snapshot %s is damaged (%s); falling back to the one before", id, problem)
                continue
            return manifest
        return None

    @contextmanager
    def draft(self, *, budget: Budget = REFRESH_BUDGET, engine_url: str = "") -> Iterator[Draft]:
        """A draft to fill and publish, by another engine than the lake's own if it is named; leave `locked` around it."""
        self._require_space()
        with self.reading_facts(budget=budget, engine_url=engine_url) as draft:
            yield draft

    @contextmanager
    def reading_facts(self, *, budget: Budget = WORKER_BUDGET, engine_url: str = "") -> Iterator[Draft]:
        """The facts at their newest versions, for imports; never to be published."""
        engine = self._engine(budget, engine_url)
        try:
            with closing(Draft(self, engine)) as draft:
                yield draft
        finally:
            engine.close()

    @contextmanager
    def locked(self, what: str, *, wait_seconds: float = 0) -> Iterator[None]:
        """Hold the lock of that name; the system frees it when a process dies.

        Raises
        ------
        ZhikeError
            ``lake.busy`` if another process holds it, and still does after that time.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(self.root / f"{what}.lock")
        try:
            lock.acquire(timeout=wait_seconds)
        except filelock.Timeout as error:
            raise ZhikeError(
                "lake.busy",
                zh=f"另一个进程正在对 {self.root} 做同样的事（{what}），等它结束再试",
                en=f"another process is busy with the same ({what}) on {self.root}; try again when it has finished",
            ) from error
        try:
            yield
        finally:
            lock.release()

    def forget(self) -> None:
        """Drop all snapshots, and every file and log entry that the newest version of a table does not need.

        For erasing a person: nothing computed or written earlier stays. Under the locks of the refresh and of
        the imports. Until the next refresh there is nothing to show.
        """
        for id in self.manifests.ids():
            self.manifests.drop(id)
        self._opened = None
        for table in catalog.tables():
            (forget_history if table.kind == "fact" else forget_table)(self.deltas, table.name)
        forget_spilled(self.root / "spill")

    def prune(self, *, keep: int) -> None:
        """Drop all but the newest `keep` snapshots of each kind, then the computed files that none of the rest names.

        Also what killed processes had no room for in memory. Only under the lock of the refresh: the files of a
        draft are named by no manifest yet.
        """
        manifests = [self.manifests.read(id) for id in self.manifests.ids()]
        kept: list[Manifest] = []
        for historical in (False, True):
            of_kind = [m for m in manifests if m.historical is historical]
            kept += of_kind[-keep:]
            for manifest in of_kind[:-keep]:
                self.manifests.drop(manifest.id)
        for table in catalog.tables("published"):
            pinned = (t for m in kept for t in m.tables.values() if t.folder == table.name)
            self.deltas.sweep(table.name, keep={file.path for each in pinned for file in each.files})
        forget_spilled(self.root / "spill")

    def _reader(self, budget: Budget) -> Engine:
        if budget not in self._readers:
            self._readers[budget] = self._engine(budget)
        return self._readers[budget]

    def _engine(self, budget: Budget, url: str = "") -> Engine:
        return open_engine(url or self.engine_url, budget, spill=self.root / "spill")

    def _damage(self, manifest: Manifest) -> str:
        """What is wrong with the files that a manifest names; empty if all are whole."""
        for table in manifest.tables.values():
            for file in table.files:
                path = self.deltas.path(table.folder) / file.path
                if not path.is_file():
                    return f"{path} is missing"
                if path.stat().st_size != file.size:
                    return f"{path} has {path.stat().st_size} bytes instead of {file.size}"
        return ""

    def _require_space(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        needed = max(_LEAST_FREE_BYTES, 2 * self._newest_snapshot_bytes())
        free = shutil.disk_usage(self.root).free
        if free < needed:
            raise ZhikeError(
                "disk.full",
                zh=f"{self.root} 所在磁盘只剩 {free // 2**20} MB，刷新需要 {needed // 2**20} MB。现有快照仍然有效；请先腾出空间",
                en=f"the disk of {self.root} has {free // 2**20} MB left, a refresh needs {needed // 2**20} MB. "
                "The present snapshot stays in force; make room first",
            )

    def _newest_snapshot_bytes(self) -> int:
        current = self.manifests_current()
        if current is None:
            return 0
        written = (t for t in current.tables.values() if not t.cut_from)
        computed = (t for t in written if catalog.table(t.name).kind == "published")
        return sum(file.size for table in computed for file in table.files)


@lru_cache(maxsize=8)
def open_lake(root: Path, engine_url: str = "duckdb") -> Lake:
    """The lake below that folder; the same object within a process."""
    return Lake(root, engine_url)
