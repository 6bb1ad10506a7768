"""DuckDB in this process: the engine of one machine."""

from __future__ import annotations

import threading
import uuid
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhike.lake.arrays import numpy_column
from zhike.lake.deltas import PinnedFile
from zhike.lake.engines.compiling import sql_of
from zhike.lake.engines.piles import MOST_BYTES, Pile
from zhike.lake.engines.protocol import ROWS_A_PART, Budget, Fold

# DuckDB would take four fifths; NumPy and Arrow work beside it in this process.
_MEMORY = "40%"
_FLUSHES = ("allocator_flush_threshold", "allocator_bulk_deallocation_flush_threshold")
_NEVER = "1 TB"
# So much of its memory is never given back before the end. A share of the machine's would abort the process.
_KEPT = "2 GB"
# Rows are sorted by so many slots as they come, before their number is known: a part is a run of slots.
_SLOTS = 256
# The eight bits of a number the other way round, so that those who share their lowest bits are neighbours.
_SLOT_OF = np.array([int(f"{number:08b}"[::-1], base=2) for number in range(_SLOTS)], dtype=np.uint8)
_ROWS_A_BATCH = 250_000


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
            "memory_limit": budget.memory or _MEMORY,
            # They would wait for files beside the threads that compute; ours are on this machine.
            "async_threads": 0,
        }
        if budget.threads:
            settings["threads"] = budget.threads
        if not budget.memory:
            # Else it gives memory back to the system after a task and takes it again for the next one.
            settings |= dict.fromkeys(_FLUSHES, _NEVER)
        if budget.keeps_room:
            settings["block_allocator_memory"] = _KEPT
        self._database = duckdb.connect(":memory:", config=settings)
        self._numbers: defaultdict[str, count[int]] = defaultdict(count)
        self._cursors = threading.local()
        self._spill, self._piled = spill, dict[str, list[Path]]()

    def read(self, name: str, files: list[Path], empty: pa.Schema) -> ir.Table:
        if not files:
            return self.load(name, empty.empty_table())
        # DuckDB takes the first file to have as many rows as each other one: after a handful that came in last, it would
        # hold all others in memory to join them with who is few.
        largest_first = sorted(files, key=lambda file: file.stat().st_size, reverse=True)
        fresh, listed = self._fresh(name), ", ".join(f"'{_quoted(file)}'" for file in largest_first)
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
        schema: pa.Schema = reader.schema
        with ThreadPoolExecutor(max_workers=threads) as pool:
            pieces = list(_parted_on_the_way(pool, threads, reader, by))
            wished = -(-sum(piece.rows.num_rows for piece in pieces) // rows_a_part)
            # A power of two, so that each part has as many slots.
            parts = min(1 << max(0, wished - 1).bit_length(), _SLOTS)
            pile = Pile(parts, self._spill, MOST_BYTES)

            def folded(part: int) -> None:
                pile.add(part, function(pa.Table.from_batches([p.part(part, parts) for p in pieces], schema)))

            deque(pool.map(folded, range(parts)), maxlen=0)
        # What is not needed any more goes before DuckDB copies what is.
        pieces.clear()
        return self._taken(pile)

    def _taken(self, pile: Pile) -> dict[str, ir.Table]:
        """The results of a fold as tables."""
        if (held := pile.in_memory()) is not None:
            return {name: self.load(name, held.pop(name)) for name in list(held)}
        found = pile.in_files()
        tables = {name: self.read(name, files, schema) for name, (schema, files) in found.items()}
        self._piled |= {tables[name].get_name(): files for name, (_, files) in found.items()}
        return tables

    def drop(self, table: ir.Table) -> None:
        files = self._piled.pop(table.get_name(), None)
        self._cursor().execute(f"DROP {'TABLE' if files is None else 'VIEW'} {table.get_name()}")
        for file in files or ():
            file.unlink()

    def fetch(self, expression: ir.Table) -> pa.Table:
        return self._cursor().sql(sql_of(expression)).to_arrow_table()

    def write(self, expression: ir.Table, folder: Path) -> list[PinnedFile]:
        folder.mkdir(parents=True, exist_ok=True)
        # A killed COPY leaves a broken file; under a name that no commit mentions it is only litter.
        file = folder / f"part-{uuid.uuid4().hex}.parquet"
        # Larger dictionaries save a tenth of the file and cost a quarter of the time.
        how = "FORMAT parquet, COMPRESSION snappy, DICTIONARY_SIZE_LIMIT 1000, ROW_GROUP_SIZE 61440"
        copy = f"COPY ({sql_of(expression, has_numbered_words=True)}) TO '{_quoted(file)}' ({how})"
        (rows,) = self._cursor().execute(copy).fetchall()[0]
        return [PinnedFile(path=file.name, size=file.stat().st_size, rows=rows)]

    def close(self) -> None:
        self._database.close()
        for file in chain.from_iterable(self._piled.values()):
            file.unlink(missing_ok=True)

    def _threads(self) -> int:
        (threads,) = self._cursor().execute("SELECT current_setting('threads')").fetchall()[0]
        return int(threads)

    def _fresh(self, name: str) -> str:
        # Counted and not random: the same reads make the same expressions, compiled once. Each name by itself, for
        # threads ask side by side.
        return f"{name}__{next(self._numbers[name])}"

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


@dataclass(frozen=True, slots=True)
class _Parted:
    """Rows of a batch in the order of their slots; `borders` is where each slot begins, and the end of the last."""

    rows: pa.RecordBatch
    borders: list[int]

    @classmethod
    def of(cls, batch: pa.RecordBatch, by: str) -> _Parted:
        values = numpy_column(pa.Table.from_batches([batch]), by)
        slots = _SLOT_OF[values & (_SLOTS - 1)]
        ends = np.cumsum(np.bincount(slots, minlength=_SLOTS)).tolist()
        places = pa.array(np.argsort(slots, kind="stable"))
        columns = [pc.take(column, places, boundscheck=False) for column in batch.columns]
        return cls(pa.record_batch(columns, schema=batch.schema), [0, *ends])

    def part(self, part: int, parts: int) -> pa.RecordBatch:
        """The rows whose value leaves `part` when divided by `parts`, a power of two."""
        first = int(_SLOT_OF[part])
        start, end = self.borders[first], self.borders[first + _SLOTS // parts]
        return self.rows.slice(start, end - start)


def _parted_on_the_way(
    pool: ThreadPoolExecutor, threads: int, batches: Iterable[pa.RecordBatch], by: str
) -> Iterator[_Parted]:
    """`_Parted` of each batch while the next ones are read: the rows never lie there twice."""
    waiting: deque[Future[_Parted]] = deque()
    for batch in batches:
        waiting.append(pool.submit(_Parted.of, batch, by))
        del batch
        if len(waiting) > threads:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
