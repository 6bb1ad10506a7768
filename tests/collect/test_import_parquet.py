"""Parquet: typed cells, and files that are not whole."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from tests.collect.taken_rejects import rejects_text
from zhike.kernel.errors import ZhikeError


def table(**columns: pa.Array) -> pa.Table:
    given = {
        "order_id": pa.array(["A1"]),
        "customer_id": pa.array(["c1"]),
        "ordered_at": pa.array([date(2024, 10, 31)]),
        "amount": pa.array([12]),
    }
    return pa.table({**given, **columns})


def timestamps(text: str, unit: str, zone: str | None = None) -> pa.Array:
    return pa.array([text]).cast(pa.timestamp(unit)).cast(pa.int64()).cast(pa.timestamp(unit, zone))


LOCAL_NOON = datetime(2024, 10, 31, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("column", "moment"),
    [
        (timestamps("2024-10-31 12:00:00", "us"), LOCAL_NOON),
        (timestamps("2024-10-31 12:00:00.123456789", "ns"), LOCAL_NOON.replace(microsecond=123456)),
        (timestamps("2024-10-31 04:00:00", "ms", "UTC"), LOCAL_NOON),
        (timestamps("2024-10-31 04:00:00", "us", "America/New_York"), LOCAL_NOON),
        (timestamps("2024-10-31 04:00:00", "us", "+02:00"), LOCAL_NOON),
        (pa.array([date(2024, 10, 31)]), datetime(2024, 10, 30, 16, tzinfo=UTC)),
        (pa.array(["2024-10-31 12:00"]), LOCAL_NOON),
        (pa.array(["2024-10-31 12:00"]).dictionary_encode(), LOCAL_NOON),
    ],
)
def test_a_typed_moment_keeps_its_zone_or_takes_the_shops(shop, parquet, column, moment):
    shop.bring(parquet(table(ordered_at=column)))
    order = shop.orders()["A1"]
    assert (order["ordered_at"], order["ordered_on"]) == (moment, date(2024, 10, 31))


@pytest.mark.parametrize(
    ("column", "units"),
    [
        (pa.array([12]), 1200),
        (pa.array([12.34]), 1234),
        (pa.array([8.129999]), 813),
        (pa.array(np.array([1234.56], np.float32)), 123456),
        (pa.array([Decimal("12.340")]), 1234),
        (pa.array(["￥1,234.50"]), 123450),
    ],
)
def test_a_typed_amount_is_exact(shop, parquet, column, units):
    shop.bring(parquet(table(amount=column)))
    assert shop.orders()["A1"]["amount"] == units


@pytest.mark.parametrize(
    ("name", "column", "code"),
    [
        ("amount", pa.array([8.1234]), "money.too_precise"),
        ("amount", pa.array([float("nan")]), "money.missing"),
        ("amount", pa.array([float("inf")]), "money.unreadable"),
        ("amount", pa.array([None], pa.float64()), "money.missing"),
        ("amount", pa.array([Decimal("8.123")]), "money.too_precise"),
        ("amount", pa.array([True]), "money.unreadable"),
        ("amount", pa.array([[1, 2]]), "money.unreadable"),
        ("ordered_at", pa.array([45000]), "date.serial"),
        ("ordered_at", pa.array([None], pa.timestamp("us")), "date.missing"),
        ("order_id", pa.array([None], pa.string()), "id.missing"),
        ("customer_id", pa.array([1e17]), "id.number"),
        ("store", pa.array(["a\0b"]), "row.nul"),
    ],
)
def test_a_typed_cell_that_cannot_be_taken_is_rejected(shop, parquet, name, column, code):
    report = shop.bring(parquet(table(**{name: column})))
    assert (report.inserted, report.reasons) == (0, {code: 1})


def test_whole_numbers_serve_as_ids_however_they_are_stored(shop, parquet):
    ids = {"order_id": pa.array([7]), "customer_id": pa.array([1001.0])}
    shop.bring(parquet(table(**ids)))
    again = shop.bring_text("order_id,customer_id,ordered_at,amount\n7,1001,2024-10-31,12\n")
    assert again.unchanged == 1


def test_text_that_does_not_say_it_is_text_is_text(shop, parquet):
    shop.bring(parquet(table(store=pa.array(["徐汇店".encode()]))))
    assert shop.orders()["A1"]["store"] == "徐汇店"


def test_rows_are_numbered_from_one_and_rejects_come_back_as_csv(shop, parquet):
    good = table(customer_id=pa.array([1001.0]), memo=pa.array([[1, 2]]))
    bad = table(customer_id=pa.array([1002.0]), memo=pa.array([[3]]))
    bad = bad.set_column(bad.schema.get_field_index("ordered_at"), "ordered_at", pa.array([date(1900, 1, 1)]))
    bad = bad.set_column(0, "order_id", pa.array(["A2"]))
    blank = pa.table([pa.nulls(1, field.type) for field in good.schema], schema=good.schema)
    report = shop.bring(parquet(pa.concat_tables([good, blank, bad])))
    assert (report.records, report.inserted, report.skipped, report.rejected) == (3, 1, 1, 1)
    text = rejects_text(report).splitlines()
    assert text[1].startswith("A2,1002,1900-01-01,12,[3],3,ordered_at,date.out_of_range,")
    again = shop.bring_text("\n".join(text).replace("1900-01-01", "2024-01-01"), "corrected.csv")
    assert again.inserted == 1


def test_a_file_that_is_not_whole_is_refused_as_a_whole(shop, parquet):
    file = parquet(pa.concat_tables([table()] * 1000))
    content = file.read_bytes()
    broken = {
        "cut": content[:-20],
        "footer only": b"PAR1" + content[-400:],
        "no parquet": b"order_id,customer_id\n",
        "a hole": content[:40] + b"\0" * 60 + content[100:],
    }
    for name, damaged in broken.items():
        file.write_bytes(damaged)
        with pytest.raises(ZhikeError) as caught:
            shop.bring(file)
        assert caught.value.code == "file.damaged", name
    assert shop.version() == -1


def test_a_file_without_rows_is_refused(shop, parquet):
    with pytest.raises(ZhikeError) as caught:
        shop.bring(parquet(table().slice(0, 0)))
    assert caught.value.code == "file.empty"
