"""Recommendations: what each customer buys again, what goes together, what sells, and nothing for who refuses."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from django.template.loader import render_to_string

from tests.shops import SOURCE, Order, add_orders, open_shop, published, refresh
from zhike.collect.schema import ORDER_LINES
from zhike.kernel.home import Home
from zhike.kernel.words import Text
from zhike.lake.snapshots import open_lake
from zhike.value.analysis import recommendations as offers
from zhike.value.analysis.recommendations.choosing import BASELINES, DEFAULT
from zhike.value.schema.recommendations import REASONS
from zhike.value.selectors.recommendations import Offer, Offers
from zhike.value.views import OffersPanel

AS_OF = date(2026, 4, 10)
TABLES = ("recommendations", "bought_together", "popular_products")


def rows(bought: dict[int, dict[int, tuple[int, date]]]) -> pa.Table:
    """Customer → item → number of days and the last of them, as `customer_products` gives it."""
    flat = [(who, item, *times) for who, items in bought.items() for item, times in items.items()]
    columns = list(zip(*flat, strict=True)) or [(), (), (), ()]
    types = (pa.int64(), pa.int64(), pa.int64(), pa.date32())
    names = ("customer_id", "item", "day_count", "last_on")
    return pa.table({n: pa.array(c, t) for n, c, t in zip(names, columns, types, strict=True)})


def learnt(given: pa.Table, item_count: int) -> offers.ItemModel:
    bought = offers.bought_of(given, until=AS_OF, item_count=item_count)
    return offers.learnt_items(bought, np.arange(item_count, 0, -1))


def listed(given: pa.Table, model: offers.ItemModel, blend: offers.Blend = DEFAULT) -> dict[int, list[Any]]:
    made = offers.recommendations(given, model=model, blend=blend, until=AS_OF)[offers.RECOMMENDATIONS]
    lists: dict[int, list[Any]] = {}
    for row in made.to_pylist():
        lists.setdefault(row["customer_id"], []).append(row)
    return lists


def twins() -> dict[int, dict[int, tuple[int, date]]]:
    """Items 2k and 2k + 1 are bought by the same people, but for customer 0, who has only item 10."""
    day = AS_OF - timedelta(days=20)
    pairs = {who: {2 * (who % 10): (1, day), 2 * (who % 10) + 1: (1, day)} for who in range(1, 301)}
    return {0: {10: (1, day)}} | pairs


def test_what_others_bought_with_it_is_recommended_and_says_what_it_goes_with() -> None:
    given = rows(twins())
    (found,) = (row for row in listed(given, learnt(given, 20))[0] if row["reason"] == "together")
    assert (found["item"], found["goes_with_item"]) == (11, 10)


def test_what_is_bought_often_comes_before_what_was_bought_once() -> None:
    day = AS_OF - timedelta(days=5)
    given = rows({who: {7: (9, day), 8: (1, day)} for who in range(30)})
    assert [row["item"] for row in listed(given, learnt(given, 12))[3][:2]] == [7, 8]


def test_what_was_bought_long_ago_comes_after_what_was_bought_now() -> None:
    given = rows({who: {7: (2, date(2025, 4, 1)), 8: (2, AS_OF)} for who in range(30)})
    found = [row["item"] for row in listed(given, learnt(given, 12))[3]]
    assert found.index(8) < found.index(7)
    assert listed(given, learnt(given, 12))[3][0]["reason"] == "again"


def test_a_list_has_ten_products_none_twice_with_falling_scores() -> None:
    given = rows(twins())
    for found in listed(given, learnt(given, 20)).values():
        assert [row["rank"] for row in found] == list(range(1, 11))
        assert len({row["item"] for row in found}) == 10
        assert all(one["score"] >= other["score"] for one, other in pairwise(found))
        assert all((row["goes_with_item"] is None) == (row["reason"] != "together") for row in found)


def test_parts_of_the_customers_and_any_order_of_rows_give_the_same_lists() -> None:
    given = rows(twins())
    model = learnt(given, 20)
    whole = listed(given, model)
    turned = given.take(np.random.default_rng(1).permutation(given.num_rows))
    assert listed(turned, learnt(turned, 20)) == whole
    people = given["customer_id"].to_numpy()
    parts = [listed(given.filter(pa.array(people % 3 == part)), model) for part in range(3)]
    assert {who: each for part in parts for who, each in part.items()} == whole


def test_no_rows_and_no_items_give_no_lists() -> None:
    assert listed(rows({}), learnt(rows({}), 0)) == {}
    assert listed(rows({}), learnt(rows({}), 5)) == {}


def test_a_catalogue_of_three_products_gives_lists_of_three() -> None:
    given = rows({who: {who % 3: (1, AS_OF)} for who in range(9)})
    assert {len(found) for found in listed(given, learnt(given, 3)).values()} == {3}


@pytest.mark.parametrize(
    ("last", "as_of", "month"),
    [
        (date(2026, 4, 10), date(2026, 4, 10), date(2026, 3, 1)),
        (date(2026, 3, 28), date(2026, 4, 10), date(2026, 3, 1)),
        (date(2025, 12, 31), date(2025, 12, 31), date(2025, 12, 1)),
        (date(2026, 1, 2), date(2026, 1, 2), date(2025, 12, 1)),
        (date(2024, 2, 3), date(2026, 4, 10), date(2024, 2, 1)),
    ],
)
def test_the_last_month_that_is_over_is_held_out(last: date, as_of: date, month: date) -> None:
    found = offers.last_closed_month(last, as_of=as_of)
    assert found.first_on == month
    assert found.known_until == month - timedelta(days=1)


def chosen(came: dict[int, dict[int, tuple[int, date]]]) -> offers.Choice:
    holdout = offers.Holdout(date(2026, 3, 1), date(2026, 3, 31))
    day = date(2026, 2, 10)
    known = {
        who: {2 * (who % 10) + 10: (3, day), 2 * ((who + 3) % 10) + 10: (1, day)} for who in range(1, 401)
    }
    return offers.choose(rows(known), rows(came), np.arange(40, 0, -1), holdout=holdout)


def test_where_everybody_buys_the_same_the_best_sellers_win_and_are_used() -> None:
    choice = chosen({who: {item: (1, date(2026, 3, 9)) for item in range(10)} for who in range(1, 401)})
    assert choice.blend in BASELINES
    assert choice.recalls["popular"] == 1.0
    (method,) = (
        row
        for row in offers.parameter_rows(choice, customers=1, products=1, no_profiling=0)
        if row[1] == "method"
    )
    assert method[3] is not None
    assert "baseline" in method[3].en


def test_too_few_customers_to_compare_leave_the_default_weights() -> None:
    choice = chosen({who: {10: (1, date(2026, 3, 9))} for who in range(1, 20)})
    assert (choice.blend, choice.recalls) == (DEFAULT, {})


Lines = Iterable[tuple[str, str, date, tuple[str, ...]]]


def put(home: Home, lines: Lines) -> dict[str, int]:
    """Orders (number, customer or "" for a walk-in, day, products) with their lines; the customer ids."""
    from zhike.customers.models import Profile

    lines = list(lines)
    ids = add_orders(home, [Order(who, day, 1000, order_id=number) for number, who, day, _ in lines if who])
    profiles = dict(Profile.objects.values_list("customer_id", "pk"))
    made = [
        {
            "source": SOURCE,
            "order_id": number,
            "line_number": place,
            "profile_id": profiles[ids[who]] if who else None,
            "ordered_on": day,
            "product_id": product,
            "quantity": 1,
            "amount": 500,
        }
        for number, who, day, products in lines
        for place, product in enumerate(products, 1)
    ]
    open_lake(home.lake).deltas.append(
        ORDER_LINES, pa.Table.from_pylist(made, schema=ORDER_LINES.arrow_schema())
    )
    return ids


def shop_lines() -> Lines:
    """80 customers: a third buys tea with a cup every month, a third coffee with a filter, a third anything."""
    sets = (("tea", "cup"), ("coffee", "filter"), ("sugar",))
    for who in range(80):
        for month in range(6):
            day = date(2025, 11, 1 + who % 27) + timedelta(days=30 * month)
            if day <= AS_OF:
                yield f"{who}-{month}", f"C{who}", day, sets[who % 3]
        yield f"{who}-old", f"C{who}", date(2025, 11, 1), ("gone", sets[(who + 1) % 3][0])
    yield "only-tea", "new", AS_OF, ("tea",)
    yield "walk-in", "", AS_OF, ("sugar",)


@pytest.fixture
def shop(tmp_path: Path, settings: Any) -> tuple[Home, dict[str, int]]:
    settings.ZHIKE_HOME = home = open_shop(tmp_path / "shop")
    ids = put(home, shop_lines())
    refresh(home, as_of=AS_OF)
    return home, ids


def of_customer(home: Home, customer: int) -> list[dict[str, Any]]:
    found = [row for row in published(home, "recommendations") if row["customer_id"] == customer]
    return sorted(found, key=lambda row: int(str(row["rank"])))


@pytest.mark.django_db
def test_a_refresh_publishes_lists_pairs_and_best_sellers(shop: tuple[Home, dict[str, int]]) -> None:
    home, ids = shop
    assert of_customer(home, ids["C0"])[0]["reason"] == "again"
    assert {row["product_id"] for row in of_customer(home, ids["C0"])[:2]} == {"tea", "cup"}
    pairs = {(row["product_id"], row["other_product_id"]): row for row in published(home, "bought_together")}
    assert pairs["tea", "cup"]["rank"] == 1
    assert pairs["tea", "cup"]["lift"] > 1  # type: ignore[operator]
    assert ("tea", "filter") not in pairs
    popular = sorted(published(home, "popular_products"), key=lambda row: int(str(row["rank"])))
    assert [row["rank"] for row in popular] == list(range(1, len(popular) + 1))
    counts = [int(str(row["order_count"])) for row in popular]
    assert counts == sorted(counts, reverse=True)


@pytest.mark.django_db
def test_products_that_nobody_bought_for_ninety_days_are_not_offered(
    shop: tuple[Home, dict[str, int]],
) -> None:
    home, _ = shop
    named = {
        row[name]
        for table in TABLES
        for row in published(home, table)
        for name in row
        if "product_id" in name
    }
    assert "tea" in named
    assert "gone" not in named


@pytest.mark.django_db
def test_the_champion_and_its_recall_are_published(shop: tuple[Home, dict[str, int]]) -> None:
    home, _ = shop
    found = {
        row["parameter"]: row
        for row in published(home, "model_parameters")
        if row["model"] == "recommendations"
    }
    assert found["method"]["note_en"]
    assert {"recall_at_10_popular", "recall_at_10_own_repeat"} <= set(found)
    assert "held out" in str(found["recall_customers"]["note_en"])
    assert found["products"]["value"] == 5.0


@pytest.mark.django_db
def test_who_refuses_to_be_profiled_gets_no_list_and_the_page_says_why(
    shop: tuple[Home, dict[str, int]], alice_client: Any
) -> None:
    from zhike.customers.services.consents import set_no_profiling

    home, ids = shop
    set_no_profiling(customer_id=ids["C0"], is_refused=True)
    refresh(home, as_of=AS_OF)
    assert of_customer(home, ids["C0"]) == []
    assert of_customer(home, ids["C3"])
    notes = [kpi.note for kpi in alice_client.get(f"/customers/{ids['C0']}/").context["page"].kpis]
    refusals = [note for note in notes if isinstance(note, Text) and note.zh.startswith("本人拒绝画像")]
    assert len(refusals) == 3, notes


@pytest.mark.django_db
def test_a_full_refresh_gives_what_an_incremental_one_gave(shop: tuple[Home, dict[str, int]]) -> None:
    home, _ = shop
    put(home, [("extra", "C4", AS_OF, ("filter",))])
    refresh(home, as_of=AS_OF)
    before = [sorted(published(home, name), key=str) for name in TABLES]
    refresh(home, as_of=AS_OF, is_full=True)
    assert [sorted(published(home, name), key=str) for name in TABLES] == before


@pytest.mark.django_db
def test_without_order_lines_the_tables_are_empty(tmp_path: Path, settings: Any) -> None:
    settings.ZHIKE_HOME = home = open_shop(tmp_path / "shop")
    add_orders(home, [Order("C1", AS_OF, 100)])
    refresh(home, as_of=AS_OF)
    assert [published(home, name) for name in TABLES] == [[], [], []]


def test_products_of_one_name_are_told_apart_by_their_number_and_best_sellers_are_said_once() -> None:
    alike = [Offer("龙井", "茶", REASONS["popular"], number=number) for number in ("P1", "P2")]
    found = Offers((*alike, Offer("杯", "", REASONS["popular"])), is_personal=True)
    html = render_to_string("value/offers.html", {"page": OffersPanel(found)})
    assert "P1" in html and "P2" in html
    assert str(REASONS["popular"]) not in html
    together = Offer("碗", "", REASONS["together"], goes_with="壶")
    html = render_to_string("value/offers.html", {"page": OffersPanel(Offers((*alike, together), True))})
    assert html.count(str(REASONS["popular"])) == 2 and "壶" in html


@pytest.mark.django_db
def test_the_customer_page_shows_the_list_and_the_best_sellers_to_who_has_none(
    shop: tuple[Home, dict[str, int]], alice_client: Any
) -> None:
    home, ids = shop
    add_orders(home, [Order("no-lines", AS_OF, 100)])
    page = alice_client.get(f"/customers/{ids['C0']}/").content.decode()
    for panel in ("offers", "expected"):
        assert f'hx-get="/value/{panel}/{ids["C0"]}/"' in page
    own = alice_client.get(f"/value/offers/{ids['C0']}/").content.decode()
    assert "tea" in own
    assert "No list of their own" not in own and "没有个人推荐" not in own
    others = {row["customer_id"] for row in published(home, "recommendations")}
    (without,) = {*ids.values()} - others or {max(ids.values()) + 1}
    found = alice_client.get(f"/value/offers/{without}/").content.decode()
    assert "sugar" in found
    assert "No list of their own" in found or "没有个人推荐" in found
