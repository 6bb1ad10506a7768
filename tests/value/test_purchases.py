"""One pass over the orders, against a plain reading of them; in any parts of the people."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from zhike.value.analysis.purchases import DAYS, PEOPLE, Window, purchases

FIRST = date(1968, 12, 30)

ORDERS = st.lists(
    st.tuples(
        st.integers(1, 2**34),
        st.integers(0, 1500).map(lambda n: FIRST + timedelta(days=n)),
        st.integers(-(10**11), 10**11),
        st.integers(0, 10**9),
    ),
    max_size=40,
)
FEW_PEOPLE = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.integers(0, 12).map(lambda n: FIRST + timedelta(days=n)),
        st.integers(-100, 900),
        st.integers(0, 9),
    ),
    max_size=30,
)
WINDOWS = {
    "late": Window(FIRST + timedelta(days=8), FIRST + timedelta(days=12)),
    "inside": Window(FIRST + timedelta(days=3), FIRST + timedelta(days=6)),
    "before": Window(FIRST - timedelta(days=9), FIRST - timedelta(days=1)),
    "after": Window(FIRST + timedelta(days=5000), FIRST + timedelta(days=5001)),
}
Order = tuple[int, date, int, int]


def table(orders: list[Order]) -> pa.Table:
    names = ("person_id", "ordered_on", "net_amount", "discount_amount")
    types = (pa.int64(), pa.date32(), pa.int64(), pa.int64())
    columns = zip(*orders, strict=True) if orders else ([] for _ in names)
    return pa.table([pa.array(list(c), t) for c, t in zip(columns, types, strict=True)], names=list(names))


def reading(orders: list[Order]) -> list[dict[str, object]]:
    rows = []
    for person in sorted({order[0] for order in orders}):
        own = [order for order in orders if order[0] == person]
        days = [day for _, day, _, _ in own]
        row: dict[str, object] = {
            "person_id": person,
            "first_order_on": min(days),
            "last_order_on": max(days),
            "order_days": len(set(days)),
            "order_count": len(own),
            "spend_amount": sum(net for _, _, net, _ in own),
            "first_day_amount": sum(net for _, day, net, _ in own if day == min(days)),
            "discount_amount": sum(discount for _, _, _, discount in own),
            "weekend_count": sum(day.weekday() >= 5 for day in days),
        }
        for name, window in WINDOWS.items():
            inside = [net for _, day, net, _ in own if window.first_day <= day <= window.last_day]
            row[f"order_count_{name}"], row[f"spend_amount_{name}"] = len(inside), sum(inside)
        rows.append(row)
    return rows


@given(orders=ORDERS | FEW_PEOPLE)
def test_the_sums_of_people_are_what_their_orders_say(orders: list[Order]) -> None:
    assert purchases(table(orders), windows=WINDOWS)[PEOPLE].to_pylist() == reading(orders)


@given(orders=FEW_PEOPLE)
def test_the_sums_of_days_are_what_the_orders_say(orders: list[Order]) -> None:
    counts = Counter(day for _, day, _, _ in orders)
    expected = [
        {
            "day": day,
            "order_count": counts[day],
            "revenue": sum(net for _, other, net, _ in orders if other == day),
            "buyer_count": len({person for person, other, _, _ in orders if other == day}),
            "walk_in_revenue": 0,
        }
        for day in sorted(counts)
    ]
    assert purchases(table(orders), windows={})[DAYS].to_pylist() == expected


@given(orders=FEW_PEOPLE)
def test_people_summed_up_apart_are_people_summed_up_together(orders: list[Order]) -> None:
    apart = [
        purchases(table([order for order in orders if order[0] % 2 == part]), windows=WINDOWS)[PEOPLE]
        for part in (0, 1)
    ]
    rows = sorted(pa.concat_tables(apart).to_pylist(), key=lambda row: row["person_id"])
    assert rows == purchases(table(orders), windows=WINDOWS)[PEOPLE].to_pylist()
