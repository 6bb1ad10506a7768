"""The outlook of a refresh: small shops whose right answers are known, and the tea shop's truth."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.shops import SOURCE, Order, add_orders, open_shop, published, refresh
from zhike.collect.schema import ORDER_LINES, PRODUCTS
from zhike.customers.models import Customer, Profile
from zhike.customers.services.consents import set_no_profiling
from zhike.kernel.home import Home
from zhike.lake.snapshots import open_lake
from zhike.pipeline.schema import FROM_CHURN
from zhike.value.selectors.expected import Expected, expected

pytestmark = pytest.mark.django_db

AS_OF = date(2026, 6, 15)
OURS = ("churn_scores", "churn_reliability", "next_orders", "demand_forecasts", "demand_weeks")
PLANS = {"weekly": 7, "fortnightly": 14, "monthly": 28}


def coffee_orders() -> list[Order]:
    """A coffee shop: subscribers of three plans, to the day; every tenth cancelled in January."""
    orders = []
    for number in range(60):
        plan, gap = list(PLANS.items())[number % 3]
        day = date(2025, 3, 3) + timedelta(days=number % gap)
        last = date(2026, 1, 15) if number % 10 == 9 else AS_OF
        while day <= last:
            orders.append(Order(f"{plan}-{number}", day, 6_800))
            day += timedelta(days=gap)
    return orders


def sell(home: Home, keys: dict[str, int], orders: list[Order]) -> None:
    """A line of beans for every order, of capsules for the weekly plan."""
    deltas = open_lake(home.lake).deltas
    products = [("P1", "咖啡豆"), ("P2", "胶囊")]
    deltas.append(
        PRODUCTS,
        pa.Table.from_pylist(
            [{"source": SOURCE, "product_id": pid, "name": name, "category": name} for pid, name in products],
            schema=PRODUCTS.arrow_schema(),
        ),
    )
    profiles = dict(Profile.objects.filter(source=SOURCE).values_list("customer_id", "pk"))
    lines = [
        {
            "source": SOURCE,
            "order_id": f"O{number}",
            "line_number": 1,
            "profile_id": profiles[keys[order.customer]],
            "ordered_on": order.day,
            "product_id": "P2" if order.customer.startswith("weekly") else "P1",
            "quantity": 2,
            "amount": order.amount,
            "discount_amount": 0,
        }
        for number, order in enumerate(orders)
    ]
    deltas.append(ORDER_LINES, pa.Table.from_pylist(lines, schema=ORDER_LINES.arrow_schema()))


@pytest.fixture
def coffee(tmp_path: Path) -> tuple[Home, dict[str, int]]:
    home = open_shop(tmp_path / "coffee")
    orders = coffee_orders()
    keys = add_orders(home, orders)
    sell(home, keys, orders)
    refresh(home, as_of=AS_OF)
    return home, keys


def test_every_subscriber_is_expected_on_the_day_of_the_next_delivery(
    coffee: tuple[Home, dict[str, int]],
) -> None:
    home, keys = coffee
    lasts: dict[int, date] = {}
    for order in coffee_orders():
        lasts[keys[order.customer]] = order.day
    by_id = {id: key for key, id in keys.items()}
    rows = [row for row in published(home, "next_orders") if row["category"] == ""]
    subscribed = {id for key, id in keys.items() if int(key.split("-")[1]) % 10 != 9}
    assert {row["customer_id"] for row in rows} == subscribed
    for row in rows:
        id: Any = row["customer_id"]
        due = max(AS_OF, lasts[id] + timedelta(days=PLANS[by_id[id].split("-")[0]]))
        assert abs((row["expected_on"] - due).days) <= 1  # type: ignore[operator]
        assert row["earliest_on"] <= due <= row["latest_on"]  # type: ignore[operator]


def test_those_who_cancelled_are_the_ones_at_risk(coffee: tuple[Home, dict[str, int]]) -> None:
    home, keys = coffee
    cancelled = {id for key, id in keys.items() if int(key.split("-")[1]) % 10 == 9}
    rows = {row["customer_id"]: row for row in published(home, "churn_scores")}
    assert len(rows) == 60
    lowest = min(float(str(rows[id]["lost_probability"])) for id in cancelled)
    assert lowest > max(
        float(str(row["lost_probability"])) for id, row in rows.items() if id not in cancelled
    )
    assert all(rows[id]["reason_1"] == "quiet" for id in cancelled)


def test_demand_is_that_of_the_plans(coffee: tuple[Home, dict[str, int]]) -> None:
    rows = [row for row in published(coffee[0], "demand_forecasts") if row["category"] == "胶囊"]
    # Eighteen weekly subscribers are left; each has two packs a week.
    assert len(rows) == 8
    assert all(float(str(row["expected_quantity"])) == pytest.approx(36, abs=1) for row in rows)
    assert rows[0]["week_start"] == date(2026, 6, 22)
    weeks = [row for row in published(coffee[0], "demand_weeks") if row["category"] == "胶囊"]
    assert weeks[-1]["week_start"] == date(2026, 6, 8)


def test_categories_are_bought_again_in_their_own_rhythm(coffee: tuple[Home, dict[str, int]]) -> None:
    home, keys = coffee
    rows = published(home, "next_orders")
    capsules = {row["customer_id"] for row in rows if row["category"] == "胶囊"}
    assert capsules == {id for key, id in keys.items() if key.startswith("weekly") and not key.endswith("9")}


def test_the_overview_says_of_each_customer_what_the_forecasts_say(
    coffee: tuple[Home, dict[str, int]],
) -> None:
    home, _ = coffee
    overview = {row["customer_id"]: row for row in published(home, "customer_overview")}
    for row in published(home, "churn_scores"):
        mine = overview[row["customer_id"]]
        assert {name: mine[name] for name in FROM_CHURN} == {name: row[name] for name in FROM_CHURN}
    due: dict[object, set[object]] = {id: set() for id in overview}
    whole = {}
    for row in published(home, "next_orders"):
        if row["category"] == "":
            whole[row["customer_id"]] = row
        elif row["expected_on"] and row["expected_on"] <= AS_OF + timedelta(days=30):  # type: ignore[operator]
            due[row["customer_id"]].add(row["category"])
    assert any(due.values())
    for id, mine in overview.items():
        said = whole.get(id, {})
        on = said.get("expected_on")
        assert mine["next_order_on"] == on
        assert mine["next_order_days"] == ((on - AS_OF).days if on else None)  # type: ignore[operator]
        assert (mine["next_order_from_on"], mine["next_order_until_on"], mine["is_overdue"]) == tuple(
            said.get(name) for name in ("earliest_on", "latest_on", "is_overdue")
        )
        assert set(str(mine["restock_categories"] or "").split("; ")) - {""} == due[id]


def test_too_small_a_shop_says_why_it_has_no_learnt_model(coffee: tuple[Home, dict[str, int]]) -> None:
    notes = {
        row["parameter"]: row["note_en"]
        for row in published(coffee[0], "model_parameters")
        if row["model"] == "churn"
    }
    assert any("it takes" in str(note) for name, note in notes.items() if name in ("is_btyd", "is_rule"))


def test_whoever_refuses_to_be_profiled_is_left_out_and_counted(coffee: tuple[Home, dict[str, int]]) -> None:
    home, keys = coffee
    refusing = keys["monthly-2"]
    set_no_profiling(customer_id=refusing, is_refused=True)
    refresh(home, as_of=AS_OF)
    snapshot = open_lake(home.lake).current()
    assert snapshot is not None
    found = expected(snapshot, refusing)
    assert found == Expected(nothing=found.nothing)
    assert found.nothing is not None and "refused to be profiled" in found.nothing.en
    for table in ("churn_scores", "next_orders"):
        assert refusing not in {row["customer_id"] for row in published(home, table)}
    counted = [
        row["value"] for row in published(home, "model_parameters") if row["parameter"] == "no_profiling"
    ]
    assert 1.0 in counted


def test_a_day_later_full_and_incremental_agree(coffee: tuple[Home, dict[str, int]]) -> None:
    home, _ = coffee
    later = AS_OF + timedelta(days=1)
    refresh(home, as_of=later)
    incremental = {name: rows_of(home, name) for name in OURS}
    refresh(home, as_of=later, is_full=True)
    assert {name: rows_of(home, name) for name in OURS} == incremental


def rows_of(home: Home, name: str) -> list[str]:
    return sorted(map(str, published(home, name)))


def test_the_own_definition_of_lost_is_used(tmp_path: Path) -> None:
    home = open_shop(tmp_path / "own", sections="[value]\nlost_days = 45\n")
    add_orders(home, [Order(f"C{n}", AS_OF - timedelta(days=3 * n), 1_000) for n in range(30)])
    refresh(home, as_of=AS_OF)
    found = {(r["model"], r["parameter"]): r["value"] for r in published(home, "model_parameters")}
    assert found["churn", "lost_days"] == 45.0


@pytest.mark.parametrize(
    "orders",
    [
        [Order("C1", AS_OF, 1_000)],
        [Order(f"C{n}", AS_OF, 1_000) for n in range(40)],
        [Order(f"C{n}", AS_OF - timedelta(days=10 * n), 1_000) for n in range(40)],
        [Order("C1", date(2006, 1, 1), 10**15), Order("C1", date(2016, 1, 1), 1), Order("C2", AS_OF, 1)],
        [Order("C1", AS_OF - timedelta(days=n), 0) for n in range(400)],
    ],
    ids=["one order", "one day", "one-time buyers", "ten years and outliers", "every day for nothing"],
)
def test_odd_shops_are_refreshed(tmp_path: Path, orders: list[Order]) -> None:
    home = open_shop(tmp_path / "odd")
    add_orders(home, orders)
    refresh(home, as_of=AS_OF)
    scores = published(home, "churn_scores")
    assert len(scores) == len({order.customer for order in orders}) == Customer.objects.count()
    assert all(0 <= float(str(row["lost_probability"])) <= 1 for row in scores)
