"""Spark: the same expressions on a cluster."""

from __future__ import annotations

import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.config import Config

from zhike.kernel.errors import ZhikeError
from zhike.lake.deltas import PinnedFile
from zhike.lake.engines.compiling import COMPILING
from zhike.lake.engines.protocol import ROWS_A_PART, Budget, Fold
from zhike.lake.engines.spark_addresses import Address, address_of
from zhike.lake.engines.spark_sessions import Session
from zhike.lake.parts import RESULT, PartFunction, joined_name

_TYPES = {"int64": "BIGINT", "int32": "INT", "float64": "DOUBLE"}
_PARTS = "spark.sql.shuffle.partitions"
_BYTES_A_PART = 16 * 2**20
# What a function of NumPy gets at once: some hundred megabytes on a machine of the cluster.
_LEAST_ROWS_A_PART = 1_000_000


class SparkEngine:
    """A Spark session; tables are temporary views, and Ibis only compiles.

    Spark reads and writes Parquet only. What stands in a Delta table is said by whoever hands the files
    over, and committed by whoever takes them: no part of Delta has to be on the cluster. `spill` and the
    lake must be seen under the same paths by all of its machines. One at a time for a `spill`.
    """

    def __init__(self, url: str, budget: Budget, spill: Path) -> None:
        address = address_of(url)
        if not address.hosts and not address.cores:
            address = Address(cores=budget.threads)
        self._scratch = spill.absolute() / "spark"
        # A killed process leaves its own behind.
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir(parents=True)
        self._session = Session(address, self._scratch)
        self._sizes: dict[Path, int] = {}
        self._own: dict[str, list[Path]] = {}

    def read(self, name: str, files: list[Path], empty: pa.Schema) -> ir.Table:
        if not files:
            return self.load(name, empty.empty_table())
        with self._session.telling():
            self._spread(files)
            reader = self._session.spark.read.schema(_spark_schema(empty))
            return self._named(name, reader.parquet(*map(_pattern, files)), ibis.schema(empty))

    def load(self, name: str, rows: pa.Table) -> ir.Table:
        # Not `createDataFrame`: it holds the rows in the memory of Java and makes a part of each 10,000.
        file = self._scratch / f"{_fresh(name)}.parquet"
        pq.write_table(rows, file, coerce_timestamps="us")
        return self._read_own(name, [file], rows.schema)

    def keep(self, name: str, expression: ir.Table) -> ir.Table:
        # Not `persist`: the plan would stay in that of every later query, and grow with each step that builds on it
        # until the words for it alone fill the memory of the driver.
        with self._session.telling():
            files = self._written(self._frame(expression))
        return self._read_own(name, [file.path for file in files], expression.schema().to_pyarrow())

    def drop(self, table: ir.Table) -> None:
        name = table.get_name()
        with self._session.telling():
            self._session.spark.catalog.dropTempView(name)
        # What a fold gave stays with the other tables of that fold: Spark moves it to disk where it needs the memory.
        for file in self._own.pop(name, ()):
            file.unlink()

    def fold(
        self, rows: ir.Table, by: str, function: Fold, *, rows_a_part: int = ROWS_A_PART
    ) -> dict[str, ir.Table]:
        schema = rows.schema().to_pyarrow()
        nothing = function(schema.empty_table())
        folding = PartFunction(function, schema, {name: table.schema for name, table in nothing.items()})
        with self._session.telling():
            frame = self._frame(rows)
            parts = -(-frame.count() // max(rows_a_part, _LEAST_ROWS_A_PART))
            if not parts:
                return {name: self.load(name, table) for name, table in nothing.items()}
            folded = frame.repartition(parts, by).mapInArrow(folding, _spark_schema(folding.schema))
            kept = _kept(folded)
            return {
                name: self._named(name, _one_result(kept, name, of), ibis.schema(of))
                for name, of in folding.results.items()
            }

    def fetch(self, expression: ir.Table) -> pa.Table:
        # Not `toArrow`: all rows would lie in the memory of Java first.
        with self._session.telling():
            files = self._written(self._frame(expression))
        schema = expression.schema().to_pyarrow()
        tables = [pq.ParquetFile(file.path).read().cast(schema) for file in files]
        for file in files:
            file.path.unlink()
        return pa.concat_tables([schema.empty_table(), *tables])

    def write(self, expression: ir.Table, folder: Path) -> list[PinnedFile]:
        folder.mkdir(parents=True, exist_ok=True)
        with self._session.telling():
            # Few rows come together in one file, many are cut into files of a size that is good to read.
            files = self._written(self._frame(expression).hint("rebalance"))
        pinned = []
        for file in files:
            place = file.path.rename(folder / f"part-{uuid.uuid4().hex}.parquet")
            pinned.append(PinnedFile(place.name, place.stat().st_size, file.rows))
        return pinned

    def close(self) -> None:
        self._session.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _read_own(self, name: str, files: list[Path], schema: pa.Schema) -> ir.Table:
        table = self.read(name, files, schema)
        self._own[table.get_name()] = files
        return table

    def _spread(self, files: list[Path]) -> None:
        """Let a shuffle make as many parts as the data need: Spark's own 200 are too many for most shops."""
        self._sizes |= {file: file.stat().st_size for file in files}
        parts = max(2, sum(self._sizes.values()) // _BYTES_A_PART)
        if not self._session.context.getConf().contains(_PARTS):
            self._session.spark.conf.set(_PARTS, str(parts))

    def _written(self, frame: Any) -> list[_Written]:
        """The rows in files of the scratch folder, in their order."""
        from pyspark.sql import Observation
        from pyspark.sql import functions as sql

        folder, seen = self._scratch / uuid.uuid4().hex, Observation()
        observed = frame.observe(seen, sql.count(sql.lit(1)).alias("rows"))
        observed.write.parquet(_place(folder), compression="snappy")
        files = [_Written(file, pq.read_metadata(file).num_rows) for file in sorted(folder.glob("*.parquet"))]
        if sum(file.rows for file in files) != seen.get["rows"]:
            raise _not_shared(folder)
        return files

    def _named(self, name: str, frame: Any, schema: ibis.Schema) -> ir.Table:
        fresh = _fresh(name)
        frame.createTempView(fresh)
        return ibis.table(schema, name=fresh)

    def _frame(self, expression: ir.Table) -> Any:
        return self._session.spark.sql(spark_sql(expression))


@dataclass(frozen=True, slots=True)
class _Written:
    path: Path
    rows: int


def _not_shared(folder: Path) -> ZhikeError:
    return ZhikeError(
        "engine.not_shared",
        zh=f"Spark 的 worker 写出的文件没有全部出现在 {folder}。数据文件夹必须在所有机器的同一路径下可见（共享存储）；现有快照仍然有效",
        en=f"not all files that the workers of Spark wrote appear in {folder}. The data folder must be seen under the same "
        "path by all machines (shared storage); the present snapshot stays in force",
    )


class _SparkOptions(Config):  # type: ignore[misc]
    treat_nan_as_null: bool = False


def spark_sql(expression: ir.Table) -> str:
    """The query of an expression, with exactly the types that the expression states; needs no Spark."""
    # Ibis reads this option while it compiles, but sets its default only when it opens a Spark session.
    if getattr(ibis.options, "pyspark", None) is None:
        ibis.options.pyspark = _SparkOptions()
    with COMPILING:
        query = str(ibis.to_sql(expression, dialect="pyspark"))
    # Some functions of Spark give narrower numbers than Ibis says, such as the days between two dates.
    typed = ", ".join(
        f"CAST(`{name}` AS {_TYPES[kind]}) AS `{name}`" if kind in _TYPES else f"`{name}`"
        for name, kind in ((name, str(dtype).lstrip("!")) for name, dtype in expression.schema().items())
    )
    return f"SELECT {typed} FROM ({query})"


def _kept(frame: Any) -> Any:
    """The rows in the memory of the cluster, or on its disks; lost ones are computed again."""
    kept = frame.persist()
    kept.count()
    return kept


def _one_result(joined: Any, name: str, schema: pa.Schema) -> Any:
    own = joined.filter(joined[RESULT] == name)
    return own.select([own[joined_name(name, column)].alias(column) for column in schema.names])


def _spark_schema(schema: pa.Schema) -> Any:
    from pyspark.sql.pandas.types import from_arrow_schema

    return from_arrow_schema(schema)


def _place(folder: Path) -> str:
    return f"file://{folder}"


def _pattern(path: Path) -> str:
    """A file to read: Spark takes the name for a pattern."""
    return "file://" + "".join(f"\\{sign}" if sign in "{}[]*?\\" else sign for sign in str(path))


def _fresh(name: str) -> str:
    return f"{name}_{uuid.uuid4().hex[:12]}"
