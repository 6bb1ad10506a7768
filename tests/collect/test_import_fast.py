"""The fast way through a file of orders gives, cell by cell, what the careful way gives."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhike.collect.imports import blocks, columnar, staging
from zhike.collect.imports.kinds.kind import ImportRules
from zhike.collect.imports.kinds.orders import ORDERS_KIND, OrderReader
from zhike.collect.imports.mapping import ColumnMapping, matched_layout
from zhike.collect.imports.reading import open_records
from zhike.collect.imports.rejects import RejectLog
from zhike.jobs.progress import Silent
from zhike.kernel.errors import ZhikeError

NO_MAPPING = ColumnMapping()
HEADER = [*ORDERS_KIND.names.all, "memo"]
NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
ODD: dict[str, list[str]] = {
    "order_id": [
        "",
        "1E+15",
        "12e5",
        "A 1",
        "Ａ1",
        "null",
        "-",
        "无",
        "x" * 201,
        "\u200bA1",
        "A1 ",
        "#7",
        "9-",
        "none",
    ],
    "customer_id": [
        "",
        "",
        "-",
        "散客",
        "Walk-In",
        "guest",
        "0",
        "007",
        "nan",
        "N/A",
        "a.b",
        "c\u3000",
        "13912345678",
        "x@y.z",
        "1_0",
    ],
    "ordered_at": [
        "",
        "2024-02-29",
        "2023-02-29",
        "2024-02-30",
        "2024-13-01",
        "2024-00-10",
        "2024-1-5",
        "2024/10/31",
        "2024/10-31",
        "2024-10-31T08:00:00",
        "2024-10-31t08:00",
        "2024-10-31 24:00",
        "2024-10-31 23:60:00",
        "2024-10-31 8:00",
        "2024-10-31 08:00:00Z",
        "2024-10-31T08:00:00+02:00",
        "2024-10-31 08:00:00.5",
        "2024年10月31日",
        "31/10/2024",
        "45596",
        "1989-12-31",
        "1990-01-01",
        "2026-11-24",
        "2026-11-24 11:59:59",
        "2026-11-24 12:00:01",
        "2027-01-01",
        "2199-01-01",
        " 2024-10-31",
        "2024-10-31 ",
        "1991-04-14 00:30",
        "2026-03-08 02:30:00",
        "2025-11-02 01:30",
        "٢٠٢٤-10-31",
        "2024-10-3x",
    ],
    "amount": [
        "",
        "0",
        "-1",
        "+1",
        "1.2",
        "1.",
        ".5",
        "1.234",
        "1,234",
        "￥5",
        "$5",
        "1e3",
        "00012.50",
        "9" * 12,
        "9" * 17,
        "１",
        "NaN",
        " 7 ",
    ],
    "status": ["", "paid", "Completed", "REFUNDED", "cancelled", "交易成功", "shipped", " refunded ", "-"],
    "refund_amount": ["", "0", "0.00", "5", "99999", "-", "x", "1,000"],
    "refunded_at": ["", "2024-11-02", "2020-01-01", "x", "NULL", "2024-10-31 23:59"],
    "discount_amount": ["", "0", "1.50", "-1", "无"],
    "coupon_code": ["", "SAVE", " SAVE ", "x" * 201, "优惠", "-"],
    "channel": ["", "wechat", "a b"],
    "store": ["", "徐汇店", '"徐汇,店"', '""'],
    "payment_method": ["", "alipay"],
    "currency": ["", "CNY", "cny", "USD"],
    "memo": ["", "x", '"a, b"', "\ufeff"],
}
BROKEN = [
    "",
    ",,,",
    "A1,c1",
    '"A1,c1,2024-10-31,1',
    'A"1,c1',
    ",".join([""] * 14),
    ",".join(["x"] * 20),
    '"a\nb",c1,2024-10-31,1',
    "\r",
]


def good_row(chance: random.Random, number: int) -> list[str]:
    day = f"20{chance.randint(10, 25)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    time = chance.choice(["", f" {chance.randint(0, 23):02}:{chance.randint(0, 59):02}", " 12:34:56"])
    amount = f"{chance.randint(0, 10_000)}.{chance.randint(0, 99):02}"
    status = chance.choice(["", "paid", "completed", "refunded"])
    return [f"A{number}", f"c{chance.randint(1, 50)}", day + time, amount, status, *[""] * 8, ""]


def text_of(seed: int) -> str:
    chance = random.Random(seed)
    rows = []
    for number in range(chance.randint(1, 120)):
        row = good_row(chance, number if chance.random() < 0.95 else chance.randint(0, 9))
        for _ in range(chance.choice([0, 0, 1, 2])):
            name = chance.choice(list(ODD))
            row[HEADER.index(name)] = chance.choice(ODD[name])
        rows.append(",".join(row) if chance.random() < 0.97 else chance.choice(BROKEN))
    end = chance.choice(["\n", "\n", "\r\n", "\r"])
    text = end.join([",".join(HEADER), *rows]) + chance.choice(["", end])
    for _ in range(chance.choice([0, 0, 0, 1, 3])):
        place = chance.randrange(len(",".join(HEADER)) + 1, len(text) + 1)
        text = text[:place] + chance.choice(['"', ",", "\n", "\r", "\r\n", "é", " "]) + text[place + 1 :]
    return text


def staged(file: Path, folder: Path, rules: ImportRules, *, name: str, mapping: ColumnMapping = NO_MAPPING):
    source = open_records(file, known=frozenset(HEADER))
    layout = matched_layout(source.header, mapping, ORDERS_KIND.names, file=file)
    rejects = RejectLog(folder / f"{name}.jsonl")
    reader = OrderReader(layout, mapping, rules)
    done = staging.staged_records(
        source,
        layout,
        reader,
        rejects,
        schema=ORDERS_KIND.staged,
        file=folder / f"{name}.parquet",
        progress=Silent(),
    )
    rejects.close()
    rows = [row for batch in done.rows(batch_rows=1_000) for row in batch.to_pylist()]
    return rows, list(rejects.rejects()), done.records, done.skipped, done.last_number, rejects.counts


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
@pytest.mark.parametrize("block_bytes", [200, 3_000, 4 << 20])
def test_both_ways_agree_about_every_record(tmp_path, monkeypatch, zone, block_bytes):
    monkeypatch.setattr(blocks, "BLOCK_BYTES", block_bytes)
    rules = ImportRules("CNY", ZoneInfo(zone), NOW)
    fast_reader = staging.fast_reader
    for seed in range(60):
        file = tmp_path / f"{seed}.csv"
        file.write_bytes(text_of(seed).encode())
        monkeypatch.setattr(staging, "fast_reader", fast_reader)
        fast = staged(file, tmp_path, rules, name="fast")
        monkeypatch.setattr(staging, "fast_reader", lambda *_: None)
        slow = staged(file, tmp_path, rules, name="slow")
        assert fast == slow, seed


@pytest.mark.parametrize("name", ODD)
def test_both_ways_agree_about_every_odd_cell(tmp_path, monkeypatch, name):
    rows = []
    for number, cell in enumerate(ODD[name]):
        for status in ("completed", "refunded"):
            row = good_row(random.Random(number), number)
            row[4] = status
            row[HEADER.index(name)] = cell
            rows.append(",".join(row))
    file = tmp_path / "odd.csv"
    file.write_text("\n".join([",".join(HEADER), *rows]) + "\n")
    for currency, zone in (("CNY", "Asia/Shanghai"), ("JPY", "America/New_York"), ("KWD", "UTC")):
        rules = ImportRules(currency, ZoneInfo(zone), NOW)
        fast_reader = staging.fast_reader
        fast = staged(file, tmp_path, rules, name="fast")
        with monkeypatch.context() as patch:
            patch.setattr(staging, "fast_reader", lambda *_: None)
            slow = staged(file, tmp_path, rules, name="slow")
        assert staging.fast_reader is fast_reader
        assert fast == slow


def test_most_of_a_clean_file_goes_the_fast_way(tmp_path, monkeypatch):
    rows = [",".join(good_row(random.Random(number), number)) for number in range(1_000)]
    file = tmp_path / "clean.csv"
    file.write_text("\n".join([",".join(HEADER), *rows]) + "\n")
    read, calls = OrderReader.read, []
    monkeypatch.setattr(
        OrderReader, "read", lambda self, number, cells: calls.append(number) or read(self, number, cells)
    )
    rows, rejects, *_ = staged(
        file, tmp_path, ImportRules("CNY", ZoneInfo("Asia/Shanghai"), NOW), name="clean"
    )
    assert (len(rows), rejects, calls) == (1_000, [], [])


def both_ways(file: Path, folder: Path, rules: ImportRules, mapping: ColumnMapping):
    fast = staged(file, folder, rules, name="fast", mapping=mapping)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(staging, "fast_reader", lambda *_: None)
        slow = staged(file, folder, rules, name="slow", mapping=mapping)
    return fast, slow


@st.composite
def files(draw) -> str:
    """Orders, most of them plain, some cells odd, some lines broken, and some characters of the whole changed."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    rows = [good_row(chance, number) for number in range(draw(st.integers(1, 40)))]
    odd = st.one_of(*(st.tuples(st.just(name), st.sampled_from(cells)) for name, cells in ODD.items()))
    for place, (name, cell) in draw(st.lists(st.tuples(st.integers(0, len(rows) - 1), odd), max_size=12)):
        rows[place][HEADER.index(name)] = cell
    lines = [",".join(row) for row in rows]
    for place, line in draw(
        st.lists(st.tuples(st.integers(0, len(lines)), st.sampled_from(BROKEN)), max_size=3)
    ):
        lines.insert(place, line)
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    head = ",".join(HEADER) + end
    body = end.join(lines) + draw(st.sampled_from(["", end]))
    characters = st.sampled_from(['"', ",", "\n", "\r", "\t", " ", "é", "散", "0", "-"])
    for place, character in draw(st.lists(st.tuples(st.integers(0, 2_000), characters), max_size=4)):
        at = place % (len(body) + 1)
        body = body[:at] + character + body[at + draw(st.integers(0, 1)) :]
    return head + body


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=files(),
    block_bytes=st.sampled_from([150, 900, 1 << 20]),
    without=st.sampled_from(["keep", "reject"]),
    place=st.sampled_from([("CNY", "Asia/Shanghai"), ("JPY", "America/New_York"), ("KWD", "UTC")]),
)
def test_both_ways_agree_about_whatever_is_written(tmp_path, text, block_bytes, without, place):
    file = tmp_path / "any.csv"
    file.write_bytes(text.encode())
    mapping = ColumnMapping(options={"without_customer": without})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK_BYTES", block_bytes)
        try:
            fast, slow = both_ways(file, tmp_path, ImportRules(place[0], ZoneInfo(place[1]), NOW), mapping)
        except ZhikeError as error:
            # A byte that was changed can make the whole another encoding, or nothing at all.
            assert error.code in ("file.encoding", "file.empty", "file.structure")
            return
    assert fast == slow


def test_one_row_in_a_hundred_that_is_odd_does_not_hold_the_others_up(tmp_path, monkeypatch):
    rows = [good_row(random.Random(number), number) for number in range(2_000)]
    for number in range(0, 2_000, 100):
        rows[number][3] = "x" if number % 200 else "￥12"
    for number in range(50, 2_000, 100):
        rows[number][1] = ""
    file = tmp_path / "odd.csv"
    file.write_text("\n".join([",".join(HEADER), *map(",".join, rows)]) + "\n")
    read, calls = OrderReader.read, []
    monkeypatch.setattr(
        OrderReader, "read", lambda self, number, cells: calls.append(number) or read(self, number, cells)
    )
    rules = ImportRules("CNY", ZoneInfo("Asia/Shanghai"), NOW)
    taken, rejects, *_ = staged(file, tmp_path, rules, name="odd")
    # Sales of nobody are plain; only the amounts are looked at one by one.
    assert len(calls) == 20
    assert [row["number"] for row in taken] == sorted(row["number"] for row in taken)
    assert len(taken) + len(rejects) == 2_000


DAYS = st.dates(min_value=date(1969, 1, 1), max_value=date(2201, 1, 1)).map(str)
TIMES = st.times().map(lambda time: time.isoformat("seconds"))
WRITTEN = st.one_of(
    DAYS,
    st.builds("{} {}".format, DAYS, TIMES),
    st.builds("{}T{}".format, DAYS, TIMES.map(lambda time: time[:5])),
    st.text("0123456789-/: T+Z", min_size=10, max_size=19),
    st.sampled_from(
        ["2026-02-29", "2026-11-21 24:00", "2026-11-21 10+08", "2026-11-21 10:30+08", "2026-11-21 10:30:60"]
    ),
)


@settings(max_examples=300, deadline=None)
@given(cells=st.lists(WRITTEN, min_size=1, max_size=4))
def test_moments_read_at_once_are_those_read_sign_by_sign(cells):
    both = []
    for iso in (columnar._iso, lambda cells: None):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(columnar, "_iso", iso)
            read, days = columnar.moments(pa.array(cells), ZoneInfo("Asia/Shanghai"), NOW)
        sure = read.is_certain
        both.append((sure.tolist(), read.values[sure].tolist(), days[sure].tolist()))
    assert both[0] == both[1]
