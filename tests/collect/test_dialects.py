"""Encoding, delimiter, sheet and the row of the header, as somebody decided them."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from click.testing import CliRunner

from tests.collect.conftest import Shop
from tests.collect.taken_rejects import rejects_text
from tests.collect.wizards import Wizard
from zhike.collect.commands import import_group
from zhike.collect.imports import staging
from zhike.collect.imports.csv_files import CsvFile
from zhike.collect.imports.dialects import column_title, reading_text
from zhike.collect.imports.reading import open_records
from zhike.collect.models import ImportRun, MappingMemory
from zhike.kernel.errors import UsageError, ZhikeError
from zhike.kernel.words import Text

NAMES = ["order_id", "customer_id", "ordered_at", "amount", "store"]
# One cell holds the other delimiters, one record is broken and one is refused.
ROWS = [
    ["A1", "c1", "2024-10-31", "12", "x,y|z"],
    ["A2", "c2", "2024-10-31", "many", "x,y|z"],
    ["A3", "c3", "2024-10-31", "13", "x,y|z", "too many"],
    [],
    ["A4", "c4", "2024-11-01", "14", "x,y|z"],
]
TITLE = ["Orders of November", "order_id", "from the till, x", "a,b,c,d,e,f,g"]
LEGEND = ["号", "客", "日", "元", "店"]
NUMBERED = [f"column {place}" for place in range(1, 6)]


def text_of(*rows: list[str], sign: str = ";") -> str:
    return "".join(sign.join(row) + "\n" for row in rows)


@pytest.fixture(params=["blocks", "rows"])
def way(request: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """Whether orders are read as whole blocks or record by record."""
    if request.param == "rows":
        monkeypatch.setattr(staging, "fast_reader", lambda *_: None)
    return str(request.param)


@pytest.mark.parametrize(("wide", "narrow"), ["，,", "；;", "｜|"])
def test_a_header_cut_by_full_width_signs_is_refused_with_what_to_replace(
    tmp_path: Path, wide: str, narrow: str
) -> None:
    file = tmp_path / "till.csv"
    known = {"订单编号", "客户编号", "金额"}
    text = text_of(["订单编号", "客户编号", "金额"], ["A1", "c1", "12"], sign=wide)
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ZhikeError) as caught:
        CsvFile(file, known)
    assert caught.value.code == "file.delimiter"
    for said in (caught.value.text.zh, caught.value.text.en):
        assert "till.csv" in said and f"“{wide}”" in said and f"“{narrow}”" in said
    file.write_text(text.replace(wide, narrow), encoding="utf-8")
    assert len(CsvFile(file, known).header) == 3
    # One name beside something else may be one title.
    file.write_text(f"金额{wide}元\n12\n", encoding="utf-8")
    assert CsvFile(file, known).header == (f"金额{wide}元",)


def mapping_file(folder: Path, titles: list[str]) -> Path:
    file = folder / f"{titles[0]}.toml"
    lines = [f'{name} = "{title}"\n' for name, title in zip(NAMES, titles, strict=True)]
    file.write_text("[columns]\n" + "".join(lines))
    return file


def rejected_rows(report: Any) -> list[str]:
    rows = list(csv.reader(io.StringIO(rejects_text(report))))
    return [row[rows[0].index("row_number")] for row in rows[1:]]


def refused(shop: Shop, content: Any, **options: Any) -> UsageError:
    with pytest.raises(UsageError) as caught:
        shop.bring_kind("orders", content, **options)
    return caught.value


def test_a_delimiter_and_a_header_further_down_are_obeyed(shop: Shop, way: str) -> None:
    content = "\ufeff" + text_of(TITLE, [], NAMES, *ROWS)
    report = shop.bring_kind("orders", content, delimiter="semicolon", header_row=3)
    assert (report.records, report.inserted, report.rejected, report.skipped) == (5, 2, 2, 1)
    assert report.read_as == "CSV utf-8 ; header in row 3"
    assert ImportRun.objects.get().read_as == report.read_as
    assert {row["store"] for row in shop.orders().values()} == {"x,y|z"}
    assert rejected_rows(report) == ["5", "6"]


def test_a_header_below_titles_is_found_by_its_names(shop: Shop, way: str) -> None:
    text = "十月订单导出\n" + text_of(["共 4 条", ""], [], NAMES, *ROWS)
    report = shop.bring_kind("orders", text)
    assert (report.records, report.inserted, report.rejected, report.skipped) == (5, 2, 2, 1)
    assert [*rejected_rows(report)] == ["6", "7"]
    # One name of ours may stand in a record; a header that shows one is the header.
    assert shop.bring_kind("orders", "\n" * 60 + text_of(NAMES, *ROWS)).unchanged == 2
    for content in ("a;b\nc;amount\n", "amount;b\norder_id;customer_id\n"):
        file = shop.file(content, "a.csv")
        records = open_records(file, known=frozenset(NAMES))
        assert records.header_row == 1


def test_a_file_without_a_header_has_numbered_columns(shop: Shop, way: str, tmp_path: Path) -> None:
    mapping = mapping_file(tmp_path, NUMBERED)
    report = shop.bring_kind(
        "orders", text_of(*ROWS), delimiter=";", header_row=0, mapping=mapping, is_dry_run=True
    )
    again = shop.bring_kind("orders", text_of(*ROWS), delimiter=";", header_row=0, mapping=mapping)
    for each in (report, again):
        assert (each.records, each.inserted, each.rejected, each.skipped) == (5, 2, 2, 1)
        assert each.read_as == "CSV utf-8 ; no header"
    assert set(shop.orders()) == {"A1", "A4"}
    assert rejected_rows(again) == ["2", "3"]
    # What the columns of one such file meant is not taken for granted of the next.
    assert refused(shop, text_of(*ROWS), delimiter=";", header_row=0).code == "columns.missing"


def test_numbered_columns_are_called_so_in_both_languages() -> None:
    assert column_title("column 12") == Text("第 12 列", "column 12")
    assert column_title("column twelve") == "column twelve"


def test_the_row_of_the_header_holds_for_workbooks_and_within_archives(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "orders.xlsx"
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet("订单")
        # Our own names are in the first row: it would be found.
        for place, row in enumerate([NAMES, [], LEGEND, *ROWS[:2]]):
            sheet.write_row(place, 0, row)
    report = shop.bring_kind("orders", file, header_row=3, mapping=mapping_file(tmp_path, LEGEND))
    assert (report.inserted, report.rejected, report.read_as) == (1, 1, "Excel 订单 header in row 3")
    assert rejected_rows(report) == ["5"]
    numbered = shop.bring_kind(
        "orders", file, header_row=0, mapping=mapping_file(tmp_path, NUMBERED), is_dry_run=True
    )
    assert (numbered.records, numbered.inserted, numbered.unchanged) == (5, 0, 1)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", text_of(TITLE, NAMES, *ROWS))
    zipped = shop.file(packed.getvalue(), "orders.zip")
    done = CliRunner().invoke(
        import_group,
        ["orders", str(zipped), "--delimiter", "semicolon", "--header-row", "2", "--source", "zip", "--json"],
        obj=shop.home,
    )
    assert json.loads(done.stdout)["inserted"] == 2


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"delimiter": "space"}, "delimiter.unknown"),
        ({"header_row": -1}, "header_row.refused"),
        ({"header_row": 1001}, "header_row.refused"),
        ({"header_row": 2}, "header_row.missing"),
        ({"header_row": 9}, "header_row.missing"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_brought_in(
    shop: Shop, options: dict[str, Any], code: str
) -> None:
    assert refused(shop, text_of(NAMES, [], *ROWS, sign=","), **options).code == code
    assert shop.version() == -1


@pytest.mark.parametrize(
    ("read_as", "zh"),
    [
        ("CSV utf-8 ,", "CSV utf-8 ,"),
        ("CSV utf-8 ; header in row 3", "CSV utf-8 ;，表头在第 3 行"),
        ("Excel 订单 no header", "Excel 订单，没有表头"),
        ("CSV big5 , (guessed)", "CSV big5 ,（编码是猜的）"),
        ("CSV big5 , (guessed or gb18030 or euc-kr)", "CSV big5 ,（编码是猜的，也可能是 gb18030、euc-kr）"),
        ("", "—"),
    ],
)
def test_how_a_file_was_read_is_said_in_chinese_as_well(read_as: str, zh: str) -> None:
    assert reading_text(read_as) == Text(zh, read_as or "—")


def test_formats_that_name_their_columns_have_neither(shop: Shop) -> None:
    line = json.dumps(dict(zip(NAMES, ROWS[0], strict=True)))
    for options in ({"delimiter": "tab"}, {"header_row": 1}):
        file = shop.file(line, "orders.ndjson")
        assert refused(shop, file, **options).code.endswith(".unfit")


def test_each_is_changed_on_the_page_and_seen_at_once(wizard: Wizard) -> None:
    upload = wizard.uploaded(text_of(TITLE, NAMES, *ROWS))
    assert TITLE[1] in NAMES, "so that the title is taken for the header"
    reading = wizard.at(upload, "reading")
    assert "from the till, x" not in wizard.page(reading + "?delimiter=comma")
    html = wizard.page(reading + "?delimiter=semicolon&header_row=2")
    assert '<th scope="col" class="text-nowrap">customer_id</th>' in html
    assert '<option value="semicolon" selected>' in html and '<option value="2" selected>' in html
    html = wizard.page(reading + "?delimiter=semicolon&header_row=0")
    assert '<th scope="col" class="text-nowrap">第 4 列</th>' in html
    wrong = wizard.page(reading + "?header_row=29")
    assert "第 29 行不能当表头" in wrong and 'id="header_row"' in wrong
    for made_up in ("delimiter=x", "header_row=x", "header_row=-1"):
        assert wizard.client.get(f"{reading}?{made_up}").status_code == 200
    upload.refresh_from_db()
    assert (upload.delimiter, upload.header_row) == ("", None)


def test_the_sheet_and_the_header_of_a_workbook_in_an_archive_are_chosen_as_well(
    wizard: Wizard, tmp_path: Path
) -> None:
    with xlsxwriter.Workbook(tmp_path / "orders.xlsx") as book:
        for name in ("十月", "十一月"):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, [name])
            sheet.write_row(1, 0, NAMES)
            sheet.write_row(2, 0, ROWS[0])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(tmp_path / "orders.xlsx", "orders.xlsx")
    upload = wizard.uploaded(packed.getvalue(), "orders.zip")
    reading = wizard.at(upload, "reading")
    assert '<option value="十一月">' in wizard.page(reading)
    html = wizard.page(reading + "?sheet=十一月&header_row=1")
    assert '<th scope="col" class="text-nowrap">十一月</th>' in html
    assert wizard.read(upload, sheet="十一月", header_row="2").status_code == 302
    wizard.choose(upload)
    assert wizard.work().read_as == "Excel 十一月 header in row 2"


def test_the_check_and_the_import_read_as_it_was_decided(wizard: Wizard) -> None:
    upload = wizard.uploaded(text_of(TITLE, NAMES, *ROWS))
    assert wizard.read(upload, delimiter="semicolon", header_row="2").status_code == 302
    assert wizard.choose(upload)["Location"] == wizard.at(upload, "check")
    check = wizard.work()
    # Sent again as it stands, nothing is open again; read otherwise, the columns are.
    html = wizard.page(wizard.at(upload, "reading"))
    assert 'name="delimiter" value="semicolon"' in html and 'name="header_row" value="2"' in html
    wizard.read(upload, delimiter="semicolon", header_row="2")
    upload.refresh_from_db()
    assert upload.mapping is not None
    wizard.client.post(wizard.at(upload, "import"))
    run = wizard.work()
    for each in (check, run):
        assert (each.inserted, each.rejected, each.read_as) == (2, 2, "CSV utf-8 ; header in row 2")
    assert MappingMemory.objects.get().mapping["columns"]["amount"] == "amount"
    other = wizard.uploaded(text_of(TITLE, NAMES, *ROWS))
    wizard.read(other, delimiter="semicolon", header_row="2")
    wizard.choose(other)
    wizard.read(other, delimiter="semicolon", header_row="0")
    other.refresh_from_db()
    assert (other.mapping, other.header_row) == (None, 0)
