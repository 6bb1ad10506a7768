"""The pages of the import as a person goes through them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import xlsxwriter

from tests.browser import Visitor, visitor
from tests.cast import PASSWORD
from tests.collect.wizards import ORDERS
from zhike.collect.models import ImportRun
from zhike.kernel.home import Home
from zhike.lake.snapshots import open_lake

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from zhike.accounts.models import User

LOOKS = [("zh-hans", "light", 1360), ("en", "dark", 390)]
BAD = ORDERS + "A10,C1,2026-13-40 10:00,5.00,交易完成\nA11,C2,2026-10-11,一百元,交易关闭\n"


def work(guest: Visitor) -> None:
    """Do what waits, as the worker would; the page asks for itself again."""
    from zhike.collect.tasks import import_upload

    import_upload.func(ImportRun.objects.get(state="queued").pk)
    guest.page.wait_for_selector("progress", state="detached")


def undo(guest: Visitor) -> None:
    """The same for what is to be taken back."""
    from zhike.collect.models import ImportUndo
    from zhike.collect.tasks import undo_import

    undo_import.func(ImportUndo.objects.get(state="queued").pk)
    guest.page.wait_for_selector("progress", state="detached")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("language", "theme", "width"), LOOKS)
def test_a_person_brings_a_gbk_file_in_and_takes_it_back(
    browser: Browser,
    live_server: Any,
    home: Home,
    settings: Any,
    alice: User,
    tmp_path: Path,
    language: str,
    theme: str,
    width: int,
) -> None:
    settings.ZHIKE_HOME = home
    file = tmp_path / "订单.csv"
    file.write_bytes(BAD.encode("gbk"))
    with visitor(browser, live_server.url, language=language, theme=theme, width=width) as guest:
        page = guest.page

        def shown(step: str) -> None:
            page.wait_for_load_state("networkidle")
            assert guest.faults() == [], step
            _shoot(page, f"{step}-{language}-{theme}-{width}")

        guest.sign_in(alice.email, PASSWORD)
        guest.open("/data/import/")
        shown("1-start")
        page.check("#kind_orders")
        page.set_input_files("#up_file", file)
        page.click("main button.btn-primary")
        page.wait_for_url("**/reading/")
        shown("2-reading")
        page.select_option("#encoding", "big5")
        page.wait_for_selector("#look [role=alert]")
        page.select_option("#encoding", "")
        page.wait_for_selector("#look table")
        page.click("#look form[method=post] .btn-primary")
        page.wait_for_url("**/columns/")
        shown("3-columns")
        page.select_option("select[name^=word-status] >> nth=-1", "cancelled")
        page.click("main button.btn-primary")
        page.wait_for_url("**/check/")
        shown("4-waiting")
        work(guest)
        shown("5-check")
        page.click("main button.btn-primary")
        page.wait_for_url("**/runs/*/")
        work(guest)
        shown("6-result")
        with open_lake(home.lake).reading_facts() as facts:
            assert facts.fetch(facts.table("orders")).num_rows == 9
        page.fill("#undo_reason", "wrong file")
        page.check("#undo_is_sure")
        page.click("form[action$='/undo/'] button")
        page.wait_for_selector("progress")
        undo(guest)
        page.wait_for_selector(".kz-notice-warning")
        shown("7-undone")
        guest.open("/data/import/runs/")
        shown("8-history")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("language", "theme", "width"), [("zh-hans", "dark", 1360), ("en", "light", 390)])
def test_a_workbook_and_files_that_cannot_be_read_have_pages_without_faults(
    browser: Browser,
    live_server: Any,
    home: Home,
    settings: Any,
    alice: User,
    tmp_path: Path,
    language: str,
    theme: str,
    width: int,
) -> None:
    settings.ZHIKE_HOME = home
    book, broken = tmp_path / "people.xlsx", tmp_path / "broken.xlsx"
    _write_people(book)
    broken.write_bytes(b"PK\x03\x04 not a workbook")
    with visitor(browser, live_server.url, language=language, theme=theme, width=width) as guest:
        page = guest.page

        def shown(step: str) -> None:
            page.wait_for_load_state("networkidle")
            # The browser itself complains of every answer that refuses.
            assert [fault for fault in guest.faults() if "422" not in str(fault)] == [], step
            _shoot(page, f"{step}-{language}-{theme}-{width}")

        def bring(file: Path) -> None:
            guest.open("/data/import/")
            page.check("#kind_customers")
            page.set_input_files("#up_file", file)
            page.click("main button.btn-primary")

        guest.sign_in(alice.email, PASSWORD)
        guest.open("/data/import/?kind=customers")
        page.click("main button.btn-primary")
        shown("a-nothing-chosen")
        bring(broken)
        page.wait_for_url("**/reading/")
        shown("b-broken")
        bring(book)
        page.wait_for_url("**/reading/")
        shown("c-workbook")
        page.click("#look form[method=post] .btn-primary")
        page.wait_for_url("**/columns/")
        page.select_option("#column-0", "")
        page.click("main button.btn-primary")
        page.wait_for_selector("main [role=alert]")
        shown("d-missing")
        page.select_option("#column-0", "customer_id")
        page.click("main button.btn-primary")
        page.wait_for_url("**/check/")
        work(guest)
        page.click("main button.btn-primary")
        page.wait_for_url("**/runs/*/")
        work(guest)
        shown("e-people")
        page.click("a[href*='corrects=']")
        page.wait_for_selector("input[name=corrects]", state="attached")
        shown("f-corrected")


def _write_people(file: Path) -> None:
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet("会员")
        sheet.write_row(0, 0, ["客户编号", "姓名", "手机号", "性别", "性别"])
        sheet.write_row(1, 0, ["C1", "张三", 13800138000, "男", "x"])
        sheet.write_row(2, 0, ["C2", "李四", "123", "女", "y"])
        book.add_worksheet("说明").write_row(0, 0, ["请勿修改", "本表"])


def _shoot(page: Any, name: str) -> None:
    import os

    if folder := os.environ.get("WZ_SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
