"""The import as pages: from a file to its result, without JavaScript."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from tests.cast import client_of, colleague
from tests.collect.wizards import ORDERS, Wizard
from zhike.accounts.access import RIGHTS, Right, Role
from zhike.accounts.selectors import audit_lines
from zhike.collect.cancelling import WayOut
from zhike.collect.imports.destinations.destination import COMPARING
from zhike.collect.imports.dialects import AS_FOUND
from zhike.collect.imports.staging import READING
from zhike.collect.models import ImportRun, MappingMemory, Upload
from zhike.collect.selectors.looks import file_look
from zhike.collect.selectors.runs import run_line
from zhike.collect.uploads import remove_old_uploads
from zhike.customers.models import Customer, DuplicateScan
from zhike.kernel import clock
from zhike.kernel.home import Home
from zhike.kernel.words import Text
from zhike.lake.snapshots import open_lake

pytestmark = pytest.mark.django_db


def orders(home: Home) -> dict[str, Any]:
    with open_lake(home.lake).reading_facts() as facts:
        return {row["order_id"]: row for row in facts.fetch(facts.table("orders")).to_pylist()}


def test_a_gbk_file_goes_through_all_steps_into_the_lake(wizard: Wizard, home: Home) -> None:
    upload = wizard.uploaded(ORDERS.encode("gbk"), "订单.csv")
    look = wizard.page(wizard.at(upload, "reading"))
    assert "gb18030" in look and "交易完成" in look and "订单号" in look
    check = wizard.checked(upload)
    assert (check.is_dry_run, check.records, check.inserted, check.rejected) == (True, 9, 9, 0)
    assert orders(home) == {}
    wizard.client.post(wizard.at(upload, "import"))
    run = wizard.work()
    assert (run.state, run.inserted) == ("done", 9)
    assert orders(home)["A2"]["status"] == "cancelled" and orders(home)["A1"]["amount"] == 150
    result = wizard.page(f"/data/import/runs/{run.pk}/")
    assert "实付金额" in result and run.sha256 in result
    assert "订单.csv" in wizard.page("/data/import/runs/")


def test_get_never_writes(wizard: Wizard, home: Home) -> None:
    upload = wizard.uploaded(ORDERS)
    check = wizard.checked(upload)
    before = (list(Upload.objects.values()), list(ImportRun.objects.values()))
    for step in ("reading", "reading/?encoding=big5", "columns", "check"):
        wizard.page(f"/data/import/{upload.pk}/{step}" + ("" if "?" in step else "/"))
    for path in ("", "runs/", f"runs/{check.pk}/", f"runs/{check.pk}/progress/", "?corrects=1"):
        wizard.page(f"/data/import/{path}")
    assert (list(Upload.objects.values()), list(ImportRun.objects.values())) == before
    for path in ("upload/", f"{upload.pk}/import/", f"{upload.pk}/discard/", f"runs/{check.pk}/rejects/"):
        assert wizard.client.get(f"/data/import/{path}").status_code == 405


def test_the_file_is_private_and_gone_after_the_import(wizard: Wizard, home: Home) -> None:
    upload = wizard.uploaded(ORDERS)
    (place,) = (home.path / "uploads").iterdir()
    assert stat.S_IMODE(place.stat().st_mode) == 0o600 and "orders" not in place.name
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    wizard.imported(upload)
    assert list((home.path / "uploads").iterdir()) == []
    assert list((home.path / "tmp").iterdir()) == []
    response = wizard.client.get(wizard.at(upload, "columns"))
    assert response.status_code == 409 and "重新上传" in response.content.decode()


def test_a_file_that_nobody_imports_is_deleted_after_seven_days(wizard: Wizard, home: Home) -> None:
    old, fresh = wizard.uploaded(ORDERS), wizard.uploaded(ORDERS)
    Upload.objects.filter(pk=old.pk).update(uploaded_at=clock.now() - timedelta(days=8))
    assert remove_old_uploads(home=home) == 1
    old.refresh_from_db()
    assert old.removed_at and [each.name for each in (home.path / "uploads").iterdir()] == [fresh.stored_name]


def test_somebody_without_the_right_is_refused_everywhere(wizard: Wizard) -> None:
    upload = wizard.uploaded(ORDERS)
    check = wizard.checked(upload)
    for role in (Role.MARKETER, Role.VIEWER, Role.SALES, Role.ANALYST):
        client = client_of(colleague(role))
        for path in ("", "runs/", f"runs/{check.pk}/", f"{upload.pk}/reading/", f"{upload.pk}/check/"):
            assert client.get(f"/data/import/{path}").status_code == 403
        assert client.post(f"/data/import/{upload.pk}/import/").status_code == 403


def test_an_upload_is_seen_by_its_owner_and_by_managers_only(
    wizard: Wizard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RIGHTS, Role.MARKETER, RIGHTS[Role.MARKETER] | {Right.IMPORT})
    upload = wizard.uploaded(ORDERS + "A10,C1,never,1,已完成\n")
    run = wizard.imported(upload)
    paths = [f"runs/{run.pk}/", f"{upload.pk}/check/", f"runs/{run.pk}/progress/"]
    stranger = client_of(colleague(Role.MARKETER))
    assert [stranger.get(f"/data/import/{path}").status_code for path in paths] == [404] * 3
    for path in (f"runs/{run.pk}/rejects/", f"runs/{run.pk}/undo/", f"{upload.pk}/discard/"):
        assert stranger.post(f"/data/import/{path}").status_code == 404
    assert "orders.csv" not in stranger.get("/data/import/runs/").content.decode()
    manager = client_of(colleague(Role.MANAGER))
    assert manager.get(f"/data/import/runs/{run.pk}/").status_code == 200
    own = Wizard(stranger).uploaded(ORDERS)
    assert stranger.get(f"/data/import/{own.pk}/reading/").status_code == 200


def test_cells_are_masked_for_whoever_may_not_see_contacts(
    wizard: Wizard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RIGHTS, Role.ANALYST, RIGHTS[Role.ANALYST] | {Right.IMPORT})
    analyst = Wizard(client_of(colleague(Role.ANALYST)))
    upload = analyst.uploaded("客户编号,姓名,手机号\nC1,张三丰,13800138000\nC2,李四,123\n", kind="customers")
    run = analyst.checked(upload)
    pages = [analyst.page(analyst.at(upload, step)) for step in ("reading", "columns", "check")]
    assert run.rejected == 1
    assert not any("13800138000" in html or "张三丰" in html for html in pages)


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        ("", "orders.csv", "空文件"),
        ("x", "orders.exe", "不能导入“.exe”文件"),
        ("x", "orders", "不能导入"),
    ],
)
def test_a_wrong_file_is_refused_at_once_and_not_kept(
    wizard: Wizard, home: Home, content: str, name: str, said: str
) -> None:
    response = wizard.upload(content, name)
    assert response.status_code == 422 and said in response.content.decode()
    assert not Upload.objects.exists() and not list(home.path.glob("uploads/*"))


def test_a_file_that_is_too_large_is_refused_with_the_limit(
    wizard: Wizard, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zhike.collect.receiving.LARGEST_UPLOAD", 100)
    response = wizard.upload(ORDERS)
    assert response.status_code == 422 and "256 MB" in response.content.decode()
    assert not Upload.objects.exists() and not list(home.path.glob("tmp/*"))


@pytest.mark.parametrize("content", [b"PK\x03\x04broken", b"\x00\x01\x02\x03" * 40, b"\n\n\n"])
def test_a_broken_file_is_said_by_its_own_name_and_can_be_deleted(
    wizard: Wizard, home: Home, content: bytes
) -> None:
    upload = wizard.uploaded(content, "订单 <b>.csv")
    html = wizard.page(wizard.at(upload, "reading"))
    assert "订单 &lt;b&gt;.csv" in html and 'role="alert"' in html
    assert str(home.path) not in html and upload.stored_name not in html
    assert wizard.read(upload).status_code == 422
    wizard.client.post(wizard.at(upload, "discard"))
    assert list((home.path / "uploads").iterdir()) == []


def test_what_is_needed_must_be_chosen_and_nothing_twice(wizard: Wizard) -> None:
    upload = wizard.uploaded(ORDERS)
    wizard.read(upload)
    missing = wizard.choose(upload, column_3="")
    assert missing.status_code == 422 and "还缺少：实付金额" in missing.content.decode()
    twice = wizard.choose(upload, column_4="amount")
    assert twice.status_code == 422 and "都选成了实付金额" in twice.content.decode()
    upload.refresh_from_db()
    assert upload.mapping is None and not ImportRun.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"column-4": "password"},
        {"column-4": "question:"},
        {"said-status-0": "交易完成", "word-status-0": "free money"},
    ],
)
def test_made_up_fields_and_words_are_refused(wizard: Wizard, changes: dict[str, str]) -> None:
    upload = wizard.uploaded(ORDERS)
    wizard.read(upload)
    response = wizard.client.post(wizard.at(upload, "columns"), wizard.proposed(upload) | changes)
    assert response.status_code == 422
    upload.refresh_from_db()
    assert upload.mapping is None


def test_made_up_encodings_repairs_and_kinds_are_refused(wizard: Wizard) -> None:
    assert wizard.upload(ORDERS, kind="secrets").status_code == 422
    assert wizard.upload(ORDERS, kind="customers", preset="youzan").status_code == 422
    assert wizard.upload(ORDERS, source="x" * 41).status_code == 422
    upload = wizard.uploaded(ORDERS)
    assert wizard.read(upload, encoding="rot13").status_code == 422
    wizard.checked(upload)
    assert wizard.client.post(wizard.at(upload, "check"), {"add": "magic"}).status_code == 400
    assert wizard.client.get("/data/import/template/?name=../../secret_key").status_code == 400
    assert wizard.client.get(f"/data/import/{2**70}/check/").status_code == 404


def test_a_column_that_is_left_out_stays_out_even_with_one_of_our_names(wizard: Wizard, home: Home) -> None:
    upload = wizard.uploaded("order_id,customer_id,ordered_at,amount,status\nA1,C1,2026-10-01,1,refunded\n")
    wizard.checked(upload, column_4="")
    wizard.client.post(wizard.at(upload, "import"))
    wizard.work()
    assert orders(home)["A1"]["status"] == "completed"
    again = wizard.uploaded("order_id,customer_id,ordered_at,amount,status\nA2,C1,2026-10-01,1,paid\n")
    wizard.read(again)
    assert wizard.proposed(again)["column-4"] == ""


def test_an_odd_mapping_is_remembered_for_the_same_header(wizard: Wizard) -> None:
    odd = "单,谁,何时,几块\nA{n},C1,2026-10-0{n},5\n"
    chosen = {
        "column_0": "order_id",
        "column_1": "customer_id",
        "column_2": "ordered_at",
        "column_3": "amount",
    }
    first = wizard.uploaded(odd.format(n=1))
    wizard.checked(first, **chosen)
    wizard.client.post(wizard.at(first, "import"))
    wizard.work()
    assert MappingMemory.objects.count() == 1
    second = wizard.uploaded(odd.format(n=2))
    wizard.read(second)
    proposed = wizard.proposed(second)
    assert {name: proposed[name.replace("_", "-")] for name in chosen} == chosen


def test_a_preset_proposes_its_columns_and_words(wizard: Wizard) -> None:
    content = "订单号,买家手机号,订单创建时间,订单实付金额,订单状态\nE1,u1,2026-10-01,5,交易关闭\n"
    upload = wizard.uploaded(content, preset="youzan")
    run = wizard.checked(upload)
    assert (run.source, run.inserted, run.rejected) == ("youzan", 1, 0)
    assert run.mapping["values"]["status"]["交易关闭"] == "cancelled"


def test_what_to_do_with_orders_of_nobody_is_asked_and_told(wizard: Wizard, home: Home) -> None:
    content = "订单号,客户编号,下单时间,实付金额\nA1,C1,2026-10-01,1\nA2,,2026-10-01,2\n"
    upload = wizard.uploaded(content)
    check = wizard.checked(upload)
    assert (check.inserted, check.rejected, check.walk_ins) == (2, 0, 1)
    assert "散客" in wizard.page(wizard.at(upload, "check"))
    check = wizard.checked(upload, option_without_customer="reject")
    assert (check.inserted, check.rejected, check.walk_ins) == (1, 1, 0)
    assert wizard.proposed(upload)["option-without_customer"] == "reject"
    check = wizard.checked(upload, option_without_customer="keep")
    assert check.walk_ins == 1
    wizard.client.post(wizard.at(upload, "import"))
    assert wizard.work().walk_ins == 1
    assert orders(home)["A2"]["profile_id"] is None


def test_the_export_of_shopify_is_read_by_its_preset_row_by_row(wizard: Wizard) -> None:
    content = "Name,Email,Created at,Total\n#1,a@x.cn,2026-10-01,5\n#1,a@x.cn,2026-10-01,\n#2,,2026-10-01,3\n"
    upload = wizard.uploaded(content, preset="shopify_orders", source="shopify")
    check = wizard.checked(upload)
    assert (check.inserted, check.skipped, check.rejected, check.walk_ins) == (2, 1, 0, 1)


def test_a_word_that_nobody_understands_is_asked_for_before_the_check(wizard: Wizard, home: Home) -> None:
    upload = wizard.uploaded("订单号,客户编号,下单时间,实付金额,情况\nA1,C1,2026-10-01,5,交易关闭\n")
    wizard.read(upload)
    response = wizard.choose(upload, column_4="status")
    assert response["Location"] == wizard.at(upload, "columns")
    said = wizard.proposed(upload) | {"word-status-0": "cancelled"}
    response = wizard.client.post(wizard.at(upload, "columns"), said)
    assert response["Location"] == wizard.at(upload, "check")
    assert wizard.work().rejected == 0


def test_the_parts_of_a_check_add_up_and_its_rejects_are_grouped(wizard: Wizard) -> None:
    bad = "A1,C1,2026-10-01 10:00,1.50,交易完成\n,,,,\nA20,C1,05/06/2026,1,\nA21,C1,2026-10-01,x,\n"
    upload = wizard.uploaded(ORDERS + bad)
    run = wizard.checked(upload)
    line = run_line(run)
    assert {part.name: part.count for part in line.parts} == {
        "inserted": 9,
        "updated": 0,
        "unchanged": 0,
        "duplicates": 1,
        "rejected": 2,
        "skipped": 1,
    }
    assert sum(part.count for part in line.parts) == run.records == 13
    html = wizard.page(wizard.at(upload, "check"))
    assert "date.ambiguous" in html and "第 13 行" in html and "money.unreadable" in html


def test_a_repair_is_switched_on_and_off_with_one_click(wizard: Wizard, home: Home) -> None:
    upload = wizard.uploaded(ORDERS + "A20,C1,25/06/2026,1,\n")
    assert wizard.checked(upload).rejected == 1
    wizard.client.post(wizard.at(upload, "check"), {"add": "date_order=dmy"})
    assert wizard.client.post(wizard.at(upload, "import")).status_code == 409
    assert wizard.work().rejected == 0
    wizard.client.post(wizard.at(upload, "check"), {"add": "date_order=mdy"})
    assert wizard.work().repairs == ["date_order=mdy"]
    wizard.client.post(wizard.at(upload, "check"), {"drop": "date_order=mdy"})
    run = wizard.work()
    assert (run.repairs, run.rejected) == ([], 1)


def test_an_import_before_its_check_is_refused(wizard: Wizard) -> None:
    upload = wizard.uploaded(ORDERS)
    assert wizard.client.post(wizard.at(upload, "import")).status_code == 409
    wizard.read(upload)
    wizard.choose(upload)
    assert wizard.client.post(wizard.at(upload, "import")).status_code == 409
    assert ImportRun.objects.filter(is_dry_run=False).count() == 0


def test_sending_a_step_twice_queues_one_run(wizard: Wizard) -> None:
    upload = wizard.uploaded(ORDERS)
    wizard.read(upload)
    wizard.choose(upload)
    wizard.choose(upload)
    wizard.work()
    for _ in range(2):
        wizard.client.post(wizard.at(upload, "import"))
    assert wizard.work().inserted == 9


def test_a_choice_that_is_changed_while_its_check_waits_is_the_one_that_is_checked(wizard: Wizard) -> None:
    upload = wizard.uploaded(ORDERS)
    wizard.read(upload)
    wizard.choose(upload)
    wizard.choose(upload, column_4="")
    run = wizard.work()
    assert "status" not in run.mapping["columns"]
    ImportRun.objects.filter(pk=run.pk).update(state="running")
    wizard.choose(upload, column_4="status")
    run.refresh_from_db()
    assert run.cancel_asked_at is not None
    assert "status" in wizard.work().mapping["columns"]


def test_a_waiting_check_is_cancelled_at_once_and_a_running_one_keeps_nothing(
    wizard: Wizard, home: Home
) -> None:
    upload = wizard.uploaded(ORDERS)
    wizard.checked(upload)
    wizard.client.post(wizard.at(upload, "import"))
    run = ImportRun.objects.get(state="queued")
    wizard.client.post(f"/data/import/runs/{run.pk}/cancel/")
    run.refresh_from_db()
    assert (run.state, run.error_code) == ("failed", "import.cancelled")
    wizard.client.post(wizard.at(upload, "import"))
    ImportRun.objects.filter(state="queued").update(cancel_asked_at=clock.now())
    run = wizard.work()
    assert (run.state, run.error_code) == ("failed", "import.cancelled")
    assert orders(home) == {} and not Customer.objects.exists()
    assert "已取消" in wizard.page("/data/import/runs/")
    wizard.client.post(wizard.at(upload, "import"))
    assert wizard.work().inserted == 9


def test_who_cancels_too_late_is_told_that_all_is_in(
    wizard: Wizard, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = wizard.uploaded(ORDERS)
    wizard.checked(upload)
    wizard.client.post(wizard.at(upload, "import"))
    real = WayOut.report

    def cancelling(self: WayOut, stage: Text, done: int, total: int, message: str = "") -> None:
        if stage not in (READING, COMPARING):
            run = ImportRun.objects.get(state="running")
            wizard.client.post(f"/data/import/runs/{run.pk}/cancel/")
        real(self, stage, done, total, message)

    monkeypatch.setattr(WayOut, "report", cancelling)
    run = wizard.work()
    assert run.cancel_asked_at is not None and run.inserted == 9
    assert "来不及取消" in wizard.page(f"/data/import/runs/{run.pk}/")
    wizard.client.post(f"/data/import/runs/{run.pk}/undo/", {"reason": "本想取消", "is_sure": "on"})
    wizard.undo()
    assert "来不及取消" not in wizard.page(f"/data/import/runs/{run.pk}/")
    assert orders(home) == {}


def test_rejects_are_downloaded_on_record_corrected_and_brought_again(wizard: Wizard, home: Home) -> None:
    upload = wizard.uploaded(ORDERS.replace("订单号", "单").encode("gbk") + b"A20,C1,never,7,\n")
    wizard.checked(upload, column_0="order_id")
    wizard.client.post(wizard.at(upload, "import"))
    run = wizard.work()
    ImportRun.objects.filter(pk=run.pk).update(repairs=["date_order=dmy"])
    response = wizard.client.post(f"/data/import/runs/{run.pk}/rejects/")
    taken = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert "date.unreadable" in taken and taken.startswith("单,客户编号")
    assert next(line.action for line in audit_lines()) == "import.rejects_downloaded"
    corrected = taken.replace("never", "20/10/2026", 1)
    again = wizard.uploaded(corrected, "corrected.csv", corrects=run.pk)
    assert (again.kind, again.source, again.corrects_id) == ("orders", "orders", run.pk)
    assert again.repairs == ["date_order=dmy"]
    second = wizard.imported(again)
    assert (second.inserted, second.rejected) == (1, 0)
    assert len(orders(home)) == 10


def test_a_customers_workbook_is_read_and_duplicates_are_searched_for(
    wizard: Wizard, home: Home, tmp_path: Path
) -> None:
    file = tmp_path / "people.xlsx"
    with xlsxwriter.Workbook(file) as book:
        for name in ("客户", "说明"):
            sheet = book.add_worksheet(name)
            if name == "客户":
                sheet.write_row(0, 0, ["客户编号", "姓名", "手机号", "性别"])
                sheet.write_row(1, 0, ["C1", "张三", 13800138000, "男"])
                sheet.write_row(2, 0, ["C2", "李四", "123", "女"])
            else:
                sheet.write_row(0, 0, ["请勿修改"])
    upload = wizard.uploaded(file.read_bytes(), "people.xlsx", kind="customers")
    html = wizard.page(wizard.at(upload, "reading"))
    assert "2 个工作表" in html and "13800138000" in html
    assert file_look(home=home, upload=upload, dialect=AS_FOUND, with_contacts=True).expected_records == 2
    assert "请勿修改" in wizard.page(wizard.at(upload, "reading") + "?sheet=说明")
    run = wizard.imported(upload)
    assert (run.inserted, run.rejected) == (1, 1)
    assert DuplicateScan.objects.filter(state="queued").count() == 1
    said = str(list(ImportRun.objects.values())) + str(list(Upload.objects.values()))
    assert "13800138000" not in said and "张三" not in said


def test_an_import_is_taken_back_with_a_reason_and_on_record(wizard: Wizard, home: Home) -> None:
    run = wizard.imported(wizard.uploaded(ORDERS))
    address = f"/data/import/runs/{run.pk}/undo/"
    assert wizard.client.post(address, {"reason": "wrong file"}).status_code == 422
    assert wizard.client.post(address, {"reason": "", "is_sure": "on"}).status_code == 422
    telling = wizard.client.post(address, {"reason": "ask 13800138000", "is_sure": "on"})
    assert telling.status_code == 409 and len(orders(home)) == 9
    assert wizard.client.post(address, {"reason": "wrong file", "is_sure": "on"}).status_code == 302
    page = f"/data/import/runs/{run.pk}/"
    assert "等待撤销" in wizard.page(page) and len(orders(home)) == 9
    assert "等待撤销" in wizard.page(page + "progress/")
    wizard.undo()
    assert orders(home) == {}
    assert wizard.client.get(page + "progress/")["HX-Refresh"] == "true"
    html = wizard.page(page)
    assert "wrong file" in html and 'action="' + address not in html
    assert next(line.action for line in audit_lines()) == "import.undone"
    assert wizard.client.post(address, {"reason": "again", "is_sure": "on"}).status_code == 409


def test_the_same_file_again_is_noticed(wizard: Wizard) -> None:
    run = wizard.imported(wizard.uploaded(ORDERS))
    again = wizard.uploaded(ORDERS)
    assert f"第 {run.pk} 号导入" in wizard.page(wizard.at(again, "reading"))


def test_questions_of_a_survey_are_columns_of_their_own(wizard: Wizard, home: Home) -> None:
    upload = wizard.uploaded(
        "客户编号,提交时间,您满意吗\nC1,2026-10-01 10:00,非常满意\nC2,2026-10-01 11:00,一般\n", kind="answers"
    )
    wizard.read(upload)
    wizard.choose(upload, column_2="question:")
    html = wizard.page(wizard.at(upload, "columns"))
    assert 'value="非常满意"' in html
    said = wizard.proposed(upload) | {"word-q3-0": "a1", "word-q3-1": "a2"}
    wizard.client.post(wizard.at(upload, "columns"), said)
    runs = ImportRun.objects.filter(state="queued")
    assert runs.count() == 1
    assert wizard.work().rejected == 0


def test_templates_are_served_for_every_kind_and_preset(wizard: Wizard) -> None:
    for name in ("orders", "customers", "youzan"):
        for ending, start in (("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK")):
            response = wizard.client.get(f"/data/import/template/?name={name}&ending={ending}")
            assert response.status_code == 200 and response.content.startswith(start)


def test_a_file_that_vanished_from_the_folder_is_said_to_be_missing(wizard: Wizard, home: Home) -> None:
    upload = wizard.uploaded(ORDERS)
    (home.path / "uploads" / upload.stored_name).unlink()
    html = wizard.page(wizard.at(upload, "reading"))
    assert "没有 orders.csv 这个文件" in html
    assert wizard.client.get(wizard.at(upload, "columns")).status_code == 400
