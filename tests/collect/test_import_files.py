"""Encodings, delimiters, structure: every family of bad file with its verdict."""

from __future__ import annotations

import pytest

from zhike.collect.imports import csv_files
from zhike.collect.imports.csv_files import CsvFile
from zhike.collect.imports.reading import open_records
from zhike.kernel.errors import UsageError, ZhikeError

HEADER = "order_id,customer_id,ordered_at,amount"
KNOWN = frozenset(HEADER.split(","))
ROW = "A1,c1,2024-10-31,12"


@pytest.fixture
def read(tmp_path):
    """`header, [(number, cells, code)]` of a file."""

    def read_file(content: str | bytes, name: str = "orders.csv"):
        file = tmp_path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        opened = open_records(file, known=KNOWN)
        records = [(r.number, list(r.cells), r.fault and r.fault.code) for r in opened.records()]
        assert records == [(r.number, list(r.cells), r.fault and r.fault.code) for r in opened.records()]
        return opened, records

    return read_file


def refused(read, content: str | bytes, name: str = "orders.csv") -> ZhikeError:
    with pytest.raises(ZhikeError) as caught:
        read(content, name)
    return caught.value


@pytest.mark.parametrize(
    ("encoding", "read_as"),
    [
        ("utf-8", "CSV utf-8 ,"),
        ("utf-8-sig", "CSV utf-8 ,"),
        ("utf-16", "CSV utf-16 ,"),
        ("gbk", "CSV gb18030 ,"),
        ("gb18030", "CSV gb18030 ,"),
    ],
)
def test_every_usual_encoding_gives_the_same_cells(read, encoding, read_as):
    opened, records = read(f"{HEADER},store\n{ROW},徐汇路店\n".encode(encoding))
    assert opened.header == (*HEADER.split(","), "store")
    assert records == [(2, [*ROW.split(","), "徐汇路店"], None)]
    assert opened.read_as == read_as


def test_big_endian_utf_16_and_four_byte_gb18030_are_read(read):
    content = f"{HEADER}\nA𠮷,c1,2024-10-31,12\n"
    for encoded in (b"\xfe\xff" + content.encode("utf-16-be"), content.encode("gb18030")):
        assert read(encoded)[1][0][1][0] == "A𠮷"


def test_a_bad_byte_late_in_a_chinese_utf_8_file_is_named_and_not_taken_for_gb18030(read):
    start = f"{HEADER},store\n".encode() + f"{ROW},徐汇店\n".encode() * 100_000
    content = start + b"A2,c1,2024-10-31,12,\xff\n"
    error = refused(read, content)
    assert error.code == "file.encoding"
    assert str(len(start) + content[len(start) :].index(b"\xff")) in error.text.en


def test_half_utf_8_and_half_gbk_is_refused(read):
    content = f"{HEADER},store\n{ROW},徐汇店\n".encode() + f"{ROW},静安店\n".encode("gbk")
    assert refused(read, content).code == "file.encoding"


def test_a_file_cut_inside_a_character_is_refused(read):
    assert refused(read, f"{HEADER},store\n{ROW},徐汇店".encode()[:-1]).code == "file.encoding"
    assert refused(read, f"{HEADER}\n{ROW}".encode("utf-16")[:-1]).code == "file.encoding"


def test_bytes_that_are_neither_encoding_name_both_offsets(read):
    error = refused(read, f"{HEADER}\n".encode() + b"\xff\xff\n")
    assert error.code == "file.encoding"
    assert error.text.en.count(f"offset {len(HEADER) + 1}") == 2


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file.empty"),
        (b"\n\n  \n", "file.empty"),
        (b"\xef\xbb\xbf", "file.empty"),
        (b"\x00\x01\x02\x03" * 100, "file.encoding"),
        (b'"order_id,customer_id\n' + b"x\n" * 10, "file.structure"),
        (b"PK\x03\x04 a broken workbook", "file.damaged"),
        (b"\xd0\xcf\x11\xe0 a broken old workbook", "file.damaged"),
        (b"\x1f\x8b\x08 gzip", "file.kind"),
        (b"PAR1 but cut off", "file.damaged"),
    ],
)
def test_what_is_no_table_is_refused_as_a_whole(read, content, code):
    assert refused(read, content).code == code


def test_a_format_that_is_not_read_says_what_to_do(read):
    error = refused(read, b"x", "orders.pdf")
    assert isinstance(error, UsageError)
    assert "CSV UTF-8" in error.text.zh


@pytest.mark.parametrize(
    ("delimiter", "name"), [(",", "a.csv"), ("\t", "a.tsv"), (";", "a.txt"), ("|", "a.csv")]
)
def test_the_delimiter_that_shows_our_columns_is_taken(read, delimiter, name):
    content = "\n".join(
        line.replace(",", delimiter) for line in (HEADER + ",a b;c d".replace(";", " "), ROW + ",x")
    )
    opened, records = read(content, name)
    assert (opened.delimiter, len(opened.header)) == (delimiter, 5)
    assert records[0][2] is None


def test_the_delimiter_stays_what_the_header_says(read):
    _, records = read(f"{HEADER}\nA1;c1;2024-10-31;12\n{ROW}\n")
    assert [code for _, _, code in records] == ["row.ragged", None]


def test_other_delimiters_in_the_header_do_not_mislead(read):
    opened, _ = read('order_id,customer_id,ordered_at,amount,"a;b;c;d;e;f"\nA1,c1,2024-10-31,12,x\n')
    assert opened.delimiter == ","


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_understood(read, end):
    _, records = read(end.join([HEADER, ROW, "", ROW.replace("A1", "A2")]))
    assert [(number, code) for number, _, code in records] == [(2, None), (3, None), (4, None)]
    assert records[1][1] == []


def test_a_line_break_within_quotes_belongs_to_the_cell(read):
    _, records = read(f'{HEADER}\n"A\n1",c1,2024-10-31,12\nA2,c1,2024-10-31,12\n')
    assert [(number, cells[0]) for number, cells, _ in records] == [(2, "A\n1"), (3, "A2")]


def test_a_ragged_record_is_rejected_and_never_shifted(read):
    _, records = read(f"{HEADER}\nA1,c1,2024-10-31\nA2,c1,2024-10-31,12,\n{ROW}\n")
    assert [(number, code) for number, _, code in records] == [
        (2, "row.ragged"),
        (3, "row.ragged"),
        (4, None),
    ]
    assert records[0][1] == ["A1,c1,2024-10-31"]


def test_blank_records_are_told_apart_from_ragged_ones(read):
    _, records = read(f"\n\n{HEADER}\n\n,,,\n , ,\t,\u3000\n,,\n{ROW}\n,,,5\n")
    assert [(number, bool(cells), code) for number, cells, code in records] == [
        (4, False, None),
        (5, False, None),
        (6, False, None),
        (7, False, None),
        (8, True, None),
        (9, True, None),
    ]


@pytest.mark.parametrize("opening", ['A1,c1,2024-10-31,"12', '"A1,c1,2024-10-31,12', 'A1,"c"1,2024-10-31,12'])
def test_a_broken_quote_costs_its_own_line_and_no_other(read, opening):
    rows = [f"B{n},c1,2024-10-31,{n}" for n in range(5)]
    _, records = read("\n".join([HEADER, rows[0], opening, *rows[1:]]) + "\n")
    assert [code for _, _, code in records] == [None, "row.quotes", None, None, None, None]
    assert [number for number, _, _ in records] == [2, 3, 4, 5, 6, 7]
    assert records[1][1] == [opening]
    assert [cells[0] for _, cells, code in records if code is None] == ["B0", "B1", "B2", "B3", "B4"]


def test_an_unclosed_quote_cannot_swallow_a_long_file(read):
    rows = [f"B{n},c1,2024-10-31,{n}" for n in range(20_000)]
    _, records = read("\n".join([HEADER, 'A1,c1,2024-10-31,"12', *rows]))
    assert [code for _, _, code in records] == ["row.quotes", *[None] * 20_000]


def test_a_record_that_no_reader_can_hold_is_rejected_alone(read, monkeypatch):
    monkeypatch.setattr(csv_files, "LONGEST_LINE", 1 << 18)
    long_field = f"A1,c1,2024-10-31,{'9' * 200_000}"
    longer_than_a_line = f"A2,c1,2024-10-31,{'9' * 10_000_000}"
    within_quotes = f'A3,c1,2024-10-31,"x\n{"9" * 1_000_000}"'
    _, records = read("\n".join([HEADER, ROW, long_field, longer_than_a_line, ROW, within_quotes, ROW]))
    assert [code for _, _, code in records] == [
        None,
        "row.too_long",
        "row.too_long",
        None,
        "row.too_long",
        "row.too_long",
        None,
    ]
    assert all(len(cells[0]) <= 1000 for _, cells, code in records if code == "row.too_long")


def test_a_nul_rejects_its_record_only(read):
    _, records = read(f"{HEADER},memo\n{ROW},a\0b\n{ROW},ab\n")
    assert [code for _, _, code in records] == ["row.nul", None]


def test_five_thousand_columns_are_a_header_like_any_other(read):
    names = [f"attribute_{n}" for n in range(5_000)]
    opened, records = read(",".join([HEADER, *names]) + "\n" + ROW + "," * 5_000 + "\n")
    assert len(opened.header) == 5_004
    assert records[0][2] is None


def test_the_expected_number_of_records_counts_lines(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text(f"{HEADER}\n{ROW}\n{ROW}\n")
    assert CsvFile(file, KNOWN).expected_records == 2
