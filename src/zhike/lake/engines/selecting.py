"""Queries that people write themselves, over tables that are only read."""

from __future__ import annotations

import re
from collections.abc import Mapping

import duckdb
import ibis.expr.types as ir
import pyarrow as pa

from zhike.kernel.errors import UsageError
from zhike.lake.engines.compiling import sql_of
from zhike.lake.engines.duckdb import DuckDBEngine


class SelectingEngine(DuckDBEngine):
    """DuckDB that also answers a SELECT in SQL, on the machine of whoever wrote it."""

    def select(self, query: str, tables: Mapping[str, ir.Table], frames: Mapping[str, pa.Table]) -> pa.Table:
        """The rows of one SELECT over some tables by their names, and Arrow tables by theirs.

        Raises
        ------
        UsageError
            ``sql.not_a_select`` for other and for several statements, ``sql.refused`` with what DuckDB says.
        """
        _require_one_select(query)
        cursor = self._new_cursor()
        # Or an unknown name would be looked up among the variables of our own functions.
        cursor.execute("SET python_enable_replacements = false")
        try:
            for name, table in tables.items():
                cursor.execute(f"CREATE TEMP VIEW {_quoted(name)} AS {sql_of(table)}")
            for name, rows in frames.items():
                cursor.register(name, rows)
            return cursor.sql(query).to_arrow_table()
        except (duckdb.ProgrammingError, duckdb.DataError, duckdb.NotSupportedError) as error:
            raise _refused(str(error)) from error
        finally:
            cursor.close()


def _require_one_select(query: str) -> None:
    try:
        kinds = [statement.type for statement in duckdb.extract_statements(query)]
    except duckdb.Error as error:
        raise _refused(str(error)) from error
    if kinds != [duckdb.StatementType.SELECT]:
        raise UsageError(
            "sql.not_a_select",
            zh="只能执行一条 SELECT（或 FROM、DESCRIBE、SUMMARIZE）；这里的表只读",
            en="only one SELECT (or FROM, DESCRIBE, SUMMARIZE) can be run; the tables here are read only",
        )


def _refused(said: str) -> UsageError:
    # Our own names of tables end with a number.
    said = re.sub(r"__[0-9]+\b", "", said)
    return UsageError("sql.refused", zh=f"查询没有执行：{said}", en=f"the query was not run: {said}")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
