"""From a file to a staged table: every record is read once, checked, and lands in exactly one place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from zhike.collect.imports.mapping import Layout
from zhike.collect.imports.orders import STAGED_ORDERS, OrderReader, OrderRow, RowFault, staged_batch
from zhike.collect.imports.records import RecordFile
from zhike.collect.imports.rejects import RejectLog
from zhike.jobs.progress import Progress
from zhike.kernel.words import Text

CHUNK_ROWS = 20_000
_READING = Text("读取文件", "Reading the file")


@dataclass(frozen=True, slots=True)
class StagedFile:
    """What reading a file left behind: its good rows in Parquet, how many records it had, the last one's number."""

    file: Path
    records: int
    skipped: int
    last_number: int

    def key_hashes(self) -> np.ndarray:
        """The hash of every good row's order id."""
        hashes: np.ndarray = pq.read_table(self.file, columns=["key_hash"])["key_hash"].to_numpy()
        return hashes

    def keys(self, *, batch_rows: int) -> Iterator[pa.RecordBatch]:
        """`number, key_hash, order_id, row_hash` of every good row, in the order of the file."""
        with pq.ParquetFile(self.file) as opened:
            yield from opened.iter_batches(
                batch_size=batch_rows, columns=["number", "key_hash", "order_id", "row_hash"]
            )

    def batches(self, dropped: np.ndarray) -> Iterator[pa.RecordBatch]:
        """The good rows but for those whose row numbers are marked in `dropped`, in the order of the file."""
        with pq.ParquetFile(self.file) as opened:
            for batch in opened.iter_batches(batch_size=CHUNK_ROWS):
                kept = batch.filter(pa.array(~dropped[batch["number"].to_numpy()]))
                if kept.num_rows:
                    yield kept


def staged_records(
    source: RecordFile,
    layout: Layout,
    reader: OrderReader,
    rejects: RejectLog,
    *,
    file: Path,
    progress: Progress,
) -> StagedFile:
    """Read a whole file.

    Parameters
    ----------
    source, layout
        The file, and where our columns stand in it.
    reader
        Turns a record into a row.
    rejects
        Takes the records that are none.
    file
        Where the good rows are staged.
    """
    records = skipped = number = 0
    rows: list[OrderRow] = []
    with pq.ParquetWriter(file, STAGED_ORDERS, compression="snappy") as writer:
        for records, record in enumerate(source.records(), start=1):
            number, cells, fault = record
            if fault is not None:
                rejects.add(number, cells, "", fault)
            elif not cells:
                skipped += 1
            else:
                try:
                    rows.append(reader.read(number, cells))
                except RowFault as wrong:
                    rejects.add(number, cells, source.header[layout.positions[wrong.field]], wrong.error)
            if len(rows) >= CHUNK_ROWS:
                writer.write_batch(staged_batch(rows))
                rows.clear()
            if records % CHUNK_ROWS == 0:
                progress.report(_READING, records, max(source.expected_records, records))
        if rows:
            writer.write_batch(staged_batch(rows))
    progress.report(_READING, records, records)
    return StagedFile(file, records, skipped, last_number=number)
