"""The whole refresh against the floor: a bare DuckDB GROUP BY over the same Parquet files."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import duckdb

from benchmarks.measuring import Measured, in_a_process, medians
from benchmarks.shop import once_more, shop
from zhike.kernel.home import Home


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


CORE = ("profiles", "features", "models", "scores", "segments", "summaries", "kpis")
"""The stages from facts to scores, segments, tiers and key figures; the rest (histories, back-tests …) is told apart."""


def prepare_refresh(folder: Path, customers: int, orders_each: float) -> Callable[[], dict[str, Any]]:
    """All stages and publication, as `zhike refresh` runs them with no snapshot before to carry anything over."""
    home = shop(folder, customers=customers, orders_each=orders_each)
    from zhike.lake.snapshots import open_lake

    for id in open_lake(home.lake).manifests.ids():
        open_lake(home.lake).manifests.drop(id)
    return _refreshing(home)


def prepare_incremental(folder: Path, customers: int, orders_each: float) -> Callable[[], dict[str, Any]]:
    """A refresh after one customer in a thousand ordered once more."""
    home = shop(folder, customers=customers, orders_each=orders_each)
    from zhike.collect.schema import ORDERS
    from zhike.lake.snapshots import open_lake

    deltas = open_lake(home.lake).deltas
    pinned = deltas.pinned("orders")
    assert pinned is not None
    deltas.append(ORDERS, once_more(customers, number=pinned.rows))
    return _refreshing(home)


def _refreshing(home: Home) -> Callable[[], dict[str, Any]]:
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


def seconds_of(run: Measured, stages: Collection[str]) -> float:
    """Seconds of some stages of a measured refresh."""
    return float(sum(stage["seconds"] for stage in run.result["stages"] if stage["name"] in stages))


def measure(
    folder: Path, *, customers: int, orders_each: float, rounds: int = 3
) -> tuple[Measured, Measured, Measured]:
    """Floor, full refresh and incremental refresh in turn, each in a process of its own; medians."""
    shop(folder, customers=customers, orders_each=orders_each)
    floors, refreshes, increments = [], [], []
    for _ in range(rounds):
        floors.append(in_a_process(prepare_floor, folder))
        refreshes.append(in_a_process(prepare_refresh, folder, customers, orders_each))
        increments.append(in_a_process(prepare_incremental, folder, customers, orders_each))
    return medians(floors), _medians(refreshes), _medians(increments)


def _medians(runs: list[Measured]) -> Measured:
    """`medians`, with the median seconds of each stage."""
    result = runs[-1].result
    stages = [
        stage | {"seconds": median(run.result["stages"][place]["seconds"] for run in runs)}
        for place, stage in enumerate(result["stages"])
    ]
    return replace(medians(runs), result=result | {"stages": stages})
