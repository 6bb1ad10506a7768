"""The pages of customers, as Alice sees them and Charlie does not."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.customers.conftest import Shop
from zhike.customers.models import Customer

PAGES = ("/customers/", "/customers/1/", "/customers/export?format=csv")


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_is_sent_to_sign_in_and_sees_nothing(
    path: str, shop: Shop, charlie_client: Client
) -> None:
    answer = charlie_client.get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/")
    assert b"regular" not in answer.content


def test_the_list_shows_everybody_with_source_keys(shop: Shop, alice_client: Client) -> None:
    answer = alice_client.get("/customers/")
    said = answer.content.decode()
    assert answer.status_code == 200
    assert f"<b>{len(shop.ids)}</b> 位客户" in said
    assert "regular" in said
    assert f'href="/customers/{shop.ids["regular"]}/"' in said


def test_a_filter_becomes_a_chip_that_takes_it_away(shop: Shop, alice_client: Client) -> None:
    page = alice_client.get("/customers/?tier=high&bought_within=30&tier=low").context["page"]
    hrefs = {str(chip.text): chip.remove_href for chip in page.chips}
    assert hrefs["等级：高价值"] == "/customers/?tier=low&bought_within=30"
    assert hrefs["30 天内买过"] == "/customers/?tier=high&tier=low"


def test_what_is_expected_of_people_is_a_filter_with_a_control_and_a_chip(
    shop: Shop, alice_client: Client
) -> None:
    answer = alice_client.get("/customers/?risk=low&due_within=30&sort=due")
    page, said = answer.context["page"], answer.content.decode()
    fits = [r for r in shop.overview if r["risk_band"] == "low" and (r["next_order_days"] or 99) <= 30]
    assert page.paging.total == len(fits) > 0
    assert [row.next_order_on for row in page.rows] == sorted(row["next_order_on"] for row in fits)
    assert '<option value="low" selected>' in said
    assert '<option value="30" selected>' in said
    assert {str(chip.text): chip.remove_href for chip in page.chips} == {
        "流失风险：稳定": "/customers/?due_within=30&sort=due",
        "预计 30 天内再次下单": "/customers/?risk=low&sort=due",
    }
    kept = alice_client.get("/customers/?overdue=1&restock=茶").content.decode()
    assert 'name="overdue" value="1" checked' in kept
    assert 'name="restock" value="茶"' in kept


def test_the_form_hands_on_what_it_does_not_show(shop: Shop, alice_client: Client) -> None:
    answer = alice_client.get("/customers/?alive_tenth=3&r=5&r=4&size=25&bought_within=45")
    said = answer.content.decode()
    assert '<input type="hidden" name="alive_tenth" value="3">' in said
    assert '<input type="hidden" name="r" value="5">' in said
    assert '<input type="hidden" name="size" value="25">' in said
    assert '<option value="45" selected>' in said


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("tier=gold", "等级不能是“gold”"),
        ("nonsense=1", "没有“nonsense”这个筛选项"),
        ("bought_within=-3", "应是 0 到 36500 的整数"),
        ("alive_max=2", "应是 0 到 1 的小数"),
        ("spend_min=abc", "金额“abc”不是数字"),
        ("spend_min=1.234", "小数位多于"),
        ("sort=height", "排序不能是“height”"),
        ("segment=champions", "例如 rfm:champions"),
    ],
)
def test_a_filter_that_is_not_understood_is_said_and_nothing_is_listed(
    query: str, words: str, shop: Shop, alice_client: Client
) -> None:
    answer = alice_client.get(f"/customers/?{query}")
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert answer.context["page"].rows == ()


def test_nobody_found_offers_to_clear_the_filters(shop: Shop, alice_client: Client) -> None:
    answer = alice_client.get("/customers/?spend_min=99999999")
    assert "没有符合条件的客户" in answer.content.decode()
    assert answer.status_code == 200


def test_before_the_first_refresh_the_list_says_what_to_do(
    settings: Any, tmp_path: Any, alice_client: Client
) -> None:
    from tests.shops import open_shop

    settings.ZHIKE_HOME = open_shop(tmp_path / "empty")
    said = alice_client.get("/customers/").content.decode()
    assert "zhike refresh" in said
    assert alice_client.get("/customers/export").status_code == 409


@pytest.mark.parametrize(("asked", "key"), [("R-2", "regular"), ("regular", "regular"), ("=cmd()", "=cmd()")])
def test_a_search_finds_by_source_key_and_by_order_number(
    asked: str, key: str, shop: Shop, alice_client: Client
) -> None:
    page = alice_client.get("/customers/", {"q": asked}).context["page"]
    assert [row.customer_id for row in page.rows] == [shop.ids[key]]


def test_a_search_finds_by_customer_number(shop: Shop, alice_client: Client) -> None:
    number = shop.ids["k7"]
    for asked in (str(number), f"#{number}", f" {number} "):
        page = alice_client.get("/customers/", {"q": asked}).context["page"]
        assert [row.customer_id for row in page.rows] == [number]


def test_the_list_takes_few_queries_whatever_the_size(
    shop: Shop, alice_client: Client, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(18):
        alice_client.get("/customers/?size=100")


def test_the_pages_of_the_list_follow_one_another(shop: Shop, alice_client: Client) -> None:
    seen = [
        row.customer_id
        for number in (1, 2)
        for row in alice_client.get(f"/customers/?size=25&page={number}&sort=customer").context["page"].rows
    ]
    assert seen == sorted(shop.ids.values())


def test_a_customer_page_says_why_and_what_happened(
    shop: Shop, alice_client: Client, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(22):
        answer = alice_client.get(f"/customers/{shop.ids['regular']}/")
    said = answer.content.decode()
    assert answer.status_code == 200
    assert "为什么在这一群" in said
    assert "龙井茶" in said
    assert "收到营销活动" in said and "春茶" in said
    assert "年龄" in said and "Favourite colour" in said
    assert "category=%E8%8C%B6%E5%8F%B6+%26+%E8%8C%B6%E5%85%B7" in said
    assert "已取消" in said and "已退款 ¥50.00" in said


def test_the_value_chart_ends_at_the_published_spend(shop: Shop, alice_client: Client) -> None:
    spends = {row["customer_id"]: row["spend_amount"] for row in shop.overview}
    for key in ("regular", "k0", "k3"):
        page = alice_client.get(f"/customers/{shop.ids[key]}/").context["page"]
        assert page.spend.series[0].values[-1] == spends[shop.ids[key]]


def test_the_timeline_shows_one_kind_when_asked(shop: Shop, alice_client: Client) -> None:
    path = f"/customers/{shop.ids['regular']}/"
    for kind, count in (("orders", 4), ("events", 1), ("", 5), ("nonsense", 5)):
        stream = alice_client.get(path, {"kind": kind}).context["page"].timeline
        assert sum(len(day.items) for day in stream.days) == count


def test_a_prospect_without_orders_has_a_page(shop: Shop, alice_client: Client) -> None:
    answer = alice_client.get(f"/customers/{shop.ids['prospect']}/")
    assert answer.status_code == 200
    assert "潜客：还没有有效订单" in answer.content.decode()


def test_a_customer_newer_than_the_snapshot_has_a_page(shop: Shop, alice_client: Client) -> None:
    newer = Customer.objects.create()
    assert "上次计算之后才出现" in alice_client.get(f"/customers/{newer.pk}/").content.decode()


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh-hans", "没有编号为 #987654321 的客户"), ("en", "There is no customer #987654321")],
)
def test_an_unknown_customer_is_said_to_be_unknown(
    language: str, words: str, shop: Shop, alice_client: Client
) -> None:
    alice_client.cookies["zhike_language"] = language
    answer = alice_client.get("/customers/987654321/")
    assert answer.status_code == 404
    assert words in answer.content.decode()
    assert alice_client.get(f"/customers/{10**40}/").status_code == 404


def test_the_pages_speak_english(shop: Shop, alice_client: Client) -> None:
    alice_client.cookies["zhike_language"] = "en"
    assert "customers · spend" in alice_client.get("/customers/").content.decode()
    said = alice_client.get(f"/customers/{shop.ids['regular']}/").content.decode()
    assert "Why this group:" in said and "Contacted by a campaign" in said


def test_of_the_further_filters_only_the_groups_that_are_used_stand_open(
    shop: Shop, alice_client: Client
) -> None:
    def opened(**asked: str) -> tuple[bool, list[bool]]:
        bar = alice_client.get("/customers/", {"view": "all", **asked}).context["page"].bar
        return bar.is_more_open, [group.is_open for group in bar.groups]

    # Nothing is set: closed, and whoever opens it sees all.
    assert opened() == opened(tier="high") == (False, [True, True, True])
    assert opened(gender="female") == (True, [True, False, False])
    assert opened(prospects="1", risk="high") == (True, [False, True, True])
