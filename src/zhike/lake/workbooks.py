"""Excel workbooks: one sheet of rows, one that says what they are."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from zhike.kernel import clock
from zhike.kernel.errors import UsageError
from zhike.kernel.money import minor_digits, symbol
from zhike.kernel.words import Text
from zhike.lake.catalog import Column
from zhike.lake.files import Extract

MOST_ROWS = 1_048_575
_LONGEST_CELL = 32_767
_WIDEST, _NARROWEST = 60, 8
_MEASURED_ROWS = 500
_BATCH_ROWS = 2_000
# The arrows of the filter stand over the end of a heading.
_FILTER_ARROW = 3


def write_workbook(path: Path, extract: Extract) -> int:
    """Write rows and their description; the number of rows.

    Raises
    ------
    UsageError
        ``file.too_many_rows`` past what a sheet holds, ``file.text_too_long`` past what a cell holds.
    """
    # Rows wait in a folder of ours until the book is closed, so that a failure leaves nothing behind.
    with TemporaryDirectory(dir=path.parent, prefix=".rows-") as waiting:
        book = xlsxwriter.Workbook(path, {"constant_memory": True, "tmpdir": waiting})
        rows = _RowsSheet(book, extract).write()
        _write_about(book, extract, rows)
        _close(book)
    return rows


def _close(book: Workbook) -> None:
    try:
        book.close()
    except FileCreateError as error:
        # What the caller knows how to say: the disk is full, or the file may not be written.
        raise next(
            (cause for cause in error.args if isinstance(cause, OSError)), OSError(str(error))
        ) from error


class _RowsSheet:
    """The first sheet: column names in a frozen head with filters, then the rows."""

    def __init__(self, book: Workbook, extract: Extract) -> None:
        self._extract = extract
        self._sheet = book.add_worksheet(extract.table.name[:31])
        self._head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#EEF2F7"})
        self._formats = [_format(book, column, extract.currency) for column in extract.table.columns]
        self._widths = [_width(column.name) + _FILTER_ARROW for column in extract.table.columns]

    def write(self) -> int:
        columns = self._extract.table.columns
        for place, column in enumerate(columns):
            self._sheet.write_string(0, place, column.name, self._head)
        rows = 0
        for batch in self._extract.written_batches():
            for start in range(0, batch.num_rows, _BATCH_ROWS):
                rows = self._write_batch(batch.slice(start, _BATCH_ROWS), rows)
        self._finish(rows)
        return rows

    def _write_batch(self, batch: pa.RecordBatch, rows: int) -> int:
        if rows + batch.num_rows > MOST_ROWS:
            raise _too_many_rows()
        if rows < _MEASURED_ROWS:
            for place, values in enumerate(batch.columns):
                self._measure(place, values)
        writers = [
            _cell_writer(self._sheet, column, self._extract.zone) for column in self._extract.table.columns
        ]
        for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            rows += 1
            for place, value in enumerate(values):
                if value is not None:
                    writers[place](rows, place, value, self._formats[place])
        return rows

    def _measure(self, place: int, values: pa.Array) -> None:
        texts = (str(value) for value in values.slice(0, _MEASURED_ROWS).to_pylist() if value is not None)
        self._widths[place] = max([self._widths[place], *(_width(text) for text in texts)])

    def _finish(self, rows: int) -> None:
        self._sheet.freeze_panes(1, 1)
        self._sheet.autofilter(0, 0, rows, len(self._widths) - 1)
        for place, width in enumerate(self._widths):
            self._sheet.set_column(place, place, min(_WIDEST, max(_NARROWEST, width)))
        # Ids are text on purpose; Excel would mark each of them.
        self._sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{rows + 1}"})


def _write_about(book: Workbook, extract: Extract, rows: int) -> None:
    sheet = book.add_worksheet(str(Text("说明", "About")))
    bold, wrap = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    lines = _about_lines(extract, rows)
    for row, (name, value) in enumerate(lines):
        sheet.write_string(row, 0, str(name), bold)
        sheet.write_string(row, 1, str(value), wrap)
    first = len(lines) + 1
    for place, title in enumerate(_COLUMN_TITLES):
        sheet.write_string(first, place, str(title), bold)
    for row, column in enumerate(extract.table.columns, start=first + 1):
        codes = "；".join(f"{code} = {label}" for code, label in column.labels.items())
        for place, text in enumerate((column.name, str(column.text), _unit(column, extract.currency), codes)):
            sheet.write_string(row, place, text, wrap)
    for place, width in enumerate((26, 60, 14, 60)):
        sheet.set_column(place, place, width)


_COLUMN_TITLES = (Text("列", "Column"), Text("含义", "Meaning"), Text("单位", "Unit"), Text("代码", "Codes"))


def _about_lines(extract: Extract, rows: int) -> list[tuple[Text, object]]:
    written = clock.now().astimezone(extract.zone)
    return [
        (Text("数据表", "Table"), extract.table.name),
        (Text("内容", "Contents"), extract.table.grain),
        (Text("业务日期", "Business date"), extract.as_of.isoformat()),
        (Text("筛选", "Filter"), extract.filter),
        (Text("行数", "Rows"), f"{rows:,}"),
        (Text("货币", "Currency"), extract.currency),
        (Text("时间的时区", "Time zone of moments"), extract.zone.key),
        (Text("导出时间", "Written at"), f"{written:%Y-%m-%d %H:%M}"),
    ]


_UNITS = {
    "days": Text("天", "days"),
    "count": Text("个", "count"),
    "share": Text("比例（0–1）", "share (0–1)"),
    "score": Text("分", "score"),
    "rank": Text("名次", "rank"),
}


def _unit(column: Column, currency: str) -> str:
    if column.unit == "minor_units":
        return currency
    return str(_UNITS[column.unit]) if column.unit else ""


def _format(book: Workbook, column: Column, currency: str) -> Format | None:
    if column.unit == "minor_units":
        decimals = "." + "0" * minor_digits(currency) if minor_digits(currency) else ""
        return book.add_format({"num_format": f'"{symbol(currency)}"#,##0{decimals}'})
    pattern = {"date": "yyyy-mm-dd", "timestamp": "yyyy-mm-dd hh:mm:ss", "string": "@"}.get(column.type)
    if column.unit == "share":
        pattern = "0.0%"
    elif column.type == "float64":
        pattern = "#,##0.0#"
    if _is_id(column):
        pattern = "@"
    return book.add_format({"num_format": pattern}) if pattern else None


def _is_id(column: Column) -> bool:
    return column.name == "id" or column.name.endswith("_id")


_CellWriter = Callable[[int, int, Any, Format | None], object]


def _cell_writer(sheet: Worksheet, column: Column, zone: ZoneInfo) -> _CellWriter:
    """How a value of this column is put into a cell; never `write`, which would guess formulas from text."""
    if column.type == "string" or _is_id(column):
        return lambda row, place, value, style: sheet.write_string(row, place, _fitting(column, value), style)
    if column.type == "boolean":
        return lambda row, place, value, style: sheet.write_boolean(row, place, value, style)
    if column.type == "date":
        return lambda row, place, value, style: sheet.write_datetime(row, place, value, style)
    if column.type == "timestamp":
        return lambda row, place, value, style: sheet.write_datetime(row, place, _local(value, zone), style)
    return lambda row, place, value, style: _write_number(sheet, row, place, value, style)


def _write_number(
    sheet: Worksheet, row: int, place: int, value: int | float | Decimal, style: Format | None
) -> None:
    number = float(value)
    if number - number == 0:  # Excel has no infinity and no NaN
        sheet.write_number(row, place, number, style)


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


def _fitting(column: Column, value: object) -> str:
    text = str(value)
    if len(text) > _LONGEST_CELL:
        raise UsageError(
            "file.text_too_long",
            zh=f"{column.name} 列有一个 {len(text)} 字的值，Excel 单元格最多 {_LONGEST_CELL} 字；请导出 .csv 或 .parquet",
            en=f"a value of {column.name} has {len(text)} characters, a cell of Excel holds {_LONGEST_CELL}; "
            "export .csv or .parquet instead",
        )
    return text


def _width(text: str) -> int:
    """Columns that a text takes: two for a Chinese character."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text) + 1


def _too_many_rows() -> UsageError:
    return UsageError(
        "file.too_many_rows",
        zh=f"Excel 一张表最多 {MOST_ROWS:,} 行，这里更多；请缩小筛选，或导出 .csv 或 .parquet",
        en=f"a sheet of Excel holds {MOST_ROWS:,} rows and these are more; "
        "narrow the filter, or export .csv or .parquet",
    )
