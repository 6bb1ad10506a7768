"""Parquet files as a stream of records with typed cells."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from zhike.collect.imports.records import Record, trimmed
from zhike.collect.imports.storage import InputFile
from zhike.kernel.errors import ZhikeError

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
        with self._said_clearly(), file.open("rb") as raw, pq.ParquetFile(raw) as opened:
            self.header: tuple[str, ...] = tuple(opened.schema_arrow.names)
            self.expected_records: int = opened.metadata.num_rows

    def records(self) -> Iterator[Record]:
        """Every row; cells are text, numbers, decimals, days and moments, None where empty."""
        number = 0
        batches = self._batches()
        while True:
            with self._said_clearly():
                rows = next(batches, None)
            if rows is None:
                break
            for cells in rows:
                number += 1
                yield Record(number, () if _is_blank(cells) else cells, None)
        if number != self.expected_records:
            raise self._damaged(f"{number} rows instead of {self.expected_records}")

    def _batches(self) -> Iterator[list[tuple[object, ...]]]:
        with self._file.open("rb") as raw, pq.ParquetFile(raw) as opened:
            for batch in opened.iter_batches(batch_size=_BATCH_ROWS):
                yield list(zip(*map(_cells, batch.columns), strict=True))

    @contextmanager
    def _said_clearly(self) -> Iterator[None]:
        try:
            yield
        except (pa.ArrowException, OSError, UnicodeDecodeError, ValueError) as error:
            raise self._damaged(str(error)) from error

    def _damaged(self, what: str) -> ZhikeError:
        return ZhikeError(
            "file.damaged",
            zh=f"{self._file} 不是完整的 Parquet 文件（{what}）。没有导入任何数据；请重新导出或重新下载",
            en=f"{self._file} is no whole Parquet file ({what}). Nothing was imported; export or download it again",
        )


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
