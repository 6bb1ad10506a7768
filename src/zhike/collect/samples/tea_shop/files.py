"""The exports and the truth as files."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from zhike.collect.samples.tea_shop.exports import Export, Form
from zhike.collect.samples.tea_shop.lives import SOURCES
from zhike.collect.samples.tea_shop.truth import TruePerson, Truth

TRUTH_FILE = "truth.parquet"
_CREATED_AT = datetime(2026, 1, 1, tzinfo=UTC)
_TRUTH_SCHEMA = pa.schema(
    [
        ("person_id", pa.int64()),
        ("archetype", pa.string()),
        ("acquired_on", pa.date32()),
        ("lost_on", pa.date32()),
        ("family_id", pa.int64()),
        ("phone_before_of", pa.int64()),
        *((f"{source}_keys", pa.list_(pa.string())) for source in SOURCES),
    ]
)


def write_export(export: Export, folder: Path) -> Path:
    """The file, replaced if it is there."""
    path = folder / export.file_name
    _WRITERS[export.form](export, path)
    return path


def write_truth(truth: Truth, folder: Path) -> Path:
    """One row a person, the keys of each source as a list."""
    path = folder / TRUTH_FILE
    pq.write_table(pa.Table.from_pylist([_truth_row(each) for each in truth.people], _TRUTH_SCHEMA), path)
    return path


def _truth_row(person: TruePerson) -> dict[str, object]:
    row = {name: getattr(person, name) for name in _TRUTH_SCHEMA.names if not name.endswith("_keys")}
    for source in SOURCES:
        row[f"{source}_keys"] = [key.key for key in person.keys if key.source == source]
    return row


def _write_csv(export: Export, path: Path) -> None:
    _write_text(export, path, "utf-8")


def _write_csv_gbk(export: Export, path: Path) -> None:
    _write_text(export, path, "gbk")


def _write_text(export: Export, path: Path, encoding: str) -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(export.header)
        writer.writerows(export.rows)


def _write_ndjson(export: Export, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in export.records())


def _write_xlsx(export: Export, path: Path) -> None:
    """Text stays text: ids keep their zeros, and amounts are written as the system writes them."""
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_numbers": False})
    # Or the file would hold the time at which it was written.
    book.set_properties({"created": _CREATED_AT})
    sheet = book.add_worksheet("Sheet1")
    for place, row in enumerate((export.header, *export.rows)):
        sheet.write_row(place, 0, row)
    book.close()


_WRITERS: Mapping[Form, Callable[[Export, Path], None]] = {
    "csv": _write_csv,
    "csv_gbk": _write_csv_gbk,
    "xlsx": _write_xlsx,
    "ndjson": _write_ndjson,
}
