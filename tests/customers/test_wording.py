"""What the pages of customers call things: our codes in words, people's own words as they wrote them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.cast import client_of, colleague
from tests.customers.conftest import Shop
from tests.customers.people import name_people, said
from tests.shops import open_shop
from zhike.accounts.access import Role
from zhike.customers.models import Profile
from zhike.customers.records import Identifier, ProfileRecord
from zhike.customers.services import record_profiles, register_profiles
from zhike.customers.services.attributes import create_attribute
from zhike.customers.services.erasure import erase_customer
from zhike.customers.services.tags import tag_customers
from zhike.customers.words import event_text, properties_in, property_texts


def test_events_are_named_in_words_and_own_ones_by_their_own_name() -> None:
    assert [event_text(name).zh for name in ("page_viewed", "cart_added")] == ["浏览页面", "加入购物车"]
    assert event_text("tea_tasting_joined").zh == event_text("tea_tasting_joined").en == "tea_tasting_joined"
    text = '{"product_id":"T1","action":"like","answers":{"cares":["taste","service"]},"x":null}'
    told = property_texts(properties_in(text))
    assert [(name.zh, str(value)) for name, value in told] == [
        ("商品编号", "T1"),
        ("动作", "点赞"),
        ("cares", "taste、service"),
    ]
    assert [str(value) for _, value in property_texts(properties_in("no json"))] == ["no json"]
    assert property_texts(properties_in(None)) == ()


def test_whoever_was_referred_has_the_customer_who_did_it_named(shop: Shop, alice_client: Client) -> None:
    html = said(alice_client, f"/customers/{shop.ids['k1']}/", kind="events")
    assert "由老客户介绍" in html and f"介绍人 客户 #{shop.ids['regular']}" in html


def test_tags_sources_and_own_attributes_are_shown_as_they_were_written(
    shop: Shop, alice_client: Client
) -> None:
    alice_client.cookies["django_language"] = "en"
    regular, _ = name_people(shop)
    tag_customers(customer_ids=[regular], name="iPhone users", actor=None)
    create_attribute(
        code="phone_model", type="choice", label_zh="机型", label_en="iPhone model", actor=None,
        options=[{"code": "se", "zh": "SE", "en": "iPhone SE"}], sensitivity="ordinary",
    )  # fmt: skip
    listed = alice_client.get("/customers/", {"view": "all"}).context["page"]
    fields = [field for group in listed.bar.groups for field in group.fields]
    choices = {field.name: [str(each.text.en) for each in field.choices[1:]] for field in fields}
    assert choices["tag"] == ["iPhone users"] and choices["gender"][0] == "Female"
    assert "IPhone" not in said(alice_client, "/customers/", view="all")
    edit = said(alice_client, f"/customers/{regular}/edit/")
    assert "iPhone" in edit or "机型" in edit
    assert "IPhone" not in edit


@pytest.mark.parametrize("page", ["", "edit/", "merge/", "links/"])
def test_every_page_of_an_erased_customer_says_so_and_of_nobody_that_there_is_none(
    page: str, shop: Shop, alice_client: Client
) -> None:
    gone, _ = name_people(shop)
    erase_customer(customer_id=gone, reason="asked")
    answer = alice_client.get(f"/customers/{gone}/{page}")
    assert (answer.status_code, f"客户 #{gone} 已被抹除" in answer.content.decode()) == (410, True)
    answer = alice_client.get(f"/customers/999/{page}")
    assert (answer.status_code, "没有编号为 #999 的客户" in answer.content.decode()) == (404, True)


def test_the_list_says_how_many_came_in_since_it_was_computed(shop: Shop, alice_client: Client) -> None:
    assert "上次计算之后" not in said(alice_client, "/customers/", view="all")
    register_profiles(source="web", source_keys=["N1", "N2"])
    page = alice_client.get("/customers/", {"view": "all"})
    assert page.context["page"].newcomers == 2 and "上次计算之后" in page.content.decode()


def test_who_came_in_since_and_fits_the_search_can_be_opened(shop: Shop, alice_client: Client) -> None:
    record_profiles(
        source="form:sign-up",
        records=[
            ProfileRecord("N1", name="欧阳新来", identifiers=(Identifier("phone", "+8613922223333"),)),
            ProfileRecord("N2", name="李旁人"),
        ],
    )
    new = (
        Profile.objects.order_by("pk")
        .values_list("customer", flat=True)
        .filter(source="form:sign-up")
        .first()
    )
    for text in ("139 2222 3333", "欧阳", f"#{new}"):
        page = alice_client.get("/customers/", {"q": text})
        assert [link.href for link in page.context["page"].found_newcomers] == [f"/customers/{new}/"]
        assert f'href="/customers/{new}/"' in page.content.decode() and "新来" not in page.content.decode()
    assert not alice_client.get("/customers/").context["page"].found_newcomers
    for role in (Role.SALES, Role.ANALYST):
        page = client_of(colleague(role)).get("/customers/", {"q": "139 2222 3333"}).context["page"]
        assert page.found_newcomers == ()


def test_whoever_has_no_customer_of_their_own_is_told_how_one_gets_them(shop: Shop) -> None:
    html = said(client_of(colleague(Role.SERVICE)), "/customers/")
    assert "还没有分配给你的客户" in html and "导入订单后" not in html


def test_before_the_first_computation_the_list_says_who_waits_for_it(
    tmp_path: Any, settings: Any, alice_client: Client
) -> None:
    settings.ZHIKE_HOME = open_shop(tmp_path / "shop")
    register_profiles(source="web", source_keys=["N1", "N2", "N3"])
    html = said(alice_client, "/customers/")
    assert "已导入 3 位客户" in html and "至少要有一笔订单" in html
