"""The value score and the margin of a whole small shop: visits, ratings, referrals, costs."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.pipeline.test_incremental import everything, same
from tests.shops import SOURCE, Order, add_orders, open_shop, published, refresh
from zhike.collect.schema import EVENTS, ORDER_LINES, PRODUCTS
from zhike.customers.models import Profile
from zhike.customers.services.consents import set_no_profiling
from zhike.kernel.errors import UsageError
from zhike.kernel.home import Home
from zhike.lake.snapshots import open_lake
from zhike.value.analysis.scores.weights import BY_HAND, ScoreChoice
from zhike.value.services import choose_weights
from zhike.value.settings import ValueSettings

pytestmark = pytest.mark.django_db

AS_OF = date(2026, 6, 30)
PEOPLE = [f"C{number}" for number in range(12)]


def event(who: str, day: date, name: str, properties: str = "{}") -> dict[str, Any]:
    profile = Profile.objects.get(pk=_profiles()[who]).pk
    return {
        "source": SOURCE,
        "event_id": f"{who}-{day}-{name}-{properties}",
        "profile_id": profile,
        "occurred_at": datetime.combine(day, time(4), UTC),
        "occurred_on": day,
        "name": name,
        "properties": properties,
    }


def _profiles() -> dict[str, int]:
    from zhike.customers.services import register_profiles

    return dict(register_profiles(source=SOURCE, source_keys=PEOPLE))


def add_events(home: Home, *events: dict[str, Any]) -> None:
    open_lake(home.lake).deltas.append(
        EVENTS, pa.Table.from_pylist(list(events), schema=EVENTS.arrow_schema())
    )


def add_goods(
    home: Home,
    costs: dict[str, int | None],
    lines: list[tuple[str, str, str, int, int]],
    dated: dict[str, str] | None = None,
) -> None:
    """Products with costs, and lines as (order, customer, product, quantity, amount)."""
    deltas, profiles = open_lake(home.lake).deltas, _profiles()
    goods = [
        {
            "source": SOURCE,
            "product_id": product,
            "category": product[0],
            "cost": cost,
            "dated_costs": (dated or {}).get(product),
        }
        for product, cost in costs.items()
    ]
    deltas.upsert(PRODUCTS, pa.Table.from_pylist(goods, schema=PRODUCTS.arrow_schema()))
    sold = [
        {
            "source": SOURCE,
            "order_id": order,
            "line_number": number,
            "profile_id": profiles[who],
            "ordered_on": AS_OF - timedelta(days=20),
            "product_id": product,
            "quantity": quantity,
            "amount": amount,
        }
        for number, (order, who, product, quantity, amount) in enumerate(lines)
    ]
    deltas.append(ORDER_LINES, pa.Table.from_pylist(sold, schema=ORDER_LINES.arrow_schema()))


@pytest.fixture
def shop(tmp_path: Path) -> Home:
    """Twelve customers, each with two orders of ¥100, alike but for what a test adds."""
    home = open_shop(tmp_path / "shop")
    add_orders(
        home,
        [
            Order(who, AS_OF - timedelta(days=days), 10_000, order_id=f"{who}-{days}")
            for who in PEOPLE
            for days in (200, 20)
        ],
    )
    return home


def scores(home: Home, table: str = "value_scores") -> dict[str, dict[str, Any]]:
    keys = {
        customer: key
        for key, profile in _profiles().items()
        for customer in Profile.objects.filter(pk=profile).values_list("customer_id", flat=True)
    }
    return {keys[row["customer_id"]]: row for row in published(home, table)}  # type: ignore[index, misc]


def weight(home: Home, component: str) -> float:
    rows = published(home, "model_parameters")
    return next(r["value"] for r in rows if r["parameter"] == f"weight_{component}")  # type: ignore[return-value]


def test_visits_ratings_and_referrals_move_the_score_and_only_until_the_business_date(shop: Home) -> None:
    brought = f'{{"referrer_profile_id":{_profiles()["C3"]}}}'
    day = AS_OF - timedelta(days=5)
    add_events(
        shop,
        event("C1", day, "page_viewed"),
        event("C1", day, "cart_added"),
        event("C1", day - timedelta(days=1), "page_viewed"),
        event("C2", AS_OF - timedelta(days=200), "page_viewed"),
        event("C4", day, "mail_sent"),
        event("C4", day, "referred", brought),
        event("C5", day, "product_reviewed", '{"length":3,"product_id":"P1","stars":5}'),
        event("C6", day, "survey_answered", '{"answers":{"nps":1},"survey":"autumn"}'),
        event("C10", day, "survey_answered", '{"answers": {"q1": 10}, "survey": "nps"}'),
        event("C7", AS_OF + timedelta(days=1), "product_reviewed", '{"stars":1}'),
        event("C8", AS_OF + timedelta(days=1), "referred", brought),
    )
    refresh(shop, as_of=AS_OF)
    found = scores(shop)
    days = {who: found[who]["active_days_90d"] for who in ("C1", "C2", "C4", "C7", "C9")}
    assert days == {"C1": 2, "C2": 0, "C4": 1, "C7": None, "C9": None}
    assert found["C1"]["engagement_component"] > found["C9"]["engagement_component"] == 50
    assert (found["C3"]["referred_count"], found["C3"]["referral_amount"]) == (1, 20_000)
    assert found["C8"]["referred_count"] == 0
    assert found["C5"]["feedback_component"] > 50 > found["C6"]["feedback_component"]
    assert found["C10"]["feedback_rating"] == found["C5"]["feedback_rating"]
    assert found["C7"]["feedback_rating"] is None
    assert sum(weight(shop, name) for name in ("engagement", "referral", "feedback")) == pytest.approx(0.2)


def test_the_score_is_the_weighted_sum_of_its_components(shop: Home) -> None:
    choose_weights(choice=ScoreChoice(BY_HAND, {"recency": 0.5, "feedback": 0.5}), actor=None)
    add_orders(shop, [Order("C0", AS_OF, 500)])
    refresh(shop, as_of=AS_OF)
    found = scores(shop)
    # Nobody rated anything: recency has all the weight.
    assert weight(shop, "recency") == 1
    assert found["C0"]["value_score"] == found["C0"]["recency_component"] == 95.8
    assert found["C1"]["value_score"] == 45.8
    assert found["C0"]["feedback_component"] is None


def test_whoever_refuses_profiling_has_no_score_and_lends_none(shop: Home) -> None:
    add_events(shop, event("C4", AS_OF, "referred", f'{{"referrer_profile_id":{_profiles()["C3"]}}}'))
    customer = Profile.objects.get(pk=_profiles()["C4"]).customer_id
    set_no_profiling(customer_id=customer, is_refused=True)
    refresh(shop, as_of=AS_OF)
    found = scores(shop)
    assert "C4" not in found
    assert found["C3"]["referred_count"] is None
    assert weight(shop, "referral") == 0


def test_summing_up_only_those_who_changed_gives_the_same_scores(shop: Home) -> None:
    add_goods(shop, {"a": 60, "b": None}, [("C1-20", "C1", "a", 2, 200), ("C2-20", "C2", "b", 1, 90)])
    add_events(shop, event("C1", AS_OF, "page_viewed"), event("C5", AS_OF, "product_reviewed", '{"stars":4}'))
    refresh(shop, as_of=AS_OF)
    add_events(shop, event("C2", AS_OF, "referred", f'{{"referrer_profile_id":{_profiles()["C1"]}}}'))
    add_events(shop, event("C5", AS_OF - timedelta(days=60), "product_reviewed", '{"stars":1}'))
    add_orders(shop, [Order("C2", AS_OF, 700)])
    lake = open_lake(shop.lake)
    quick = refresh(shop, as_of=AS_OF)
    full = refresh(shop, as_of=AS_OF, is_full=True)
    assert quick.recomputed == 1
    one, other = (everything(lake, run.snapshot_id) for run in (quick, full))
    assert [name for name in one if not same(one[name], other[name])] == []


def test_the_margin_of_a_customer_is_that_of_what_they_buy(shop: Home) -> None:
    lines = [
        ("C1-20", "C1", "tea", 1, 10_000),
        ("C2-20", "C2", "gift", 2, 10_000),
        ("C3-20", "C3", "cup", 1, 10_000),
        ("C4-20", "C4", "odd", 1, 10_000),
    ]
    # Tea and gifts were sold twenty days ago, at the cost of that day.
    before, then, after = (str(AS_OF - timedelta(days=days)) for days in (30, 20, 19))
    dated = {
        "tea": json.dumps({before: 2_000, after: 9_000}),
        "gift": json.dumps({"": 1, before: 2, then: 6_000}),
    }
    add_goods(shop, {"tea": 9_000, "gift": 6_000, "cup": None, "odd": None}, lines, dated)
    settings = '\n[value]\nmargin = 0.5\n[value.category_margins]\n"c" = 0.3\n'
    shop.settings_file.write_text(shop.settings_file.read_text() + settings)
    refresh(shop, as_of=AS_OF)
    found = scores(shop, "clv_forecasts")
    rates = {who: found[who]["clv_365d"] / found["C0"]["clv_365d"] for who in PEOPLE[:5]}
    # Of the shop: (8,000 − 2,000 + 3,000 + 5,000) / 40,000 = 0.35; a mean order, 40,000 / 24, is added to each.
    mean, shop_rate = 40_000 / 24, 0.35
    for who, kept in (("C1", 8_000), ("C2", -2_000), ("C3", 3_000), ("C4", 5_000)):
        assert rates[who] == pytest.approx((kept + mean * shop_rate) / (10_000 + mean) / shop_rate)
    assert found["C2"]["clv_365d"] < 0
    assert {row["clv_basis"] for row in published(shop, "value_scores")} == {"margin"}
    notes = [str(row["note_en"]) for row in published(shop, "model_parameters") if row["model"] == "clv"]
    assert any("1 customers paid less than their goods cost" in note for note in notes)
    shop.settings_file.write_text(
        shop.settings_file.read_text().replace("[value]", '[value]\nclv_basis = "revenue"')
    )
    refresh(shop, as_of=AS_OF)
    found = scores(shop, "clv_forecasts")
    assert found["C2"]["clv_365d"] == found["C0"]["clv_365d"] > 0
    assert {row["clv_basis"] for row in published(shop, "value_scores")} == {"revenue"}


def test_without_costs_and_margin_the_value_is_revenue(shop: Home) -> None:
    refresh(shop, as_of=AS_OF)
    assert {row["clv_basis"] for row in published(shop, "value_scores")} == {"revenue"}


def test_facts_of_a_release_without_costs_are_read_and_added_to(shop: Home) -> None:
    from deltalake import write_deltalake

    later = ("cost", "dated_costs")
    old = pa.schema([field for field in PRODUCTS.arrow_schema() if field.name not in later])
    rows = pa.Table.from_pylist([{"source": SOURCE, "product_id": "tea", "category": "t"}], schema=old)
    lake = open_lake(shop.lake)
    write_deltalake(lake.deltas.path("products"), rows)
    refresh(shop, as_of=AS_OF)
    add_goods(shop, {"cup": 100}, [("C1-20", "C1", "cup", 1, 400)])
    refresh(shop, as_of=AS_OF)
    snapshot = lake.current()
    assert snapshot is not None
    products = {row["product_id"]: row["cost"] for row in snapshot.rows(snapshot.table("products"))}
    assert products == {"tea": None, "cup": 100}


@pytest.mark.parametrize("shares", [{"茶": 2}, {"茶": "much"}, ["茶"]])
def test_margins_of_categories_must_be_shares(shares: Any) -> None:
    with pytest.raises(ValueError, match="category_margins"):
        ValueSettings(category_margins=shares)


def test_an_unknown_component_is_refused_by_name() -> None:
    from zhike.value.services.score_choices import choice_of

    with pytest.raises(UsageError, match="clv"):
        choice_of(method=BY_HAND, weights={"luck": 1.0}, comparisons={})
