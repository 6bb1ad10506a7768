"""Back-tests: what is known before a split, what came after it, and who forecasts best."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from zhike.kernel.errors import UsageError
from zhike.value.analysis.backtest import (
    DEFAULT_CHAMPIONS,
    Split,
    champions_of,
    closed_months_split,
    histories_of,
    run_backtest,
    split_until,
)
from zhike.value.analysis.backtest.metrics import amount_metrics, outcome_deciles, ranking_metrics
from zhike.value.analysis.backtest.rules import RfmCells, mean_rate, scaled_up

SPLIT = Split(date(2025, 1, 1), date(2025, 9, 30), date(2025, 12, 31))


def orders(rows: list[tuple[int, date, int]]) -> pa.Table:
    people, days, amounts = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.table(
        {
            "person_id": pa.array(people, pa.int64()),
            "ordered_on": pa.array(days, pa.date32()),
            "net_amount": pa.array(amounts, pa.int64()),
        }
    )


def regulars(people: int = 150, *, seed: int = 3, amount: int = 0) -> list[tuple[int, date, int]]:
    """People with their own rhythm, some of whom leave; nobody buys twice a day."""
    draw = np.random.default_rng(seed)
    rows = []
    for person in range(people):
        day, gap = SPLIT.first_day + timedelta(days=int(draw.integers(0, 200))), draw.gamma(2, 20)
        size = amount or int(draw.gamma(3, 4000))
        while day <= SPLIT.until:
            rows.append((person, day, amount or size + int(draw.integers(0, 1000))))
            if draw.random() < 0.15:
                break
            day += timedelta(days=1 + int(draw.exponential(gap)))
    return rows


def test_of_each_customer_only_what_was_known_at_the_split_is_known() -> None:
    day = SPLIT.known_until
    rows = [
        (7, day - timedelta(days=40), 100),
        (7, day, 50),
        (7, day, 25),
        (7, day + timedelta(days=1), 1000),
        (7, SPLIT.until, 500),
        (7, SPLIT.until + timedelta(days=1), 9999),
        (9, day + timedelta(days=3), 70),
        (3, day - timedelta(days=100), 30),
    ]
    found = histories_of(orders(rows), SPLIT)
    known = found.known
    assert known.order_days.tolist() == [1, 2]
    assert known.tenure_days.tolist() == [100, 40]
    assert known.recency_days.tolist() == [100, 0]
    assert known.spend.tolist() == [30, 175]
    assert known.period.order_days.tolist() == [0, 2]
    assert found.after.order_days.tolist() == [0, 2]
    assert found.after.spend.tolist() == [0, 1500]
    # The earlier split ends 92 days before: only customer 3 was there.
    assert found.earlier.customers == 1
    assert found.after_earlier.order_days.tolist() == [0]


def test_what_comes_after_the_holdout_changes_nothing() -> None:
    rows = regulars()
    later = [(person, SPLIT.until + timedelta(days=2), 10**6) for person in range(300)]
    one, two = (run_backtest(histories_of(orders(each), SPLIT), SPLIT) for each in (rows, rows + later))
    assert one == two


def test_what_comes_in_the_holdout_changes_no_forecast() -> None:
    rows = regulars()
    without = [row for row in rows if row[1] <= SPLIT.known_until]
    one, two = (run_backtest(histories_of(orders(each), SPLIT), SPLIT) for each in (rows, without))
    for key, deciles in one.deciles.items():
        assert [each.predicted for each in deciles] == [each.predicted for each in two.deciles[key]]


def test_the_order_of_the_rows_does_not_matter() -> None:
    rows = regulars()
    one, two = (run_backtest(histories_of(orders(each), SPLIT), SPLIT) for each in (rows, rows[::-1]))
    assert one == two


def test_a_perfect_forecast_has_no_error_and_the_best_order() -> None:
    actual = np.array([5.0, 0, 0, 2, 1, 0, 0, 0, 0, 0])
    metrics = amount_metrics(actual, actual)
    assert metrics == pytest.approx(
        {"mae": 0, "rmse": 0, "total_bias": 0, "error": 0, "gini": 1, "lift_10": 5 / 0.8}
    )


def test_the_error_that_decides_is_least_for_the_mean_where_the_plain_mean_error_prefers_nothing() -> None:
    actual = np.array([0.0] * 80 + [10.0] * 20)
    nothing, mean = (amount_metrics(np.full(100, each), actual) for each in (0.0, 2.0))
    assert nothing["mae"] < mean["mae"]
    errors = {each: amount_metrics(np.full(100, each), actual)["error"] for each in np.linspace(0, 10, 101)}
    assert min(errors, key=lambda each: errors[each]) == pytest.approx(2.0)


def test_customers_of_one_score_share_their_outcome_whatever_their_order() -> None:
    actual = np.array([9.0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    for turned in (actual, actual[::-1]):
        assert ranking_metrics(np.zeros(10), turned) == pytest.approx({"gini": 0, "lift_10": 1})


def test_deciles_hold_everybody_once_and_the_totals() -> None:
    predicted, actual = np.arange(23.0), np.arange(23.0)[::-1]
    deciles = outcome_deciles(predicted, actual)
    assert [each.rank for each in deciles] == list(range(1, 11))
    assert sum(each.customers for each in deciles) == 23
    assert sum(each.predicted for each in deciles) == pytest.approx(predicted.sum())
    assert sum(each.actual for each in deciles) == pytest.approx(actual.sum())
    assert deciles[0].predicted > deciles[-1].predicted
    assert len(outcome_deciles(np.ones(3), np.ones(3))) == 3


def test_a_short_acquaintance_is_scaled_up_but_never_as_if_from_days() -> None:
    assert scaled_up(np.array([2, 2, 2]), np.array([400, 45, 0]), 90, 90).tolist() == [2, 4, 6]
    assert mean_rate(np.array([12, 1]), np.array([360, 0]), 90).tolist() == [3, 3]


def test_a_cell_of_nobody_gets_the_mean_of_all() -> None:
    found = histories_of(orders(regulars()), SPLIT)
    cells = RfmCells.learnt(found.earlier, found.after_earlier)
    forecast, _ = cells.forecast(found.earlier)
    # Where it learnt, the cells give back the total.
    assert forecast.sum() == pytest.approx(found.after_earlier.order_days.sum())
    assert np.isfinite(cells.order_days).all()


@pytest.mark.parametrize(
    ("first", "as_of", "known_until"),
    [
        (date(2024, 1, 1), date(2025, 3, 1), date(2024, 11, 30)),
        (date(2024, 1, 1), date(2025, 3, 31), date(2024, 11, 30)),
        (date(2024, 9, 1), date(2025, 3, 15), date(2024, 12, 31)),
        (date(2024, 12, 1), date(2025, 3, 15), date(2025, 1, 31)),
    ],
)
def test_the_split_of_a_refresh_holds_out_closed_months(first: date, as_of: date, known_until: date) -> None:
    split = closed_months_split(first, as_of)
    assert split is not None
    assert split.until == date(2025, 2, 28)
    assert split.known_until == known_until


def test_too_short_a_history_has_no_split() -> None:
    assert closed_months_split(date(2025, 1, 15), date(2025, 3, 15)) is None
    assert closed_months_split(date(2025, 3, 1), date(2025, 3, 15)) is None


def test_a_split_on_demand_says_how_much_can_be_held_out() -> None:
    assert split_until(date(2025, 1, 1), date(2025, 12, 31), 100).known_until == date(2025, 9, 22)
    with pytest.raises(UsageError, match="182"):
        split_until(date(2025, 1, 1), date(2025, 12, 31), 200)
    with pytest.raises(UsageError, match="--holdout-days 90"):
        split_until(date(2025, 1, 1), date(2025, 12, 31), 0)


def metrics(**errors: float) -> dict[str, Any]:
    return {method: {"error": error, "gini": 1 - error / 100} for method, error in errors.items()}


def test_the_champion_has_the_least_error_and_a_rule_needs_five_percent() -> None:
    measured = {
        "orders": metrics(bg_nbd=10, mbg_nbd=9, rule=8.9),
        "spend": metrics(bg_nbd=10, mbg_nbd=9, rule=8),
        "alive": metrics(bg_nbd=50, pareto_nbd=20, rule=10),
    }
    champions = champions_of(measured)
    assert champions.by_target == {"orders": "mbg_nbd", "spend": "rule", "alive": "rule"}
    assert champions.value == "rule"
    # A rule knows no probability.
    assert champions.alive == "pareto_nbd"


def test_a_rule_that_cannot_speak_of_a_year_leaves_the_forecast_to_the_best_model() -> None:
    champions = champions_of({"spend": metrics(bg_nbd=10, pareto_nbd=9.5, rule_rfm_cells=3)})
    assert champions.by_target["spend"] == "rule_rfm_cells"
    assert champions.value == "pareto_nbd"


def test_equal_errors_are_settled_by_the_order_of_the_models() -> None:
    assert champions_of({"spend": metrics(pareto_nbd=5, mbg_nbd=5, bg_nbd=5)}).value == "bg_nbd"


def test_without_a_back_test_the_default_is_used_and_says_so() -> None:
    assert champions_of({}) == DEFAULT_CHAMPIONS
    assert not champions_of({"spend": {"rule": {"error": float("nan")}}}).is_tested


# What shops really bring


def once_each() -> list[tuple[int, date, int]]:
    return [(n, SPLIT.first_day + timedelta(days=n), 500 + n) for n in range(200)]


def alike() -> list[tuple[int, date, int]]:
    days = [SPLIT.first_day + timedelta(days=30 * k) for k in range(12)]
    return [(n, day, 1000) for n in range(120) for day in days]


def one_day() -> list[tuple[int, date, int]]:
    return [(n, SPLIT.known_until, 1000 + n) for n in range(120)]


def outliers() -> list[tuple[int, date, int]]:
    rows = regulars()
    return [*rows, *((n, SPLIT.known_until - timedelta(days=n), 10**13) for n in range(3))]


def free() -> list[tuple[int, date, int]]:
    return [(person, day, 0) for person, day, _ in regulars()]


def negative() -> list[tuple[int, date, int]]:
    return [(person, day, -amount if person % 3 else amount) for person, day, amount in regulars()]


def ten_years_apart() -> list[tuple[int, date, int]]:
    return [*regulars(), *((n, date(2015, 1, 1) + timedelta(days=n), 700) for n in range(60))]


@pytest.mark.parametrize(
    "shop", [once_each, alike, one_day, outliers, free, negative, ten_years_apart], ids=lambda f: f.__name__
)
def test_odd_shops_are_tested_or_measured_as_unknown_but_never_break_it(shop: Any) -> None:
    table = orders(shop())
    first = min(table["ordered_on"].to_pylist())
    found = run_backtest(histories_of(table, Split(first, SPLIT.known_until, SPLIT.until)), SPLIT)
    assert set(found.measured) == {"orders", "spend", "alive"}
    for methods in found.measured.values():
        assert {"rule", "rule_mean_rate", "rule_rfm_cells"} <= set(methods)
        for metrics in methods.values():
            assert not any(np.isinf(value) for value in metrics.values())
    for target in ("orders", "spend"):
        assert all(np.isfinite(each["mae"]) for each in found.measured[target].values())
    assert found.champions.value in ("bg_nbd", "mbg_nbd", "pareto_nbd", "blend", "rule", "rule_mean_rate")


def test_one_time_buyers_leave_the_rules_alone() -> None:
    found = run_backtest(histories_of(orders(once_each()), SPLIT), SPLIT)
    assert set(found.measured["orders"]) == {"rule", "rule_mean_rate", "rule_rfm_cells"}


def test_too_few_customers_are_refused_with_their_number() -> None:
    few = [row for row in regulars() if row[0] < 20]
    with pytest.raises(UsageError, match="100"):
        run_backtest(histories_of(orders(few), SPLIT), SPLIT)
