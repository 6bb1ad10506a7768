"""The whole refresh against the floor: a bare DuckDB GROUP BY over the same Parquet files."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.measuring import Measured, in_a_process, medians
from benchmarks.shop import shop


def prepare_floor(folder: Path) -> Callable[[], int]:
    """min, max, count and sum by customer, written to Parquet."""
    import zhike.collect.schema  # noqa: F401 - registers the table
    from zhike.lake.snapshots import open_lake

    deltas = open_lake(folder / "lake").deltas
    pinned = deltas.pinned("orders")
    assert pinned is not None
    files = [str(deltas.path("orders") / file.path) for file in pinned.files]
    connection = duckdb.connect()

    connection.execute("SET enable_progress_bar = false")

    def floor() -> int:
        with tempfile.NamedTemporaryFile(suffix=".parquet") as out:
            query = (
                "SELECT profile_id, min(ordered_at), max(ordered_at), count(*), sum(amount) "
                f"FROM read_parquet({files}) GROUP BY 1"
            )
            return int(
                connection.execute(f"COPY ({query}) TO '{out.name}' (FORMAT parquet)").fetchall()[0][0]
            )

    return floor


def prepare_refresh(folder: Path, customers: int, orders_each: float) -> Callable[[], dict[str, Any]]:
    """All stages and publication, as `zhike refresh` runs them."""
    home = shop(folder, customers=customers, orders_each=orders_each)
    import deltalake  # noqa: F401 - loaded before the clock starts, as DuckDB is for the floor
    import ibis
    import pandas  # noqa: F401 - PyArrow loads it at its first conversion, wherever it is installed

    ibis.to_sql(ibis.table({"a": "int64"}, name="t"), dialect="duckdb")
    from zhike.jobs.progress import Silent
    from zhike.pipeline.selectors import run_report
    from zhike.pipeline.services import request_refresh, run_refresh

    def refresh() -> dict[str, Any]:
        return run_report(home=home, run=run_refresh(home=home, run=request_refresh(), progress=Silent()))

    return refresh


def measure(
    folder: Path, *, customers: int, orders_each: float, rounds: int = 3
) -> tuple[Measured, Measured]:
    """Floor and refresh in turn, each in a process of its own; medians."""
    shop(folder, customers=customers, orders_each=orders_each)
    floors, refreshes = [], []
    for _ in range(rounds):
        floors.append(in_a_process(prepare_floor, folder))
        refreshes.append(in_a_process(prepare_refresh, folder, customers, orders_each))
    return medians(floors), medians(refreshes)
