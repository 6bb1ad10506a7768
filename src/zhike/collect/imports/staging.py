"""From a file to a staged table: every record is read once, checked, and lands in exactly one place."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from zhike.collect.imports.blocks import PlainBlock
from zhike.collect.imports.csv_files import CsvFile
from zhike.collect.imports.fast_orders import FastOrders
from zhike.collect.imports.kinds.kind import RowFault, RowReader, staged_batch
from zhike.collect.imports.kinds.orders import OrderReader
from zhike.collect.imports.mapping import Layout
from zhike.collect.imports.records import Record, RecordFile
from zhike.collect.imports.rejects import RejectLog
from zhike.collect.imports.storage import open_private, write_private
from zhike.jobs.progress import Progress
from zhike.kernel.words import Text

CHUNK_ROWS = 20_000
_READERS = 2
_UNLIKE = ("order_id", "customer_id", "event_id", "properties", "record")
_COUNTED = ("customer_id",)
READING = Text("读取文件", "Reading the file")


@dataclass(frozen=True, slots=True)
class StagedFile:
    """What reading a file left behind: its good rows in Parquet, how many records it had, the last one's number."""

    file: Path
    records: int
    skipped: int
    last_number: int
    columns: tuple[str, ...] = ()

    def key_hashes(self) -> np.ndarray:
        """The hash of every good row's key."""
        with open_private(self.file) as opened:
            hashes: np.ndarray = pq.read_table(opened, columns=["key_hash"])["key_hash"].to_numpy()
        return hashes

    def empty_count(self, column: str) -> int:
        """How many good rows have nothing in that column; 0 if the kind has no such column."""
        if column not in self.columns:
            return 0
        with open_private(self.file) as opened:
            found = pq.read_metadata(opened)
        groups = (found.row_group(number) for number in range(found.num_row_groups))
        place = self.columns.index(column)
        return sum(group.column(place).statistics.null_count for group in groups)

    def rows(self, columns: Sequence[str] | None = None, *, batch_rows: int) -> Iterator[pa.RecordBatch]:
        """Every good row, in the order of the file; all columns if none are named."""
        waiting: list[pa.Table] = []
        with open_private(self.file) as raw, pq.ParquetFile(raw) as opened:
            # A group of rows at a time: `iter_batches` keeps what it has read of the others.
            for group in range(opened.num_row_groups):
                waiting.append(opened.read_row_group(group, columns=columns and list(columns)))
                if sum(map(len, waiting)) >= batch_rows:
                    yield from _joined(waiting, batch_rows)
        yield from _joined(waiting, batch_rows)

    def batches(
        self, dropped: np.ndarray, columns: Sequence[str] | None = None, *, batch_rows: int = 0
    ) -> Iterator[pa.RecordBatch]:
        """The good rows but for those whose row numbers are marked in `dropped`, in the order of the file.

        `columns`, if some are named, must have the number among them.
        """
        for batch in self.rows(columns, batch_rows=batch_rows or CHUNK_ROWS):
            is_kept = ~dropped[batch["number"].to_numpy()]
            kept = batch if is_kept.all() else batch.filter(pa.array(is_kept))
            if kept.num_rows:
                yield kept


def _joined(tables: list[pa.Table], batch_rows: int) -> list[pa.RecordBatch]:
    """The rows of the tables, which are let go, in batches of at most so many."""
    if not tables:
        return []
    whole = pa.concat_tables(tables).combine_chunks()
    tables.clear()
    batches: list[pa.RecordBatch] = whole.to_batches(max_chunksize=batch_rows)
    return batches


def staged_records(
    source: RecordFile,
    layout: Layout,
    reader: RowReader,
    rejects: RejectLog,
    *,
    schema: pa.Schema,
    file: Path,
    progress: Progress,
) -> StagedFile:
    """Read a whole file.

    Parameters
    ----------
    source, layout
        The file, and where our columns stand in it.
    reader
        Turns a record into a row of `schema`.
    rejects
        Takes the records that are none.
    file
        Where the good rows are staged.
    """
    # Hashes and ids do not repeat: a dictionary of them only costs time.
    repeating = [each.name for each in schema if pa.types.is_string(each.type) and each.name not in _UNLIKE]
    # `empty_count` needs these; the file is read whole, so nothing else needs any.
    counted = [name for name in schema.names if name in _COUNTED]
    with (
        write_private(file) as raw,
        pq.ParquetWriter(
            raw, schema, compression="lz4", use_dictionary=repeating, write_statistics=counted
        ) as writer,
    ):
        staging = _Staging(source, layout, reader, rejects, schema, writer, progress)
        fast = fast_reader(source, reader)
        if fast is None:
            staging.take_records(source.records())
        else:
            assert isinstance(source, CsvFile)
            for block, reading in _read_ahead(source, fast):
                if isinstance(block, PlainBlock):
                    assert reading is not None
                    staging.take_block(block, *reading.result(), source)
                else:
                    staging.take_records(block)
        staging.flush()
    progress.report(READING, staging.records, staging.records)
    return StagedFile(file, staging.records, staging.skipped, staging.number, tuple(schema.names))


def fast_reader(source: RecordFile, reader: RowReader) -> FastOrders | None:
    """The reader of whole columns, where there is one for the kind and the file is plain text without repairs."""
    if not isinstance(source, CsvFile) or not isinstance(reader, OrderReader):
        return None
    # What a record is must not depend on the one above it.
    if not source.has_blocks or reader.rules.repairs or reader.skips_further_lines:
        return None
    return FastOrders(reader, delimiter=source.delimiter, width=len(source.header))


def _read_ahead(
    source: CsvFile, fast: FastOrders
) -> Iterator[tuple[PlainBlock | list[Record], Future[tuple[pa.RecordBatch, np.ndarray]] | None]]:
    """The blocks of a file in order; a few of them are being read while the one before is taken."""
    waiting: deque[tuple[PlainBlock | list[Record], Future[Any] | None]] = deque()
    with ThreadPoolExecutor(_READERS) as pool:
        for block in source.blocks():
            reading = pool.submit(fast.read, block) if isinstance(block, PlainBlock) else None
            waiting.append((block, reading))
            if len(waiting) > _READERS:
                yield waiting.popleft()
        yield from waiting


class _Staging:
    """The good rows on their way into the staged file, in the order of the file."""

    def __init__(
        self,
        source: RecordFile,
        layout: Layout,
        reader: RowReader,
        rejects: RejectLog,
        schema: pa.Schema,
        writer: pq.ParquetWriter,
        progress: Progress,
    ) -> None:
        self._source, self._layout, self._reader = source, layout, reader
        self._rejects, self._schema, self._writer = rejects, schema, writer
        self._progress = progress
        self._rows: list[NamedTuple] = []
        self._told = 0
        self.records = self.skipped = self.number = 0

    def take_records(self, records: Iterable[Record]) -> None:
        """Take records one by one."""
        for record in records:
            self._take(record)
            if len(self._rows) >= CHUNK_ROWS:
                self.flush()

    def take_block(self, block: PlainBlock, taken: pa.RecordBatch, left: np.ndarray, source: CsvFile) -> None:
        """Take what is certain of a block as a whole, and the records on the lines that are left over."""
        self.flush()
        if len(left):
            lines = block.lines()
            for line in left.tolist():
                self._take(source.line_record(block.first_number + line, lines[line]))
            taken = self._merged(taken)
        if taken.num_rows:
            self._writer.write_batch(taken)
        self.records += block.line_count - len(left)
        self.number = block.first_number + block.line_count - 1
        self._tell()

    def flush(self) -> None:
        """Write the rows that are waiting."""
        if self._rows:
            self._writer.write_batch(staged_batch(self._rows, self._schema))
            self._rows.clear()

    def _take(self, record: Record) -> None:
        self.records += 1
        self.number, cells, fault = record
        if fault is not None:
            self._rejects.add(self.number, cells, "", fault)
        elif not cells:
            self.skipped += 1
        else:
            try:
                if (row := self._reader.read(self.number, cells)) is None:
                    self.skipped += 1
                else:
                    self._rows.append(row)
            except RowFault as wrong:
                column = self._layout.title(wrong.field, self._source.header)
                self._rejects.add(self.number, cells, column, wrong.error)
        self._tell()

    def _merged(self, taken: pa.RecordBatch) -> pa.RecordBatch:
        """A batch together with the rows that are waiting, by number: of two rows the first stays."""
        if not self._rows:
            return taken
        both = pa.Table.from_batches([taken, staged_batch(self._rows, self._schema)])
        self._rows.clear()
        return both.sort_by("number").combine_chunks().to_batches()[0]

    def _tell(self) -> None:
        if self.records >= self._told + CHUNK_ROWS:
            self._told = self.records
            self._progress.report(READING, self.records, max(self._source.expected_records, self.records))
