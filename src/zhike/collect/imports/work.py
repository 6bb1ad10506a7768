"""One import under way, from the file to its report."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhike.collect.imports.columns import Choice, chosen_columns
from zhike.collect.imports.corrections import without_guards
from zhike.collect.imports.destinations import Destination, Taken, Task, destination_of
from zhike.collect.imports.dialects import AS_FOUND, NO_HEADER, Dialect
from zhike.collect.imports.guesses import header_fingerprint
from zhike.collect.imports.kinds.kind import ImportRules, Kind
from zhike.collect.imports.mapping import ColumnMapping, Layout
from zhike.collect.imports.reading import open_records
from zhike.collect.imports.records import RecordFile
from zhike.collect.imports.rejects import (
    FirstReject,
    Reject,
    RejectLog,
    original_text,
    rejects_name,
    write_rejects,
)
from zhike.collect.imports.report import ImportReport
from zhike.collect.imports.staging import StagedFile, staged_records
from zhike.collect.imports.storage import InputFile
from zhike.collect.imports.verdicts import Verdicts
from zhike.kernel import clock
from zhike.kernel.errors import ZhikeError
from zhike.kernel.home import Home
from zhike.kernel.words import Text

_SHOWN_ROWS = 5
_ORPHAN = "order.missing"
_NO_ORDER = Text(
    "订单还没有导入，或来源不同；请先用同样的来源名导入订单",
    "the order is not there, or is of another source; import the orders first, under the same name of the source",
)
Recall = Callable[[str], dict[str, Any] | None]


@dataclass(frozen=True)
class Reading:
    """How the file is to be read."""

    file: InputFile
    choice: Choice
    dialect: Dialect = AS_FOUND
    repairs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Work:
    """One import: the steps share these.

    `recall` gives the mapping that worked for a header before, `keep` writes the report down, before the commit: cut
    off right after it, nobody else could tell what it did. `usual_source` gives the source by the header, None where
    it was said.
    """

    task: Task
    reading: Reading
    recall: Recall
    keep: Callable[[ImportReport], None]
    usual_source: Callable[[str], str] | None = None

    def run_through(self) -> ImportReport:
        """Read, compare, report, take: all good rows, or nothing."""
        file, destination = self.reading.file, destination_of(self.task)
        with untouched(file), self._noting_checksum():
            records, mapping, layout = self._opened()
            rejects = RejectLog(self.task.folder / f"rejects-{self.task.run.pk}.jsonl")
            staged = self._staged(records, layout, mapping, rejects)
            found = destination.compared(staged)
            late = _LateRejects(self.task.kind, found)
            rejected = self._rejects_written(records, layout, rejects, late)
        return self._taken(destination, staged, found, records, layout, rejects, late, rejected)

    def _taken(
        self,
        destination: Destination,
        staged: StagedFile,
        found: Verdicts,
        records: RecordFile,
        layout: Layout,
        rejects: RejectLog,
        late: _LateRejects,
        rejected: int,
    ) -> ImportReport:
        with destination.taking(staged, found) as taken:
            report = self._report(staged, found, taken, records, layout, rejects, late, rejected)
            # The law has been checked: only now do files appear that others see.
            self.keep(report)
            self._keep_rejects(report.rejects_file)
        return report

    def _report(
        self,
        staged: StagedFile,
        found: Verdicts,
        taken: Taken,
        records: RecordFile,
        layout: Layout,
        rejects: RejectLog,
        late: _LateRejects,
        rejected: int,
    ) -> ImportReport:
        task, duplicates = self.task, len(found.repeats.same)
        return ImportReport(
            run_id=task.run.pk,
            source=task.run.source,
            file=self.reading.file,
            read_as=records.read_as,
            records=staged.records,
            inserted=taken.inserted,
            updated=taken.updated,
            unchanged=duplicates + taken.unchanged,
            rejected=rejected,
            skipped=staged.skipped,
            rejects_file=task.home.rejects / self._made_rejects.name if rejected else None,
            ignored_columns=layout.ignored,
            reasons=dict(sorted({**rejects.counts, **late.counts}.items())),
            duplicates=duplicates,
            walk_ins=staged.of_nobody,
            is_dry_run=task.is_dry_run,
            first_rejects={**rejects.first, **late.first(layout, records.header)},
        )

    def _opened(self) -> tuple[RecordFile, ColumnMapping, Layout]:
        reading, task = self.reading, self.task
        stored = open_records(
            reading.file,
            known=reading.choice.known(task.kind),
            dialect=reading.dialect,
            folder=task.folder,
        )
        records = without_guards(stored)
        fingerprint = header_fingerprint(records.header)
        # Columns without names are the same in every file: what one of them meant says nothing of the next.
        has_names = reading.dialect.header_row != NO_HEADER
        remembered = self.recall(fingerprint) if has_names else None
        if has_names and self.usual_source is not None:
            task.run.source = self.usual_source(fingerprint)
        mapping, layout = chosen_columns(records, task.kind, reading.choice, remembered, file=reading.file)
        task.run.read_as, task.run.header_fingerprint = records.read_as[:100], fingerprint
        task.run.mapping = mapping.as_dict(layout, records.header)
        task.run.save(update_fields=["source", "read_as", "header_fingerprint", "mapping"])
        return records, mapping, layout

    @contextmanager
    def _noting_checksum(self) -> Iterator[None]:
        """Write the checksum of the file down, which is made beside the reading."""
        with ThreadPoolExecutor(1) as pool:
            checksum = pool.submit(_checksum, self.reading.file)
            try:
                yield
            finally:
                self.task.run.sha256 = checksum.result()
                self.task.run.save(update_fields=["sha256"])

    def _staged(
        self, records: RecordFile, layout: Layout, mapping: ColumnMapping, rejects: RejectLog
    ) -> StagedFile:
        task = self.task
        rules = _rules(task.home, self.reading.repairs)
        staged = staged_records(
            records,
            layout,
            task.kind.reader(layout, mapping, rules),
            rejects,
            schema=task.kind.staged,
            file=task.folder / f"staged-{task.run.pk}.arrow",
            progress=task.progress,
            naming=task.kind.naming,
        )
        rejects.close()
        if staged.records == staged.skipped:
            file = self.reading.file
            raise ZhikeError(
                "file.empty",
                zh=f"{file} 只有表头，没有任何记录",
                en=f"{file} has a header only, and not one record",
            )
        return staged

    def _rejects_written(
        self, records: RecordFile, layout: Layout, rejects: RejectLog, late: _LateRejects
    ) -> int:
        """Write the file of rejects, if there are any; how many they are."""
        if not rejects.counts and not late.counts:
            return 0
        streams = [rejects.rejects(), late.rejects(records, layout)]
        return write_rejects(self._made_rejects, records.header, streams)

    def _keep_rejects(self, place: Path | None) -> None:
        if place is not None:
            place.parent.mkdir(mode=0o700, exist_ok=True)
            self._made_rejects.rename(place)

    @property
    def _made_rejects(self) -> Path:
        return self.task.folder / rejects_name(self.task.run.pk, self.reading.file)


class _LateRejects:
    """Good rows that the comparison turned away: contradictions within the file, and lines without an order."""

    def __init__(self, kind: Kind, found: Verdicts) -> None:
        self._kind = kind
        self._conflicts = found.repeats.conflicts
        self._orphans = set(found.orphans.tolist())

    @property
    def counts(self) -> dict[str, int]:
        counts = {self._kind.conflict[0]: len(self._conflicts), _ORPHAN: len(self._orphans)}
        return {code: count for code, count in counts.items() if count}

    def first(self, layout: Layout, header: tuple[str, ...]) -> dict[str, list[FirstReject]]:
        """The first of each code."""
        first: dict[str, list[FirstReject]] = {}
        for numbers in (sorted(self._conflicts)[:_SHOWN_ROWS], sorted(self._orphans)[:_SHOWN_ROWS]):
            for number in numbers:
                field, code, reason = self._reason(number)
                first.setdefault(code, []).append(FirstReject(number, layout.title(field, header), reason))
        return first

    def rejects(self, records: RecordFile, layout: Layout) -> Iterator[Reject]:
        """The records, read a second time for their original cells."""
        if not self.counts:
            return
        for number, cells, _ in records.records():
            if number in self._conflicts or number in self._orphans:
                field, code, reason = self._reason(number)
                column = layout.title(field, records.header)
                yield Reject(number, tuple(map(original_text, cells)), column, code, str(reason))

    def _reason(self, number: int) -> tuple[str, str, Text]:
        if number in self._conflicts:
            code, sentence = self._kind.conflict
            return self._kind.key_field, code, sentence.format(first=self._conflicts[number])
        return "order_id", _ORPHAN, _NO_ORDER


@contextmanager
def workshop(home: Home, run_id: int) -> Iterator[Path]:
    """A private folder for the time of the import; what a crash left is cleared away first."""
    room = home.path / "tmp"
    room.mkdir(mode=0o700, exist_ok=True)
    for left in room.glob("import-*"):
        shutil.rmtree(left, ignore_errors=True)
    folder = room / f"import-{run_id}"
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def untouched(file: InputFile) -> Iterator[None]:
    """The file is read more than once: it must stay the same in between.

    Raises
    ------
    ZhikeError
        ``file.changed``.
    """
    before = file.stat()
    yield
    after = file.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise ZhikeError(
            "file.changed",
            zh=f"{file} 在导入过程中被改动，没有导入任何数据；请等它写完再导入",
            en=f"{file} changed while it was read, so nothing was imported; wait until it is written",
        )


def _checksum(file: InputFile) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _rules(home: Home, repairs: tuple[str, ...]) -> ImportRules:
    business = home.business()
    secret = home.secret_key().encode()
    return ImportRules(business.currency, business.zone, clock.now(), secret, repairs)
