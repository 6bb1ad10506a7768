"""Whole files of orders: what lands in the lake, what is refused, and what a second time changes."""

from __future__ import annotations

import csv
import io
import stat
from datetime import UTC, date, datetime

import pytest

from tests.collect.taken_rejects import rejects_taken, rejects_text
from zhike.collect import services
from zhike.collect.imports import staging
from zhike.collect.imports.destinations import facts
from zhike.collect.imports.fast_orders import FastOrders
from zhike.collect.imports.hashing import RowHashes
from zhike.collect.imports.kinds.kind import staged_batch
from zhike.collect.imports.kinds.orders import OrderReader
from zhike.collect.imports.report import ImportReport
from zhike.collect.models import ImportRun
from zhike.customers.models import Customer, Profile
from zhike.customers.selectors import profile_keys
from zhike.customers.services import register_profiles
from zhike.kernel.errors import UsageError, ZhikeError
from zhike.kernel.words import speaking
from zhike.lake.snapshots import open_lake

HEADER = "order_id,customer_id,ordered_at,amount"
FULL = (
    "order_id,customer_id,ordered_at,amount,status,refund_amount,refunded_at,discount_amount,coupon_code,"
    "channel,store,payment_method,currency"
)


def lines(*rows: str, header: str = HEADER) -> str:
    return "\n".join([header, *rows]) + "\n"


def rejects_of(report: ImportReport) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(rejects_text(report), newline="")))


def refused(shop, content, expected: str, **options) -> ZhikeError:
    """The file as a whole is refused, and nothing of it is kept."""
    version, customers = shop.version(), Customer.objects.count()
    with pytest.raises(ZhikeError) as caught:
        shop.bring_text(content, **options)
    assert caught.value.code == expected
    assert (shop.version(), Customer.objects.count()) == (version, customers)
    assert list((shop.home.path / "tmp").iterdir()) == []
    return caught.value


def test_every_column_reaches_the_lake(shop):
    row = 'A1,c1,2024-10-31 23:30,"1,234.50",Completed,34.50,2024-11-02,10,SAVE,wechat,徐汇店,alipay,CNY'
    report = shop.bring_text(lines(row, header=FULL))
    assert (report.records, report.inserted, report.rejected) == (1, 1, 0)
    assert report.ignored_columns == ()
    order = shop.orders()["A1"]
    profile = Profile.objects.get()
    assert profile_keys([profile.pk])[profile.pk] == ("orders", "c1")
    fingerprint = order.pop("row_hash")
    assert order == {
        "source": "orders",
        "order_id": "A1",
        "profile_id": profile.pk,
        "ordered_at": datetime(2024, 10, 31, 15, 30, tzinfo=UTC),
        "ordered_on": date(2024, 10, 31),
        "amount": 123450,
        "status": "completed",
        "refund_amount": 3450,
        "refunded_on": date(2024, 11, 2),
        "discount_amount": 1000,
        "coupon_code": "SAVE",
        "channel": "wechat",
        "store": "徐汇店",
        "payment_method": "alipay",
    }
    # The fingerprint is stored: another way to make it would make every order of every user an update.
    moment = int(order["ordered_at"].timestamp() * 1_000_000)
    content = ("c1", "A1", moment, date(2024, 10, 31), 123450, "completed", 3450, date(2024, 11, 2), 1000)
    secret = shop.home.secret_key().encode()
    assert fingerprint == RowHashes(secret).of_row((*content, "SAVE", "wechat", "徐汇店", "alipay"))


def test_the_four_needed_columns_are_enough(shop):
    shop.bring_text(lines("A1,c1,2024-10-31,12"))
    order = shop.orders()["A1"]
    assert (order["status"], order["refund_amount"], order["discount_amount"]) == ("completed", 0, 0)
    assert order["refunded_on"] is order["store"] is order["coupon_code"] is None


@pytest.mark.parametrize(
    ("cells", "refund_amount", "refunded_on"),
    [
        ("completed,,", 0, None),
        ("completed,5,", 500, date(2024, 10, 31)),
        ("completed,5,2024-11-01T16:00:00Z", 500, date(2024, 11, 2)),
        ("refunded,,", 1200, date(2024, 10, 31)),
        ("REFUNDED,,2024-11-05", 1200, date(2024, 11, 5)),
        ("refunded,3,2024-11-05", 300, date(2024, 11, 5)),
        ("cancelled,-,NULL", 0, None),
    ],
)
def test_a_refund_has_an_amount_and_a_day(shop, cells, refund_amount, refunded_on):
    shop.bring_text(
        lines(f"A1,c1,2024-10-31,12,{cells}", header=f"{HEADER},status,refund_amount,refunded_at")
    )
    order = shop.orders()["A1"]
    assert (order["refund_amount"], order["refunded_on"]) == (refund_amount, refunded_on)


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ("completed,13,,,", "refund_amount", "refund.over_amount"),
        ("completed,-1,,,", "refund_amount", "money.negative"),
        ("completed,1,2024-10-30,,", "refunded_at", "refund.before_order"),
        ("refunded,0,,,", "refund_amount", "refund.contradiction"),
        ("shipped,,,,", "status", "status.unknown"),
        ("completed,,,-3,", "discount_amount", "money.negative"),
        ("completed,,,,USD", "currency", "currency.other"),
    ],
)
def test_a_row_that_contradicts_itself_is_rejected(shop, cells, column, code):
    header = f"{HEADER},status,refund_amount,refunded_at,discount_amount,currency"
    report = shop.bring_text(
        lines("A0,c1,2024-10-31,12,,,,,cny", f"A1,c1,2024-10-31,12,{cells}", header=header)
    )
    assert (report.inserted, report.rejected) == (1, 1)
    (reject,) = rejects_of(report)
    assert (reject["row_number"], reject["column"], reject["code"]) == ("3", column, code)
    assert report.reasons == {code: 1}


def test_an_unknown_status_says_which_there_are_and_the_way_out(shop):
    with speaking("en"):
        report = shop.bring_text(lines("A1,c1,2024-10-31,12,已揽收", header=f"{HEADER},status"))
    reason = rejects_of(report)[0]["reason"]
    assert all(word in reason for word in ("paid", "completed", "cancelled", "refunded", "[values.status]"))


def test_the_reason_is_in_the_language_of_the_moment(shop):
    with speaking("zh"):
        assert "日期" in rejects_of(shop.bring_text(lines("A1,c1,x,12")))[0]["reason"]
    with speaking("en"):
        assert "date" in rejects_of(shop.bring_text(lines("A1,c1,x,12")))[0]["reason"]


def test_the_same_file_twice_changes_nothing(shop):
    content = lines(*(f"A{n},c{n % 3},2024-10-{n:02},12.5" for n in range(1, 29)))
    assert shop.bring_text(content).inserted == 28
    before, version, profiles = shop.orders(), shop.version(), Profile.objects.count()
    again = shop.bring_text(content)
    assert (again.inserted, again.updated, again.unchanged) == (0, 0, 28)
    assert (shop.orders(), shop.version(), Profile.objects.count()) == (before, version, profiles)


def test_the_same_content_in_another_spelling_is_unchanged(shop):
    shop.bring_text(lines("A1,c1,2024-10-31 08:00,12.50"))
    other = "ORDER_ID;Amount; Customer_ID ;status;ordered_at\n A1 ;￥12.5;c1;COMPLETED;2024-10-31T00:00:00Z\n"
    assert shop.bring_text(other).unchanged == 1


def test_a_later_file_updates_what_changed_and_adds_what_is_new_in_one_commit(shop):
    shop.bring_text(lines("A1,c1,2024-10-31,12", "A2,c2,2024-10-31,13", "A3,c3,2024-10-31,14"))
    version = shop.version()
    report = shop.bring_text(lines("A2,c2,2024-10-31,99", "A3,c3,2024-10-31,14", "A4,c4,2024-10-31,15"))
    assert (report.inserted, report.updated, report.unchanged) == (1, 1, 1)
    assert {key: order["amount"] for key, order in shop.orders().items()} == {
        "A1": 1200,
        "A2": 9900,
        "A3": 1400,
        "A4": 1500,
    }
    assert shop.version() == version + 1


def test_an_order_that_moves_to_another_customer_is_an_update(shop):
    shop.bring_text(lines("A1,c1,2024-10-31,12"))
    assert shop.bring_text(lines("A1,c2,2024-10-31,12")).updated == 1
    assert shop.orders()["A1"]["profile_id"] == register_profiles(source="orders", source_keys=["c2"])["c2"]


def test_the_same_ids_of_another_source_are_other_orders_of_other_people(shop):
    shop.bring_text(lines("A1,c1,2024-10-31,12"), source="tmall")
    report = shop.bring_text(lines("A2,c1,2024-10-31,12"), source="jd")
    assert report.inserted == 1
    assert len({order["profile_id"] for order in shop.orders().values()}) == 2
    again = shop.bring_text(lines("A1,c1,2024-10-31,13"), source="jd")
    assert (again.inserted, again.updated) == (1, 0)


@pytest.mark.parametrize("source", ["", "  ", "x" * 41, "a\nb"])
def test_a_source_without_a_proper_name_is_refused(shop, source):
    with pytest.raises(UsageError):
        shop.bring_text(lines("A1,c1,2024-10-31,12"), source=source)


def test_a_repeat_within_a_file_is_unchanged_and_a_conflict_is_rejected(shop):
    content = lines(
        "A1,c1,2024-10-31,12",
        "A2,c1,2024-10-31,bad",
        "A1,c1,2024-10-31 00:00,12.00",
        "A1,c1,2024-10-31,13",
        "A3,c1,2024-10-31,1",
        "A1,c1,2024-10-31,12",
    )
    report = shop.bring_text(content)
    assert (report.inserted, report.unchanged, report.rejected) == (2, 2, 2)
    assert report.reasons == {"money.unreadable": 1, "order.conflict": 1}
    bad, conflict = rejects_of(report)
    assert (bad["row_number"], bad["column"]) == ("3", "amount")
    assert (conflict["row_number"], conflict["column"], conflict["amount"]) == ("5", "order_id", "13")
    assert "2" in conflict["reason"]
    assert shop.orders()["A1"]["amount"] == 1200
    # The first row is an update now; its repeats go with it.
    changed = shop.bring_text(content.replace("10-31,12", "10-30,12").replace("10-31 00:00", "10-30"))
    assert (changed.updated, changed.unchanged, changed.rejected) == (1, 3, 2)


def test_an_order_that_was_rejected_is_no_first_row(shop):
    report = shop.bring_text(lines("A1,c1,2024-10-31,bad", "A1,c1,2024-10-31,12"))
    assert (report.inserted, report.rejected) == (1, 1)


def test_corrected_rejects_can_be_imported_again_and_again(shop):
    header = f"{HEADER},memo"
    content = lines(
        "A1,c1,2024-10-31,12,=1+1", 'A2,c2,31/10/2024,13,"a, ""b""\nc"', "A3,c3,x,14,", header=header
    )
    first = shop.bring_text(content)
    assert (first.inserted, first.rejected) == (1, 2)
    text = rejects_text(first)
    second = shop.bring_text("\ufeff" + text.replace("31/10/2024,13", "2024-10-31,13"), "corrected.csv")
    assert (second.inserted, second.rejected) == (1, 1)
    assert second.ignored_columns == ("memo", "row_number", "column", "code", "reason")
    assert list(rejects_of(second)[0]) == [*header.split(","), "row_number", "column", "code", "reason"]
    third = shop.bring_text(rejects_taken(second).replace(b",x,14", b",2024-10-31,14"))
    assert (third.inserted, third.rejected, third.rejects_file) == (1, 0, None)
    assert set(shop.orders()) == {"A1", "A2", "A3"}


def test_all_faults_of_a_record_are_told_and_it_is_counted_once(shop):
    report = shop.bring_text(lines("A1,c1,2024-10-31,12", ",c2,x,abc", "A3,c3,2024-10-31,abc"))
    assert (report.records, report.inserted, report.rejected) == (3, 1, 2)
    assert report.reasons == {"date.unreadable": 1, "id.missing": 1, "money.unreadable": 2}
    assert [each.number for each in report.first_rejects["money.unreadable"]] == [3, 4]
    whole, single = rejects_of(report)
    assert whole["column"] == "order_id; ordered_at; amount"
    assert whole["code"] == "id.missing; date.unreadable; money.unreadable"
    assert whole["reason"].count("；") == 2 and whole["reason"].endswith(single["reason"])


def test_rejects_are_private_and_no_cell_of_theirs_is_a_formula(shop):
    header = "=order_id,customer_id,@when,amount"
    mapping = shop.file('[columns]\norder_id = "=order_id"\nordered_at = "@when"\n', "map.toml")
    report = shop.bring_text(lines("=A1,+c1,=x,12", header=header), mapping=mapping)
    assert stat.S_IMODE(report.rejects_file.stat().st_mode) == 0o600
    assert report.rejects_file.name == f"{report.run_id}-orders.csv.sealed"
    assert b"A1" not in report.rejects_file.read_bytes()
    assert rejects_taken(report).startswith(b"\xef\xbb\xbf")
    (reject,) = rejects_of(report)
    assert (reject["'=order_id"], reject["customer_id"]) == ("'=A1", "'+c1")
    assert reject["column"] == "'@when"
    again = shop.bring_text(rejects_taken(report).replace(b"'=x,", b"2024-10-31,"), mapping=mapping)
    assert (again.inserted, again.rejected) == (1, 0)
    assert set(shop.orders()) == {"=A1"}


def test_uncorrected_structural_rejects_are_rejected_again(shop):
    first = shop.bring_text(lines("A1,c1,2024-10-31", "A2,c2,2024-10-31,13,14", 'A3,c3,"2024"-10-31,1'))
    assert first.reasons == {"row.ragged": 2, "row.quotes": 1}
    assert [reject["order_id"] for reject in rejects_of(first)][:2] == [
        "A1,c1,2024-10-31",
        "A2,c2,2024-10-31,13,14",
    ]
    second = shop.bring_text(rejects_taken(first))
    assert (second.inserted, second.rejected) == (0, 3)
    assert shop.orders() == {}


def test_the_run_is_kept_with_its_figures(shop):
    report = shop.bring_text(lines("A1,c1,2024-10-31,12", "", "A2,c1,x,12"))
    run = ImportRun.objects.get(pk=report.run_id)
    assert (run.kind, run.source, run.file_name, run.state) == ("orders", "orders", "orders.csv", "done")
    assert len(run.sha256) == 64
    assert (run.records, run.inserted, run.rejected, run.skipped) == (3, 1, 1, 1)
    assert run.rejects_file == report.rejects_file.name


def test_a_failed_run_keeps_its_sentence_and_an_interrupted_one_is_told(shop):
    cut_off = ImportRun.objects.create(kind="orders", file_name="x.csv", state="running")
    (shop.home.path / "tmp").mkdir()
    (shop.home.path / "tmp" / "import-99").mkdir()
    refused(shop, f"{HEADER}\n", "file.empty")
    cut_off.refresh_from_db()
    assert cut_off.state == "interrupted"
    failed = ImportRun.objects.exclude(pk=cut_off.pk).get()
    assert (failed.state, failed.error_code) == ("failed", "file.empty")


def test_two_imports_at_once_are_refused(shop, monkeypatch):
    monkeypatch.setattr(services, "LOCK_WAIT_SECONDS", 0.1)
    with open_lake(shop.home.lake).locked("facts"), pytest.raises(ZhikeError) as caught:
        shop.bring_text(lines("A1,c1,2024-10-31,12"))
    assert caught.value.code == "lake.busy"


def test_a_file_that_changes_while_it_is_read_is_refused(shop, monkeypatch):
    file = shop.file(lines("A1,c1,2024-10-31,￥12"))
    read = OrderReader.read

    def growing(self, number, values):
        if number == 2:
            file.write_text(file.read_text() + "A2,c2,2024-10-31,13\n")
        return read(self, number, values)

    monkeypatch.setattr(OrderReader, "read", growing)
    with pytest.raises(ZhikeError) as caught:
        shop.bring(file)
    assert caught.value.code == "file.changed"
    assert shop.version() == -1


def test_a_missing_file_is_a_usage_error(shop):
    with pytest.raises(UsageError) as caught:
        shop.bring(shop.files / "none.csv")
    assert caught.value.code == "file.missing"
    assert not ImportRun.objects.exists()


def test_many_chunks_are_one_commit(shop, monkeypatch):
    monkeypatch.setattr(staging, "CHUNK_ROWS", 7)
    content = lines(*(f"A{n},c{n % 5},2024-10-31,{n}" for n in range(100)))
    assert shop.bring_text(content).inserted == 100
    assert shop.version() == 1
    assert sum(order["amount"] for order in shop.orders().values()) == 100 * sum(range(100))


def test_only_customers_of_orders_that_are_taken_are_registered(shop):
    shop.bring_text(lines("A1,c1,2024-10-31,12", "A2,c2,2024-10-31,bad"))
    assert list(profile_keys(Profile.objects.values_list("pk", flat=True)).values()) == [("orders", "c1")]


def test_an_order_belongs_to_the_profile_that_somebody_else_makes_meanwhile(shop, monkeypatch):
    real = facts.register_many

    def late(expected, *, told):
        register_profiles(source="orders", source_keys=["c2"])
        return real(expected, told=told)

    monkeypatch.setattr(facts, "register_many", late)
    shop.bring_text(lines("A1,c1,2026-11-01,5", "A2,c2,2026-11-01,5", "A3,c3,2026-11-01,5"))
    ids = register_profiles(source="orders", source_keys=["c1", "c2", "c3"])
    assert [row["profile_id"] for _, row in sorted(shop.orders().items())] == list(ids.values())
    assert Profile.objects.count() == Customer.objects.count() == 3


def test_a_report_that_does_not_add_up_cannot_be_made(shop):
    counts = {"inserted": 1, "updated": 0, "unchanged": 0, "rejected": 0, "skipped": 0}
    with pytest.raises(AssertionError):
        ImportReport(
            1, "orders", shop.files, "CSV", 2, **counts, rejects_file=None, ignored_columns=(), reasons={}
        )


def test_a_reader_that_loses_a_row_is_caught_before_anything_is_committed(shop, monkeypatch):
    monkeypatch.setattr(staging, "staged_batch", lambda rows, schema: staged_batch(rows[1:], schema))
    with pytest.raises(AssertionError):
        shop.bring_text(lines("A1,c1,2024-10-31,￥12", "A2,c1,2024-10-31,￥12"))
    assert shop.version() == -1


def test_a_fast_reader_that_loses_a_row_is_caught_before_anything_is_committed(shop, monkeypatch):
    read = FastOrders.read
    monkeypatch.setattr(
        FastOrders, "read", lambda self, block: (read(self, block)[0][1:], read(self, block)[1])
    )
    with pytest.raises(AssertionError):
        shop.bring_text(lines("A1,c1,2024-10-31,12", "A2,c1,2024-10-31,12"))
    assert shop.version() == -1
