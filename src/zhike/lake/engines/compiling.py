"""From an Ibis expression to the SQL of DuckDB."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import sqlglot.expressions as sge
from ibis.backends.sql.compilers import duckdb

_DIALECT = duckdb.compiler.dialect
_INTEGERS = {"int64": "BIGINT", "int32": "INTEGER"}
COMPILING = threading.Lock()
"""Ibis compiles for one thread at a time."""


def sql_of(expression: ir.Table, *, has_numbered_words: bool = False) -> str:
    """The query of an expression, with the types that Ibis says.

    Parameters
    ----------
    has_numbered_words
        Leaves a column of few fixed words an ENUM, which is written to Parquet without looking up the words.
    """
    with COMPILING:
        return _compiled(expression.op(), has_numbered_words)


@lru_cache(maxsize=512)
def _compiled(relation: ops.Relation, has_numbered_words: bool) -> str:
    """Kept, for Ibis needs ten milliseconds for it, longer than DuckDB on a small shop."""
    table = relation.to_expr()
    with _selects_apart():
        query = duckdb.compiler.to_sqlglot(table)
    _number_words(query)
    # A sum of integers is a 128-bit integer to DuckDB, which Arrow and Parquet would make a float.
    types = _INTEGERS if has_numbered_words else {**_INTEGERS, "string": "VARCHAR"}
    typed = ", ".join(
        f'CAST("{name}" AS {types[kind]}) AS "{name}"' if kind in types else f'"{name}"'
        for name, kind in ((name, str(dtype).lstrip("!")) for name, dtype in table.schema().items())
    )
    return f"SELECT {typed} FROM ({query.sql(dialect=_DIALECT)})"


@contextmanager
def _selects_apart() -> Iterator[None]:
    """Ibis spends a third of its time on making one SELECT of several, which DuckDB does not need."""
    usual, ibis.options.sql.fuse_selects = ibis.options.sql.fuse_selects, False
    try:
        yield
    finally:
        ibis.options.sql.fuse_selects = usual


def _number_words(query: sge.Expression) -> None:
    """Make every CASE that chooses among fixed words choose among their numbers, which take a tenth of the time.

    To all functions and comparisons of DuckDB an ENUM is its words; they are numbered in the order in which
    words are sorted.
    """
    for case in query.find_all(sge.Case):
        chosen = [(branch, "true", branch.args["true"]) for branch in case.args["ifs"]]
        if other := case.args.get("default"):
            chosen.append((case, "default", other))
        words = sorted({value.this for _, _, value in chosen if value.is_string})
        if words and all(value.is_string or _is_empty(value) for _, _, value in chosen):
            kind = f"ENUM({', '.join(_quoted(word) for word in words)})"
            # Set and not replaced: Ibis has one value stand in several places.
            for place, name, value in chosen:
                place.set(name, _word(value.this, kind) if value.is_string else sge.null())


def _is_empty(value: sge.Expression) -> bool:
    return isinstance(value.this if isinstance(value, sge.Cast) else value, sge.Null)


def _word(word: str, kind: str) -> sge.Expression:
    return sge.Var(this=f"CAST({_quoted(word)} AS {kind})")


def _quoted(word: str) -> str:
    # As a literal of SQLGlot is written, in a hundredth of the time.
    return "'" + word.replace("'", "''") + "'"
