"""Customer features against a plain-Python reading of the definitions."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhike.collect.schema import ORDER_LINES, ORDERS, PRODUCTS
from zhike.customers.schema import PROFILES
from zhike.value.analysis import features
from zhike.value.analysis.purchases import PEOPLE, purchases
from zhike.value.schema import CUSTOMER_FEATURES, WINDOW_DAYS

AS_OF = date(2026, 3, 1)
FIRST = date(2024, 1, 1)


@pytest.fixture(scope="module", autouse=True)
def _one_engine() -> None:
    ibis.set_backend("duckdb")


def table(schema: Any, rows: list[dict[str, Any]]) -> ibis.Table:
    arrow = schema.arrow_schema()
    filled = [{name: row.get(name) for name in arrow.names} for row in rows]
    return ibis.memtable(pa.Table.from_pylist(filled, schema=arrow))


def computed(
    orders: list[dict[str, Any]],
    profiles: dict[int, int],
    *,
    lines: list[dict[str, Any]] | None = None,
    products: list[dict[str, Any]] | None = None,
    as_of: date = AS_OF,
) -> dict[int, dict[str, Any]]:
    order_table = table(ORDERS, [{"source": "s", "order_id": str(i), **o} for i, o in enumerate(orders)])
    map_table = table(PROFILES, [{"profile_id": p, "customer_id": c} for p, c in profiles.items()])
    favourites = features.favourite_categories(
        table(ORDER_LINES, lines or []), order_table, table(PRODUCTS, products or []), map_table, as_of=as_of
    )
    merged = features.merged_profiles(map_table)
    counted = features.person_orders(order_table, merged, as_of=as_of).to_pyarrow()
    bought = ibis.memtable(purchases(counted, windows=features.feature_windows(as_of))[PEOPLE])
    everyone = features.people(map_table, merged)
    shaped = CUSTOMER_FEATURES.shaped(features.customer_features(bought, everyone, favourites, as_of=as_of))
    return {row["customer_id"]: row for row in shaped.to_pyarrow().to_pylist()}


def expected(
    orders: list[dict[str, Any]], profiles: dict[int, int], as_of: date
) -> dict[int, dict[str, Any]]:
    """The definitions, one order at a time."""
    kept: dict[int, list[tuple[date, int, int]]] = defaultdict(list)
    for order in orders:
        refunded_on = order["refunded_on"]
        refund = order["refund_amount"] if refunded_on is not None and refunded_on <= as_of else 0
        is_whole = (
            refunded_on is not None and refunded_on <= as_of and order["refund_amount"] >= order["amount"]
        )
        if order["ordered_on"] > as_of or order["status"] == "cancelled" or is_whole:
            continue
        line = (order["ordered_on"], order["amount"] - refund, order["discount_amount"])
        kept[profiles[order["profile_id"]]].append(line)
    return {customer: _reading(kept[customer], as_of) for customer in set(profiles.values())}


def _reading(kept: list[tuple[date, int, int]], as_of: date) -> dict[str, Any]:
    days = sorted({day for day, _, _ in kept})
    spend, discount = sum(net for _, net, _ in kept), sum(d for _, _, d in kept)
    read: dict[str, Any] = {"order_count": len(kept), "order_days": len(days), "spend_amount": spend}
    for window in WINDOW_DAYS:
        inside = [net for day, net, _ in kept if (as_of - day).days <= window]
        read[f"order_count_{window}d"], read[f"spend_amount_{window}d"] = len(inside), sum(inside)
    if not kept:
        return read | dict.fromkeys(
            ("first_order_on", "recency_days", "average_order_amount", "weekend_share")
        )
    weekend = sum(day.weekday() >= 5 for day, _, _ in kept)
    return read | {
        "first_order_on": days[0],
        "last_order_on": days[-1],
        "recency_days": (as_of - days[-1]).days,
        "tenure_days": (as_of - days[0]).days,
        "first_day_amount": sum(net for day, net, _ in kept if day == days[0]),
        "mean_gap_days": (days[-1] - days[0]).days / (len(days) - 1) if len(days) > 1 else None,
        "weekend_share": weekend / len(kept),
        "discount_share": discount / (spend + discount) if spend + discount else None,
    }


_DAYS = st.integers(0, 900).map(lambda n: FIRST + timedelta(days=n))


@st.composite
def _order(draw: st.DrawFn) -> dict[str, Any]:
    amount, day = draw(st.integers(0, 10_000)), draw(_DAYS)
    refund = draw(st.one_of(st.just(0), st.just(amount), st.integers(0, amount)))
    status = draw(st.sampled_from(["paid", "completed", "cancelled", "refunded"]))
    refunded_on = day + timedelta(days=draw(st.integers(0, 60))) if refund or status == "refunded" else None
    return {
        "profile_id": draw(st.integers(1, 5)),
        "ordered_on": day,
        "amount": amount,
        "status": status,
        "refund_amount": amount if status == "refunded" and not refund else refund,
        "refunded_on": refunded_on,
        "discount_amount": draw(st.integers(0, 500)),
    }


@settings(max_examples=40, deadline=None)
@given(st.lists(_order(), max_size=40), st.lists(st.integers(1, 3), min_size=5, max_size=5))
def test_features_equal_a_plain_reading_of_the_definitions(
    orders: list[dict[str, Any]], customers: list[int]
) -> None:
    profiles = dict(enumerate(customers, start=1))
    found = computed(orders, profiles)
    wanted = expected(orders, profiles, AS_OF)
    assert found.keys() == wanted.keys()
    for customer, values in wanted.items():
        for name, value in values.items():
            got = found[customer][name]
            same = math.isclose(got, value) if isinstance(value, float) and got is not None else got == value
            assert same, (customer, name, got, value)


def _plain(day: date, amount: int = 1000, **other: Any) -> dict[str, Any]:
    base = {"profile_id": 1, "ordered_on": day, "amount": amount, "status": "completed"}
    return {**base, "refund_amount": 0, "refunded_on": None, "discount_amount": 0, **other}


def test_the_last_30_days_reach_back_to_the_thirtieth_day_and_no_further() -> None:
    found = computed([_plain(AS_OF - timedelta(days=30)), _plain(AS_OF - timedelta(days=31))], {1: 7})
    assert found[7]["order_count_30d"] == 1


def test_a_refund_counts_from_its_day_and_not_before() -> None:
    order = _plain(AS_OF - timedelta(days=5), refund_amount=400, refunded_on=AS_OF)
    assert computed([order], {1: 7})[7]["spend_amount"] == 600
    assert computed([order], {1: 7}, as_of=AS_OF - timedelta(days=1))[7]["spend_amount"] == 1000


def test_an_order_refunded_in_full_leaves_count_and_spend() -> None:
    order = _plain(AS_OF - timedelta(days=5), status="refunded", refund_amount=1000, refunded_on=AS_OF)
    found = computed([order, _plain(AS_OF)], {1: 7})[7]
    assert (found["order_count"], found["spend_amount"]) == (1, 1000)


def test_an_order_of_nothing_still_counts_as_an_order() -> None:
    assert computed([_plain(AS_OF, 0)], {1: 7})[7]["order_count"] == 1


def test_a_customer_whose_every_order_was_cancelled_is_a_prospect() -> None:
    found = computed([_plain(AS_OF, status="cancelled")], {1: 7})[7]
    assert found["order_count"] == 0
    assert found["recency_days"] is None
    assert found["spend_amount"] == 0


def test_orders_of_two_profiles_of_one_customer_come_together() -> None:
    found = computed([_plain(AS_OF), _plain(AS_OF, profile_id=2)], {1: 7, 2: 7})
    assert found[7]["order_count"] == 2
    assert found[7]["order_days"] == 1


def test_favourite_categories_go_by_spend_and_equal_spends_by_name() -> None:
    day = AS_OF - timedelta(days=3)
    lines = [("tea", 500), ("cup", 900), ("pot", 500), ("bag", 100), ("gone", 9000)]
    rows = [
        {"source": "s", "order_id": "1" if p == "gone" else "0", "line_number": n, "profile_id": 1}
        | {"ordered_on": day, "product_id": p, "amount": a}
        for n, (p, a) in enumerate(lines)
    ]
    products = [{"source": "s", "product_id": p, "category": p} for p, _ in lines]
    orders = [_plain(day), _plain(day, status="cancelled")]
    found = computed(orders, {1: 7}, lines=rows, products=products)[7]
    assert found["favourite_category"] == "cup"
    assert found["favourite_categories"] == "cup; pot; tea"
