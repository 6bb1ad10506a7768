"""Tables as files: what goes in comes out, amounts as decimals, and nothing runs in a spreadsheet."""

from __future__ import annotations

import csv
import io
import os
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook

from tests.customers.conftest import Shop
from zhike.customers.exports import Personal, export_table
from zhike.kernel.errors import UsageError, ZhikeError
from zhike.kernel.words import Text
from zhike.lake import workbooks
from zhike.lake.catalog import Column, Table
from zhike.lake.files import LF, Extract, batches_of, write_file

TABLE = Table(
    "things",
    "published",
    Text("每样一行", "one row a thing"),
    ("thing_id",),
    (
        Column("thing_id", "int64", Text("编号", "id")),
        Column("name", "string", Text("名称", "name")),
        Column("amount", "int64", Text("金额", "amount"), "minor_units"),
        Column("forecast", "float64", Text("预测", "forecast"), "minor_units"),
        Column("share", "float64", Text("占比", "share"), "share"),
        Column("on", "date", Text("日期", "day")),
        Column("at", "timestamp", Text("时间", "moment")),
        Column("is_new", "boolean", Text("是否新", "whether new")),
    ),
)
MOMENT = datetime(2026, 6, 30, 16, 5, 7, tzinfo=UTC)
ROWS: list[dict[str, Any]] = [
    {
        "thing_id": 9_007_199_254_740_993,
        "name": "=1+1",
        "amount": -123_456,
        "forecast": 1_050.6,
        "share": 0.25,
        "on": date(2026, 6, 30),
        "at": MOMENT,
        "is_new": True,
    },
    {"thing_id": 2, "name": '龙井, "明前"\n茶', "amount": 5, "forecast": None},
    {"thing_id": 3},
]


def extract(rows: list[dict[str, Any]] = ROWS, *, currency: str = "CNY") -> Extract:
    full = [{name: row.get(name) for name in TABLE.column_names} for row in rows]
    table = pa.Table.from_pylist(full, schema=TABLE.arrow_schema())
    zone, words = ZoneInfo("Asia/Shanghai"), Text("全部", "all")
    return Extract(TABLE, batches_of(table), currency, zone, date(2026, 7, 1), words)


def test_parquet_keeps_types_and_says_what_columns_mean(tmp_path: Path) -> None:
    file = tmp_path / "things.parquet"
    assert write_file(file, extract()) == 3
    read = pq.read_table(file)
    assert read.schema.field("amount").type == pa.decimal128(19, 2)
    assert read["amount"].to_pylist() == [Decimal("-1234.56"), Decimal("0.05"), None]
    assert read["forecast"].to_pylist() == [Decimal("10.51"), None, None]
    assert read["at"].to_pylist()[0] == MOMENT
    assert read["thing_id"].to_pylist() == [9_007_199_254_740_993, 2, 3]
    assert read.schema.field("amount").metadata == {b"zh": "金额".encode(), b"en": b"amount", b"unit": b"CNY"}
    assert read.schema.metadata[b"zhike.as_of"] == b"2026-07-01"


def test_csv_opens_in_excel_and_runs_no_formula(tmp_path: Path) -> None:
    file = tmp_path / "things.csv"
    write_file(file, extract())
    raw = file.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.count(b"\r\n") == 4
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    assert rows[0] == {
        "thing_id": "9007199254740993",
        "name": "'=1+1",
        "amount": "-1234.56",
        "forecast": "10.51",
        "share": "0.25",
        "on": "2026-06-30",
        "at": "2026-07-01T00:05:07+08:00",
        "is_new": "true",
    }
    assert rows[1]["name"] == '龙井, "明前"\n茶'
    assert set(rows[2].values()) == {"3", ""}


def test_csv_for_programs_ends_lines_as_asked(tmp_path: Path) -> None:
    write_file(tmp_path / "things.csv", extract(), line_end=LF)
    assert b"\r\n" not in (tmp_path / "things.csv").read_bytes()


@pytest.mark.parametrize("text", ["=cmd()", "+1+1", "-1-1", "@sum", "\tx", "\rx", "＝1"])
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text: str, tmp_path: Path) -> None:
    file = tmp_path / "things.csv"
    write_file(file, extract([{"thing_id": 1, "name": text}]))
    rows = list(csv.DictReader(io.StringIO(file.read_bytes().decode("utf-8-sig"), newline="")))
    assert rows[0]["name"] == f"'{text}"


@pytest.mark.parametrize("text", ["+8613800138000", "-12.5", "=", None])
def test_a_signed_number_stays_what_it_is(text: str | None, tmp_path: Path) -> None:
    file = tmp_path / "things.csv"
    write_file(file, extract([{"thing_id": 1, "name": text}]))
    rows = list(csv.DictReader(io.StringIO(file.read_bytes().decode("utf-8-sig"), newline="")))
    assert rows[0]["name"] == {"=": "'=", None: ""}.get(text, text)


def test_a_workbook_has_real_dates_numbers_and_ids_as_text(tmp_path: Path) -> None:
    file = tmp_path / "things.xlsx"
    write_file(file, extract())
    book = CalamineWorkbook.from_path(file)
    assert book.sheet_names == ["things", "说明"]
    head, first, second, third = book.get_sheet_by_index(0).to_python()
    assert head == list(TABLE.column_names)
    assert first == [
        "9007199254740993", "=1+1", -1234.56, 10.51, 0.25, date(2026, 6, 30), datetime(2026, 7, 1, 0, 5, 7), True,  # noqa: DTZ001 - Excel knows no zones
    ]  # fmt: skip
    assert second[1] == '龙井, "明前"\n茶'
    assert third == ["3", *[""] * 7]
    about = {row[0]: row[1] for row in book.get_sheet_by_index(1).to_python()}
    assert about["内容"] == "每样一行"
    assert about["业务日期"] == "2026-07-01"
    assert about["行数"] == "3"
    assert about["amount"] == "金额"


def test_amounts_follow_the_decimals_of_the_currency(tmp_path: Path) -> None:
    for currency, expected in (("JPY", Decimal(-123_456)), ("KWD", Decimal("-123.456"))):
        write_file(tmp_path / "things.parquet", extract(currency=currency))
        assert pq.read_table(tmp_path / "things.parquet")["amount"].to_pylist()[0] == expected


@pytest.mark.parametrize("ending", ["parquet", "csv", "xlsx"])
def test_an_empty_table_is_a_file_with_its_columns(ending: str, tmp_path: Path) -> None:
    assert write_file(tmp_path / f"things.{ending}", extract([])) == 0


def test_a_sheet_that_is_too_long_is_refused_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbooks, "MOST_ROWS", 2)
    with pytest.raises(UsageError) as refused:
        write_file(tmp_path / "things.xlsx", extract())
    assert refused.value.code == "file.too_many_rows"
    assert ".parquet" in refused.value.text.en
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_the_file_before_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "things.csv"
    file.write_text("before")

    def failing() -> Any:
        yield from batches_of(pa.Table.from_pylist(ROWS[:1], schema=TABLE.arrow_schema()))
        raise RuntimeError("the disk is gone")

    whole = extract()
    broken = Extract(TABLE, failing(), "CNY", whole.zone, whole.as_of, whole.filter)
    with pytest.raises(RuntimeError):
        write_file(file, broken)
    assert [each.name for each in tmp_path.iterdir()] == ["things.csv"]
    assert file.read_text() == "before"


@pytest.mark.skipif(os.name == "nt", reason="Windows does not replace an open file")
def test_whoever_reads_the_file_before_reads_it_to_its_end(tmp_path: Path) -> None:
    file = tmp_path / "things.csv"
    file.write_text("before")
    with file.open() as reading:
        write_file(file, extract())
        assert reading.read() == "before"


@pytest.mark.parametrize(("name", "code"), [("x.ods", "file.ending"), ("no/x.csv", "file.no_folder")])
def test_a_place_that_cannot_be_written_is_refused(name: str, code: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        write_file(tmp_path / name, extract())
    assert refused.value.code == code


def test_a_published_table_gets_the_sources_own_ids_as_its_last_column(shop: Shop, tmp_path: Path) -> None:
    out = tmp_path / "o.parquet"
    rows = export_table(home=shop.home, table_name="customer_overview", out=out, personal=Personal.KEYS)
    read = pq.read_table(out)
    assert rows == read.num_rows == len(shop.ids)
    assert read.column_names[-1] == "source_keys"
    keys = dict(zip(read["source_keys"].to_pylist(), read["customer_id"].to_pylist(), strict=True))
    assert keys == shop.ids
    spends = {row["customer_id"]: Decimal(row["spend_amount"]) / 100 for row in shop.overview}
    assert dict(zip(read["customer_id"].to_pylist(), read["spend_amount"].to_pylist(), strict=True)) == spends


def test_keys_can_be_left_out_and_facts_have_none(shop: Shop, tmp_path: Path) -> None:
    for name, personal in (("customer_overview", Personal.NONE), ("orders", Personal.KEYS)):
        export_table(home=shop.home, table_name=name, out=tmp_path / "o.parquet", personal=personal)
        assert "source_keys" not in pq.read_table(tmp_path / "o.parquet").column_names


def test_an_export_before_the_first_refresh_says_so(tmp_path: Path, db: None) -> None:
    from tests.shops import open_shop

    with pytest.raises(ZhikeError) as refused:
        export_table(
            home=open_shop(tmp_path / "new"),
            table_name="customer_overview",
            out=tmp_path / "o.csv",
            personal=Personal.KEYS,
        )
    assert refused.value.code == "snapshot.none"


@pytest.mark.parametrize("ending", ["xlsx", "csv", "parquet"])
def test_the_page_exports_the_filtered_list_in_its_order(ending: str, shop: Shop, alice_client: Any) -> None:
    path = f"/customers/export?format={ending}&spend_min=150&sort=customer"
    answer = alice_client.get(path)
    content = b"".join(answer.streaming_content)
    answer.close()
    listed = alice_client.get("/customers/?spend_min=150&sort=customer&size=200").context["page"].rows
    assert answer["Content-Disposition"] == f'attachment; filename="zhike-customers-2026-06-30.{ending}"'
    assert _ids(content, ending) == [row.customer_id for row in listed]


def test_an_export_that_cannot_be_made_is_refused(shop: Shop, alice_client: Any) -> None:
    assert alice_client.get("/customers/export?format=ods").status_code == 400
    answer = alice_client.get("/customers/export?format=csv&tier=gold")
    assert answer.status_code == 400
    assert "等级不能是“gold”" in answer.content.decode()


def _ids(content: bytes, ending: str) -> list[int]:
    if ending == "parquet":
        return list(pq.read_table(io.BytesIO(content))["customer_id"].to_pylist())
    if ending == "csv":
        rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        return [int(row["customer_id"]) for row in rows]
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
    return [int(row[0]) for row in sheet.to_python()[1:]]
