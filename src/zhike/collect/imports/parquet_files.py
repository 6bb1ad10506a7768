"""Parquet files as a stream of records with typed cells."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from zhike.collect.imports.archives import damaged
from zhike.collect.imports.records import Record, trimmed
from zhike.collect.imports.storage import InputFile
from zhike.kernel.words import Text

_BATCH_ROWS = 10_000


class ParquetFile:
    """A Parquet file; the first row has number 1.

    Raises
    ------
    ZhikeError
        ``file.damaged`` for a file that is truncated or not Parquet.
    """

    read_as = "Parquet"
    header_row = 0

    def __init__(self, file: InputFile) -> None:
        self._file = file
        foot = Text(
            "文件末尾关于各列的说明读不出来", "what it says of its columns, at its end, cannot be read"
        )
        with self._said_clearly(foot), file.open("rb") as raw, pq.ParquetFile(raw) as opened:
            self.header: tuple[str, ...] = tuple(opened.schema_arrow.names)
            self.expected_records: int = opened.metadata.num_rows

    def records(self) -> Iterator[Record]:
        """Every row; cells are text, numbers, decimals, days and moments, None where empty."""
        number = 0
        batches = self._batches()
        while True:
            with self._said_clearly(_after(number)):
                rows = next(batches, None)
            if rows is None:
                break
            for cells in rows:
                number += 1
                yield Record(number, () if _is_blank(cells) else cells, None)
        if number != self.expected_records:
            raise damaged(self._file, _after(number))

    def _batches(self) -> Iterator[list[tuple[object, ...]]]:
        with self._file.open("rb") as raw, pq.ParquetFile(raw) as opened:
            for batch in opened.iter_batches(batch_size=_BATCH_ROWS):
                yield list(zip(*map(_cells, batch.columns), strict=True))

    @contextmanager
    def _said_clearly(self, place: Text) -> Iterator[None]:
        try:
            yield
        except (pa.ArrowException, OSError, UnicodeDecodeError, ValueError) as error:
            raise damaged(self._file, place) from error


def _after(number: int) -> Text:
    return Text(f"第 {number:,} 行以后读不出来", f"what comes after row {number:,} cannot be read")


def _is_blank(cells: tuple[object, ...]) -> bool:
    return all(cell is None or (isinstance(cell, str) and not trimmed(cell)) for cell in cells)


def _cells(column: Any) -> list[object]:
    cells: list[object] = _plainer(column).to_pylist()
    if pa.types.is_float16(column.type) or pa.types.is_float32(column.type):
        # The shortest decimal that means the same: 1234.56, not 1234.56005859375.
        return [None if cell is None else float(str(cell)) for cell in cells]
    return cells


def _plainer(column: Any) -> Any:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _plainer(column.dictionary_decode())
    if pa.types.is_timestamp(kind):
        # Python has no nanoseconds; every zone is the same moment in UTC.
        return pc.cast(column, pa.timestamp("us", tz="UTC" if kind.tz else None), safe=False)
    if pa.types.is_float16(kind) or pa.types.is_float32(kind):
        return pc.cast(column, pa.string())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        # Older writers store text without saying that it is text.
        return pc.cast(column, pa.large_string())
    return column
