"""Orders that few shops have: one customer, one day, refunds, outliers, gaps of ten years."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zhike

DAY = date(2026, 1, 1)


def frame(*rows: tuple[str, int, float]) -> dict[str, list[Any]]:
    """Customer, days after the first of January, amount."""
    return {
        "customer": [row[0] for row in rows],
        "date": [DAY + timedelta(days=row[1]) for row in rows],
        "amount": [row[2] for row in rows],
    }


def counted(rows: dict[str, list[Any]], **arguments: Any) -> dict[str, tuple[int, int, float]]:
    """Recency, orders and spend of each customer."""
    table = zhike.rfm(rows, **arguments).table
    names = ("recency_days", "order_count", "spend_amount")
    columns = (table[name].to_pylist() for name in names)
    return dict(zip(table[0].to_pylist(), zip(*columns, strict=True), strict=True))


def assert_forecasts_are_numbers(found: zhike.ClvResult) -> None:
    for name in (f"expected_orders_{found.horizon_days}d", "expected_order_amount", found.clv_column):
        assert all(math.isfinite(value) and value >= 0 for value in found.table[name].to_pylist()), name


def test_one_customer_is_scored_and_forecast_by_the_rule() -> None:
    rows = frame(("Li", 0, 10), ("Li", 40, 20))
    assert counted(rows) == {"Li": (1, 2, 30.0)}
    found = zhike.clv(rows)
    assert (found.method, found.table["clv_decile"].to_pylist()) == ("rule", [1])
    assert found.notes[-1].en.startswith("only 1 customers ordered on two or more days")
    assert_forecasts_are_numbers(found)
    assert "rule" in repr(found)


def test_a_rule_has_no_intervals_and_says_so() -> None:
    found = zhike.clv(frame(("Li", 0, 10)))
    for ask in (found.intervals, found.totals):
        with pytest.raises(zhike.ZhikeError) as refused:
            ask()
        assert refused.value.code == "intervals.no_model"


def test_buyers_who_all_came_once_are_forecast_by_the_rule() -> None:
    rows = frame(*((f"C{n}", n % 300, 10.0 + n) for n in range(400)))
    found = zhike.clv(rows)
    assert found.method == "rule"
    assert_forecasts_are_numbers(found)
    assert set(zhike.rfm(rows).table["f_score"].to_pylist()) == {1}


def test_customers_who_are_all_alike_get_equal_scores_and_values() -> None:
    rows = frame(*((f"C{n}", day, 50.0) for n in range(150) for day in (0, 30, 60, 90)))
    scores = zhike.rfm(rows).table
    assert {len(set(scores[n].to_pylist())) for n in ("r_score", "f_score", "m_score", "rfm_segment")} == {1}
    found = zhike.clv(rows)
    assert_forecasts_are_numbers(found)
    assert max(found.table["clv_365d"].to_pylist()) == pytest.approx(min(found.table["clv_365d"].to_pylist()))


def test_orders_of_one_day_are_one_order_day() -> None:
    rows = frame(("Li", 0, 10), ("Li", 0, 20), ("Wang", 0, 5))
    (li, _) = zhike.histories(rows).table.to_pylist()
    assert (li["frequency"], li["order_days"], li["mean_order_amount"]) == (0, 1, 30.0)
    assert counted(rows)["Li"] == (1, 2, 30.0)


def test_a_huge_order_changes_only_what_is_about_money() -> None:
    rows = frame(*((f"C{n}", (7 * n * k) % 500, 20.0) for n in range(1, 300) for k in range(1, 5)))
    huge = {**rows, "amount": [9_000_000_000.0, *rows["amount"][1:]]}
    before, after = zhike.rfm(rows), zhike.rfm(huge)
    assert before.table["r_score"] == after.table["r_score"]
    assert max(after.table["spend_amount"].to_pylist()) > 8e9
    found = zhike.clv(huge)
    assert_forecasts_are_numbers(found)
    assert any("mean amount" in note.en or "amount" in note.en for note in found.notes)


def test_ten_years_between_two_orders_are_days_like_others() -> None:
    rows = frame(("Li", 0, 10), ("Li", 3653, 10), ("Wang", 3600, 10))
    (li, wang) = zhike.histories(rows, time_unit="D").table.to_pylist()
    assert (li["tenure_at_last_order"], li["tenure"], wang["tenure"]) == (3653.0, 3654.0, 54.0)
    assert_forecasts_are_numbers(zhike.clv(rows))


def test_orders_before_1970_are_counted() -> None:
    rows = {"customer": ["Li"], "date": [date(1969, 12, 30)], "amount": [1]}
    assert counted(rows, as_of=date(1970, 1, 2)) == {"Li": (3, 1, 1.0)}


def test_rows_after_the_business_date_are_left_out_and_noted() -> None:
    rows = frame(("Li", 0, 10), ("Li", 5, 20), ("Wang", 9, 30))
    assert counted(rows, as_of=DAY + timedelta(days=4)) == {"Li": (4, 1, 10.0)}
    assert zhike.rfm(rows, as_of=DAY).notes[0].en == "2 rows after the business date 2026-01-01 are left out"


def test_a_free_order_is_an_order() -> None:
    assert counted(frame(("Li", 0, 0), ("Li", 3, 0), ("Li", 5, -0.0)))["Li"] == (1, 3, 0.0)


def test_a_refund_of_an_order_takes_the_order_back() -> None:
    rows = frame(("Li", 0, 10), ("Li", 3, 20), ("Li", 5, 10), ("Li", 6, -20))
    assert counted(rows)["Li"] == (2, 2, 20.0)
    assert zhike.rfm(rows).notes[0].en == "1 rows below 0 are taken as refunds"


def test_other_refunds_take_from_the_newest_orders_before_them() -> None:
    rows = frame(("Li", 0, 10), ("Li", 3, 20), ("Li", 5, 8), ("Li", 5, -13), ("Li", 9, 100))
    assert counted(rows)["Li"] == (1, 3, 125.0)
    # 8 of the newest, which is gone, and 5 of the one before.
    assert counted(rows, as_of=DAY + timedelta(days=8))["Li"] == (5, 2, 25.0)


def test_a_refund_counts_from_its_day_on() -> None:
    rows = frame(("Li", 0, 10), ("Li", 2, 7), ("Li", 4, -10))
    assert counted(rows, as_of=DAY + timedelta(days=3))["Li"] == (1, 2, 17.0)
    assert counted(rows, as_of=DAY + timedelta(days=4))["Li"] == (2, 1, 7.0)


def test_a_refund_before_any_order_is_left_out_and_noted() -> None:
    rows = frame(("Li", 0, -10), ("Li", 2, 7), ("Wang", 3, 5), ("Wang", 4, -9))
    found = zhike.rfm(rows)
    assert found.table["customer"].to_pylist() == ["Li"]
    assert [note.en.split(" ")[0] for note in found.notes] == ["2", "2"]


def test_nothing_but_refunds_is_refused() -> None:
    for rows in (frame(("Li", 0, -10)), frame(("Li", 0, 10), ("Li", 0, -10))):
        for ask in (zhike.rfm, zhike.clv, zhike.histories):
            with pytest.raises(zhike.ZhikeError) as refused:
                ask(rows)
            assert refused.value.code == "orders.none"


_ROWS = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 40), st.integers(-30, 60).map(float)),
    min_size=1,
    max_size=25,
)


@settings(max_examples=12, deadline=None)
@given(_ROWS, st.randoms(use_true_random=False))
def test_refunds_take_back_no_more_than_was_ordered_and_the_order_of_rows_does_not_matter(
    rows: list[tuple[str, int, float]], chance: Any
) -> None:
    bought: dict[str, float] = {}
    for who, _, amount in rows:
        bought[who] = bought.get(who, 0) + max(amount, 0)
    try:
        found = counted(frame(*rows))
    except zhike.ZhikeError as error:
        assert error.code == "orders.none"
        return
    net: dict[str, float] = {}
    for who, _, amount in rows:
        net[who] = net.get(who, 0) + amount
    for who, (_, orders, spend) in found.items():
        assert max(net[who], 0) <= spend + 1e-9
        assert spend <= bought[who] + 1e-9
        assert 1 <= orders <= sum(each == who and amount >= 0 for each, _, amount in rows)
    mixed = list(rows)
    chance.shuffle(mixed)
    spends = {who: spend for who, (_, _, spend) in counted(frame(*mixed)).items()}
    assert spends == pytest.approx({who: spend for who, (_, _, spend) in found.items()})


def test_customers_keep_their_type_and_are_sorted() -> None:
    for values in ([30, 7, 200], ["30", "7", "200"], [3.5, 1.0, 2.0], [date(2026, 1, d) for d in (3, 1, 2)]):
        table = pa.table({"customer": values, "date": [DAY] * 3, "amount": [1, 2, 3]})
        found = zhike.rfm(table).table
        assert found["customer"].type == table["customer"].type
        assert found["customer"].to_pylist() == sorted(values)
