"""The grammar of the list's address, against a plain filter of the same rows."""

from __future__ import annotations

import math
import operator
from datetime import date
from random import Random
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.customers.conftest import Shop
from zhike.customers.filters import FILTERS, OVERVIEW, SEGMENT_COLUMNS, narrowed, selection_of
from zhike.customers.sorting import SORTS, Sort, ordered
from zhike.lake import catalog
from zhike.lake.snapshots import open_lake

Pairs = list[tuple[str, str]]
IN_THE_DATABASE = ("q", "tag", "source", "owner", "consent", "gender", "age_band", "region", "city_tier")
IN_THE_HISTORY = ("moved",)
ELSEWHERE = (*IN_THE_DATABASE, *IN_THE_HISTORY)

_RANKS = {"r": "r_score", "f": "f_score", "m": "m_score"} | {
    name: name for name in ("clv_decile", "spend_decile", "alive_tenth")
}
_DAYS = {
    "bought_within": ("recency_days", operator.le),
    "quiet_for": ("recency_days", operator.gt),
    "first_within": ("tenure_days", operator.le),
    "due_within": ("next_order_days", operator.le),
}
_CODES = {
    "stage": "lifecycle_stage",
    "rfm_class": "rfm_class",
    "tier": "tier",
    "risk": "risk_band",
    "category": "favourite_category",
}
_FIRSTS = {"first_from": operator.ge, "first_to": operator.le}
_AMOUNTS = {"spend_min": operator.ge, "spend_max": operator.le}
_SHARES = {"alive_min": operator.ge, "alive_max": operator.le}


def fits(row: dict[str, Any], name: str, value: str) -> bool:
    """What one parameter means, said a second time and without a database."""
    if name == "segment":
        family, _, code = value.partition(":")
        return bool(row[SEGMENT_COLUMNS[family]] == code)
    if name in _CODES:
        column = _CODES[name]
        return bool(row[column] == value)
    if name in _RANKS:
        return bool(row[_RANKS[name]] == int(value))
    if name in _DAYS:
        column, compare = _DAYS[name]
        return row[column] is not None and bool(compare(row[column], int(value)))
    if name == "repeat_within":
        return bool(row[f"order_count_{value}d"] >= 2)
    if name in _FIRSTS:
        first = row["first_order_on"]
        return first is not None and bool(_FIRSTS[name](first, date.fromisoformat(value)))
    if name in _AMOUNTS:
        return bool(_AMOUNTS[name](row["spend_amount"], round(float(value) * 100)))
    if name in _SHARES:
        alive = row["probability_alive"]
        return alive is not None and bool(_SHARES[name](alive, float(value)))
    if name == "restock":
        return value in (row["restock_categories"] or "").split("; ")
    if name == "overdue":
        return bool(row["is_overdue"])
    return bool(row["order_count"] > 0) if name == "buyers" else bool(row["order_count"] == 0)


def filtered(rows: list[dict[str, Any]], pairs: Pairs) -> set[int]:
    names = {name for name, _ in pairs}
    return {
        row["customer_id"]
        for row in rows
        if all(any(fits(row, name, value) for n, value in pairs if n == name) for name in names)
    }


def codes(column: str) -> list[str]:
    import zhike.pipeline.catalog  # noqa: F401 - importing registers

    return list(catalog.table(OVERVIEW).column(column).labels)


# Few different values, so that bounds are met exactly and rows share them.
_RECENCIES = (None, 0, 7, 30, 31, 90, 400)
_SPENDS = (-500, 0, 1, 10_000, 10_001, 250_000)
_FIRST_DAYS = (date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 28))
_ALIVES = (None, 0.0, 0.25, 0.3, 1.0)


def _cell(column: catalog.Column, random: Random) -> Any:
    if column.labels:
        return random.choice([*column.labels, None])
    if column.name in ("recency_days", "tenure_days", "next_order_days"):
        return random.choice(_RECENCIES)
    if column.name == "first_order_on":
        return random.choice([None, *_FIRST_DAYS])
    if column.name == "spend_amount":
        return random.choice(_SPENDS)
    if column.name == "probability_alive":
        return random.choice(_ALIVES)
    if column.name == "favourite_category":
        return random.choice(["茶叶 & 茶具", "O'Brien", None])
    if column.name == "restock_categories":
        return random.choice(["茶叶 & 茶具", "O'Brien; 茶叶 & 茶具", "O'Brien", "茶", None])
    if column.name == "is_overdue":
        return random.choice([True, False, None])
    if column.name.startswith("order_count"):
        return random.randint(0, 3)
    if column.unit in ("score", "rank") and column.type == "int32":
        return random.choice([None, *range(1, 6 if column.name.endswith("_score") else 11)])
    return None


@pytest.fixture(scope="module")
def overview() -> tuple[ir.Table, list[dict[str, Any]]]:
    """Four hundred made-up customers: as a table, and as plain rows."""
    import zhike.pipeline.catalog  # noqa: F401 - importing registers

    described, random = catalog.table(OVERVIEW), Random(7)
    rows = [
        {column.name: _cell(column, random) for column in described.columns} | {"customer_id": number}
        for number in range(1, 401)
    ]
    arrow = pa.Table.from_pylist(rows, schema=described.arrow_schema())
    return ibis.duckdb.connect().create_table("overview", arrow), rows


def _values(name: str) -> st.SearchStrategy[str]:
    if name == "segment":
        both = [f"{family}:{code}" for family, column in SEGMENT_COLUMNS.items() for code in codes(column)]
        return st.sampled_from(both)
    if name in _CODES and name != "category":
        return st.sampled_from(codes(_CODES[name]))
    if name in _RANKS:
        return st.integers(1, 5 if name in "rfm" else 10).map(str)
    if name in _DAYS:
        return st.sampled_from([str(days) for days in _RECENCIES if days is not None])
    if name == "repeat_within":
        return st.sampled_from(["7", "30", "90", "365"])
    if name in _FIRSTS:
        return st.sampled_from([str(day) for day in _FIRST_DAYS])
    if name in _AMOUNTS:
        return st.sampled_from([f"{amount / 100:.2f}" for amount in _SPENDS])
    if name in _SHARES:
        return st.sampled_from([str(share) for share in _ALIVES if share is not None])
    return (
        st.sampled_from(["茶叶 & 茶具", "O'Brien", "无"]) if name in ("category", "restock") else st.just("1")
    )


def good_pairs() -> st.SearchStrategy[Pairs]:
    """Up to three parameters with up to three values each."""
    names = st.lists(
        st.sampled_from([name for name in FILTERS if name not in ELSEWHERE]), max_size=3, unique=True
    )

    def with_values(chosen: list[str]) -> st.SearchStrategy[Pairs]:
        several = [st.lists(_values(name), min_size=1, max_size=3) for name in chosen]
        return st.tuples(*several).map(
            lambda lists: [
                (name, value) for name, values in zip(chosen, lists, strict=True) for value in values
            ]
        )

    return names.flatmap(with_values)


_SLOW = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@settings(_SLOW, max_examples=300)
@given(pairs=good_pairs())
def test_a_filtered_list_is_a_plain_filter_of_the_overview(
    pairs: Pairs, overview: tuple[ir.Table, list[dict[str, Any]]]
) -> None:
    table, rows = overview
    selection = selection_of(pairs, currency="CNY")
    assert not selection.problems
    chosen = narrowed(table, selection, {}).select("customer_id").to_pyarrow()
    assert set(chosen["customer_id"].to_pylist()) == filtered(rows, pairs)


@pytest.mark.parametrize("name", [name for name in FILTERS if name not in ELSEWHERE])
def test_every_filter_alone_is_a_plain_filter(
    name: str, overview: tuple[ir.Table, list[dict[str, Any]]]
) -> None:
    table, rows = overview
    for value in _some_values(name):
        pairs = [(name, value)]
        chosen = narrowed(table, selection_of(pairs, currency="CNY"), {}).select("customer_id").to_pyarrow()
        assert set(chosen["customer_id"].to_pylist()) == filtered(rows, pairs)


def _some_values(name: str) -> list[str]:
    many = {
        **{each: [str(days) for days in _RECENCIES if days is not None] for each in _DAYS},
        **{each: [f"{amount / 100:.2f}" for amount in _SPENDS] for each in _AMOUNTS},
        **{each: [str(share) for share in _ALIVES if share is not None] for each in _SHARES},
        **{each: ["1", "5"] for each in _RANKS},
        **{each: [str(day) for day in _FIRST_DAYS] for each in _FIRSTS},
        "segment": ["rfm:champions", "stage:active"],
        "stage": ["prospect"],
        "rfm_class": ["important_value"],
        "tier": ["low"],
        "category": ["O'Brien", "无"],
        "risk": ["high", "low"],
        "restock": ["O'Brien", "茶叶 & 茶具", "无"],
        "repeat_within": ["7", "30", "90", "365"],
    }
    return many.get(name, ["1"])


@_SLOW
@given(
    pairs=st.lists(st.tuples(st.sampled_from([*FILTERS, "sort", "page", "size", "x"]), st.text(max_size=30)))
)
def test_no_address_crashes_and_nothing_is_ignored_in_silence(pairs: Pairs) -> None:
    selection = selection_of(pairs, currency="CNY")
    said = {piece.name for piece in selection.pieces} | {problem.name for problem in selection.problems}
    silent = {"sort", "page", "size"}
    assert said >= {name for name, value in pairs if value.strip() and name not in silent}
    assert selection.sentence.zh and selection.sentence.en


@_SLOW
@given(
    pairs=st.lists(st.tuples(st.sampled_from([*FILTERS, "sort", "page", "size", "x"]), st.text(max_size=20)))
)
def test_the_page_answers_whatever_the_address_says(pairs: Pairs, shop: Shop, alice_client: Any) -> None:
    query: dict[str, list[str]] = {}
    for name, value in pairs:
        query.setdefault(name, []).append(value)
    answer = alice_client.get("/customers/", query)
    assert answer.status_code == (400 if answer.context["page"].problems else 200)


@pytest.mark.parametrize("name", SORTS)
@pytest.mark.parametrize("is_descending", [False, True])
def test_rows_stand_in_the_asked_order_with_the_unknown_last(
    name: str, is_descending: bool, shop: Shop
) -> None:
    snapshot = open_lake(shop.home.lake).current()
    assert snapshot is not None
    sign = -1 if is_descending else 1

    def place(row: dict[str, Any]) -> tuple[float, int]:
        value = row[SORTS[name]]
        number = value.toordinal() if hasattr(value, "toordinal") else value
        return (math.inf if number is None else sign * number, row["customer_id"])

    rows = snapshot.rows(ordered(snapshot.table(OVERVIEW), Sort(name, is_descending)))
    assert [row["customer_id"] for row in rows] == [
        r["customer_id"] for r in sorted(shop.overview, key=place)
    ]


def test_a_thousand_values_of_one_filter_are_one_condition(shop: Shop) -> None:
    pairs = [("category", f"c{number}") for number in range(1_000)]
    pairs += [("bought_within", f"{number}") for number in range(1_000)]
    snapshot = open_lake(shop.home.lake).current()
    assert snapshot is not None
    chosen = narrowed(snapshot.table(OVERVIEW), selection_of(pairs, currency="CNY"), {})
    assert snapshot.rows(chosen.select("customer_id")) == []


def test_the_sentence_says_or_within_and_semicolon_between() -> None:
    codes("tier")
    pairs = [("tier", "high"), ("tier", "middle"), ("bought_within", "30"), ("spend_min", "1200")]
    selection = selection_of(pairs, currency="CNY")
    assert selection.sentence.zh == "等级：高价值 或 等级：中价值；30 天内买过；消费 ≥ ¥1,200.00"
    assert (
        selection.sentence.en
        == "Tier: High value or Tier: Middle value; bought within 30 days; spend ≥ ¥1,200.00"
    )


def test_amounts_follow_the_decimals_of_the_currency() -> None:
    assert selection_of([("spend_min", "1200")], currency="JPY").pieces[0].number == 1200  # type: ignore[union-attr]
    assert selection_of([("spend_min", "12.5")], currency="JPY").problems
