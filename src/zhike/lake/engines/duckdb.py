"""DuckDB in this process: the engine of one machine."""

from __future__ import annotations

import sys
import threading
import uuid
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count, islice
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from zhike.lake.arrays import numpy_column
from zhike.lake.deltas import PinnedFile
from zhike.lake.engines.compiling import sql_of
from zhike.lake.engines.protocol import ROWS_A_PART, Budget, Fold

# Rows are cut out of each batch for each part.
_MOST_PARTS = 256
_ROWS_A_BATCH, _MOST_BATCHES = 1_000_000, 32


class DuckDBEngine:
    """DuckDB in this process; one database, a cursor for each thread, so threads may share it.

    Tables are described to Ibis by their schema, and Ibis only compiles: its own connection would ask
    DuckDB about every table and load pandas for the answer, a second at each start.
    """

    def __init__(self, budget: Budget, spill: Path) -> None:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "temp_directory": str(spill),
        }
        if budget.threads:
            settings["threads"] = budget.threads
        if budget.memory:
            settings["memory_limit"] = budget.memory
        self._database = duckdb.connect(":memory:", config=settings)
        self._numbers = count()
        self._cursors = threading.local()

    def read(self, name: str, files: list[Path], empty: pa.Schema) -> ir.Table:
        if not files:
            return self.load(name, empty.empty_table())
        fresh, listed = self._fresh(name), ", ".join(f"'{_quoted(file)}'" for file in files)
        self._cursor().execute(f"CREATE VIEW {fresh} AS FROM read_parquet([{listed}])")
        return ibis.table(ibis.schema(empty), name=fresh)

    def load(self, name: str, rows: pa.Table) -> ir.Table:
        fresh, cursor = self._fresh(name), self._cursor()
        cursor.register("given", rows)
        cursor.execute(f"CREATE TABLE {fresh} AS FROM given")
        cursor.unregister("given")
        return ibis.table(ibis.schema(rows.schema), name=fresh)

    def keep(self, name: str, expression: ir.Table) -> ir.Table:
        fresh = self._fresh(name)
        self._cursor().execute(f"CREATE TABLE {fresh} AS {sql_of(expression)}")
        return ibis.table(expression.schema(), name=fresh)

    def fold(
        self, rows: ir.Table, by: str, function: Fold, *, rows_a_part: int = ROWS_A_PART
    ) -> dict[str, ir.Table]:
        threads, reader = self._threads(), self._cursor().sql(sql_of(rows)).to_arrow_reader(_ROWS_A_BATCH)
        # So much is read before the parts are counted: of more there are as many as can be.
        first = list(islice(reader, _MOST_BATCHES))
        number = sum(batch.num_rows for batch in first) if len(first) < _MOST_BATCHES else sys.maxsize
        # A power of two, for the lowest bits are quicker to take than a remainder.
        parts = min(1 << max(0, (number - 1) // rows_a_part).bit_length(), _MOST_PARTS)
        schema: pa.Schema = reader.schema
        with ThreadPoolExecutor(max_workers=threads) as pool:
            pieces = list(_parted_on_the_way(pool, threads, _emptied(first, reader), by, parts))
            folded = list(
                pool.map(
                    lambda part: dict(function(pa.Table.from_batches([p[part] for p in pieces], schema))),
                    range(parts),
                )
            )
        # Here and below, what is not needed any more goes before DuckDB copies what is.
        pieces.clear()
        return {
            name: self.load(name, pa.concat_tables(each.pop(name) for each in folded))
            for name in list(folded[0])
        }

    def fetch(self, expression: ir.Table) -> pa.Table:
        return self._cursor().sql(sql_of(expression)).to_arrow_table()

    def write(self, expression: ir.Table, folder: Path) -> list[PinnedFile]:
        folder.mkdir(parents=True, exist_ok=True)
        # A killed COPY leaves a broken file; under a name that no commit mentions it is only litter.
        file = folder / f"part-{uuid.uuid4().hex}.parquet"
        # Larger dictionaries save a tenth of the file and cost a quarter of the time.
        how = "FORMAT parquet, COMPRESSION snappy, DICTIONARY_SIZE_LIMIT 1000"
        copy = f"COPY ({sql_of(expression, has_numbered_words=True)}) TO '{_quoted(file)}' ({how})"
        (rows,) = self._cursor().execute(copy).fetchall()[0]
        return [PinnedFile(path=file.name, size=file.stat().st_size, rows=rows)]

    def close(self) -> None:
        self._database.close()

    def _threads(self) -> int:
        (threads,) = self._cursor().execute("SELECT current_setting('threads')").fetchall()[0]
        return int(threads)

    def _fresh(self, name: str) -> str:
        # Counted and not random: the same reads in the same order make the same expressions, compiled once.
        return f"{name}__{next(self._numbers)}"

    def _cursor(self) -> Any:
        """This thread's own."""
        if not hasattr(self._cursors, "own"):
            self._cursors.own = self._new_cursor()
        return self._cursors.own

    def _new_cursor(self) -> Any:
        cursor = self._database.cursor()
        # It would write into the standard output of our own commands, and is set a connection.
        cursor.execute("SET enable_progress_bar = false")
        return cursor


@contextmanager
def private_database(**tables: pa.Table) -> Iterator[Any]:
    """A DuckDB of its own with those tables, for what must never touch a disk: names and contacts.

    It spills nothing: out of memory it stops. Its connection is not for the lake.
    """
    settings: dict[str, str | bool | int | float | list[str]] = {
        "temp_directory": "",
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    database = duckdb.connect(":memory:", config=settings)
    try:
        database.execute("SET enable_progress_bar = false")
        for name, rows in tables.items():
            database.register("given", rows)
            database.execute(f"CREATE TABLE {name} AS FROM given")
            database.unregister("given")
        yield database
    finally:
        database.close()


def _emptied(first: list[pa.RecordBatch], rest: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The batches of both; nothing holds on to those that were taken."""
    first.reverse()
    while first:
        yield first.pop()
    yield from rest


def _parted_on_the_way(
    pool: ThreadPoolExecutor, threads: int, batches: Iterator[pa.RecordBatch], by: str, parts: int
) -> Iterator[list[pa.RecordBatch]]:
    """`_parted` of each batch while the next ones are read: the rows never lie there twice."""
    waiting: deque[Future[list[pa.RecordBatch]]] = deque()
    for batch in batches:
        waiting.append(pool.submit(_parted, batch, by, parts))
        del batch
        if len(waiting) > threads:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _parted(batch: pa.RecordBatch, by: str, parts: int) -> list[pa.RecordBatch]:
    """The rows of a batch by the lowest bits of a column of whole numbers."""
    if parts == 1:
        return [batch]
    values = numpy_column(pa.Table.from_batches([batch]), by)
    part = (values & (parts - 1)).astype(np.int16)
    borders = np.cumsum(np.bincount(part, minlength=parts))
    ordered = batch.take(pa.array(np.argsort(part, kind="stable")))
    starts = (0, *borders[:-1].tolist())
    return [ordered.slice(start, end - start) for start, end in zip(starts, borders.tolist(), strict=True)]


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
