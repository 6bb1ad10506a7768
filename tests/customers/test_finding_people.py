"""Finding people in the list by what they are called and what hangs on them; views; many at once; exports."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.test import Client

from tests.cast import client_of, colleague
from tests.customers.conftest import Shop
from tests.customers.people import EMAIL, NAME, PHONE, listed, name_people, recorded, said
from tests.shops import SOURCE
from zhike.accounts.access import Role
from zhike.accounts.models import User
from zhike.customers.models import Customer, SavedView, TagOperation
from zhike.customers.normal import phone
from zhike.customers.services.tags import tag_customers


@pytest.mark.parametrize(
    "text",
    [
        "欧阳娜娜",
        "ouyangnana",
        "娜娜",
        "139 1234 5678",
        "+8613912345678",
        "NANA@example.com",
        "regular",
        "R-1",
    ],
)
def test_a_person_is_found_by_name_contact_key_and_order(text: str, shop: Shop, alice_client: Client) -> None:
    regular, other = name_people(shop)
    found = listed(alice_client, q=text)
    assert regular in found and other not in found


@pytest.mark.parametrize("text", ["5678", "1234", "nana@", "欧阳菲", "13912345679"])
def test_parts_of_contacts_and_other_names_find_nobody(text: str, shop: Shop, alice_client: Client) -> None:
    regular, other = name_people(shop)
    assert listed(alice_client, q=text).isdisjoint({regular, other})


def test_a_family_name_finds_everybody_with_it(shop: Shop, alice_client: Client) -> None:
    both = set(name_people(shop))
    assert listed(alice_client, q="欧阳") == both


@pytest.mark.parametrize("text", [NAME, PHONE, EMAIL, "regular", "娜娜", "1990-05-01"])
def test_whoever_sees_no_names_and_keys_cannot_look_for_one(text: str, shop: Shop) -> None:
    name_people(shop)
    analyst = client_of(colleague(Role.ANALYST))
    assert listed(analyst, q=text) == set() and rows_of(analyst, q=text) == {}
    page = analyst.get("/customers/", {"q": text}).context["page"]
    assert page.spend_amount == 0 and page.paging.total == 0 and page.chips


def test_an_analyst_finds_customers_by_number_and_order_and_is_told_so(shop: Shop) -> None:
    regular, _ = name_people(shop)
    analyst = client_of(colleague(Role.ANALYST))
    assert listed(analyst, q=f"#{regular}") == listed(analyst, q="R-1") == {regular}
    search = next(f for f in analyst.get("/customers/").context["page"].bar.common if f.name == "q")
    assert str(search.hint) == "客户编号、订单号"


def test_filters_on_what_the_database_knows(shop: Shop, alice_client: Client, alice: User) -> None:
    regular, other = name_people(shop)
    tag_customers(customer_ids=[other], name="VIP", actor=alice)
    Customer.objects.filter(pk=other).update(owner=alice)
    everybody = set(shop.ids.values())
    assert listed(alice_client, tag="VIP") == {other}
    assert listed(alice_client, tag=["VIP", "老客"]) == {other}
    assert listed(alice_client, owner=alice.pk) == {other}
    assert listed(alice_client, owner="none") == everybody - {other}
    assert listed(alice_client, consent="sms") == {regular}
    assert listed(alice_client, consent="email") == set()
    assert listed(alice_client, source=SOURCE) == everybody
    assert listed(alice_client, tag="VIP", consent="sms") == set()


def test_many_are_tagged_after_a_preview_and_it_is_undone(
    shop: Shop, alice_client: Client, alice: User
) -> None:
    regular, other = name_people(shop)
    tag_customers(customer_ids=[other], name="VIP", actor=alice)
    form = {"action": "tag", "name": "VIP", "scope": "picked", "pick": [regular, other]}
    page = alice_client.post("/customers/bulk/change/", form).context["page"]
    assert (page.count, page.changing_count) == (2, 1)
    assert listed(alice_client, tag="VIP") == {other}
    alice_client.post("/customers/bulk/change/", {**form, "confirmed": "1"})
    assert listed(alice_client, tag="VIP") == {regular, other}
    newest = TagOperation.objects.first()
    assert newest is not None
    for _ in range(2):
        alice_client.post("/customers/bulk/undo/", {"kind": "tag", "operation": newest.pk})
        assert listed(alice_client, tag="VIP") == {other}


def test_all_results_are_those_of_the_filter(shop: Shop, alice_client: Client) -> None:
    form = {"action": "tag", "name": "大客户", "scope": "all", "query": "spend_min=150", "confirmed": "1"}
    alice_client.post("/customers/bulk/change/", form)
    assert listed(alice_client, tag="大客户") == listed(alice_client, spend_min=150)
    alice_client.post("/customers/bulk/change/", {**form, "action": "untag", "query": ""})
    assert listed(alice_client, tag="大客户") == set()
    newest = TagOperation.objects.first()
    assert newest is not None
    alice_client.post("/customers/bulk/undo/", {"kind": "tag", "operation": newest.pk})
    assert listed(alice_client, tag="大客户") == listed(alice_client, spend_min=150)


def test_nobody_changes_customers_out_of_their_sight(shop: Shop) -> None:
    regular, other = name_people(shop)
    sales = colleague(Role.SALES)
    Customer.objects.filter(pk=regular).update(owner=sales)
    form = {"action": "tag", "name": "我的", "confirmed": "1", "pick": [regular, other], "query": ""}
    for scope in ("picked", "all"):
        client_of(sales).post("/customers/bulk/change/", {**form, "scope": scope})
    assert listed(client_of(colleague(Role.MANAGER)), tag="我的") == {regular}
    viewer = client_of(colleague(Role.VIEWER))
    assert viewer.post("/customers/bulk/change/", {**form, "scope": "all"}).status_code == 403
    marketer = client_of(colleague(Role.MARKETER))
    assign = {"action": "assign", "owner": "", "scope": "all", "confirmed": "1"}
    assert marketer.post("/customers/bulk/change/", assign).status_code == 400


def test_many_are_assigned(shop: Shop, alice_client: Client) -> None:
    sales = colleague(Role.SALES)
    form = {"action": "assign", "owner": sales.pk, "scope": "all", "query": "spend_min=150", "confirmed": "1"}
    alice_client.post("/customers/bulk/change/", form)
    assert listed(alice_client, owner=sales.pk) == listed(alice_client, spend_min=150)


def given(client: Client, owner: int | str, *customers: int) -> int:
    """Give customers to somebody; the number of the operation."""
    form = {"action": "assign", "owner": owner, "scope": "picked", "pick": customers, "confirmed": "1"}
    assert client.post("/customers/bulk/change/", form).status_code == 302
    row = next(r for r in client.get("/customers/bulk/").context["page"].rows if r.kind == "assignment")
    return int(row.id)


def undone(client: Client, kind: str, operation: int) -> int:
    form = {"kind": kind, "operation": operation}
    return client.post("/customers/bulk/undo/", form).status_code


def owner_of(customer_id: int) -> User | None:
    return Customer.objects.get(pk=customer_id).owner


def test_an_assignment_is_previewed_and_taken_back_to_whoever_had_each(
    shop: Shop, alice_client: Client, alice: User
) -> None:
    regular, other = name_people(shop)
    third = shop.ids["k1"]
    sales, service = colleague(Role.SALES), colleague(Role.SERVICE)
    Customer.objects.filter(pk=regular).update(owner=alice)
    Customer.objects.filter(pk=third).update(owner=sales)
    form = {"action": "assign", "owner": sales.pk, "scope": "picked", "pick": [regular, other, third]}
    page = alice_client.post("/customers/bulk/change/", form).context["page"]
    assert (page.count, page.changing_count) == (3, 2)
    operation = given(alice_client, sales.pk, regular, other, third)
    assert {owner_of(pk) for pk in (regular, other, third)} == {sales}
    # Whoever got one of them since keeps them.
    given(alice_client, service.pk, other)
    for _ in range(2):
        assert undone(alice_client, "assignment", operation) == 302
    assert [owner_of(pk) for pk in (regular, other, third)] == [alice, service, sales]
    assert len(recorded("customer.assignment_undone")) == 1


def test_nobody_takes_back_what_was_done_to_customers_of_others(
    shop: Shop, alice_client: Client, alice: User
) -> None:
    regular, other = name_people(shop)
    sales = colleague(Role.SALES)
    tagged = tag_customers(customer_ids=[regular, other], name="VIP", actor=alice)
    assigned = given(alice_client, sales.pk, regular)
    client = client_of(sales)
    assert undone(client, "tag", tagged.pk) == 400 and listed(alice_client, tag="VIP") == {regular, other}
    # Theirs now, and yet not theirs to give away again by undoing what Alice did: she only sees it on her page.
    assert client.get("/customers/bulk/").context["page"].rows == ()
    alice_client.post(f"/customers/{regular}/assign/", {"owner": ""})
    assert undone(client, "assignment", assigned) == 400 and owner_of(regular) is None
    marketer = client_of(colleague(Role.MARKETER))
    assert undone(marketer, "assignment", assigned) == undone(marketer, "song", 1) == 400
    mine = client_of(sales)
    Customer.objects.filter(pk=other).update(owner=sales)
    mine.post(f"/customers/{other}/tag/", {"name": "我的"})
    (row,) = mine.get("/customers/bulk/").context["page"].rows
    assert undone(mine, row.kind, row.id) == 302 and listed(alice_client, tag="我的") == set()


def test_a_view_keeps_filters_and_no_name_that_was_searched_for(shop: Shop, alice_client: Client) -> None:
    form = {"name": "高价值", "query": "tier=high&q=%E6%AC%A7%E9%98%B3&page=2&sort=-clv"}
    answer = alice_client.post("/customers/views/save/", form)
    view = SavedView.objects.get()
    assert view.query == "tier=high&sort=-clv"
    page = alice_client.get(answer["Location"]).context["page"]
    assert page.tabs.current.name == "高价值" and not page.tabs.is_changed
    changed = alice_client.get(f"{answer['Location']}&buyers=1").context["page"]
    assert changed.tabs.is_changed


def test_a_view_can_be_starred_shared_begun_with_and_deleted_by_its_owner_only(
    shop: Shop, alice_client: Client
) -> None:
    alice_client.post("/customers/views/save/", {"name": "私人", "query": "tier=low"})
    alice_client.post("/customers/views/save/", {"name": "共享", "query": "tier=high", "is_shared": "1"})
    shared = SavedView.objects.get(name="共享")
    viewer = client_of(colleague(Role.VIEWER))
    html = said(viewer, "/customers/")
    assert "共享" in html and "私人" not in html
    viewer.post("/customers/views/star/", {"view": shared.pk, "is_on": "1"})
    viewer.post("/customers/views/begin/", {"view": shared.pk, "is_on": "1"})
    assert viewer.get("/customers/")["Location"] == f"/customers/?tier=high&view={shared.pk}"
    assert alice_client.get("/customers/").status_code == 200
    assert viewer.get("/customers/?view=all").status_code == 200
    assert viewer.post("/customers/views/delete/", {"view": shared.pk}).status_code == 400
    private = SavedView.objects.get(name="私人")
    assert viewer.post("/customers/views/star/", {"view": private.pk, "is_on": "1"}).status_code == 400
    alice_client.post("/customers/views/delete/", {"view": shared.pk})
    assert viewer.get("/customers/").status_code == 200


def rows_of(client: Client, **query: str) -> dict[str, dict[str, str]]:
    return rows_in(client.get("/customers/export", {"format": "csv", **query}))


def with_people(client: Client, reason: str = "letters for the anniversary", **asked: str) -> Any:
    return client.post("/customers/export/people/", {"format": "csv", "reason": reason, **asked})


def rows_in(answer: Any) -> dict[str, dict[str, str]]:
    assert answer.status_code == 200 and "no-store" in answer["Cache-Control"]
    content = b"".join(answer.streaming_content).decode("utf-8-sig")
    answer.close()
    return {row["customer_id"]: row for row in csv.DictReader(io.StringIO(content, newline=""))}


def test_an_export_masks_people_unless_they_are_asked_for_and_that_is_on_record(
    shop: Shop, alice_client: Client, alice: User
) -> None:
    regular, _ = name_people(shop)
    row = rows_of(alice_client)[str(regular)]
    assert (row["name"], row["phone"], row["email"]) == ("欧***", "139****5678", "n***@example.com")
    assert "source_keys" not in row and recorded("customer.exported") == []
    whole = rows_in(with_people(alice_client))[str(regular)]
    assert (whole["name"], whole["email"], whole["source_keys"]) == (NAME, EMAIL, "regular")
    # No formula, no number, no apostrophe: as people write it, and as an import reads it again.
    assert whole["phone"] == "139 1234 5678" and phone(whole["phone"]) == PHONE
    (entry,) = recorded("customer.exported")
    assert (entry.actor, entry.reason) == (alice, "letters for the anniversary")
    assert entry.details["personal"] == "full"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"reason": " x "}, "reason.missing"),
        ({"reason": f"asked by {EMAIL}"}, "audit.reason"),
        ({"query": "tier=gold"}, "export.filter"),
        ({"format": "ods"}, "export.format"),
    ],
)
def test_people_are_not_exported_without_a_reason_or_for_a_filter_not_understood(
    asked: dict[str, str], code: str, shop: Shop, alice_client: Client
) -> None:
    name_people(shop)
    answer = with_people(alice_client, **asked)
    assert answer.status_code == 400 and code in answer.content.decode()
    assert recorded("customer.exported") == [] and list((shop.home.path / "tmp").glob("*")) == []


def test_people_are_exported_by_a_form_that_hands_on_what_the_list_shows(
    shop: Shop, alice_client: Client
) -> None:
    regular, _ = name_people(shop)
    form = alice_client.get("/customers/", {"q": PHONE, "size": 25}).context["page"].people_export
    assert set(rows_in(with_people(alice_client, query=form.query))) == {str(regular)}
    # Addresses stay in histories and logs: no address gives names in full.
    assert alice_client.get("/customers/export", {"format": "csv", "people": "1"}).status_code == 400
    assert alice_client.get("/customers/export/people/").status_code == 405


def test_a_file_that_names_people_lies_where_nobody_else_can_read_it_and_vanishes(
    shop: Shop, alice_client: Client
) -> None:
    name_people(shop)
    answer = with_people(alice_client)
    (folder,) = (shop.home.path / "tmp").glob("export-*")
    assert folder.stat().st_mode & 0o077 == 0
    assert NAME in b"".join(answer.streaming_content).decode()
    answer.close()
    assert list((shop.home.path / "tmp").iterdir()) == []


def test_whoever_may_not_export_people_gets_none(shop: Shop) -> None:
    name_people(shop)
    analyst, marketer = client_of(colleague(Role.ANALYST)), client_of(colleague(Role.MARKETER))
    assert "name" not in next(iter(rows_of(analyst).values()))
    assert "source_keys" not in next(iter(rows_of(marketer).values()))
    assert with_people(marketer).status_code == 403
    assert "/customers/export/people/" not in said(marketer, "/customers/")
    assert client_of(colleague(Role.SALES)).get("/customers/export").status_code == 403


def test_markup_in_tags_views_and_nicknames_is_shown_and_never_run(shop: Shop, alice_client: Client) -> None:
    regular, other = name_people(shop)
    markup = '"><script>alert(1)</script>{% now "Y" %}'
    form = {"action": "tag", "name": markup, "scope": "picked", "pick": [regular]}
    pages = [alice_client.post("/customers/bulk/change/", form).content.decode()]
    alice_client.post("/customers/bulk/change/", {**form, "confirmed": "1"})
    alice_client.post("/customers/views/save/", {"name": markup, "query": "tier=high"})
    alice_client.post(f"/customers/{other}/edit/keep/", {"field": "nickname", "value": markup})
    for path in (
        "/customers/?view=all",
        "/customers/bulk/",
        f"/customers/{regular}/",
        f"/customers/{other}/edit/",
    ):
        pages.append(alice_client.get(path).content.decode())
    for html in pages:
        assert "<script>alert" not in html
    assert all("&lt;script&gt;alert(1)" in html for html in pages[:4])
    assert "{% now" in pages[0] and "&amp;lt;" not in "".join(pages)
