"""The tables of the value engine over orders in memory, computed as a refresh computes them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from zhike.analyst.orders import Orders
from zhike.kernel.errors import ZhikeError
from zhike.lake.engines import WORKER_BUDGET, DuckDBEngine
from zhike.value.analysis.features import (
    customer_features,
    feature_windows,
    merged_profiles,
    people,
    person_orders,
)
from zhike.value.analysis.purchases import PEOPLE, Window, purchases
from zhike.value.analysis.rfm import rfm_windows
from zhike.value.settings import ValueSettings

_FAVOURITES = pa.schema(
    [
        ("customer_id", pa.int64()),
        ("favourite_category", pa.string()),
        ("favourite_categories", pa.string()),
    ]
)


@dataclass(frozen=True)
class Workbench:
    """`orders` as facts; `bought` sums of each person; `features` as `customer_features`."""

    engine: DuckDBEngine
    orders: ir.Table
    merged: ir.Table
    everyone: ir.Table
    bought: ir.Table
    features: ir.Table


@contextmanager
def workbench(orders: Orders, settings: ValueSettings) -> Iterator[Workbench]:
    """An engine in memory with the features of these customers; what it spills goes to a temporary folder.

    Raises
    ------
    ZhikeError
        ``orders.none`` where no order counts.
    """
    with tempfile.TemporaryDirectory(prefix="zhike-", ignore_cleanup_errors=True) as spill:
        engine = DuckDBEngine(WORKER_BUDGET, Path(spill))
        try:
            bench = _filled(engine, orders, settings)
            _refuse_no_orders(engine.fetch(bench.features.filter(bench.features.order_count > 0).limit(1)))
            yield bench
        finally:
            engine.close()


def _filled(engine: DuckDBEngine, orders: Orders, settings: ValueSettings) -> Workbench:
    facts = engine.load("orders", orders.facts)
    profiles = engine.load("profiles", _profiles(len(orders.customers)))
    merged = engine.keep("merged_profiles", merged_profiles(profiles))
    everyone = engine.keep("people", people(profiles, merged))
    windows = feature_windows(orders.as_of) | rfm_windows(orders.as_of, settings)
    bought = _bought(engine, person_orders(facts, merged, as_of=orders.as_of), windows)
    favourites = engine.load("favourite_categories", _FAVOURITES.empty_table())
    features = customer_features(bought, everyone, favourites, as_of=orders.as_of)
    return Workbench(engine, facts, merged, everyone, bought, engine.keep("features", features))


def _bought(engine: DuckDBEngine, rows: ir.Table, windows: dict[str, Window]) -> ir.Table:
    return engine.fold(rows, "person_id", partial(purchases, windows=windows))[PEOPLE]


def _profiles(count: int) -> pa.Table:
    """Everyone is a record of their own, and nobody refused to be profiled."""
    ids = np.arange(1, count + 1)
    return pa.table({"profile_id": ids, "customer_id": ids, "no_profiling": np.zeros(count, dtype=bool)})


def _refuse_no_orders(buyers: pa.Table) -> None:
    if buyers.num_rows == 0:
        raise ZhikeError(
            "orders.none",
            zh="没有任何有效订单：全部已退款或只有负数金额；请检查金额列",
            en="no order counts: all are refunded or below 0; check the column of amounts",
        )
