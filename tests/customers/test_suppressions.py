"""The list of contacts that nobody may write to: kept as fingerprints, asked about one at a time, said in files."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.test import Client

from tests.cast import client_of, colleague
from tests.customers.conftest import Shop
from tests.customers.people import EMAIL, PHONE, name_people, recorded, said
from zhike.accounts.access import Role
from zhike.customers.selectors.consents import is_suppressed
from zhike.customers.services.erasure import erase_customer

PAGE = "/settings/never-write-to/"


def post(client: Client, what: str, **fields: str) -> Any:
    return client.post(f"{PAGE}{what}/", fields, follow=True)


def test_a_contact_is_put_on_the_list_found_there_and_taken_off_on_record(
    shop: Shop, alice_client: Client
) -> None:
    assert "还没有" in said(alice_client, PAGE)
    post(alice_client, "add", contact="139 1234 5678", reason="来电要求不再联系")
    assert is_suppressed("phone", PHONE)
    again = post(alice_client, "add", contact=PHONE, reason="又来电").content.decode()
    assert "早已在名单上" in again
    looked = post(alice_client, "look", contact="13912345678")
    html = looked.content.decode()
    assert "139****5678" in html and "登记拒收" in html and looked.context["page"].total == 1
    post(alice_client, "lift", contact="13912345678", reason="本人改变主意")
    assert not is_suppressed("phone", PHONE)
    assert "不在名单上" in post(alice_client, "look", contact="13912345678").content.decode()
    assert (
        "不在名单上" in post(alice_client, "lift", contact="13912345678", reason="再试一次").content.decode()
    )
    entries = [*recorded("contact.suppressed"), *recorded("contact.allowed")]
    assert [entry.reason for entry in entries] == ["来电要求不再联系", "又来电", "本人改变主意", "再试一次"]
    assert all(entry.details == {"kind": "phone"} for entry in entries)


def test_the_page_counts_by_kind_reason_and_day_and_names_no_contact(
    shop: Shop, alice_client: Client
) -> None:
    regular, _ = name_people(shop)
    post(alice_client, "add", contact="13800000001", reason="asked on the phone")
    erase_customer(customer_id=regular, reason="asked")
    page = alice_client.get(PAGE).context["page"]
    totals = {str(each.kind): (each.count, {str(why): n for why, n in each.reasons}) for each in page.totals}
    assert totals == {"手机": (2, {"登记拒收": 1, "客户已抹除": 1}), "邮箱": (1, {"客户已抹除": 1})}
    assert sum(row.count for row in page.days) == page.total == 3
    assert "138" not in said(alice_client, PAGE) and EMAIL not in said(alice_client, PAGE)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"contact": "山茶", "reason": "asked"}, "山茶"),
        ({"contact": "13912345678", "reason": ""}, "原因"),
    ],
)
def test_what_is_no_contact_or_has_no_reason_is_refused(
    shop: Shop, alice_client: Client, fields: dict[str, str], message: str
) -> None:
    answer = post(alice_client, "add", **fields)
    assert answer.status_code in (400, 409) and message in answer.content.decode()
    assert not is_suppressed("phone", PHONE)


def test_who_sends_messages_may_stop_them_and_not_resume_them(shop: Shop) -> None:
    marketer = client_of(colleague(Role.MARKETER))
    assert PAGE in said(marketer, "/customers/")
    post(marketer, "add", contact="13912345678", reason="回复了退订")
    assert is_suppressed("phone", PHONE)
    looked = post(marketer, "look", contact="13912345678").content.decode()
    assert "139****5678" in looked and f"{PAGE}lift/" not in looked
    assert post(marketer, "lift", contact="13912345678", reason="asked").status_code == 403
    assert is_suppressed("phone", PHONE)
    service = client_of(colleague(Role.SERVICE))
    assert f"{PAGE}lift/" in post(service, "look", contact="13912345678").content.decode()


@pytest.mark.parametrize("role", [Role.ANALYST, Role.VIEWER])
def test_who_only_looks_has_no_part_in_the_list(role: Role, shop: Shop) -> None:
    client = client_of(colleague(role))
    assert PAGE not in said(client, "/customers/")
    assert post(client, "add", contact="13912345678", reason="asked").status_code == 403
    assert not is_suppressed("phone", PHONE)


def test_files_with_people_say_who_may_not_be_written_to(shop: Shop, alice_client: Client) -> None:
    regular, other = name_people(shop)
    post(alice_client, "add", contact=EMAIL, reason="asked")
    answer = alice_client.get("/customers/export", {"format": "csv"})
    rows = csv.DictReader(io.StringIO(b"".join(answer).decode("utf-8-sig")))
    listed = {int(row["customer_id"]): row["never_write_to"] for row in rows}
    assert (listed[regular], listed[other]) == ("email", "")
    assert "打码" in said(alice_client, "/customers/")
    # Whoever sees no names gets neither them nor what hangs on them.
    analyst = client_of(colleague(Role.ANALYST))
    header = b"".join(analyst.get("/customers/export", {"format": "csv"})).decode("utf-8-sig").split("\n")[0]
    assert "name" not in header.split(",") and "never_write_to" not in header
    assert "打码" not in said(analyst, "/customers/")
