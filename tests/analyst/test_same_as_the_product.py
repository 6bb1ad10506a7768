"""A data frame of a shop's orders gives what the shop publishes."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import zhike
from tests.counted_shop import AS_OF
from tests.shops import Order, add_orders, open_shop, refresh
from tests.tea_shop_demo import loaded_tea_shop


def by_customer(table: pa.Table, *names: str) -> dict[int, tuple[Any, ...]]:
    columns = (table[name].to_pylist() for name in names)
    return dict(zip(table["customer_id"].to_pylist(), zip(*columns, strict=True), strict=True))


def assert_same_rfm(shop: zhike.Shop, found: zhike.RfmResult) -> None:
    names = [name for name in found.table.column_names if name != "customer_id"]
    published = shop.table("rfm_scores").in_major_units().to_arrow()
    assert by_customer(found.table, *names) == by_customer(published, *names)


def assert_same_clv(shop: zhike.Shop, found: zhike.ClvResult) -> None:
    published = shop.table("clv_forecasts").in_major_units().to_arrow()
    exact = ("as_of", "method", "clv_decile")
    assert by_customer(found.table, *exact) == by_customer(published, *exact)
    about = ("probability_alive", "expected_orders_365d", "expected_order_amount", "clv_365d")
    wanted = by_customer(published, *about)
    for customer, values in by_customer(found.table, *about).items():
        assert values == pytest.approx(wanted[customer], rel=1e-9)


def test_rfm_of_the_orders_is_the_table_rfm_scores(shop: zhike.Shop, orders: pa.Table) -> None:
    assert_same_rfm(shop, zhike.rfm(orders, as_of=AS_OF))


def test_orders_of_a_shop_are_ready_for_the_models(shop: zhike.Shop) -> None:
    orders = shop.orders()
    assert orders.table.column_names == ["customer_id", "ordered_on", "amount"]
    assert_same_rfm(shop, zhike.rfm(orders, as_of=shop.as_of))


def test_clv_of_the_orders_is_the_table_clv_forecasts_with_the_method_that_the_back_test_chose(
    shop: zhike.Shop, orders: pa.Table
) -> None:
    assert_same_clv(shop, zhike.clv(orders, as_of=AS_OF))


@pytest.mark.django_db
def test_settings_of_the_shop_are_arguments_here(tmp_path: Path) -> None:
    sections = """
[value]
rfm_method = "fixed"
rfm_look_back_days = 200
monetary_thresholds = [5000, 10000, 20000, 40000]
margin = 0.3
discount_rate_yearly = 0.2
"""
    home = open_shop(tmp_path / "shop", sections=sections)
    days = [date(2025, 1, 1) + timedelta(days=7 * n) for n in range(60)]
    made = [Order(f"C{n % 23}", day, 1_500 + 611 * n) for n, day in enumerate(days)]
    ids = add_orders(home, made)
    refresh(home, as_of=date(2026, 3, 1))
    frame = {
        "customer_id": [ids[each.customer] for each in made],
        "date": [each.day for each in made],
        "amount": [each.amount / 100 for each in made],
    }
    with zhike.open(home.path) as shop:
        scored = zhike.rfm(
            frame,
            as_of="2026-03-01",
            method="fixed",
            look_back_days=200,
            monetary_thresholds=(50, 100, 200, 400),
        )
        assert_same_rfm(shop, scored)
        assert_same_clv(shop, zhike.clv(frame, as_of="2026-03-01", margin=0.3, discount_rate_yearly=0.2))


def test_the_tea_shop_gives_the_same_by_either_way(tmp_path_factory: pytest.TempPathFactory) -> None:
    with zhike.open(loaded_tea_shop(tmp_path_factory) / "shop") as shop:
        orders = shop.orders()
        assert_same_rfm(shop, zhike.rfm(orders, as_of=shop.as_of))
        method = shop.sql("SELECT any_value(method) AS method FROM clv_forecasts").table["method"][0].as_py()
        found = zhike.clv(orders, as_of=shop.as_of, model=method)
        published = shop.table("clv_forecasts").in_major_units().to_arrow()
        # The shop knows what its goods cost, a data frame does not: values are margin there.
        wanted = by_customer(published, "expected_orders_365d", "expected_order_amount")
        got = by_customer(found.table, "expected_orders_365d", "expected_order_amount")
        assert got.keys() == wanted.keys()
        assert all(got[customer] == pytest.approx(wanted[customer], rel=1e-9) for customer in got)


def test_another_horizon_is_the_same_forecast_over_another_time(orders: pa.Table) -> None:
    """A year in one piece, or as the horizon before it: the two ways of computing agree where they meet."""
    year, less = (zhike.clv(orders, as_of=AS_OF, model="bg_nbd", horizon_days=d) for d in (365, 364))
    more = zhike.clv(orders, as_of=AS_OF, model="bg_nbd", horizon_days=366)
    for name in ("expected_orders", "clv"):
        a, b, c = (sum(each.table[f"{name}_{each.horizon_days}d"].to_pylist()) for each in (less, year, more))
        assert a < b < c
        assert b == pytest.approx((a + c) / 2, rel=1e-5)
    same = ("probability_alive", "expected_order_amount")
    assert by_customer(year.table, *same) == by_customer(less.table, *same)
