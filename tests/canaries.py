"""Looking for planted values in every file below a data folder, as bytes and as what the files say."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def spelled(value: str) -> tuple[bytes, ...]:
    """In UTF-8, in GBK, in UTF-16, and as JSON escapes it."""
    escaped = json.dumps(value)[1:-1]
    return (
        value.encode(),
        value.encode("gb18030", "replace"),
        value.encode("utf-16-le"),
        escaped.encode(),
        json.dumps(escaped)[1:-1].encode(),
    )


def places(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder: its name and bytes; and what Parquet files and databases say when they are read."""
    for file in sorted(each for each in folder.rglob("*") if each.is_file()):
        name = str(file.relative_to(folder))
        content = file.read_bytes()
        yield name, name.encode() + b"\n" + content
        if content.startswith(b"PAR1"):
            yield f"{name}, read", parquet_text(file)
        elif content.startswith(b"SQLite format 3"):
            yield f"{name}, read", database_text(file)


def found_in(folder: Path, values: Iterable[str]) -> set[tuple[str, str]]:
    """In which files which values stand."""
    wanted = {value: spelled(value) for value in values}
    return {
        (name, value)
        for name, content in places(folder)
        for value, needles in wanted.items()
        if any(needle in content for needle in needles)
    }


def parquet_text(file: Path) -> bytes:
    said = [str(pq.read_metadata(file).metadata)]
    for batch in pq.ParquetFile(file).iter_batches():
        # Numbers are left out: an amount may look like a short phone number.
        for column in batch.columns:
            if not pa.types.is_primitive(column.type):
                # Text of every kind: who rewrites a file may choose another for it.
                said += set(map(str, column.to_pylist()))
    return "\n".join(said).encode()


def database_text(file: Path) -> bytes:
    said: list[bytes] = []
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in database.execute(f'SELECT * FROM "{name}"'):
                # The digits of how many seconds something took may be those of somebody's card.
                said += [
                    cell if isinstance(cell, bytes) else str(cell).encode()
                    for cell in row
                    if not isinstance(cell, float)
                ]
    return b"\n".join(said)
