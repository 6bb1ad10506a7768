"""The only place that opens DuckDB, Spark or another engine."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa

from zhike.kernel.errors import UsageError
from zhike.lake.deltas import PinnedFile

Fold = Callable[[pa.Table], Mapping[str, pa.Table]]

_INTEGERS = {"int64": "BIGINT", "int32": "INTEGER"}
# So many rows of a few columns stay near a core's cache; smaller parts only read the rows more often.
_ROWS_A_PART = 1_000_000


class Engine(Protocol):
    """Runs Ibis expressions over Parquet files."""

    def read(self, name: str, files: list[Path], empty: pa.Schema) -> ir.Table:
        """The rows of some Parquet files; of none, an empty table of that schema."""

    def load(self, name: str, rows: pa.Table) -> ir.Table:
        """A small table that the driver holds in memory."""

    def keep(self, name: str, expression: ir.Table) -> ir.Table:
        """Run and keep the rows for later expressions of this engine; they go when it closes."""

    def fold(self, rows: ir.Table, by: str, function: Fold) -> dict[str, ir.Table]:
        """Hand rows to a function, part by part, and keep what it gives, part after part, by name.

        Rows with an equal `by`, a whole number, come in the same part. Of no rows, the function gets an
        empty table.
        """

    def fetch(self, expression: ir.Table) -> pa.Table:
        """Run and return the rows."""

    def write(self, expression: ir.Table, folder: Path) -> list[PinnedFile]:
        """Run and write the rows as Parquet files with fresh names into `folder`."""

    def close(self) -> None:
        """Give back memory and files."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What an engine may use. `threads` 0 is all cores; `memory` is a DuckDB size such as ``512MB``, or empty for the default."""

    threads: int = 0
    memory: str = ""


WEB_BUDGET = Budget(threads=1, memory="512MB")
WORKER_BUDGET = Budget()


class DuckDBEngine:
    """DuckDB in this process; one database, a cursor for each query, so threads may share it.

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
        self._lock = threading.Lock()

    def read(self, name: str, files: list[Path], empty: pa.Schema) -> ir.Table:
        if not files:
            return self.load(name, empty.empty_table())
        fresh, listed = _fresh(name), ", ".join(f"'{_quoted(file)}'" for file in files)
        self._cursor().execute(f"CREATE VIEW {fresh} AS FROM read_parquet([{listed}])")
        return ibis.table(ibis.schema(empty), name=fresh)

    def load(self, name: str, rows: pa.Table) -> ir.Table:
        fresh, cursor = _fresh(name), self._cursor()
        cursor.register("given", rows)
        cursor.execute(f"CREATE TABLE {fresh} AS FROM given")
        cursor.unregister("given")
        return ibis.table(ibis.schema(rows.schema), name=fresh)

    def keep(self, name: str, expression: ir.Table) -> ir.Table:
        fresh = _fresh(name)
        self._cursor().execute(f"CREATE TABLE {fresh} AS {self._sql(expression)}")
        return ibis.table(expression.schema(), name=fresh)

    def fold(self, rows: ir.Table, by: str, function: Fold) -> dict[str, ir.Table]:
        kept = self.keep("fold", rows)
        (count,) = self._cursor().execute(f"SELECT count(*) FROM {kept.get_name()}").fetchall()[0]
        parts = -(-count // _ROWS_A_PART) or 1

        def folded(part: int) -> Mapping[str, pa.Table]:
            return function(self.fetch(kept.filter(kept[by] % parts == part)))

        with ThreadPoolExecutor(max_workers=self._threads()) as pool:
            given = list(pool.map(folded, range(parts)))
        self._cursor().execute(f"DROP TABLE {kept.get_name()}")
        return {name: self.load(name, pa.concat_tables(each[name] for each in given)) for name in given[0]}

    def fetch(self, expression: ir.Table) -> pa.Table:
        return self._cursor().sql(self._sql(expression)).to_arrow_table()

    def write(self, expression: ir.Table, folder: Path) -> list[PinnedFile]:
        folder.mkdir(parents=True, exist_ok=True)
        # A killed COPY leaves a broken file; under a name that no commit mentions it is only litter.
        file = folder / f"part-{uuid.uuid4().hex}.parquet"
        copy = f"COPY ({self._sql(expression)}) TO '{_quoted(file)}' (FORMAT parquet, COMPRESSION snappy)"
        (rows,) = self._cursor().execute(copy).fetchall()[0]
        return [PinnedFile(path=file.name, size=file.stat().st_size, rows=rows)]

    def close(self) -> None:
        self._database.close()

    def _threads(self) -> int:
        (threads,) = self._cursor().execute("SELECT current_setting('threads')").fetchall()[0]
        return int(threads)

    def _sql(self, expression: ir.Table) -> str:
        with self._lock:
            query = str(ibis.to_sql(expression, dialect="duckdb"))
        # A sum of integers is a 128-bit integer to DuckDB, which Arrow and Parquet would make a float.
        typed = ", ".join(
            f'CAST("{name}" AS {_INTEGERS[kind]}) AS "{name}"' if kind in _INTEGERS else f'"{name}"'
            for name, kind in ((name, str(dtype).lstrip("!")) for name, dtype in expression.schema().items())
        )
        return f"SELECT {typed} FROM ({query})"

    def _cursor(self) -> Any:
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


def open_engine(url: str, budget: Budget, *, spill: Path) -> Engine:
    """The engine that a URL names; ``duckdb`` is the only one of this release.

    Raises
    ------
    UsageError
        ``engine.unknown``.
    """
    if (urlsplit(url).scheme or url) == "duckdb":
        return DuckDBEngine(budget, spill)
    raise UsageError(
        "engine.unknown",
        zh=f"不认识计算引擎“{url}”；可用：duckdb",
        en=f"unknown engine “{url}”; known: duckdb",
    )


def _fresh(name: str) -> str:
    return f"{name}_{uuid.uuid4().hex[:12]}"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
