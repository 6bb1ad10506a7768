"""Products of several sources that are the same count as one, and are recommended once."""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis
import pyarrow as pa
import pytest

from zhike.collect.schema import ORDER_LINES, ORDERS, PRODUCTS
from zhike.value.analysis import recommendations as offers

AS_OF = date(2026, 4, 10)


@pytest.fixture(scope="module", autouse=True)
def _one_engine() -> None:
    ibis.set_backend("duckdb")


def table(schema: Any, rows: list[dict[str, Any]]) -> ibis.Table:
    return ibis.memtable(pa.Table.from_pylist(rows, schema=schema.arrow_schema()))


def goods(*rows: tuple[str, str, str | None, str | None]) -> ibis.Table:
    names = ("source", "product_id", "name", "barcode")
    return table(PRODUCTS, [dict(zip(names, row, strict=True)) for row in rows])


def same(*rows: tuple[str, str, str | None, str | None]) -> dict[tuple[str, str], tuple[str, str]]:
    found = offers.same_products(goods(*rows)).to_pyarrow().to_pylist()
    return {(row["source"], row["product_id"]): (row["same_source"], row["same_product_id"]) for row in found}


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (("till", "1", "龙井", "69"), ("web", "A", "明前龙井", "69"), True),
        (("till", "1", "龙井 50g", None), ("web", "A", " 龙井 50G", None), True),
        (("till", "1", "龙井", "69"), ("web", "A", "龙井", "70"), False),
        (("till", "1", "龙井", "69"), ("web", "A", "龙井", None), False),
        (("till", "1", "龙井", None), ("till", "2", "龙井", None), False),
        (("till", "1", "龙井", "69"), ("till", "2", "龙井（旧）", "69"), True),
        (("till", "1", None, None), ("web", "1", None, None), False),
        (("till", "1", "", ""), ("web", "1", "", ""), False),
    ],
)
def test_products_are_the_same_by_barcode_else_by_a_name_of_their_own(one, other, is_same) -> None:
    assert same(one, other) == ({(other[0], other[1]): (one[0], one[1])} if is_same else {})


def test_a_name_that_a_source_has_twice_says_nothing_there() -> None:
    rows = [("till", "1", "礼盒", None), ("web", "A", "礼盒", None), ("web", "B", "礼盒", None)]
    assert same(*rows) == {}


def test_one_product_of_two_sources_is_sold_as_one_and_orders_stay_apart() -> None:
    day = {"ordered_on": AS_OF}
    orders = [
        {"source": s, "order_id": "1", "profile_id": 1, "status": "paid", **day} for s in ("till", "web")
    ]
    lines = [
        {"source": source, "order_id": "1", "line_number": 1, "profile_id": 1, "product_id": product, **day}
        for source, product in (("till", "1"), ("web", "A"))
    ]
    twins = offers.same_products(goods(("till", "1", "龙井", None), ("web", "A", "龙井", None)))
    sold = offers.sold_lines(table(ORDER_LINES, lines), table(ORDERS, orders), twins, as_of=AS_OF)
    (row,) = offers.product_sales(sold, until=AS_OF).to_pyarrow().to_pylist()
    assert row == {"source": "till", "product_id": "1", "order_count": 2}
