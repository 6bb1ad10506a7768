"""A check of all rows that keeps nothing, repairs that are asked for, and taking an import back."""

from __future__ import annotations

import pytest

from zhike.collect.models import ImportRun
from zhike.collect.selectors.reasons import repairs_for
from zhike.collect.undoing import undo_import
from zhike.customers.models import Customer
from zhike.jobs.progress import Silent
from zhike.kernel.errors import UsageError, ZhikeError

HEADER = "order_id,customer_id,ordered_at,amount\n"
FIRST = HEADER + "A1,c1,2024-10-31,12\nA2,c2,2024-10-31,13\n"
SECOND = (
    HEADER
    + "A2,c2,2024-10-31,99\nA3,c3,2024-10-31,14\nA3,c3,2024-10-31,14\nA3,c3,2024-10-31,15\nA4,c4,x,1\n\n"
)
COUNTS = ("records", "inserted", "updated", "unchanged", "rejected", "skipped")


def figures(report) -> list[int]:
    return [getattr(report, name) for name in COUNTS]


def code_of(call, *arguments, **options) -> str:
    with pytest.raises(ZhikeError) as caught:
        call(*arguments, **options)
    return caught.value.code


@pytest.mark.parametrize(
    ("kind", "before", "content"),
    [
        ("orders", FIRST, SECOND),
        (
            "events",
            "event_id,customer_id,occurred_at,name\nE1,c1,2024-10-31,x\nE2,c1,2024-10-31,x\n",
            "event_id,customer_id,occurred_at,name\nE1,c9,2024-10-31,x\nE2,c1,2024-10-31,x\nE3,c1,2024-10-31,x\nE4,c1,,x\n",
        ),
        ("products", "product_id,name\nP1,a\nP2,b\n", "product_id,name\nP1,a\nP2,c\nP3,d\n,e\n"),
        ("points", "customer_id,points\nc1,1\nc2,2\n", "customer_id,points\nc1,1\nc2,3\nc3,4\nc4,x\n"),
        (
            "customers",
            "customer_id,name\nc1,陈晓\nc2,林一\n",
            "customer_id,name\nc1,陈晓\nc2,林二\nc3,王五\n",
        ),
    ],
)
def test_a_dry_run_decides_as_the_import_does_and_keeps_nothing(shop, kind, before, content):
    shop.bring_kind(kind, before)
    people, tables = Customer.objects.count(), facts_of(shop)
    dry = shop.bring_kind(kind, content, is_dry_run=True)
    assert (Customer.objects.count(), facts_of(shop)) == (people, tables)
    assert dry.is_dry_run
    real = shop.bring_kind(kind, content)
    assert figures(dry) == figures(real)
    assert dry.reasons == real.reasons
    assert ImportRun.objects.get(pk=dry.run_id).is_dry_run


def facts_of(shop) -> dict[str, list]:
    return {
        name: sorted(map(str, shop.facts(name))) for name in ("orders", "order_lines", "products", "events")
    }


def test_a_dry_run_names_the_first_rows_of_every_code(shop):
    shop.bring_text(FIRST)
    report = shop.bring_kind("orders", SECOND, is_dry_run=True).as_dict()
    assert (report["is_dry_run"], report["duplicates"]) == (True, 1)
    assert [each["row_number"] for each in report["first_rejects"]["date.unreadable"]] == [6]
    assert [each["row_number"] for each in report["first_rejects"]["order.conflict"]] == [5]
    assert report["first_rejects"]["order.conflict"][0]["column"] == "order_id"


@pytest.mark.parametrize(
    ("repair", "row", "code"),
    [
        ("full_width_digits", "A1,c1,２０２４-10-31,１２", "money.unreadable"),
        ("date_order=dmy", "A1,c1,31/10/2024,12", "date.ambiguous"),
        ("date_order=mdy", "A1,c1,10-31-2024 08:00,12", "date.ambiguous"),
        ("date_order=ymd", "A1,c1,2024.10.31,12", "date.unreadable"),
        ("short_times", "A1,c1,2024-10-31 8:5,12", "date.short_time"),
        ("short_times", "A1,c1,2024/10/31 08:05:7,12", "date.short_time"),
        ("money_signs", "A1,c1,2024-10-31,12元", "money.unreadable"),
        ("money_signs", "A1,c1,2024-10-31,RMB 12", "money.unreadable"),
        ("spaces", "A1,c1,2024-10-31,1 2", "money.unreadable"),
        ("scientific_phone", "1.23E+2,c1,2024-10-31,12", "id.scientific"),
    ],
)
def test_a_repair_mends_its_damage_only_if_it_is_asked_for(shop, repair, row, code):
    plain = shop.bring_text(HEADER + row + "\n")
    assert plain.rejected == 1
    assert code in plain.reasons or "date.unreadable" in plain.reasons
    report = shop.bring_kind("orders", HEADER + row + "\n", repairs=[repair])
    assert report.inserted == 1
    (order,) = shop.orders().values()
    assert (str(order["ordered_on"]), order["amount"]) == ("2024-10-31", 1200)
    assert ImportRun.objects.get(pk=report.run_id).repairs == [repair]


@pytest.mark.parametrize(
    ("kind", "text", "repair", "code"),
    [
        (
            "customers",
            "customer_id,birthday\nc1,05/06/1990\n",
            "date_order=dmy",
            "contact.birthday_ambiguous",
        ),
        ("points", "customer_id,points\nc1,１２０\n", "full_width_digits", "points.not_whole"),
        (
            "reviews",
            "customer_id,reviewed_at,product_id,stars\nc1,2024-10-31,p1,５\n",
            "full_width_digits",
            "stars.not_whole",
        ),
    ],
)
def test_a_repair_that_mends_a_fault_is_named_for_it(shop, kind, text, repair, code):
    plain = shop.bring_kind(kind, text, is_dry_run=True)
    assert plain.reasons == {code: 1} and repair in repairs_for(code)
    mended = shop.bring_kind(kind, text, repairs=[repair], is_dry_run=True)
    assert (mended.inserted, mended.rejected) == (1, 0)


@pytest.mark.parametrize(
    ("repair", "row"),
    [
        ("scientific_phone", "1.38E+10,c1,2024-10-31,12"),
        ("date_order=dmy", "A1,c1,10/31/2024,12"),
        ("date_order=dmy", "A1,c1,31/10/24,12"),
        ("money_signs", "A1,c1,2024-10-31,(12)"),
        ("money_signs", "A1,c1,2024-10-31,$12"),
    ],
)
def test_a_repair_never_makes_up_what_is_lost(shop, repair, row):
    assert shop.bring_kind("orders", HEADER + row + "\n", repairs=[repair]).rejected == 1


def test_repairs_that_are_unknown_or_contradict_each_other_are_refused(shop):
    options = {"repairs": ["date_order=dmy", "date_order=mdy"]}
    assert code_of(shop.bring_kind, "orders", FIRST, **options) == "repair.contradiction"
    assert code_of(shop.bring_kind, "orders", FIRST, repairs=["magic"]) == "repair.unknown"


def test_an_undone_import_leaves_the_orders_as_they_were(shop):
    shop.bring_text(FIRST)
    before = shop.orders()
    run = shop.bring_text(SECOND).run_id
    assert set(shop.orders()) == {"A1", "A2", "A3"}
    done = undo_import(home=shop.home, run_id=run, progress=Silent())
    assert (done.removed, done.restored) == (1, 1)
    assert shop.orders() == before
    assert ImportRun.objects.get(pk=run).undone_at is not None
    assert code_of(undo_import, home=shop.home, run_id=run, progress=Silent()) == "undo.done"
    # And it can be brought in again.
    assert shop.bring_text(SECOND).updated == 1


def test_an_import_is_undone_beside_later_ones_but_not_below_them(shop):
    first = shop.bring_text(FIRST).run_id
    shop.bring_text(HEADER + "B1,c9,2024-10-31,1\n")
    second = shop.bring_text(HEADER + "A2,c2,2024-10-31,14\n").run_id
    assert code_of(undo_import, home=shop.home, run_id=first, progress=Silent()) == "undo.touched"
    assert len(shop.orders()) == 3
    undo_import(home=shop.home, run_id=second, progress=Silent())
    undo_import(home=shop.home, run_id=first, progress=Silent())
    assert set(shop.orders()) == {"B1"}


def test_what_changed_nothing_did_not_finish_or_is_unknown_cannot_be_undone_or_changes_nothing(shop):
    shop.bring_text(FIRST)
    again = shop.bring_text(FIRST).run_id
    done = undo_import(home=shop.home, run_id=again, progress=Silent())
    assert (done.removed, done.restored, len(shop.orders())) == (0, 0, 2)
    dry = shop.bring_kind("orders", SECOND, is_dry_run=True).run_id
    assert code_of(undo_import, home=shop.home, run_id=dry, progress=Silent()) == "undo.nothing"
    with pytest.raises(UsageError):
        undo_import(home=shop.home, run_id=10_000, progress=Silent())


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("events", "event_id,customer_id,occurred_at,name,properties\nE1,c1,2024-10-31,x,\n"),
        ("products", "product_id,name,category\nP1,a,\n"),
    ],
)
def test_facts_of_every_kind_can_be_undone(shop, kind, content):
    run = shop.bring_kind(kind, content).run_id
    assert undo_import(home=shop.home, run_id=run, progress=Silent()).removed == 1
    assert shop.facts(kind) == []


def test_balances_that_were_undone_no_longer_count(shop):
    text = "customer_id,points,counted_at\nc1,100,2024-10-31\n"
    shop.bring_kind("points", text)
    run = shop.bring_kind("points", text.replace("100", "120")).run_id
    undo_import(home=shop.home, run_id=run, progress=Silent())
    assert shop.bring_kind("points", text).unchanged == 1


def test_customers_that_were_undone_say_what_they_said_before(shop):
    text = "customer_id,name\nc1,陈晓\n"
    shop.bring_kind("customers", text)
    run = shop.bring_kind("customers", text.replace("陈晓", "陈小")).run_id
    undo_import(home=shop.home, run_id=run, progress=Silent())
    assert shop.bring_kind("customers", text).unchanged == 1
