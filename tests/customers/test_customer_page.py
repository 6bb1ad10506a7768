"""Who a customer is, on their page: masked, with its lineage; what staff may see in full, write down and change."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client

from tests.cast import client_of, colleague
from tests.customers.conftest import Shop
from tests.customers.people import EMAIL, NAME, PHONE, name_people, recorded, said
from tests.shops import SOURCE
from zhike.accounts.access import Role
from zhike.accounts.models import User
from zhike.customers.models import ConsentEntry, Customer, Profile, Tag
from zhike.customers.records import ProfileRecord
from zhike.customers.selectors.consents import is_agreed, refuses_profiling
from zhike.customers.services import PairEvidence, link_profiles, record_profiles
from zhike.customers.services.erasure import erase_customer
from zhike.customers.services.tags import tag_customers

WHOLE = (NAME, PHONE, "13912345678", EMAIL, "1990-05-01")


def test_the_page_masks_names_and_contacts_and_says_where_they_come_from(
    shop: Shop, alice_client: Client
) -> None:
    regular, _ = name_people(shop)
    html = said(alice_client, f"/customers/{regular}/")
    assert "欧***" in html and "139****5678" in html and "n***@example.com" in html
    assert not [value for value in WHOLE if value in html]
    assert "已验证" in html and "只有这个来源有" in html and SOURCE in html


def test_of_two_sources_the_page_shows_one_and_keeps_the_other(shop: Shop, alice_client: Client) -> None:
    regular, _ = name_people(shop)
    profile = Profile.objects.get(customer=regular)
    made = record_profiles(
        source="web",
        records=[ProfileRecord("W1", name="欧阳兰", birthday="1990-05-02", attributes={"city": "上海市"})],
    )
    link_profiles(pairs=[PairEvidence(profile.pk, made[0].profile_id, "phone")])
    who = alice_client.get(f"/customers/{regular}/").context["page"].who
    city = next(field for field in who.attributes if field.text.en == "City")
    assert city.value == "上海市" and [other.value for other in city.others] == ["杭州市"]
    birthday = next(field for field in who.fields if field.text.en == "Birthday")
    # Both are shown as ****, and yet they differ.
    assert birthday.why.en == "the newest comes first"


def test_the_number_of_a_merged_customer_leads_to_the_other(shop: Shop, alice_client: Client) -> None:
    regular, other = name_people(shop)
    ends = [Profile.objects.get(customer=pk).pk for pk in (regular, other)]
    link_profiles(pairs=[PairEvidence(*ends, "phone")])
    kept, gone = min(regular, other), max(regular, other)
    answer = alice_client.get(f"/customers/{gone}/")
    assert (answer.status_code, answer["Location"]) == (302, f"/customers/{kept}/")


def test_of_an_erased_customer_the_page_says_so_and_offers_nothing(shop: Shop, alice_client: Client) -> None:
    gone, _ = name_people(shop)
    erase_customer(customer_id=gone, reason="asked")
    answer = alice_client.get(f"/customers/{gone}/")
    html = answer.content.decode()
    assert (answer.status_code, f"客户 #{gone} 已被抹除" in html) == (410, True)
    assert not [act for act in ("merge", "tag", "note", "edit") if f"/customers/{gone}/{act}" in html]


def test_contacts_are_shown_in_full_for_a_reason_that_stays_on_record(
    shop: Shop, alice_client: Client, alice: User
) -> None:
    regular, _ = name_people(shop)
    path = f"/customers/{regular}/reveal/"
    answer = alice_client.post(path, {"reason": "客户来电核对地址"})
    html = answer.content.decode()
    assert all(value in html for value in (NAME, PHONE, EMAIL))
    assert "no-store" in answer["Cache-Control"]
    (entry,) = recorded("customer.revealed")
    assert (entry.actor, entry.object_id, entry.reason) == (alice, str(regular), "客户来电核对地址")


@pytest.mark.parametrize("reason", ["", " ", "打给 13912345678"])
def test_nothing_is_revealed_without_a_reason_that_can_be_kept(
    reason: str, shop: Shop, alice_client: Client
) -> None:
    regular, _ = name_people(shop)
    answer = alice_client.post(f"/customers/{regular}/reveal/", {"reason": reason})
    assert answer.status_code == 400 and NAME not in answer.content.decode()
    assert recorded("customer.revealed") == []


def test_an_analyst_sees_figures_and_no_names_notes_or_keys(shop: Shop) -> None:
    regular, _ = name_people(shop)
    analyst = client_of(colleague(Role.ANALYST))
    for path in (f"/customers/{regular}/", "/customers/"):
        html = said(analyst, path)
        assert "欧***" not in html and "139****5678" not in html and ">regular<" not in html
    assert analyst.post(f"/customers/{regular}/reveal/", {"reason": "just so"}).status_code == 403


def test_sales_finds_only_their_own_customers(shop: Shop) -> None:
    regular, other = name_people(shop)
    sales = colleague(Role.SALES)
    Customer.objects.filter(pk=regular).update(owner=sales)
    client = client_of(sales)
    assert client.get(f"/customers/{regular}/").status_code == 200
    assert client.get(f"/customers/{other}/").status_code == 404
    assert [row.customer_id for row in client.get("/customers/").context["page"].rows] == [regular]
    assert client.get("/customers/", {"q": "欧阳娜"}).context["page"].paging.total == 1


def test_the_old_number_of_somebody_elses_customer_stays_closed(shop: Shop) -> None:
    regular, other = name_people(shop)
    sales, ends = colleague(Role.SALES), [Profile.objects.get(customer=pk).pk for pk in (regular, other)]
    gone = max(regular, other)
    Customer.objects.filter(pk=gone).update(owner=sales)
    link_profiles(pairs=[PairEvidence(*ends, "phone")])
    client = client_of(sales)
    assert client.get(f"/customers/{gone}/").status_code == 404
    assert client.post(f"/customers/{gone}/reveal/", {"reason": "curious"}).status_code == 404


def test_a_note_is_shown_and_never_stands_in_the_database(shop: Shop, alice_client: Client) -> None:
    regular, _ = name_people(shop)
    alice_client.post(f"/customers/{regular}/note/", {"text": "喜欢明前龙井"})
    assert "喜欢明前龙井" in said(alice_client, f"/customers/{regular}/")
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed FROM customers_note")
        (sealed,) = cursor.fetchone()
    assert "喜欢明前龙井".encode() not in bytes(sealed)
    assert alice_client.post(f"/customers/{regular}/note/", {"text": " "}).status_code == 400


def test_staff_write_down_a_withdrawal_and_it_stands(shop: Shop, alice_client: Client) -> None:
    regular, _ = name_people(shop)
    assert is_agreed(regular, purpose="marketing", channel="sms")
    form = {"purpose": "marketing", "channel": "sms", "is_granted": "no"}
    alice_client.post(f"/customers/{regular}/consent/", form)
    assert not is_agreed(regular, purpose="marketing", channel="sms")
    assert ConsentEntry.objects.count() == 2
    assert [entry.details for entry in recorded("consent.withdrawn")] == [
        {"purpose": "marketing", "channel": "sms"}
    ]


def test_a_refusal_of_profiling_is_a_switch(shop: Shop, alice_client: Client) -> None:
    regular, _ = name_people(shop)
    for is_refused in ("1", "0"):
        alice_client.post(f"/customers/{regular}/profiling/", {"is_refused": is_refused})
        assert refuses_profiling(regular) is (is_refused == "1")


def test_tags_are_put_on_and_taken_off_and_automatic_ones_are_left_to_their_rule(
    shop: Shop, alice_client: Client
) -> None:
    regular, _ = name_people(shop)
    path = f"/customers/{regular}/tag/"
    alice_client.post(path, {"name": " VIP  客户 "})
    assert "VIP 客户" in said(alice_client, f"/customers/{regular}/")
    alice_client.post(path, {"name": "VIP 客户", "remove": "1"})
    assert "VIP 客户" not in said(alice_client, f"/customers/{regular}/")
    Tag.objects.create(name="将流失", is_automatic=True)
    assert alice_client.post(path, {"name": "将流失"}).status_code == 400


def test_a_customer_is_given_to_a_colleague(shop: Shop, alice_client: Client) -> None:
    regular, _ = name_people(shop)
    sales = colleague(Role.SALES)
    alice_client.post(f"/customers/{regular}/assign/", {"owner": sales.pk})
    assert Customer.objects.get(pk=regular).owner == sales
    assert alice_client.post(f"/customers/{regular}/assign/", {"owner": 10**9}).status_code == 400
    alice_client.post(f"/customers/{regular}/assign/", {"owner": ""})
    assert Customer.objects.get(pk=regular).owner is None


def test_a_tag_twice_is_one_tag(shop: Shop, alice: User) -> None:
    regular, other = name_people(shop)
    tag_customers(customer_ids=[regular], name="VIP", actor=alice)
    again = tag_customers(customer_ids=[regular, other], name="VIP", actor=alice)
    assert again.profile_ids == [Profile.objects.get(customer=other).pk]
