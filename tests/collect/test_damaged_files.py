"""Files that were cut off or overwritten: what is said of them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from zhike.collect.imports.reading import open_records
from zhike.kernel.errors import ZhikeError

ROWS = [["order_id", "amount"], *([f"A{number}", str(number)] for number in range(3_000))]


def workbook() -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet("订单")
        for place, row in enumerate(ROWS):
            sheet.write_row(place, 0, row)
    return content.getvalue()


def archive() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("orders.csv", "\n".join(map(",".join, ROWS)))
    return content.getvalue()


def parquet() -> bytes:
    content = io.BytesIO()
    table = pa.table({"order_id": [row[0] for row in ROWS], "amount": [row[1] for row in ROWS]})
    pq.write_table(table, content, compression="snappy", use_dictionary=False)
    return content.getvalue()


def overwritten(content: bytes, at: int) -> bytes:
    return content[:at] + b"\xff" * 60 + content[at + 60 :]


def without_sheet(content: bytes) -> bytes:
    """A workbook that names a sheet which is not in it."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as whole, zipfile.ZipFile(made, "w") as kept:
        for name in whole.namelist():
            kept.writestr(name, b"<worksheet" if "worksheets/" in name else whole.read(name))
    return made.getvalue()


def broken_files() -> Iterator[tuple[str, bytes, str, str]]:
    yield "cut.xlsx", workbook()[:-900], "文件末尾的目录", "the list of its contents"
    book = workbook()
    part = book.index(b"xl/worksheets/sheet1.xml") + 200
    yield "hole.xlsx", overwritten(book, part), "里面的“sheet1.xml”", "“sheet1.xml” in it"
    yield "bent.xlsx", without_sheet(book), "工作表“订单”", "the sheet “订单”"
    yield "cut.zip", archive()[:-30], "文件末尾的目录", "the list of its contents"
    yield "hole.zip", overwritten(archive(), 300), "里面的“orders.csv”", "“orders.csv” in it"
    yield "no.zip", b"order_id,amount\n", "开头就不是压缩包", "as an archive does"
    yield "cut.parquet", parquet()[:-30], "文件末尾关于各列", "what it says of its columns"
    yield "hole.parquet", overwritten(parquet(), 3_000), "第 0 行以后", "after row 0"
    yield (
        "old.xls",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        "工作表的清单",
        "the list of its sheets",
    )


FILES = list(broken_files())


@pytest.mark.parametrize(("name", "content", "zh", "en"), FILES, ids=[each[0] for each in FILES])
def test_what_is_said_names_the_file_the_place_and_the_way_out(
    tmp_path: Path, settings: object, home: object, name: str, content: bytes, zh: str, en: str
) -> None:
    settings.ZHIKE_HOME = home  # type: ignore[attr-defined]
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(ZhikeError) as caught:
        list(open_records(file, known=frozenset(), folder=tmp_path).records())
    text = caught.value.text
    assert caught.value.code == "file.damaged"
    assert name in text.zh and zh in text.zh and "重新下载" in text.zh
    assert name in text.en and en in text.en and "download it again" in text.en
    # Words of libraries help nobody.
    for word in ("CRC", "zip file", "Thrift", "Snappy", "Cfb", "codec", "Errno"):
        assert word.lower() not in (text.en + text.zh).lower()


@pytest.mark.parametrize("name", ["nothing.zip", "nothing.xlsx"])
def test_an_archive_without_a_file_is_empty_not_damaged(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    with zipfile.ZipFile(file, "w"):
        pass
    with pytest.raises(ZhikeError) as caught:
        open_records(file, known=frozenset(), folder=tmp_path)
    assert caught.value.code == "file.empty"
    assert name in caught.value.text.en and "empty archive" in caught.value.text.en
    assert "空压缩包" in caught.value.text.zh
