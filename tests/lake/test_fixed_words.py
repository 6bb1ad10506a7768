"""Columns that choose among fixed words: numbers inside DuckDB, words to everybody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from zhike.lake.engines import WORKER_BUDGET, DuckDBEngine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckDBEngine]:
    opened = DuckDBEngine(WORKER_BUDGET, tmp_path / "spill")
    yield opened
    opened.close()


@pytest.fixture
def levels(engine: DuckDBEngine) -> ir.Table:
    rows = engine.load("scores", pa.table({"id": [1, 2, 3, 4], "score": [90, 50, 10, None]}))
    level = ibis.cases((rows.score > 80, "top"), (rows.score > 40, "it's fine"), (rows.score.notnull(), "低"))
    return rows.mutate(level=level, known=ibis.cases((rows.score.isnull(), ibis.null("string")), else_="yes"))


def test_readers_get_words(engine: DuckDBEngine, levels: ir.Table) -> None:
    read = engine.fetch(engine.keep("levels", levels).order_by("id"))
    assert read["level"].type == read["known"].type == pa.string()
    assert read["level"].to_pylist() == ["top", "it's fine", "低", None]
    assert read["known"].to_pylist() == ["yes", "yes", "yes", None]


def test_files_have_words(engine: DuckDBEngine, levels: ir.Table, tmp_path: Path) -> None:
    (file,) = engine.write(levels.order_by("id"), tmp_path)
    written = pq.read_table(tmp_path / file.path).sort_by("id")
    assert written["level"].type == pa.string()
    assert written["level"].to_pylist() == ["top", "it's fine", "低", None]


def test_they_sort_compare_and_join_on_as_words_do(engine: DuckDBEngine, levels: ir.Table) -> None:
    ordered = engine.fetch(levels.filter(levels.level.notnull()).order_by("level"))
    assert ordered["level"].to_pylist() == sorted(["top", "it's fine", "低"])
    assert engine.fetch(levels.filter(levels.level == "unheard of")).num_rows == 0
    assert engine.fetch(levels.mutate(long=levels.level + "!")).sort_by("id")["long"][0].as_py() == "top!"
    named = engine.load("named", pa.table({"level": ["top", "other"], "text": ["T", "O"]}))
    assert engine.fetch(levels.join(named, "level").select("id", "text")).to_pylist() == [
        {"id": 1, "text": "T"}
    ]
    both = ibis.union(levels.select("level"), named.select("level"))
    assert set(engine.fetch(both)["level"].to_pylist()) == {"top", "it's fine", "低", None, "other"}
