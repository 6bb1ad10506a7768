"""Samples of customers that are always the same."""

from __future__ import annotations

from datetime import date

import ibis
import pyarrow as pa
import pytest

from zhike.collect.schema import ORDERS
from zhike.value.analysis.backtest import Split, split_orders
from zhike.value.analysis.drawing import is_drawn, rows_of_drawn

PEOPLE = 400
SPLIT = Split(date(2025, 1, 1), date(2025, 6, 30), date(2025, 9, 30))


@pytest.fixture(scope="module", autouse=True)
def _one_engine() -> None:
    ibis.set_backend("duckdb")


def shop() -> tuple[ibis.Table, ibis.Table, ibis.Table]:
    """Orders, merged profiles and people: every fifth person has a second profile; an order a month on each."""
    twins = {PEOPLE + person: person for person in range(0, PEOPLE, 5)}
    rows = [
        {"source": "s", "order_id": f"{profile}-{month}", "profile_id": profile, "amount": 1000}
        | {"ordered_on": date(2025, month, 5), "status": "paid"}
        | {"refund_amount": 300, "refunded_on": date(2025, 8, 1)}
        for profile in [*range(PEOPLE), *twins]
        for month in (4, 7)
    ]
    names = ORDERS.arrow_schema().names
    orders = pa.Table.from_pylist(
        [{name: row.get(name) for name in names} for row in rows], schema=ORDERS.arrow_schema()
    )
    merged = pa.table({"profile_id": list(twins), "person_id": list(twins.values())})
    people = pa.table({"person_id": list(range(PEOPLE)), "no_profiling": [False] * PEOPLE})
    return ibis.memtable(orders), ibis.memtable(merged), ibis.memtable(people)


def test_all_orders_of_whoever_is_drawn_are_there_those_of_their_other_profiles_too() -> None:
    orders, merged, _ = shop()
    drawn = rows_of_drawn(orders, merged, 0.2)

    def theirs(rows: ibis.Table) -> set[str]:
        joined = rows.left_join(merged, "profile_id")
        mine = joined.filter(is_drawn(joined.person_id.coalesce(joined.profile_id), 0.2))
        return set(mine.order_id.execute())

    assert theirs(drawn) == theirs(orders)
    assert len(theirs(orders)) < drawn.count().execute() < orders.count().execute() / 2


def test_a_whole_share_draws_everybody() -> None:
    orders, merged, people = shop()
    assert rows_of_drawn(orders, merged, 1.0) is orders
    assert people.filter(is_drawn(people.person_id, 3.0)).count().execute() == PEOPLE


def test_orders_before_a_split_know_nothing_of_later_refunds() -> None:
    found = split_orders(*shop(), SPLIT, known=PEOPLE).execute()
    assert len(found) == 2 * (PEOPLE + PEOPLE // 5)
    assert {(row.ordered_on.month, row.net_amount) for row in found.itertuples()} == {(4, 1000), (7, 700)}
