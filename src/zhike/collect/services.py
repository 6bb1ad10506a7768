"""Bringing files of facts in."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from zhike.collect.imports.mapping import ColumnMapping, Layout, known_headers, matched_layout, read_mapping
from zhike.collect.imports.orders import ORDER_FIELDS, OrderReader, OrderRules
from zhike.collect.imports.reading import open_records, require_file
from zhike.collect.imports.records import RecordFile, shown, trimmed
from zhike.collect.imports.rejects import Reject, RejectLog, original_text, rejects_name, write_rejects
from zhike.collect.imports.report import ImportReport
from zhike.collect.imports.staging import StagedFile, staged_records
from zhike.collect.imports.verdicts import Verdicts, verdicts
from zhike.collect.models import ImportRun
from zhike.collect.schema import ORDERS
from zhike.customers.services import register_profiles
from zhike.jobs.progress import Progress, Several
from zhike.jobs.services import RowProgress, mark_interrupted, tracked
from zhike.kernel import clock
from zhike.kernel.errors import UsageError, ZhikeError
from zhike.kernel.home import Home
from zhike.kernel.words import Text
from zhike.lake.snapshots import Lake, open_lake

FACTS_LOCK = "facts"
DEFAULT_SOURCE = "orders"
_LONGEST_SOURCE = 40
_COMMIT_ROWS = 8192
_CONFLICT = "order.conflict"
_COUNTS = ("records", "inserted", "updated", "unchanged", "rejected", "skipped")
_COMPARING = Text("与已有订单比对", "Comparing with the orders there are")
_REGISTERING = Text("登记客户", "Registering the customers")
_WRITING = Text("写入订单", "Writing the orders")


def import_orders(
    *, home: Home, file: Path, mapping: Path | None = None, source: str = DEFAULT_SOURCE, progress: Progress
) -> ImportReport:
    """Bring a file of orders in: all of its good rows in one commit, or nothing.

    The same file again changes nothing; a later file with the same order ids updates them. Cut off at any
    moment, it can simply be run again.

    Parameters
    ----------
    file
        CSV (also .tsv, .txt) or Parquet, with the columns of `ORDER_FIELDS`.
    mapping
        A TOML file with `[columns]` and `[values.status]`, for other column names and words.
    source
        Where the order ids and customer ids come from; the same id of another source is another order.

    Raises
    ------
    UsageError
        What is wrong with the request: ``file.missing``, ``file.kind``, ``source.refused``, ``mapping.…``,
        ``columns.…``.
    ZhikeError
        What is wrong with the file as a whole: ``file.empty``, ``file.encoding``, ``file.structure``,
        ``file.damaged``, ``file.changed``; ``lake.busy`` while another import runs.
    """
    source = _checked_source(source)
    require_file(file)
    lake = open_lake(home.lake)
    run = ImportRun.objects.create(kind="orders", source=source, file_name=file.name)
    with tracked(run), lake.locked(FACTS_LOCK), _workshop(home, run) as folder:
        # Nobody else can be importing: what says so was cut off.
        mark_interrupted(ImportRun, but=run.pk)
        work = _OrderImport(home, lake, run, file, folder, Several([progress, RowProgress(run)]))
        report = work.run_through(mapping)
        _keep(run, report)
    return report


@dataclass(frozen=True)
class _OrderImport:
    """One import under way: the steps share these."""

    home: Home
    lake: Lake
    run: ImportRun
    file: Path
    folder: Path
    progress: Progress

    def run_through(self, mapping_file: Path | None) -> ImportReport:
        with _untouched(self.file):
            self._note_checksum()
            mapping = read_mapping(mapping_file, ORDER_FIELDS)
            records = open_records(self.file, known=known_headers(mapping, ORDER_FIELDS))
            layout = matched_layout(records.header, mapping, ORDER_FIELDS, file=self.file)
            rejects = RejectLog(self.folder / "rejects.jsonl")
            staged = self._staged(records, layout, mapping, rejects)
            found = self._compared(staged)
            rejected = self._rejects_written(records, layout, rejects, found.repeats.conflicts)
        rows = self._placed(staged, found)
        report = ImportReport(
            run_id=self.run.pk,
            file=self.file,
            read_as=records.read_as,
            records=staged.records,
            inserted=rows - len(found.updated),
            updated=len(found.updated),
            unchanged=len(found.repeats.same) + len(found.unchanged),
            rejected=rejected,
            skipped=staged.skipped,
            rejects_file=self.home.rejects / rejects_name(self.run.pk, self.file) if rejected else None,
            ignored_columns=layout.ignored,
            reasons=_reasons(rejects, found.repeats.conflicts),
        )
        # The law has been checked: only now do files appear that others see.
        self._keep_rejects(report.rejects_file)
        self._commit(rows, has_updates=report.updated > 0)
        return report

    def _note_checksum(self) -> None:
        with self.file.open("rb") as stream:
            self.run.sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        self.run.save(update_fields=["sha256"])

    def _staged(
        self, records: RecordFile, layout: Layout, mapping: ColumnMapping, rejects: RejectLog
    ) -> StagedFile:
        business = self.home.business()
        rules = OrderRules(business.currency, business.zone, clock.now())
        staged = staged_records(
            records,
            layout,
            OrderReader(layout, mapping, rules),
            rejects,
            file=self.folder / "staged.parquet",
            progress=self.progress,
        )
        rejects.close()
        if staged.records == staged.skipped:
            raise ZhikeError(
                "file.empty",
                zh=f"{self.file} 只有表头，没有任何记录",
                en=f"{self.file} has a header only, and not one record",
            )
        return staged

    def _compared(self, staged: StagedFile) -> Verdicts:
        self.progress.report(_COMPARING, 0, 0)
        return verdicts(staged, self.lake, source=self.run.source)

    def _rejects_written(
        self, records: RecordFile, layout: Layout, rejects: RejectLog, conflicts: dict[int, int]
    ) -> int:
        """Write the file of rejects, if there are any; how many they are."""
        if not rejects.counts and not conflicts:
            return 0
        column = records.header[layout.positions["order_id"]]
        streams = [rejects.rejects(), _conflict_rejects(records, conflicts, column)]
        return write_rejects(self._made_rejects, records.header, streams)

    def _keep_rejects(self, place: Path | None) -> None:
        if place is not None:
            place.parent.mkdir(mode=0o700, exist_ok=True)
            self._made_rejects.rename(place)

    def _placed(self, staged: StagedFile, found: Verdicts) -> int:
        """Write the rows for the lake, with a profile for every customer key; how many they are."""
        rows = 0
        schema = ORDERS.arrow_schema()
        with pq.ParquetWriter(self._orders_file, schema, compression="snappy") as writer:
            for batch in staged.batches(found.not_written(staged.last_number)):
                keys = batch["customer_id"].to_pylist()
                # A chunk at a time, so that nobody waits long for the database. Cut off here, the next run
                # finds the profiles that were made.
                ids = register_profiles(source=self.run.source, source_keys=keys)
                given = {
                    "source": pa.repeat(self.run.source, len(keys)),
                    "profile_id": pa.array([ids[key] for key in keys], pa.int64()),
                }
                columns = [given[name] if name in given else batch[name] for name in schema.names]
                writer.write_batch(pa.record_batch(columns, schema=schema))
                rows += len(keys)
                self.progress.report(_REGISTERING, rows, 0)
        return rows

    def _commit(self, rows: int, *, has_updates: bool) -> None:
        if not rows:
            return
        self.progress.report(_WRITING, 0, rows)
        with pq.ParquetFile(self._orders_file) as opened:
            # A stream of small batches, not a table: the lake holds what it has taken until a file is full.
            batches = pa.RecordBatchReader.from_batches(
                ORDERS.arrow_schema(), opened.iter_batches(batch_size=_COMMIT_ROWS)
            )
            if has_updates:
                self.lake.deltas.upsert(ORDERS, batches)
            else:
                self.lake.deltas.append(ORDERS, batches)
        self.progress.report(_WRITING, rows, rows)

    @property
    def _made_rejects(self) -> Path:
        return self.folder / "rejects.csv"

    @property
    def _orders_file(self) -> Path:
        return self.folder / "orders.parquet"


def _checked_source(source: str) -> str:
    name = trimmed(source)
    if not name or len(name) > _LONGEST_SOURCE or not name.isprintable():
        raise UsageError(
            "source.refused",
            zh=f"来源名“{shown(source)}”应有 1 至 {_LONGEST_SOURCE} 个字符，例如 tmall",
            en=f"the source “{shown(source)}” must have 1 to {_LONGEST_SOURCE} characters, such as shopify",
        )
    return name


@contextmanager
def _workshop(home: Home, run: ImportRun) -> Iterator[Path]:
    """A private folder for the time of the import; what a crash left is cleared away first."""
    room = home.path / "tmp"
    room.mkdir(mode=0o700, exist_ok=True)
    for left in room.glob("import-*"):
        shutil.rmtree(left, ignore_errors=True)
    folder = room / f"import-{run.pk}"
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _untouched(file: Path) -> Iterator[None]:
    """The file is read more than once: it must stay the same in between."""
    before = file.stat()
    yield
    after = file.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise ZhikeError(
            "file.changed",
            zh=f"{file} 在导入过程中被改动，没有导入任何数据；请等它写完再导入",
            en=f"{file} changed while it was read, so nothing was imported; wait until it is written",
        )


def _conflict_rejects(records: RecordFile, conflicts: dict[int, int], column: str) -> Iterator[Reject]:
    """The records in conflict with an earlier one of the file, read a second time for their original cells."""
    if not conflicts:
        return
    for number, cells, _ in records.records():
        if number in conflicts:
            first = conflicts[number]
            reason = Text(
                f"同一订单号在第 {first} 行已有，内容不同；请只保留正确的一行",
                f"row {first} has the same order id with other content; keep the right one of the two",
            )
            yield Reject(number, tuple(map(original_text, cells)), column, _CONFLICT, str(reason))


def _reasons(rejects: RejectLog, conflicts: dict[int, int]) -> dict[str, int]:
    counts = {**rejects.counts, **({_CONFLICT: len(conflicts)} if conflicts else {})}
    return dict(sorted(counts.items()))


def _keep(run: ImportRun, report: ImportReport) -> None:
    for name in _COUNTS:
        setattr(run, name, getattr(report, name))
    run.rejects_file = report.rejects_file.name if report.rejects_file else ""
    run.save(update_fields=[*_COUNTS, "rejects_file"])
