"""Whatever holds the orders, the answer is the same; what cannot be read is refused with the way out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import ibis
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import zhike

ROWS = [
    ("Wang", date(2026, 1, 2), "128.00"),
    ("Wang", date(2026, 3, 1), "59.90"),
    ("Li", date(2026, 2, 14), "9.99"),
    ("Zhao", date(2025, 6, 1), "1000.00"),
]
TABLE = pa.table(
    {
        "customer": [row[0] for row in ROWS],
        "date": [row[1] for row in ROWS],
        "amount": [float(row[2]) for row in ROWS],
    }
)
WANTED = [
    {"customer": "Li", "recency_days": 16, "order_count": 1, "spend_amount": 9.99},
    {"customer": "Wang", "recency_days": 1, "order_count": 2, "spend_amount": 187.9},
    {"customer": "Zhao", "recency_days": 274, "order_count": 1, "spend_amount": 1000.0},
]


def counted(frame: Any, **arguments: Any) -> list[dict[str, Any]]:
    """What was counted of each customer, whatever the column of customers is called."""
    table = zhike.rfm(frame, **arguments).table
    names = (table.column_names[0], "recency_days", "order_count", "spend_amount")
    return table.select(names).rename_columns(list(WANTED[0])).to_pylist()


def code_of(frame: Any, ask: Callable[..., Any] = zhike.rfm, **arguments: Any) -> str:
    with pytest.raises(zhike.ZhikeError) as refused:
        ask(frame, **arguments)
    error = refused.value
    assert error.text.zh != error.text.en
    assert {str(error), *error.__notes__} == {error.text.zh, error.text.en}
    return str(error.code)


FRAMES: dict[str, Callable[[], Any]] = {
    "pandas": lambda: TABLE.to_pandas(),
    "pandas with moments": lambda: TABLE.to_pandas(date_as_object=False),
    "pandas with categories": lambda: TABLE.to_pandas().astype({"customer": "category"}),
    "pandas with an index that has a name": lambda: TABLE.to_pandas().set_index("customer"),
    "pandas filtered": lambda: TABLE.to_pandas().sort_values("amount"),
    "Polars": lambda: pl.from_arrow(TABLE),
    "Polars, lazy": lambda: pl.from_arrow(TABLE).lazy(),  # type: ignore[union-attr]
    "Arrow": lambda: TABLE,
    "an Arrow batch": lambda: TABLE.to_batches()[0],
    "an Arrow reader": lambda: TABLE.to_reader(),
    "Arrow in several pieces": lambda: pa.concat_tables([TABLE.slice(0, 1), TABLE.slice(1)]),
    "Arrow with codes": lambda: TABLE.set_column(0, "customer", TABLE["customer"].dictionary_encode()),
    "DuckDB": lambda: duckdb.from_arrow(TABLE),
    "Ibis": lambda: ibis.memtable(TABLE),
    "a dict of columns": lambda: TABLE.to_pydict(),
    "a dict of NumPy": lambda: (
        {n: np.array(TABLE[n].to_pylist()) for n in ("customer", "amount")}
        | {"date": np.array([row[1] for row in ROWS], "datetime64[D]")}
    ),
    "a list of dicts": lambda: TABLE.to_pylist(),
}


@pytest.mark.parametrize("name", FRAMES)
def test_every_kind_of_data_frame_gives_the_same(name: str) -> None:
    assert counted(FRAMES[name]()) == WANTED


AMOUNTS: dict[str, pa.Array] = {
    "decimals": pa.array([Decimal(row[2]) for row in ROWS]),
    "wide decimals": pa.array([Decimal(row[2]) for row in ROWS], pa.decimal256(50, 10)),
    "single floats": pa.array([float(row[2]) for row in ROWS], pa.float32()),
}


@pytest.mark.parametrize("name", AMOUNTS)
def test_amounts_are_exact_whatever_their_type(name: str) -> None:
    assert counted(TABLE.set_column(2, "amount", AMOUNTS[name])) == WANTED


def test_whole_numbers_are_major_units() -> None:
    frame = {"customer": [1], "date": [date(2026, 1, 1)], "amount": pa.array([7], pa.int8())}
    assert counted(frame)[0]["spend_amount"] == 7.0


def test_noise_of_floats_is_no_further_decimal_but_a_third_one_is() -> None:
    frame = {"customer": [1], "date": [date(2026, 1, 1)], "amount": [0.1 + 0.2]}
    assert counted(frame)[0]["spend_amount"] == 0.3
    frame["amount"] = [12.345]
    assert code_of(frame) == "amounts.too_precise"
    assert counted(frame, decimals=3)[0]["spend_amount"] == 12.345
    frame["amount"] = pa.array([Decimal("12.345")])
    assert code_of(frame) == "amounts.too_precise"


def moments(*texts: str, zone: str | None = None) -> pa.Array:
    return pa.array([datetime.fromisoformat(text) for text in texts], pa.timestamp("us", zone))


SHANGHAI = ZoneInfo("Asia/Shanghai")
DATES: dict[str, pa.Array] = {
    "ISO days": pa.array([row[1].isoformat() for row in ROWS]),
    "ISO moments": pa.array([f" {row[1].isoformat()}T23:59:59.5 " for row in ROWS]),
    "ISO moments with a zone": pa.array([f"{row[1].isoformat()} 23:59+08:00" for row in ROWS]),
    "large strings": pa.array([row[1].isoformat() for row in ROWS], pa.large_string()),
    "moments": moments(*(f"{row[1]}T23:00" for row in ROWS)),
    "milliseconds": pa.array([row[1] for row in ROWS], pa.date64()),
    "moments of a zone": pa.array(
        [datetime(r[1].year, r[1].month, r[1].day, 23, 30, tzinfo=SHANGHAI) for r in ROWS],
        pa.timestamp("us", "Asia/Shanghai"),
    ),
}


@pytest.mark.parametrize("name", DATES)
def test_dates_are_days_whatever_their_type(name: str) -> None:
    assert counted(TABLE.set_column(1, "date", DATES[name])) == WANTED


def test_a_moment_of_universal_time_is_on_the_day_of_the_zone_that_is_named() -> None:
    late = pa.array([datetime(2026, 1, 1, 17, tzinfo=UTC)], pa.timestamp("us", "UTC"))
    for dates in (late, pa.array(["2026-01-01T17:00:00Z"]), pa.array(["2026-01-01T18:00+01"])):
        frame = {"customer": [1], "date": dates, "amount": [1.0]}
        assert counted(frame, as_of="2026-01-05")[0]["recency_days"] == 4
        there = counted(frame, as_of="2026-01-05", time_zone="Asia/Shanghai")
        assert there[0]["recency_days"] == 3


def test_the_days_on_which_clocks_change_are_days_like_others() -> None:
    """Berlin, 2025: the 30th of March has 23 hours, the 26th of October 25."""
    spring = moments("2025-03-30T00:30", "2025-03-30T23:30", "2025-03-31T00:30")
    autumn = moments("2025-10-26T00:30", "2025-10-26T23:30", "2025-10-27T00:30")
    zone = ZoneInfo("Europe/Berlin")
    for days in (spring, autumn):
        local = [moment.replace(tzinfo=zone) for moment in days.to_pylist()]
        dates = pa.array(local, pa.timestamp("us", "Europe/Berlin"))
        frame = {"customer": [1, 1, 1], "date": dates, "amount": [1, 1, 1]}
        (row,) = zhike.histories(frame, time_unit="D").table.to_pylist()
        assert (row["order_days"], row["tenure_at_last_order"], row["tenure"]) == (2, 1.0, 2.0)


def test_columns_are_found_by_their_names_in_both_languages() -> None:
    for names in (["Customer ID", "order_date", "Total"], ["会员号", "下单时间", "实付金额"]):
        found = zhike.rfm(TABLE.rename_columns(names))
        assert found.table.column_names[0] == names[0]
        assert tuple(found.parameters["columns"].values()) == (*names, "")  # type: ignore[attr-defined]


def test_columns_that_cannot_be_told_are_asked_for() -> None:
    twice = TABLE.append_column("order_date", TABLE["date"])
    assert code_of(twice) == "column.ambiguous"
    assert counted(twice, date="order_date") == WANTED
    assert code_of(TABLE.rename_columns(["who", "date", "amount"])) == "column.not_found"
    assert counted(TABLE.rename_columns(["who", "date", "amount"]), customer="who") == WANTED
    assert code_of(TABLE, customer="custmer") == "column.unknown"
    with pytest.raises(zhike.ZhikeError) as nothing_near:
        zhike.rfm(TABLE, customer="zzz")
    assert "; known: " in nothing_near.value.text.en
    assert code_of(TABLE, customer="amount") == "column.same"


def test_lines_of_one_order_are_added_up() -> None:
    lines = {
        "order_id": ["A", "A", "B", "A"],
        "customer": ["Li", "Li", "Li", "Wang"],
        "date": [date(2026, 1, 2), date(2026, 1, 1), date(2026, 1, 3), date(2026, 1, 3)],
        "amount": [10, -3, 5, 8],
    }
    assert [row["order_count"] for row in counted(lines)] == [2, 1]
    assert [row["spend_amount"] for row in counted(lines)] == [12.0, 8.0]
    # Without the orders the discount would be a refund of an order before it.
    assert [row["order_count"] for row in counted({**lines, "amount": [10, 3, 5, 8]}, order="")] == [3, 1]


REFUSED: dict[str, tuple[Any, dict[str, Any], str]] = {
    "an empty frame": (TABLE.slice(0, 0), {}, "frame.empty"),
    "an empty list": ([], {}, "frame.unknown"),
    "no frame": (7, {}, "frame.unknown"),
    "a series": (pd.Series([1]), {}, "frame.unknown"),
    "a Polars series": (pl.Series([1]), {}, "frame.unknown"),
    "two columns of one name": (
        pd.DataFrame([[1, 2]], columns=["amount", "amount"]),
        {},
        "frame.same_names",
    ),
    "mixed values": (
        pd.DataFrame({"customer": ["a", 1], "date": ["2026-01-01"] * 2, "amount": [1, 2]}),
        {},
        "frame.mixed_types",
    ),
    "a gap among the customers": (
        TABLE.set_column(0, "customer", pa.array(["a", None, "b", "c"])),
        {},
        "rows.gaps",
    ),
    "a customer without a name": (
        TABLE.set_column(0, "customer", pa.array(["a", " ", "b", "c"])),
        {},
        "rows.gaps",
    ),
    "a gap among the dates": (
        TABLE.set_column(1, "date", pa.array([date(2026, 1, 1), None, None, None])),
        {},
        "rows.gaps",
    ),
    "an amount that is no number": (
        TABLE.set_column(2, "amount", pa.array([1.0, float("nan"), 2.0, 3.0])),
        {},
        "rows.gaps",
    ),
    "an infinite amount": (
        TABLE.set_column(2, "amount", pa.array([1.0, float("inf"), 2.0, 3.0])),
        {},
        "amounts.infinite",
    ),
    "amounts as text": (TABLE.set_column(2, "amount", pa.array(["1"] * 4)), {}, "amounts.kind"),
    "amounts beyond what is exact": (
        TABLE.set_column(2, "amount", pa.array([1e15] * 4)),
        {},
        "amounts.too_large",
    ),
    "numbers as dates": (TABLE.set_column(1, "date", pa.array([20260101] * 4)), {}, "dates.kind"),
    "dates in another order": (
        TABLE.set_column(1, "date", pa.array(["2026-01-01"] * 3 + ["01/02/2026"])),
        {},
        "dates.unreadable",
    ),
    "a day that does not exist": (
        TABLE.set_column(1, "date", pa.array(["2026-02-30"] * 4)),
        {},
        "dates.unreadable",
    ),
    "an hour that does not exist": (
        TABLE.set_column(1, "date", pa.array(["2026-02-20T99:00:00"] * 4)),
        {},
        "dates.unreadable",
    ),
    "a zone that does not exist": (TABLE, {"time_zone": "Asia/Nowhere"}, "time_zone.unknown"),
    "a date before the first order": (TABLE, {"as_of": "2020-01-01"}, "as_of.before_first_order"),
    "a date in the far future": (TABLE, {"as_of": date(2206, 1, 1)}, "as_of.in_the_future"),
    "no date": (TABLE, {"as_of": "yesterday"}, "as_of.unreadable"),
    "a number for a date": (TABLE, {"as_of": 20260101}, "as_of.unreadable"),
    "another method": (TABLE, {"method": "deciles"}, "arguments.refused"),
    "thresholds that fall": (
        TABLE,
        {"method": "fixed", "frequency_thresholds": (4, 3, 2, 1)},
        "arguments.refused",
    ),
    "weeks for days": (TABLE, {"look_back_days": 52.1}, "days.refused"),
    "too many decimals": (TABLE, {"decimals": 9}, "decimals.refused"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_in_both_languages(name: str) -> None:
    frame, arguments, code = REFUSED[name]
    assert code_of(frame, **arguments) == code


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"horizon_days": 52.0}, "days.refused"),
        ({"horizon_days": 0}, "days.refused"),
        ({"horizon_days": timedelta(days=7)}, "days.refused"),
        ({"horizon_days": True}, "days.refused"),
        ({"margin": 0}, "arguments.refused"),
        ({"margin": "half"}, "arguments.refused"),
        ({"discount_rate_yearly": 12}, "arguments.refused"),
        ({"model": "bgnbd"}, "model.unknown"),
        ({"model": "bg_nbd"}, "clv.not_fitted"),
    ],
)
def test_what_a_forecast_cannot_do_is_refused(arguments: dict[str, Any], code: str) -> None:
    assert code_of(TABLE, zhike.clv, **arguments) == code


def test_histories_know_weeks_and_days_only() -> None:
    assert code_of(TABLE, zhike.histories, time_unit="M") == "time_unit.unknown"
