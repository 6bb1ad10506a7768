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
import pyarrow.ipc

from zhike.collect.imports.blocks import PlainBlock
from zhike.collect.imports.csv_files import CsvFile
from zhike.collect.imports.fast_orders import FastOrders
from zhike.collect.imports.kinds.faults import RowFault
from zhike.collect.imports.kinds.kind import RowReader, staged_batch
from zhike.collect.imports.kinds.orders import OrderReader
from zhike.collect.imports.mapping import Layout
from zhike.collect.imports.named_keys import NamedKeys
from zhike.collect.imports.records import Record, RecordFile
from zhike.collect.imports.rejects import RejectLog
from zhike.collect.imports.storage import open_private, write_private
from zhike.jobs.progress import Progress
from zhike.kernel.words import Text

CHUNK_ROWS = 20_000
_READERS = 2
READING = Text("读取文件", "Reading the file")


@dataclass(frozen=True, slots=True)
class StagedFile:
    """What reading a file left behind: its good rows as Arrow, and what was counted.

    Parameters
    ----------
    records, skipped
        How many records there were, and how many of them said nothing.
    last_number
        Of the last record.
    of_nobody
        How many good rows have no customer.
    named
        The customers that the good rows name.
    """

    file: Path
    records: int
    skipped: int
    last_number: int
    of_nobody: int
    named: NamedKeys

    def key_hashes(self) -> np.ndarray:
        """The hash of every good row's key."""
        hashes = [batch["key_hash"].to_numpy() for batch in self._batches(["key_hash"])]
        return np.concatenate(hashes) if hashes else np.empty(0, np.int64)

    def rows(self, columns: Sequence[str] | None = None, *, batch_rows: int) -> Iterator[pa.RecordBatch]:
        """Every good row, in the order of the file; all columns if none are named."""
        waiting: list[pa.RecordBatch] = []
        for batch in self._batches(columns):
            # Whole ones: what is cut off would come as a small one of its own.
            if sum(map(len, waiting)) + len(batch) > batch_rows:
                yield from _joined(waiting, batch_rows)
            waiting.append(batch)
        yield from _joined(waiting, batch_rows)

    def _batches(self, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        """The rows as they were written."""
        with open_private(self.file) as raw:
            places = columns and [pa.ipc.open_file(raw).schema.get_field_index(name) for name in columns]
            opened = pa.ipc.open_file(raw, options=pa.ipc.IpcReadOptions(included_fields=places))
            for number in range(opened.num_record_batches):
                yield opened.get_batch(number)

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


def _joined(some: list[pa.RecordBatch], batch_rows: int) -> list[pa.RecordBatch]:
    """The rows of the batches, which are let go, in batches of at most so many."""
    if not some:
        return []
    whole = pa.Table.from_batches(some).combine_chunks()
    some.clear()
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
    naming: Sequence[str] = (),
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
    naming
        The columns of `schema` with keys of customers to be registered.
    """
    # Read and thrown away: what Parquet would make smaller is not worth the time.
    options = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
    with (
        ThreadPoolExecutor(1) as beside,
        write_private(file) as raw,
        pa.ipc.new_file(raw, schema, options=options) as writer,
    ):
        named = NamedKeys(naming, beside)
        staging = _Staging(source, layout, reader, rejects, schema, writer, named, progress)
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
    return StagedFile(file, staging.records, staging.skipped, staging.number, staging.of_nobody, named)


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
        writer: pa.ipc.RecordBatchFileWriter,
        named: NamedKeys,
        progress: Progress,
    ) -> None:
        self._source, self._layout, self._reader = source, layout, reader
        self._rejects, self._schema, self._writer = rejects, schema, writer
        self._named, self._progress = named, progress
        self._rows: list[NamedTuple] = []
        self._told = 0
        self.records = self.skipped = self.number = self.of_nobody = 0

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
            self._write(taken)
        self.records += block.line_count - len(left)
        self.number = block.first_number + block.line_count - 1
        self._tell()

    def flush(self) -> None:
        """Write the rows that are waiting."""
        if self._rows:
            self._write(staged_batch(self._rows, self._schema))
            self._rows.clear()

    def _write(self, rows: pa.RecordBatch) -> None:
        self._writer.write_batch(rows)
        self._named.take(rows)
        if "customer_id" in self._schema.names:
            self.of_nobody += rows["customer_id"].null_count

    def _take(self, record: Record) -> None:
        self.records += 1
        self.number, cells, fault = record
        if fault is not None:
            self._rejects.add(self.number, cells, ("", fault))
        elif not cells:
            self.skipped += 1
        else:
            try:
                if (row := self._reader.read(self.number, cells)) is None:
                    self.skipped += 1
                else:
                    self._rows.append(row)
            except RowFault as wrong:
                header = self._source.header
                told = [(self._layout.title(field, header), error) for field, error in wrong.all]
                self._rejects.add(self.number, cells, *told)
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
