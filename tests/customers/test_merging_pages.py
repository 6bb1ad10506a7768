"""Joining customers by hand, taking it back, and deciding on pairs that may be one person."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.cast import client_of, colleague
from tests.customers.conftest import Shop
from tests.customers.people import NAME, PHONE, name_people, recorded, said
from zhike.accounts.access import Role
from zhike.accounts.models import User
from zhike.customers.models import Customer, DuplicateScan, LinkEntry, Profile, ProfileLink
from zhike.customers.services import PairEvidence, link_profiles, propose_links
from zhike.jobs.tracking import JobState


def profile_of(customer_id: int) -> int:
    return Profile.objects.filter(home_customer=customer_id).get().pk


def customers_of(*homes: int) -> list[int]:
    return [Profile.objects.get(home_customer=home).customer_id for home in homes]


def test_two_customers_are_compared_masked_and_merged_for_a_reason(shop: Shop, alice_client: Client) -> None:
    one, two = name_people(shop)
    path = f"/customers/{one}/merge/"
    found = alice_client.get(path, {"q": "欧阳娜"}).context["page"]
    assert [each.customer_id for each in found.candidates] == [two]
    page = alice_client.get(path, {"with": two}).context["page"]
    equal = {row.text.en for row in page.rows if row.is_equal}
    # Two birthdays are shown alike, for both are masked, and are not equal.
    assert "Gender" in equal and "Birthday" not in equal
    html = said(alice_client, path, **{"with": two})
    assert NAME not in html and PHONE not in html
    assert alice_client.post(path, {"other": two, "reason": ""}).status_code == 400
    assert customers_of(one, two) == [one, two]
    answer = alice_client.post(path, {"other": two, "reason": "同一部手机"})
    assert answer["Location"] == f"/customers/{min(one, two)}/"
    assert customers_of(one, two) == [min(one, two)] * 2
    assert [entry.reason for entry in recorded("customer.merged")] == ["同一部手机"]


def test_the_owner_of_one_looks_after_the_merged_customer(shop: Shop, alice_client: Client) -> None:
    one, two = name_people(shop)
    sales = colleague(Role.SALES)
    Customer.objects.filter(pk=max(one, two)).update(owner=sales)
    alice_client.post(f"/customers/{one}/merge/", {"other": two, "reason": "同一部手机"})
    assert Customer.objects.get(pk=min(one, two)).owner == sales


def test_a_merge_is_taken_back_and_nobody_else_of_the_operation_is(shop: Shop, alice_client: Client) -> None:
    one, two = name_people(shop)
    three, four = shop.ids["k1"], shop.ids["k2"]
    pairs = [(profile_of(one), profile_of(two)), (profile_of(three), profile_of(four))]
    operation = link_profiles(pairs=[PairEvidence(*pair, "splink", 0.999) for pair in pairs]).operation
    kept = min(one, two)
    events = alice_client.get(f"/customers/{kept}/links/").context["page"].history
    assert [(row.event.operation, row.event.stands) for row in events] == [(operation, True)]
    form = {"operation": operation, "reason": "父女共用手机"}
    alice_client.post(f"/customers/{kept}/links/take-back/", form)
    assert customers_of(one, two) == [one, two]
    assert len(set(customers_of(three, four))) == 1
    assert alice_client.post(f"/customers/{kept}/links/take-back/", form).status_code == 400
    assert len(recorded("customer.unmerged")) == 1


def test_a_record_is_split_off_for_good(shop: Shop, alice_client: Client) -> None:
    one, two = name_people(shop)
    link_profiles(pairs=[PairEvidence(profile_of(one), profile_of(two), "phone")])
    kept = min(one, two)
    form = {"profile": profile_of(two), "reason": "不是同一人"}
    alice_client.post(f"/customers/{kept}/links/split/", form)
    assert customers_of(one, two) == [one, two]
    assert ProfileLink.objects.get().state == "never"
    alone = alice_client.post(f"/customers/{one}/links/split/", {**form, "profile": profile_of(one)})
    assert alone.status_code == 400


def test_a_record_of_another_customer_cannot_be_split_off_here(shop: Shop, alice_client: Client) -> None:
    one, two = name_people(shop)
    answer = alice_client.post(
        f"/customers/{one}/links/split/", {"profile": profile_of(two), "reason": "try"}
    )
    assert answer.status_code == 400


@pytest.mark.parametrize(("state", "is_one"), [("linked", True), ("unlinked", False), ("never", False)])
def test_a_proposed_pair_is_decided_once(state: str, is_one: bool, shop: Shop, alice_client: Client) -> None:
    one, two = name_people(shop)
    evidence = {"name": "part_of_the_other", "phone": "different"}
    propose_links(pairs=[PairEvidence(profile_of(one), profile_of(two), "splink", 0.8, evidence)])
    html = said(alice_client, "/customers/duplicates/")
    assert "一个包含另一个" in html and "80" in html and NAME not in html and PHONE not in html
    link = ProfileLink.objects.get()
    alice_client.post("/customers/duplicates/decide/", {"link": link.pk, "state": state})
    assert (len(set(customers_of(one, two))) == 1) is is_one
    assert alice_client.get("/customers/duplicates/").context["page"].pairs == ()
    again = alice_client.post("/customers/duplicates/decide/", {"link": link.pk, "state": "linked"})
    assert again.status_code == 400
    assert LinkEntry.objects.filter(link=link, actor__isnull=False).count() == 1


def test_only_whoever_may_merge_decides(shop: Shop) -> None:
    one, two = name_people(shop)
    marketer = client_of(colleague(Role.MARKETER))
    assert marketer.get("/customers/duplicates/").status_code == 403
    assert marketer.post(f"/customers/{one}/merge/", {"other": two, "reason": "try"}).status_code == 403


def test_a_search_is_queued_once_and_its_progress_is_shown(shop: Shop, alice_client: Client) -> None:
    for _ in range(2):
        alice_client.post("/customers/duplicates/search/")
    scan = DuplicateScan.objects.get()
    assert "排队中" in said(alice_client, "/customers/duplicates/progress/")
    DuplicateScan.objects.filter(pk=scan.pk).update(state=JobState.DONE)
    assert alice_client.get("/customers/duplicates/progress/")["HX-Refresh"] == "true"


def test_a_whole_search_is_taken_back(shop: Shop, alice_client: Client, alice: User) -> None:
    one, two = name_people(shop)
    operation = link_profiles(pairs=[PairEvidence(profile_of(one), profile_of(two), "phone")]).operation
    scan = DuplicateScan.objects.create(state=JobState.DONE, operations=[operation], linked=1)
    (row,) = alice_client.get("/customers/duplicates/").context["page"].scans
    assert row.standing == 1
    alice_client.post("/customers/duplicates/undo/", {"scan": scan.pk, "reason": "规则太宽"})
    assert customers_of(one, two) == [one, two]
    assert [entry.details for entry in recorded("duplicate.scan_undone")] == [{"links": 1}]
