"""The corpus: every family of bad input, several files each, and what must become of every record.

A file is refused as a whole with a code, or each of its records has a verdict: `+` taken, `=` a repeat, `.` blank, or the
code of its rejection. Of those that are taken, `values` says what the lake must hold.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

import xlsxwriter

HEADER = "order_id,customer_id,ordered_at,amount"
ROW = "A1,c1,2024-10-31,12"


@dataclass(frozen=True)
class BadFile:
    """One file.

    Parameters
    ----------
    verdicts
        Of the records, in order; None if the file is refused.
    refused
        The code of the refusal.
    encoding
        As it is told, if it is.
    values
        Order id → columns that the lake must hold.
    """

    family: str
    name: str
    content: bytes
    verdicts: tuple[str, ...] | None = None
    refused: str = ""
    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    kind: str = "orders"
    ending: str = "csv"
    encoding: str | None = None

    def __str__(self) -> str:
        return f"{self.family}: {self.name}"


def corpus() -> Iterator[BadFile]:
    """All files."""
    yield from _encodings()
    yield from _structures()
    yield from _ids()
    yield from _dates()
    yield from _amounts()
    yield from _nothings()
    yield from _keys()
    yield from _contacts()
    yield from _texts()
    yield from _workbooks()
    yield from _archives()
    yield from _lines_of_json()


def _encodings() -> Iterator[BadFile]:
    def of(name: str, content: bytes, *verdicts: str, refused: str = "", store: str = "徐汇店") -> BadFile:
        values = {"A1": {"store": store}} if verdicts else {}
        return BadFile("encodings", name, content, verdicts or None, refused, values)

    text = f"{HEADER},store\n{ROW},徐汇店\n"
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "gbk", "gb18030"):
        yield of(encoding, text.encode(encoding), "+")
    yield of("utf-16 big endian", b"\xfe\xff" + text.encode("utf-16-be"), "+")
    for order in ("utf-16-le", "utf-16-be"):
        unmarked, told = text.encode(order), partial(BadFile, "encodings", verdicts=("+",))
        yield of(f"{order} without a mark", unmarked, "+")
        for encoding in ("utf-16", order):
            yield told(f"{order} told as {encoding}", unmarked, encoding=encoding)
    han = "".join(chr(0x4E01 + n) for n in range(60)).encode("utf-16-le")
    unknown = partial(BadFile, "encodings", refused="file.encoding", encoding="utf-16")
    yield unknown("utf-16 without a mark or NULs", han)
    yield unknown("utf-8 told as utf-16", text.encode())
    yield of("four bytes of gb18030", text.replace("徐汇", "𠮷").encode("gb18030"), "+", store="𠮷店")
    long = f"{HEADER},store\n{ROW},臺北忠孝東路門市與板橋倉庫\n"
    yield of("big5", long.encode("big5"), "+", store="臺北忠孝東路門市與板橋倉庫")
    yield of(
        "half and half", text.encode() + "A2,c1,2024-10-31,1,静安\n".encode("gbk"), refused="file.encoding"
    )
    yield of("cut inside a character", text.encode()[:-2], refused="file.encoding")
    yield of("cut inside utf-16", text.encode("utf-16")[:-1], refused="file.encoding")
    late = text.encode() + b"".join(f"B{n},c1,2024-10-31,1,x\n".encode() for n in range(3000))
    yield of("one bad byte late", late + b"A2,c1,2024-10-31,1,\xff\n", refused="file.encoding")
    yield of("a nul in a cell", text.encode() + b"A2,c1,2024-10-31,1,a\0b\n", "+", "row.nul")
    yield of("nothing but nuls", b"\0" * 4000, refused="file.encoding")
    yield of("latin-1", f"{HEADER},store\n{ROW},café\n".encode("latin-1"), "+", store="café")


def _structures() -> Iterator[BadFile]:
    def of(name: str, content: str, *verdicts: str, refused: str = "") -> BadFile:
        return BadFile("structure", name, content.encode(), verdicts or None, refused)

    second = ROW.replace("A1", "A2")
    yield of("empty", "", refused="file.empty")
    yield of("only blank lines", "\n\n \n", refused="file.empty")
    yield of("header only", f"{HEADER}\n", refused="file.empty")
    yield of("header and blank lines", f"{HEADER}\n\n,,,\n", refused="file.empty")
    yield of("no header", f"{ROW}\n{second}\n", refused="columns.missing")
    yield of("a needed column twice", f"{HEADER},amount\n{ROW},13\n", refused="columns.duplicate")
    yield of("columns without names", f"{HEADER},,\n{ROW},x,\n", "+")
    yield of("unused columns of one name", f"{HEADER},memo,memo\n{ROW},x,y\n", "+")
    yield of("title rows", f"订单报表\n\n{HEADER}\n{ROW}\n", "+")
    yield of("a total row", f"{HEADER}\n{ROW}\n合计,,,12\n", "+", "date.missing")
    yield of("a cell too few", f"{HEADER}\n{ROW}\nA2,c1,2024-10-31\n", "+", "row.ragged")
    yield of("a cell too many", f"{HEADER}\n{ROW},\n{second}\n", "row.ragged", "+")
    yield of("a delimiter in a cell", f"{HEADER}\nA1,c1,2024-10-31,1,234\n{second}\n", "row.ragged", "+")
    yield of("semicolons", f"{HEADER}\n{ROW}\n".replace(",", ";"), "+")
    yield of("bars", f"{HEADER}\n{ROW}\n".replace(",", "|"), "+")
    yield of("tabs", f"{HEADER}\n{ROW}\n".replace(",", "\t"), "+")
    yield of("another delimiter below", f"{HEADER}\n{ROW.replace(',', ';')}\n{second}\n", "row.ragged", "+")
    yield of(
        "a quote not closed", f'{HEADER}\n{ROW}\n"A3,c1,2024-10-31,1\n{second}\n', "+", "row.quotes", "+"
    )
    yield of("text after a quote", f'{HEADER}\n"A3"x,c1,2024-10-31,1\n{second}\n', "row.quotes", "+")
    yield of("a quote not closed at the end", f'{HEADER}\n{ROW}\nA2,c1,2024-10-31,"1', "+", "row.quotes")
    yield of("a header that never closes", f'"{HEADER}\n{ROW}\n', refused="file.structure")
    yield of("a new line in an id", f'{HEADER}\n"A\n1",c1,2024-10-31,1\n{second}\n', "id.invisible", "+")
    yield of("carriage returns only", f"{HEADER}\r{ROW}\r{second}\r", "+", "+")
    yield of("mixed line ends", f"{HEADER}\r\n{ROW}\n{second}\r\n\r\n", "+", "+", ".")
    yield of("no line end at the end", f"{HEADER}\n{ROW}\n{second}", "+", "+")
    yield of("cut off in a cell", f"{HEADER}\n{ROW}\nA2,c1,2024-1", "+", "row.ragged")
    yield of(
        "a field of ten megabytes",
        f"{HEADER}\n{ROW}\nA2,c1,2024-10-31,{'9' * 10_000_000}\n{second}\n",
        "+",
        "row.too_long",
        "+",
    )
    wide = ",".join(f"x{n}" for n in range(5000))
    yield of("five thousand columns", f"{HEADER},{wide}\n{ROW}{',' * 5000}\n", "+")
    yield of(
        "everything in quotes",
        "\n".join('"' + line.replace(",", '","') + '"' for line in (HEADER, ROW, second)),
        "+",
        "+",
    )


def _cells(family: str, column: str, cases: dict[str, tuple[str, Any]]) -> Iterator[BadFile]:
    """A file a cell: a good row before and after it, so that neither is lost."""
    place = {"order_id": 0, "customer_id": 1, "ordered_at": 2, "amount": 3}[column]
    for cell, (verdict, value) in cases.items():
        row = ["X1", "c1", "2024-10-31", "12"]
        row[place] = '"' + cell.replace('"', '""') + '"'
        text = f"{HEADER}\n{ROW}\n{','.join(row)}\n{ROW.replace('A1', 'A2')}\n"
        key = value if column == "order_id" else "X1"
        values = {key: {_LAKE.get(column, column): value}} if verdict == "+" and value is not None else {}
        yield BadFile(family, f"{column} {cell[:30]!r}", text.encode(), ("+", verdict, "+"), values=values)


_LAKE = {"ordered_at": "ordered_on"}


def _ids() -> Iterator[BadFile]:
    yield from _cells(
        "ids",
        "order_id",
        {
            "1.38001E+10": ("id.scientific", None),
            "6.2E15": ("id.scientific", None),
            "000123": ("+", "000123"),
            "110101199003070018": ("+", "110101199003070018"),
            "1234567890123456789012": ("+", "1234567890123456789012"),
            "1001.0": ("+", "1001.0"),
            "=1+1": ("+", "=1+1"),
            "+861": ("+", "+861"),
            "\u3000B1\u3000": ("+", "B1"),
            "\ufeffB1": ("+", "B1"),
            "\u200bB1\u200b": ("+", "B1"),
            "B\u200b1": ("id.invisible", None),
            "B\t1": ("id.invisible", None),
            "１２３": ("+", "１２３"),
            "x" * 201: ("text.too_long", None),
        },
    )


def _dates() -> Iterator[BadFile]:
    good = date(2024, 3, 5)
    yield from _cells(
        "dates",
        "ordered_at",
        {
            "2024-03-05": ("+", good),
            "2024/3/5": ("+", good),
            "2024年3月5日": ("+", good),
            "2024-03-04T20:00:00Z": ("+", good),
            "2024-03-05 00:30:00+08:00": ("+", good),
            "2024-03-05 23:59:59.999": ("+", good),
            "03/05/2024": ("date.ambiguous", None),
            "5-3-24": ("date.ambiguous", None),
            "05.03.2024": ("date.ambiguous", None),
            "45356": ("date.serial", None),
            "45356.5": ("date.serial", None),
            "20240305": ("+", good),
            "2024-02-30": ("date.impossible", None),
            "2023-02-29": ("date.impossible", None),
            "2024-03-05 25:00": ("date.impossible", None),
            "0000-00-00": ("date.impossible", None),
            "1900-01-01": ("date.out_of_range", None),
            "2999-12-31": ("date.out_of_range", None),
            "昨天": ("date.unreadable", None),
            "Mar 5, 2024": ("date.unreadable", None),
        },
    )


def _amounts() -> Iterator[BadFile]:
    yield from _cells(
        "amounts",
        "amount",
        {
            "1,234.56": ("+", 123456),
            "￥12": ("+", 1200),
            "¥ 12.5": ("+", 1250),
            "1,234": ("+", 123400),
            "+5": ("+", 500),
            "0": ("+", 0),
            "(5)": ("money.unreadable", None),
            "-5": ("money.negative", None),
            "NaN": ("money.missing", None),
            "inf": ("money.unreadable", None),
            "1e400": ("money.unreadable", None),
            "1e3": ("money.unreadable", None),
            "12,50": ("money.comma", None),
            "1.234,56": ("money.comma", None),
            "12.345": ("money.too_precise", None),
            "$12": ("money.other_currency", None),
            "12元": ("money.unreadable", None),
            "１２": ("money.unreadable", None),
            "12 5": ("money.unreadable", None),
            "9" * 20: ("money.too_large", None),
            "=12": ("money.unreadable", None),
        },
    )


def _nothings() -> Iterator[BadFile]:
    words = ("", "-", "NULL", "N/A", "无", "nan", "\\N", "—")
    yield from _cells("nothing", "order_id", dict.fromkeys(words, ("id.missing", None)))
    # Without a customer it is a walk-in sale, and counted as one.
    yield from _cells("nothing", "customer_id", dict.fromkeys(words, ("+", None)))


def _keys() -> Iterator[BadFile]:
    def of(name: str, rows: list[str], *verdicts: str) -> BadFile:
        return BadFile("keys", name, "\n".join([HEADER, *rows, ""]).encode(), verdicts)

    yield of("the same twice", [ROW, ROW], "+", "=")
    yield of("the same in another spelling", [ROW, " A1 ,c1,2024/10/31,12.00"], "+", "=")
    yield of("another amount", [ROW, ROW.replace(",12", ",13"), ROW], "+", "order.conflict", "=")
    yield of("another customer", [ROW, ROW.replace("c1", "c2")], "+", "order.conflict")
    yield of("a bad first", [ROW.replace(",12", ",x"), ROW], "money.unreadable", "+")
    yield of("other case is another id", [ROW, ROW.replace("A1", "a1")], "+", "+")


def _contacts() -> Iterator[BadFile]:
    header = "customer_id,phone,email"
    phones = {
        "13912345678": "+",
        "139 1234 5678": "+",
        "+86 139-1234-5678": "+",
        "１３９１２３４５６７８": "+",
        "1.38001E+10": "contact.phone_scientific",
        "138****8000": "contact.masked",
        "12345": "contact.phone",
        "call me": "contact.phone",
    }
    emails = {
        "Chen@Shop.CN": "+",
        "chen@shop": "contact.email",
        "a b@shop.cn": "contact.email",
        "a@shop.cn\nBcc: x@y.cn": "contact.email",
        "t***1@qq.com": "contact.masked",
    }
    for column, cases in ((1, phones), (2, emails)):
        for cell, verdict in cases.items():
            row = ["c1", "", ""]
            row[column] = f'"{cell}"'
            text = f"{header}\nc0,,\n{','.join(row)}\nc2,,\n"
            yield BadFile("contacts", repr(cell), text.encode(), ("+", verdict, "+"), kind="customers")


def _texts() -> Iterator[BadFile]:
    for text in (
        "=cmd|' /C calc'!A0",
        "<script>alert(1)</script>",
        "{{ 7*7 }}",
        "'; DROP TABLE x; --",
        "\u202eevil",
        "𝕬",
    ):
        row = '"' + text.replace('"', '""') + '"'
        content = f"{HEADER},store\n{ROW},{row}\n".encode()
        yield BadFile("texts", text, content, ("+",), values={"A1": {"store": text}})


def _workbooks() -> Iterator[BadFile]:
    def of(name: str, content: bytes, *verdicts: str, refused: str = "", ending: str = "xlsx") -> BadFile:
        return BadFile("workbooks", name, content, verdicts or None, refused, ending=ending)

    rows = [[*HEADER.split(",")], ["A1", "c1", "2024-10-31", 12], ["A2", "c2", "2024-11-01", 1.5]]
    good = workbook(rows)
    yield of("good", good, "+", "+")
    yield of("called xls", good, "+", "+", ending="xls")
    yield of("called csv", good, "+", "+", ending="csv")
    yield of("title rows", workbook([["报表"], [], *rows]), "+", "+")
    yield of("blank rows", workbook([*rows[:2], [], rows[2]]), "+", ".", "+")
    yield of("a total row", workbook([*rows, ["合计", "", "", 13.5]]), "+", "+", "date.missing")
    yield of(
        "a cut number",
        workbook([*rows, [110101199003070018, "c1", "2024-10-31", 1]]),
        "+",
        "+",
        "id.scientific",
    )
    yield of("a serial day", workbook([*rows, ["A3", "c1", 45596, 1]]), "+", "+", "date.serial")
    yield of(
        "three decimals", workbook([*rows, ["A3", "c1", "2024-10-31", 1.005]]), "+", "+", "money.too_precise"
    )
    yield of(
        "a row that is too wide",
        workbook([*rows, ["A3", "c1", "2024-10-31", 1, "x"]]),
        "+",
        "+",
        "row.ragged",
    )
    yield of("no rows", workbook([]), refused="file.empty")
    yield of("header only", workbook(rows[:1]), refused="file.empty")
    yield of("cut off", good[: len(good) // 2], refused="file.damaged")
    yield of("a bomb", _with_part(good, b"<x>" + b" " * (40 << 20)), refused="file.too_large")
    yield of("an entity bomb", _with_part(good, b'<!DOCTYPE a [<!ENTITY b "c">]><a/>'), refused="file.unsafe")
    yield of("a web page", b"<html><body><table></table></body></html>", refused="file.kind", ending="xls")
    yield of(
        "a broken old workbook",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        refused="file.damaged",
        ending="xls",
    )


def _archives() -> Iterator[BadFile]:
    text = f"{HEADER}\n{ROW}\n".encode()

    def of(name: str, members: dict[str, bytes], *verdicts: str, refused: str = "") -> BadFile:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in members.items():
                archive.writestr(member, content)
        return BadFile("archives", name, buffer.getvalue(), verdicts or None, refused, ending="zip")

    yield of("one file", {"orders.csv": text}, "+")
    yield of("a name that climbs", {"../../orders.csv": text}, "+")
    yield of("an absolute name", {"/etc/orders.csv": text}, "+")
    yield of("two files", {"a.csv": text, "b.csv": text}, refused="archive.content")
    yield of("no file of data", {"a.exe": text}, refused="archive.content")
    yield of("nothing", {}, refused="file.empty")
    yield of("a bomb", {"a.csv": text + b"\n" * (40 << 20)}, refused="file.too_large")
    yield of("a workbook in it", {"a.xlsx": workbook([HEADER.split(","), ROW.split(",")])}, "+")


def _lines_of_json() -> Iterator[BadFile]:
    good = '{"order_id": "A1", "customer_id": "c1", "ordered_at": "2024-10-31", "amount": 12}'

    def of(name: str, line: str, verdict: str) -> BadFile:
        return BadFile("json", name, f"{good}\n{line}\n".encode(), ("+", verdict), ending="ndjson")

    second = good.replace("A1", "A2")
    yield of("good", second, "+")
    yield of("cut off", second[:-5], "row.json")
    yield of("not an object", "[1, 2]", "row.json")
    yield of("a name twice", second[:-1] + ', "amount": 13}', "row.json")
    yield of("no number", second.replace("12}", "NaN}"), "row.json")
    yield of("an exponent", second.replace("12}", "1e400}"), "money.too_large")
    yield of("nested", second.replace("12}", '{"a": 1}}'), "money.unreadable")
    yield of("a missing name", '{"order_id": "A2"}', "date.missing; money.missing")
    yield of("blank", "", ".")


def workbook(rows: list[list[Any]]) -> bytes:
    """A workbook of one sheet."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate(rows):
            sheet.write_row(place, 0, row)
    return buffer.getvalue()


def _with_part(book: bytes, part: bytes) -> bytes:
    buffer = io.BytesIO(book)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet9.xml", part)
    return buffer.getvalue()
