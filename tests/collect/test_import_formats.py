"""Workbooks, NDJSON, archives, and encodings that have to be guessed."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from tests.collect.taken_rejects import rejects_taken
from zhike.kernel.errors import UsageError, ZhikeError

HEADER = ["order_id", "customer_id", "ordered_at", "amount"]


@pytest.fixture
def workbook(tmp_path):
    """Writes a workbook by a function that is given it."""

    def write(fill, name: str = "orders.xlsx") -> Path:
        file = tmp_path / name
        with xlsxwriter.Workbook(file) as book:
            fill(book)
        return file

    return write


def orders_sheet(book, name="订单", rows=(), *, top=0):
    sheet = book.add_worksheet(name)
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(top, 0, HEADER)
    for place, row in enumerate(rows, start=top + 1):
        for column, cell in enumerate(row):
            if isinstance(cell, date):
                sheet.write_datetime(place, column, cell, day)
            else:
                sheet.write(place, column, cell)
    return sheet


ROW = (1001, "c1", date(2024, 10, 31), 12.5)


def refused(shop, file: Path, **options) -> ZhikeError:
    with pytest.raises(ZhikeError) as caught:
        shop.bring(file, **options) if not options else shop.bring_kind("orders", file, **options)
    assert shop.version() == -1
    return caught.value


def test_a_workbook_gives_ids_as_text_dates_as_days_and_exact_amounts(shop, workbook):
    file = workbook(lambda book: orders_sheet(book, rows=[ROW, (1002, 7, "2024-11-01", 0.1 + 0.2)]))
    report = shop.bring(file)
    assert (report.inserted, report.read_as) == (2, "Excel 订单")
    orders = shop.orders()
    assert set(orders) == {"1001", "1002"}
    assert (str(orders["1001"]["ordered_on"]), orders["1001"]["amount"]) == ("2024-10-31", 1250)
    assert orders["1002"]["amount"] == 30


def test_title_rows_above_the_header_and_hidden_sheets_are_passed_over(shop, workbook):
    def fill(book):
        notes = book.add_worksheet("说明")
        notes.write(0, 0, "口径说明")
        sheet = orders_sheet(book, "数据", [ROW, (), ("合计", None, None, 12.5)], top=3)
        sheet.merge_range(0, 0, 0, 3, "2024 年订单报表")
        orders_sheet(book, "旧", [(9, "c9", date(2024, 1, 1), 1)]).hide()

    report = shop.bring(workbook(fill))
    assert (report.records, report.inserted, report.skipped, report.rejected) == (3, 1, 1, 1)
    assert report.reasons == {"date.missing": 1}
    assert b",7,ordered_at," in rejects_taken(report)


def test_two_sheets_that_fit_are_told_apart_by_name(shop, workbook):
    file = workbook(lambda book: [orders_sheet(book, name, [ROW]) for name in ("一月", "二月")])
    error = refused(shop, file)
    assert (error.code, isinstance(error, UsageError)) == ("sheet.unclear", True)
    assert refused(shop, file, sheet="三月").code == "sheet.missing"
    assert shop.bring_kind("orders", file, sheet="二月").inserted == 1


def test_rows_with_merged_cells_are_rejected_and_the_others_stay(shop, workbook):
    def fill(book):
        sheet = orders_sheet(
            book, rows=[ROW, (1002, None, date(2024, 11, 1), 3), (1003, "c3", date(2024, 11, 1), 3)]
        )
        sheet.merge_range(1, 1, 2, 1, "c1")

    report = shop.bring(workbook(fill))
    assert (report.inserted, report.reasons) == (1, {"row.merged": 2})


def test_a_long_number_that_excel_cut_is_no_id(shop, workbook):
    report = shop.bring(
        workbook(lambda book: orders_sheet(book, rows=[(110101199003070018, "c1", date(2024, 1, 1), 1)]))
    )
    assert report.reasons == {"id.scientific": 1}


def test_a_serial_day_without_a_date_format_is_refused_and_not_guessed(shop, workbook):
    report = shop.bring(workbook(lambda book: orders_sheet(book, rows=[("A1", "c1", 45596, 1)])))
    assert report.reasons == {"date.serial": 1}


def test_a_cell_far_out_is_refused_before_the_sheet_is_opened(shop, workbook):
    def fill(book):
        orders_sheet(book, rows=[ROW]).write(1_048_575, 16_383, "x")

    assert refused(shop, workbook(fill)).code == "file.too_large"


def test_a_bomb_and_a_document_type_are_refused_before_they_are_opened(shop, workbook, tmp_path):
    good = workbook(lambda book: orders_sheet(book, rows=[ROW]))
    for name, part, code in (
        ("bomb.xlsx", b"<x>" + b" " * (64 << 20), "file.too_large"),
        ("type.xlsx", b'<!DOCTYPE x [<!ENTITY a "b">]><x/>', "file.unsafe"),
    ):
        file = tmp_path / name
        file.write_bytes(good.read_bytes())
        with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/worksheets/sheet9.xml", part)
        assert refused(shop, file).code == code


def test_a_workbook_that_is_cut_off_or_renamed_is_refused_with_its_reason(shop, workbook, tmp_path):
    whole = workbook(lambda book: orders_sheet(book, rows=[ROW])).read_bytes()
    cut = tmp_path / "cut.xlsx"
    cut.write_bytes(whole[: len(whole) // 2])
    assert refused(shop, cut).code == "file.damaged"
    page = tmp_path / "page.xls"
    page.write_bytes(b"<html><table><tr><td>order_id</td></tr></table></html>")
    assert refused(shop, page).code == "file.kind"
    as_csv = tmp_path / "really.csv"
    as_csv.write_bytes(whole)
    assert shop.bring(as_csv).inserted == 1


def test_text_that_is_called_a_workbook_is_read_as_text(shop):
    text = "\t".join(HEADER) + "\nA1\tc1\t2024-10-31\t12\n"
    assert shop.bring_text(text.encode("gbk"), "orders.xls").inserted == 1


def test_half_a_character_costs_its_line_only(shop):
    lines = [
        r'{"order_id": "A1", "customer_id": "c1", "ordered_at": "2024-10-31", "amount": 12}',
        r'{"order_id": "A2", "customer_id": "c\ud83d", "ordered_at": "2024-10-31", "amount": 12}',
        r'{"order_id": "A3", "customer_id": "c\u0000", "ordered_at": "2024-10-31", "amount": 12}',
        r'{"order_id": "A4", "customer_id": "\u5ba2", "ordered_at": "2024-10-31", "amount": 12}',
    ]
    report = shop.bring_text("\n".join(lines), "orders.ndjson")
    assert (report.inserted, report.reasons) == (2, {"row.json": 2})


def test_lines_of_json_keep_ids_amounts_and_their_line_numbers(shop):
    lines = [
        json.dumps(
            {"order_id": 12345678901234567890, "customer_id": "c1", "ordered_at": "2024-10-31", "amount": 1.1}
        ),
        "",
        '{"order_id": "A2", "customer_id": "c1", "ordered_at": "2024-10-31", "amount": 12.30, "memo": {"a": 1}}',
        '{"order_id": "A3"',
        '{"order_id": "A4", "order_id": "A5"}',
        '{"order_id": "A6", "customer_id": "c1", "ordered_at": "2024-10-31", "amount": NaN}',
    ]
    report = shop.bring_text("\n".join(lines), "orders.ndjson")
    assert (report.records, report.inserted, report.skipped) == (6, 2, 1)
    assert report.reasons == {"row.json": 3}
    assert {key: order["amount"] for key, order in shop.orders().items()} == {
        "12345678901234567890": 110,
        "A2": 1230,
    }


def archive_of(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return buffer.getvalue()


TEXT = (",".join(HEADER) + "\nA1,c1,2024-10-31,12\n").encode()


def test_an_archive_of_one_file_is_that_file(shop):
    content = archive_of(**{"..__..__etc__orders.csv": TEXT, "__MACOSX__._orders.csv": b"x", "read.me": b"x"})
    report = shop.bring_text(content, "orders.zip")
    assert (report.inserted, report.read_as) == (1, "CSV utf-8 ,")
    assert list((shop.home.path / "tmp").iterdir()) == []


def test_a_note_beside_the_file_of_an_archive_is_not_its_data_and_other_files_are_named_whole(shop):
    noted = archive_of(**{"orders.csv": TEXT, "readme.txt": b"thanks"})
    assert shop.bring_text(noted, "orders.zip").inserted == 1
    with pytest.raises(ZhikeError, match=r"2025/a\.csv, 2026/a\.csv"):
        shop.bring_text(archive_of(**{"2025/a.csv": TEXT, "2026/a.csv": TEXT}), "orders.zip")


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"a.csv": TEXT, "b.csv": TEXT}, "archive.content"),
        ({"a.pdf": b"x"}, "archive.content"),
        ({"a.zip": b"x"}, "archive.content"),
        ({"a.csv": TEXT + b" " * (64 << 20)}, "file.too_large"),
    ],
)
def test_an_archive_of_anything_else_is_refused(shop, members, code):
    with pytest.raises(ZhikeError) as caught:
        shop.bring_text(archive_of(**members), "orders.zip")
    assert caught.value.code == code
    assert list((shop.home.path / "tmp").iterdir()) == []


CHINESE = "門市,備註\n" + "臺北忠孝店,謝謝您的惠顧歡迎再來\n" * 3
KOREAN = "매장,메모\n" + "서울 강남점,감사합니다 또 오세요\n" * 3
SIMPLE = "门店,备注\n" + "徐汇路店,谢谢惠顾欢迎再次光临请在一周内使用\n" * 3


@pytest.mark.parametrize(
    ("text", "encoding", "read_as"),
    [
        (CHINESE, "big5", "CSV big5 , (guessed)"),
        (KOREAN, "euc-kr", "CSV euc-kr , (guessed)"),
        (SIMPLE, "gbk", "CSV gb18030 ,"),
    ],
)
def test_big5_and_korean_are_guessed_and_marked_as_guesses(tmp_path, text, encoding, read_as):
    from zhike.collect.imports.reading import open_records

    file = tmp_path / "a.csv"
    file.write_bytes(text.encode(encoding))
    opened = open_records(file, known=frozenset())
    assert opened.read_as == read_as
    assert opened.header == tuple(text.split("\n")[0].split(","))
    assert [record.cells[1] for record in opened.records()] == [text.split("\n")[1].split(",")[1]] * 3


@pytest.mark.parametrize(
    ("text", "encoding", "read_as", "name"),
    [
        ("name\nAnna Müller\nBjörn Böhm\n", "latin-1", "CSV cp1252 , (guessed)", "Anna Müller"),
        ("name\n王芳\n", "gbk", "CSV gb18030 ,", "王芳"),
        ("name\n臺北\n", "big5", "CSV big5 , (guessed)", "臺北"),
    ],
)
def test_a_few_characters_are_enough_and_marked_as_a_guess(tmp_path, text, encoding, read_as, name):
    from zhike.collect.imports.reading import open_records

    file = tmp_path / "a.csv"
    file.write_bytes(text.encode(encoding))
    opened = open_records(file, known=frozenset())
    assert opened.read_as == read_as
    assert next(iter(opened.records())).cells == [name]


@pytest.mark.parametrize("named", ["utf-16", "utf-16-be", None])
def test_utf_16_without_a_mark_is_read_in_the_order_that_its_bytes_show(shop, named):
    text = ",".join(HEADER) + "\nA1,c1,2024-10-31,12\n"
    assert shop.bring_kind("orders", text.encode("utf-16-be"), encoding=named).inserted == 1


def test_an_encoding_that_is_named_is_the_only_one_tried(shop):
    text = ",".join([*HEADER, "store"]) + "\nA1,c1,2024-10-31,12,臺北\n"
    report = shop.bring_kind("orders", text.encode("big5"), encoding="Big5")
    assert (report.read_as, shop.orders()["A1"]["store"]) == ("CSV big5 ,", "臺北")
    for encoding, code in (("ebcdic", "encoding.unknown"), ("utf-8", "file.encoding")):
        with pytest.raises(ZhikeError) as caught:
            shop.bring_kind("orders", text.encode("big5"), encoding=encoding)
        assert caught.value.code == code
