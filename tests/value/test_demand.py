"""The demand of the coming weeks."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from zhike.value.analysis.demand import demand_tables, forecast, whole_weeks

MONDAY = date(2024, 1, 1)


def sold(weeks: dict[str, list[int]], first: date = MONDAY) -> pa.Table:
    start = (first - date(1970, 1, 5)).days // 7
    flat = [(name, start + n, q) for name, each in weeks.items() for n, q in enumerate(each) if q]
    columns = list(zip(*flat, strict=True)) or [[], [], []]
    types = (pa.string(), pa.int64(), pa.int64())
    names = ("category", "week", "quantity")
    return pa.table({n: pa.array(c, t) for n, c, t in zip(names, columns, types, strict=True)})


def tables(weeks: dict[str, list[int]], *, as_of: date) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    made = demand_tables(sold(weeks), first_day=MONDAY, as_of=as_of)
    forecasts, history = (pa.table({k: list(v) for k, v in each.items()}).to_pylist() for each in made)
    return forecasts, history


def test_the_running_week_is_neither_learnt_from_nor_forecast() -> None:
    # Wednesday of the 21st week: what was sold since Monday says nothing of a week.
    wednesday = MONDAY + timedelta(weeks=20, days=2)
    forecasts, history = tables({"茶": [10] * 20 + [3]}, as_of=wednesday)
    assert len(history) == 20
    assert [row["week_start"] for row in forecasts] == [MONDAY + timedelta(weeks=21 + n) for n in range(8)]
    assert all(row["expected_quantity"] == pytest.approx(10) for row in forecasts)


def test_on_a_sunday_the_week_is_whole() -> None:
    sunday = MONDAY + timedelta(weeks=20, days=6)
    forecasts, history = tables({"茶": [10] * 21}, as_of=sunday)
    assert len(history) == 21
    assert forecasts[0]["week_start"] == sunday + timedelta(days=1)


def test_the_first_week_counts_only_from_its_monday() -> None:
    assert whole_weeks(
        MONDAY + timedelta(days=1), MONDAY + timedelta(days=20)
    ).first_monday == MONDAY + timedelta(days=7)
    assert whole_weeks(MONDAY, MONDAY + timedelta(days=3)).count == 0


def test_a_young_shop_has_no_forecast() -> None:
    forecasts, history = tables({"茶": [5] * 7}, as_of=MONDAY + timedelta(weeks=7, days=-1))
    assert forecasts == []
    assert len(history) == 7
    assert demand_tables(sold({}), first_day=None, as_of=MONDAY)[0]["category"] == []


def test_a_season_that_repeats_is_found() -> None:
    year = [20.0] * 52
    year[45:48] = [100.0, 120.0, 90.0]
    chance = np.random.default_rng(1)
    weeks = np.array(year * 3) + chance.normal(0, 2, 156)
    # Two years and up to the week before the peak.
    found = forecast(weeks[: 52 * 2 + 44], ahead=8)
    assert found is not None
    assert found.method in ("seasonal_naive", "seasonal_level")
    assert found.expected[2] > 60


def test_a_level_that_moved_is_followed() -> None:
    weeks = np.array([10.0] * 20 + [40.0] * 20)
    found = forecast(weeks, ahead=8)
    assert found is not None
    assert found.expected == pytest.approx(np.full(8, 40.0), rel=0.05)


def test_the_chosen_method_is_never_worse_than_the_naive_one_on_the_past() -> None:
    chance = np.random.default_rng(7)
    for weeks in (9, 20, 60, 110, 156):
        found = forecast(chance.poisson(30, weeks).astype(float), ahead=8)
        assert found is not None
        if found.error is not None and found.naive_error is not None:
            assert found.error <= found.naive_error


def test_the_window_holds_about_four_weeks_in_five() -> None:
    chance = np.random.default_rng(20260630)
    held = []
    for _ in range(120):
        level = chance.uniform(2, 60)
        weeks = chance.negative_binomial(8, 8 / (8 + level), 68).astype(float)
        found = forecast(weeks[:60], ahead=8)
        assert found is not None
        held += list((found.low <= weeks[60:]) & (weeks[60:] <= found.high))
    assert 0.75 <= np.mean(held) <= 0.93


@pytest.mark.parametrize(
    "weeks",
    [[0.0] * 30 + [1.0] + [0.0] * 9, [1e9] + [3.0] * 30, [5.0] * 40, [0.0] * 12, [3.0] * 10 + [0.0] * 500],
)
def test_odd_pasts_give_finite_windows(weeks: list[float]) -> None:
    found = forecast(np.array(weeks), ahead=8)
    assert found is not None
    for numbers in (found.expected, found.low, found.high):
        assert np.isfinite(numbers).all()
        assert (numbers >= 0).all()
    assert (found.low <= found.expected).all()
    assert (found.expected <= found.high).all()
