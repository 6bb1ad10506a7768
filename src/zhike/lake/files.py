"""Tables as files that people and programs open: Parquet, CSV, Excel.

Amounts become decimals in all three. A file appears under its name only when it is whole.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from zhike.kernel.errors import UsageError, ZhikeError
from zhike.kernel.formulas import FORMULA, SIGNED_NUMBER
from zhike.kernel.money import minor_digits
from zhike.kernel.words import Text
from zhike.lake.catalog import Column, Table
from zhike.lake.deltas import fsync_path

CRLF = "\r\n"
LF = "\n"
# 19 digits hold every int64; a reader in another tool needs no currency to know where the point stands.
_AMOUNT_DIGITS = 19
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BATCH_ROWS = 20_000


@dataclass(frozen=True)
class Extract:
    """Rows to be written and what a reader must know about them.

    Parameters
    ----------
    table
        Describes the columns, in the order in which they are written.
    batches
        The rows as the lake holds them: amounts in minor units, moments in UTC.
    currency
        Of the amounts.
    zone
        In which CSV and Excel show moments; Parquet keeps UTC.
    as_of
        The business date.
    filter
        Which rows these are, in words.
    """

    table: Table
    batches: Iterable[pa.RecordBatch]
    currency: str
    zone: ZoneInfo
    as_of: date
    filter: Text

    @property
    def schema(self) -> pa.Schema:
        """As written to Parquet: amounts as decimals, every field with its meaning."""
        fields = zip(self.table.columns, self.table.arrow_schema(), strict=True)
        described = [_described(column, field, self.currency) for column, field in fields]
        facts = {
            "zhike.table": self.table.name,
            "zhike.as_of": f"{self.as_of}",
            "zhike.currency": self.currency,
        }
        return pa.schema(described, metadata={**facts, "zhike.filter": self.filter.en})

    def written_batches(self) -> Iterable[pa.RecordBatch]:
        """The rows in `schema`."""
        schema, source = self.schema, self.table.arrow_schema()
        for batch in self.batches:
            arrays = (
                _written(column, batch.column(column.name).cast(field.type), self.currency)
                for column, field in zip(self.table.columns, source, strict=True)
            )
            yield pa.RecordBatch.from_arrays(list(arrays), schema=schema)


def write_file(path: Path, extract: Extract, *, line_end: str = CRLF) -> int:
    """Write to `path` in the format that its ending names; the number of rows.

    Raises
    ------
    UsageError
        ``file.ending`` for another ending than .parquet, .csv and .xlsx, ``file.no_folder``,
        ``file.too_many_rows`` and ``file.text_too_long`` for what does not fit into Excel.
    ZhikeError
        ``file.unwritable``.
    """
    write = writer_for(path)
    _check_place(path)
    draft = path.with_name(f".{path.stem}.{uuid.uuid4().hex[:8]}.part{path.suffix}")
    try:
        rows = write(draft, extract, line_end)
        fsync_path(draft)
        draft.replace(path)
        fsync_path(path.parent)
    except OSError as error:
        raise ZhikeError(
            "file.unwritable",
            zh=f"无法写入 {path}：{error.strerror}",
            en=f"cannot write {path}: {error.strerror}",
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    return rows


def batches_of(rows: pa.Table) -> Iterator[pa.RecordBatch]:
    """A table in batches of a size that the writers work well with."""
    yield from rows.combine_chunks().to_batches(max_chunksize=_BATCH_ROWS)


_Writer = Callable[[Path, Extract, str], int]


def writer_for(path: Path) -> _Writer:
    """The writer that the ending of a file names.

    Raises
    ------
    UsageError
        ``file.ending``.
    """
    writers: dict[str, _Writer] = {".parquet": _write_parquet, ".csv": _write_csv, ".xlsx": _write_workbook}
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise UsageError(
            "file.ending",
            zh=f"不认识“{path.name}”的格式：文件名应以 .xlsx、.csv 或 .parquet 结尾",
            en=f"the format of “{path.name}” is unknown: end the name with .xlsx, .csv or .parquet",
        )
    return writer


def _check_place(path: Path) -> None:
    if not path.parent.is_dir():
        raise UsageError(
            "file.no_folder",
            zh=f"文件夹 {path.parent} 不存在，请先建好",
            en=f"the folder {path.parent} does not exist; make it first",
        )
    if path.is_dir():
        raise UsageError(
            "file.is_folder", zh=f"{path} 是文件夹，请写文件名", en=f"{path} is a folder; name a file"
        )


def _write_parquet(path: Path, extract: Extract, line_end: str) -> int:
    rows = 0
    with pq.ParquetWriter(path, extract.schema, compression="zstd") as out:
        for batch in extract.written_batches():
            out.write_batch(batch)
            rows += batch.num_rows
    return rows


def _write_csv(path: Path, extract: Extract, line_end: str) -> int:
    options = pa_csv.WriteOptions(eol=line_end, quoting_header="none")
    names = [(column.name, extract.schema.field(column.name).type) for column in extract.table.columns]
    schema = pa.schema([(name, pa.string() if _is_worded(type) else type) for name, type in names])
    rows = 0
    with path.open("wb") as out:
        out.write(_BYTE_ORDER_MARK)
        with pa_csv.CSVWriter(out, schema, write_options=options) as writer:
            for batch in extract.written_batches():
                columns = [_worded(array, extract.zone) for array in batch.columns]
                writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
                rows += batch.num_rows
    return rows


def _write_workbook(path: Path, extract: Extract, line_end: str) -> int:
    # Imported here: it builds upon this module.
    from zhike.lake.workbooks import write_workbook

    return write_workbook(path, extract)


def _described(column: Column, field: pa.Field, currency: str) -> pa.Field:
    kind = (
        pa.decimal128(_AMOUNT_DIGITS, minor_digits(currency)) if column.unit == "minor_units" else field.type
    )
    unit = currency if column.unit == "minor_units" else column.unit
    return pa.field(field.name, kind, metadata={"zh": column.text.zh, "en": column.text.en, "unit": unit})


def _written(column: Column, values: pa.Array, currency: str) -> pa.Array:
    return _amounts(values, minor_digits(currency)) if column.unit == "minor_units" else values


def _amounts(minor: pa.Array, digits: int) -> pa.Array:
    """Minor units as decimals; forecasts, which are fractions of a minor unit, are rounded to it."""
    if pa.types.is_floating(minor.type):
        known = pc.if_else(pc.is_finite(minor), minor, None)
        minor = pc.round(known, round_mode="half_towards_infinity").cast(pa.int64())
    whole = minor.cast(pa.decimal128(_AMOUNT_DIGITS, 0))
    # The same digits read with a decimal point: exact, and no division.
    kind = pa.decimal128(_AMOUNT_DIGITS, digits)
    return pa.Array.from_buffers(kind, len(whole), whole.buffers(), offset=whole.offset)


def _is_worded(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_timestamp(kind))


def _worded(values: pa.Array, zone: ZoneInfo) -> pa.Array:
    """Text that no spreadsheet takes for a formula; moments with their offset, as 2026-11-21T18:05:00+08:00."""
    if pa.types.is_timestamp(values.type):
        local = values.cast(pa.timestamp("s", tz=zone.key), safe=False)
        said = pc.strftime(local, format="%Y-%m-%dT%H:%M:%S%z")
        return pc.replace_substring_regex(said, pattern=r"([+-]\d\d)(\d\d)$", replacement=r"\1:\2")
    if pa.types.is_string(values.type):
        guarded = pc.binary_join_element_wise("'", values, "")
        is_number = pc.match_substring_regex(values, SIGNED_NUMBER)
        is_live = pc.and_not(pc.match_substring_regex(values, FORMULA), is_number)
        return pc.if_else(is_live, guarded, values)
    return values
