"""Summing up only those who changed gives what summing up everyone gives."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.shops import SOURCE, Order, _row, open_shop, refresh
from zhike.collect.schema import ORDER_LINES, ORDERS, PRODUCTS
from zhike.customers.models import Customer, Profile
from zhike.customers.services import register_profiles
from zhike.customers.services.consents import record_consent, set_no_profiling
from zhike.kernel.home import Home
from zhike.lake import catalog
from zhike.lake.snapshots import Lake, open_lake
from zhike.pipeline import incremental
from zhike.pipeline.models import RefreshRun
from zhike.value.analysis.churn import models

pytestmark = pytest.mark.django_db

START = date(2024, 1, 1)
PEOPLE = 24


def everything(lake: Lake, id: int) -> dict[str, Any]:
    """Every published table of a snapshot, rows in the order of their keys."""
    snapshot = lake.snapshot(id)
    tables = {}
    for table in catalog.tables("published"):
        rows = snapshot.fetch(snapshot.table(table.name)).sort_by([(key, "ascending") for key in table.key])
        tables[table.name] = rows.to_pylist()
    return tables


def same(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> bool:
    """Equal rows; sums of floats may be added up in another order."""
    return len(one) == len(other) and all(
        a.keys() == b.keys() and all(_alike(a[name], b[name]) for name in a)
        for a, b in zip(one, other, strict=True)
    )


def _alike(a: object, b: object) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)
    return a == b


class Shop:
    """A shop that is changed step by step, in every way that facts change."""

    def __init__(self) -> None:
        self.home: Home = open_shop(Path(mkdtemp()) / "shop")
        self.lake = open_lake(self.home.lake)
        keys = [f"C{n}" for n in range(PEOPLE)]
        self.profiles = register_profiles(source=SOURCE, source_keys=keys)
        self.customers = dict(Profile.objects.values_list("pk", "customer_id"))
        self.orders: dict[str, Order] = {}
        self.as_of = START + timedelta(days=430)
        first = [
            Order(
                f"C{n}",
                START + timedelta(days=(n * 17 + k * 41) % 420),
                500 + 37 * n + k,
                order_id=f"{n}-{k}",
            )
            for n in range(PEOPLE)
            for k in range(1 + n % 5)
        ]
        self.lake.deltas.append(
            PRODUCTS,
            pa.Table.from_pylist(
                [{"source": SOURCE, "product_id": p, "category": c} for p, c in (("p", "茶"), ("q", "杯"))],
                schema=PRODUCTS.arrow_schema(),
            ),
        )
        self.put(first)

    def put(self, orders: list[Order], *, are_new: bool = False) -> None:
        self.orders |= {order.order_id: order for order in orders}
        rows = [_row(order, self.profiles[order.customer], 0) for order in orders]
        # As imports do: new ones come in a file of their own.
        write = self.lake.deltas.append if are_new else self.lake.deltas.upsert
        write(ORDERS, pa.Table.from_pylist(rows, schema=ORDERS.arrow_schema()))
        lines = [
            {
                "source": SOURCE,
                "order_id": order.order_id,
                "line_number": 1,
                "profile_id": self.profiles[order.customer],
                "ordered_on": order.day,
                "product_id": "pq"[order.amount % 2],
                "quantity": 1,
                "amount": order.amount,
            }
            for order in orders
        ]
        self.lake.deltas.upsert(ORDER_LINES, pa.Table.from_pylist(lines, schema=ORDER_LINES.arrow_schema()))

    def walk_in(self, day: date, amount: int, number: str) -> None:
        row = _row(Order("", day, amount, order_id=number), 0, 0) | {"profile_id": None}
        self.lake.deltas.upsert(ORDERS, pa.Table.from_pylist([row], schema=ORDERS.arrow_schema()))

    def last_day(self, one: int) -> date:
        """Of the orders of one record."""
        return max(order.day for order in self.orders.values() if order.customer == f"C{one}")

    def move(self, one: int, other: int) -> None:
        """Put a profile into the customer of another, as merging and parting do."""
        self._give(one, Profile.objects.get(pk=self.profiles[f"C{other}"]).customer_id)

    def part(self, one: int) -> None:
        """Make a profile a customer of its own again."""
        self._give(one, self.customers[self.profiles[f"C{one}"]])

    def _give(self, one: int, customer: int) -> None:
        from zhike.kernel import clock

        Profile.objects.filter(pk=self.profiles[f"C{one}"]).update(
            customer_id=customer, changed_at=clock.now()
        )

    def refuse(self, one: int, is_refused: bool) -> None:
        customer = Profile.objects.get(pk=self.profiles[f"C{one}"]).customer_id
        set_no_profiling(customer_id=customer, is_refused=is_refused)

    def say(self, one: int, is_granted: bool) -> None:
        """A word on profiling in the ledger, as a form or a file brings it."""
        customer = Profile.objects.get(pk=self.profiles[f"C{one}"]).customer_id
        record_consent(
            customer_id=customer, purpose="profiling", channel="", is_granted=is_granted, source=SOURCE
        )


_WHO = st.integers(0, PEOPLE - 1)
_DAY = st.integers(0, 440).map(lambda n: START + timedelta(days=n))
CHANGES = st.one_of(
    st.tuples(st.just("order"), _WHO, _DAY, st.integers(1, 5000)),
    st.tuples(st.just("come"), _WHO, st.sampled_from([-30, -1, 0, 0, 1, 5, 60]), st.integers(1, 5000)),
    st.tuples(st.just("refund"), st.integers(0, 200), st.integers(0, 40)),
    st.tuples(st.just("cancel"), st.integers(0, 200)),
    st.tuples(st.just("walk_in"), _DAY, st.integers(1, 5000)),
    st.tuples(st.just("move"), _WHO, _WHO),
    st.tuples(st.just("part"), _WHO),
    st.tuples(st.just("refuse"), _WHO, st.booleans()),
    st.tuples(st.just("say"), _WHO, st.booleans()),
    st.tuples(st.just("days"), st.sampled_from([1, 1, 3, 40])),
)


def change(shop: Shop, number: int, what: tuple[Any, ...]) -> None:
    match what:
        case ("order", who, day, amount):
            shop.put([Order(f"C{who}", day, amount, order_id=f"new{number}")])
        case ("come", who, days, amount):
            day = shop.last_day(who) + timedelta(days=days)
            shop.put([Order(f"C{who}", day, amount, order_id=f"come{number}")], are_new=True)
        case ("refund", which, later):
            order = list(shop.orders.values())[which % len(shop.orders)]
            back = order.day + timedelta(days=later)
            shop.put(
                [
                    Order(
                        order.customer,
                        order.day,
                        order.amount,
                        "completed",
                        order.amount // 2,
                        back,
                        order_id=order.order_id,
                    )
                ]
            )
        case ("cancel", which):
            order = list(shop.orders.values())[which % len(shop.orders)]
            shop.put([Order(order.customer, order.day, order.amount, "cancelled", order_id=order.order_id)])
        case ("walk_in", day, amount):
            shop.walk_in(day, amount, f"walk{number}")
        case ("move", one, other):
            shop.move(one, other)
        case ("part", one):
            shop.part(one)
        case ("refuse", one, is_refused):
            shop.refuse(one, is_refused)
        case ("say", one, is_granted):
            shop.say(one, is_granted)
        case ("days", days):
            shop.as_of += timedelta(days=days)


STEPS = st.lists(st.lists(CHANGES, max_size=4), min_size=1, max_size=3)


# In one file with new orders: on the last day, before it, after it, in a month to come; then an old one is changed,
# people are merged and parted, time goes on.
_EVERYTHING: list[list[tuple[Any, ...]]] = [
    [("come", 1, 0, 700), ("come", 2, -30, 800), ("come", 3, 5, 900), ("come", 4, 60, 950), ("refund", 7, 3)],
    [("days", 1), ("come", 1, 1, 300), ("move", 5, 6), ("refuse", 3, True), ("say", 4, False), ("cancel", 1)],
    [
        ("part", 5),
        ("come", 5, 1, 100),
        ("refuse", 3, False),
        ("say", 4, True),
        ("days", 3),
        ("walk_in", START, 50),
    ],
]


# A few here, many under `make crash`: many_histories.py.
@example(steps=_EVERYTHING)
@settings(max_examples=1, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_incremental_is_full(steps: list[list[tuple[Any, ...]]]) -> None:
    compare_after(steps)


@contextmanager
def everything_carried() -> Iterator[None]:
    """So that models of churn are learnt of a few, and that nothing is summed up anew for being few."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "LEAST_CUSTOMERS", 10)
        patch.setattr(models, "LEAST_OF_EACH", 2)
        patch.setattr(incremental, "_MOST_CHANGED", 2.0)
        patch.setattr(incremental, "_MOST_SWAPPED", 2.0)
        patch.setattr(incremental, "_FEW", 3)
        yield


def compare_after(steps: list[list[tuple[Any, ...]]]) -> None:
    """Refresh after each step twice, and hold the published tables against each other."""
    with everything_carried():
        _compare_after(steps)


def _compare_after(steps: list[list[tuple[Any, ...]]]) -> None:
    Profile.objects.all().delete()
    Customer.objects.all().delete()
    shop = Shop()
    refresh(shop.home, as_of=shop.as_of)
    for number, step in enumerate(steps):
        for place, what in enumerate(step):
            change(shop, number * 10 + place, what)
        quick = refresh(shop.home, as_of=shop.as_of)
        assert quick.recomputed is not None
        full = refresh(shop.home, as_of=shop.as_of, is_full=True)
        assert full.recomputed is None
        one, other = (everything(shop.lake, run.snapshot_id) for run in (quick, full))
        assert [name for name in one if not same(one[name], other[name])] == []


def test_only_those_who_changed_are_summed_up_again() -> None:
    shop = Shop()
    refresh(shop.home, as_of=shop.as_of)
    shop.put([Order("C3", START + timedelta(days=400), 900, order_id="one more")])
    assert refresh(shop.home, as_of=shop.as_of).recomputed == 1
    assert refresh(shop.home, as_of=shop.as_of).recomputed == 0
    shop.move(4, 5)
    assert refresh(shop.home, as_of=shop.as_of).recomputed == 1


def test_a_day_later_those_whose_orders_cross_a_border_are_summed_up_again() -> None:
    shop = Shop()
    refresh(shop.home, as_of=shop.as_of)
    run = refresh(shop.home, as_of=shop.as_of + timedelta(days=1))
    assert run.recomputed is not None
    assert 0 < run.recomputed < PEOPLE


def test_whoever_asks_for_everyone_gets_everyone() -> None:
    shop = Shop()
    refresh(shop.home, as_of=shop.as_of)
    refresh(shop.home, as_of=shop.as_of, is_full=True)
    assert RefreshRun.objects.latest("pk").recomputed is None


def test_a_look_at_the_past_carries_nothing_over() -> None:
    shop = Shop()
    refresh(shop.home, as_of=shop.as_of)
    run = refresh(shop.home, as_of=shop.as_of - timedelta(days=100))
    assert run.is_historical
    assert run.recomputed is None


def test_what_was_learnt_of_churn_is_taken_over_while_the_past_is_the_same() -> None:
    shop = Shop()
    files = []
    for order in (
        None,
        Order("C3", shop.as_of, 900, order_id="now"),
        Order("C3", START + timedelta(days=300), 900, order_id="long ago"),
    ):
        shop.put([order] if order else [], are_new=True)
        with everything_carried():
            run = refresh(shop.home, as_of=shop.as_of)
        files.append(shop.lake.manifests.read(run.snapshot_id).tables["churn_models"].files)
    assert files[0] == files[1]
    assert files[1] != files[2]
    assert {row["model"] for row in everything(shop.lake, run.snapshot_id)["churn_models"]} == {
        "churn",
        "purchase_30d",
    }
