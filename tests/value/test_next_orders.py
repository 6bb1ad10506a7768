"""The next order: windows hold what they promise, and no window lies in the past."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from zhike.value.analysis.gaps import GAP_SUMS, fit_gaps, gap_sums, next_gaps, series_of
from zhike.value.analysis.next_orders import (
    BY_CUSTOMER,
    NEXT_ORDERS,
    NoDay,
    by_customer,
    next_orders,
    why_no_day,
)

AS_OF = date(2026, 6, 30)
FAR = date(2024, 6, 30)


def rows(days: dict[tuple[int, int], list[date]]) -> pa.Table:
    flat = [(customer, item, day) for (customer, item), each in days.items() for day in each]
    columns = list(zip(*flat, strict=True)) or [[], [], []]
    types = (pa.int64(), pa.int64(), pa.date32())
    names = ("customer_id", "item", "ordered_on")
    return pa.table({n: pa.array(c, t) for n, c, t in zip(names, columns, types, strict=True)})


def summed(days: dict[tuple[int, int], list[date]]) -> pa.Table:
    return gap_sums(rows(days))[GAP_SUMS].sort_by([("customer_id", "ascending"), ("item", "ascending")])


def forecast(
    days: dict[tuple[int, int], list[date]], *, as_of: date = AS_OF, within_days: int = 20_000
) -> list[dict[str, object]]:
    sums = summed(days)
    fitted = fit_gaps(series_of(sums))
    made = next_orders(sums, fitted=fitted, names=["", "茶", "杯"], as_of=as_of, within_days=within_days)[
        NEXT_ORDERS
    ]
    found: list[dict[str, object]] = made.to_pylist()
    return found


def every(gap: float, times: int, *, end: date = AS_OF) -> list[date]:
    return [end - timedelta(days=round(gap * number)) for number in reversed(range(times))]


@pytest.mark.parametrize("other", [9, 2**60])
def test_sums_over_gaps_are_those_of_the_distinct_days(other: int) -> None:
    day = date(2026, 1, 1)
    days = [day, day, day + timedelta(days=4), day + timedelta(days=20)]
    found = summed({(7, 0): days, (7, 1): [day], (other, 1): days[2:]}).to_pylist()
    assert [(row["customer_id"], row["item"], row["gap_count"]) for row in found] == [
        (7, 0, 2),
        (other, 1, 1),
    ]
    assert found[0]["log_sum"] == pytest.approx(np.log(4) + np.log(16))
    assert found[0]["log_square_sum"] == pytest.approx(np.log(4) ** 2 + np.log(16) ** 2)
    assert found[0]["last_day"] == (day + timedelta(days=20) - date(1970, 1, 1)).days


def test_no_orders_give_no_rows() -> None:
    assert forecast({}) == []


def test_one_time_buyers_have_no_rhythm() -> None:
    assert forecast({(n, 0): [AS_OF - timedelta(days=n)] for n in range(50)}) == []


def test_a_coffee_subscription_is_expected_on_its_day() -> None:
    # Each has a delivery every 14, 28 or 35 days to the day, the last one ten days ago.
    last = AS_OF - timedelta(days=10)
    shop = {(n, 0): every((14, 28, 35)[n % 3], 8, end=last) for n in range(90)}
    for row in forecast(shop):
        due = last + timedelta(days=(14, 28, 35)[int(str(row["customer_id"])) % 3])
        assert abs((row["expected_on"] - due).days) <= 1  # type: ignore[operator]
        assert (row["latest_on"] - row["earliest_on"]).days <= 6  # type: ignore[operator]
        assert row["earliest_on"] <= due <= row["latest_on"]  # type: ignore[operator]
        assert not row["is_overdue"]


def test_a_subscriber_who_did_not_come_is_overdue_and_expected_from_today() -> None:
    shop = {(n, 0): every(14 + n % 3, 10) for n in range(60)} | {
        (99, 0): every(14, 10, end=date(2026, 5, 20))
    }
    (late,) = (row for row in forecast(shop) if row["customer_id"] == 99)
    assert late["is_overdue"]
    assert late["earliest_on"] >= AS_OF  # type: ignore[operator]
    assert sum(bool(row["is_overdue"]) for row in forecast(shop)) == 1


@pytest.mark.parametrize("shape", [0.9, 3.0, 20.0])
def test_the_window_holds_about_eighty_percent_of_the_orders_that_came(shape: float) -> None:
    chance = np.random.default_rng(20260630)
    shop: dict[tuple[int, int], list[date]] = {}
    came: dict[int, date] = {}
    for customer in range(1500):
        mean = float(np.exp(chance.normal(np.log(25), 0.6)))
        gaps = np.maximum(1, np.rint(chance.gamma(shape, mean / shape, size=chance.integers(3, 15)))).astype(
            int
        )
        last = AS_OF - timedelta(days=int(chance.integers(0, int(gaps[-1]))))
        # Looked at on a random day before the last order came.
        came[customer] = last + timedelta(days=int(gaps[-1]))
        steps = np.append(0, np.cumsum(gaps[:-1][::-1]))
        shop[customer, 0] = [last - timedelta(days=int(step)) for step in reversed(steps)]
    found = forecast(shop)
    held = [row["earliest_on"] <= came[int(str(row["customer_id"]))] <= row["latest_on"] for row in found]  # type: ignore[operator]
    assert len(found) == 1500
    assert 0.74 <= np.mean(held) <= 0.9


def test_a_category_has_a_rhythm_of_its_own() -> None:
    shop = {(n, 1): every(10, 6) for n in range(40)} | {(n, 2): every(60, 4) for n in range(40)}
    found = {(row["customer_id"], row["category"]): row for row in forecast(shop)}
    assert found[3, "茶"]["expected_on"] < found[3, "杯"]["expected_on"]  # type: ignore[operator]


def test_a_customer_has_one_row_with_the_categories_due_soon_the_first_due_first() -> None:
    day = {n: AS_OF + timedelta(days=n) for n in (2, 5, 9)}
    rows = [(7, "茶", 9), (8, "", 9), (7, "", 2), (7, "杯; 壶", 5), (7, "米", 5)]
    table = pa.table(
        {
            "customer_id": pa.array([row[0] for row in rows], pa.int64()),
            "category": [row[1] for row in rows],
            **{n: [day[row[2]] for row in rows] for n in ("expected_on", "earliest_on", "latest_on")},
            "is_overdue": [row[2] == 9 for row in rows],
        }
    )
    found = by_customer(table, as_of=AS_OF)[BY_CUSTOMER].sort_by("customer_id").to_pylist()
    assert [(row["customer_id"], row["next_order_days"], row["is_overdue"]) for row in found] == [
        (7, 2, False),
        (8, 9, True),
    ]
    # A separator within a name would make two of it.
    assert [row["restock_categories"] for row in found] == ["杯;壶; 米; 茶", None]


def test_gaps_of_ten_years_and_all_alike_do_no_harm() -> None:
    far = {(1, 0): [date(2006, 1, 1), date(2016, 1, 1), date(2026, 1, 1)]}
    alike = {(n, 0): [AS_OF - timedelta(days=1), AS_OF] for n in range(2, 60)}
    for shop in (far, alike, far | alike):
        for row in forecast(shop):
            assert AS_OF <= row["earliest_on"] <= row["expected_on"] <= row["latest_on"]  # type: ignore[operator]
            assert row["latest_on"] < date(2080, 1, 1)  # type: ignore[operator]


def test_a_day_later_than_whoever_stays_away_counts_as_lost_is_not_given() -> None:
    shop = {(n, 0): every(20, 8) for n in range(40)} | {
        (99, 0): every(300, 8),
        (98, 0): every(20, 8, end=FAR),
    }
    found = {row["customer_id"]: row for row in forecast(shop, within_days=90)}
    for days in ("expected_on", "earliest_on", "latest_on"):
        assert found[99][days] is None
        assert found[0][days] is not None
    # Whoever is overdue stays so.
    assert (found[99]["is_overdue"], found[98]["is_overdue"]) == (False, True)
    listed = by_customer(pa.Table.from_pylist(list(found.values())), as_of=AS_OF)[BY_CUSTOMER]
    (row,) = (row for row in listed.to_pylist() if row["customer_id"] == 99)
    assert (row["next_order_on"], row["next_order_days"]) == (None, None)


@pytest.mark.parametrize(
    ("order_days", "lost", "why"),
    [(1, 0.2, NoDay.ONE_DAY), (5, 0.5, NoDay.LIKELY_LOST), (5, 0.2, NoDay.TOO_FAR)],
)
def test_why_there_is_no_day(order_days: int, lost: float, why: NoDay) -> None:
    assert why_no_day(order_days=order_days, lost_probability=lost) is why


def test_few_series_lean_on_usual_values() -> None:
    fitted = fit_gaps(series_of(summed({(1, 0): every(20, 4)})))
    assert not fitted.is_fitted
    assert next_gaps(series_of(summed({(1, 0): every(20, 4)})), fitted).median_days[0] == pytest.approx(
        20, rel=0.05
    )
