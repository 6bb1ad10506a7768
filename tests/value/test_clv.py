"""The forecast of the next 365 days: which method, from what, and what odd shops get."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from zhike.value.analysis.backtest import DEFAULT_CHAMPIONS, MODELS, Champions
from zhike.value.analysis.clv import FORECASTS, INPUTS, clv_forecasts, fit_clv
from zhike.value.analysis.clv_intervals import clv_intervals, interval_inputs
from zhike.value.schema import CLV_INTERVALS
from zhike.value.settings import ValueSettings

SETTINGS = ValueSettings()


def inputs(rows: list[tuple[int, int, int, int]]) -> pa.Table:
    """Buyers from order days, tenure, recency and spend; one order a day, all of them of this year."""
    columns = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    names = dict(zip(INPUTS[:4], columns, strict=True))
    return pa.table(
        {
            "customer_id": np.arange(1, len(rows) + 1),
            **names,
            "order_count": columns[0],
            "order_count_365d": columns[0],
        }
    )


def shop(buyers: int = 300, seed: int = 5) -> pa.Table:
    draw = np.random.default_rng(seed)
    rows = []
    for _ in range(buyers):
        tenure = int(draw.integers(40, 700))
        days = 1 + min(int(draw.poisson(draw.gamma(0.8, 2))), tenure)
        recency = int(draw.integers(0, tenure)) if days > 1 else tenure
        rows.append((days, tenure, recency, days * int(draw.gamma(3, 4000) + 100)))
    return inputs(rows)


def forecast(table: pa.Table, fitted: Any) -> dict[str, np.ndarray]:
    made = clv_forecasts(table, fitted=fitted)[FORECASTS]
    return {name: np.array(made[name].to_pylist(), dtype=float) for name in made.column_names}


def chosen(value: str, alive: str = "mbg_nbd") -> Champions:
    return Champions({"spend": value}, value, alive)


@pytest.mark.parametrize("code", MODELS)
def test_the_champion_makes_the_forecast_and_its_name_says_so(code: str) -> None:
    fitted = fit_clv(shop(), SETTINGS, chosen(code, code))
    assert fitted.method == code
    assert fitted.alive is None
    made = forecast(shop(), fitted)
    assert np.all((made["probability_alive"] >= 0) & (made["probability_alive"] <= 1))
    assert np.all(made["expected_orders_365d_low"] <= made["expected_orders_365d_high"])
    assert np.all(made["clv_365d"] <= made["expected_orders_365d"] * made["expected_order_amount"] + 1e-6)


def test_who_is_alive_may_be_judged_by_another_model() -> None:
    both, alone = (
        fit_clv(shop(), SETTINGS, champions)
        for champions in (chosen("bg_nbd", "mbg_nbd"), chosen("mbg_nbd", "mbg_nbd"))
    )
    assert both.method == "bg_nbd"
    one, other = forecast(shop(), both), forecast(shop(), alone)
    assert one["probability_alive"] == pytest.approx(other["probability_alive"])
    assert one["expected_orders_365d"] != pytest.approx(other["expected_orders_365d"])


def test_without_a_back_test_it_is_bg_nbd() -> None:
    assert fit_clv(shop(), SETTINGS, DEFAULT_CHAMPIONS).method == "bg_nbd"


def test_a_rule_that_won_makes_the_forecast_and_the_probability_stays() -> None:
    fitted = fit_clv(shop(), SETTINGS, chosen("rule_mean_rate"))
    assert fitted.method == "rule_mean_rate"
    assert fitted.reason is not None
    made = forecast(inputs([(10, 730, 3, 10_000)]), fitted)
    assert made["expected_orders_365d"].tolist() == [5]
    assert made["clv_365d"].tolist() == [5000]
    assert made["probability_alive"][0] > 0.5
    assert np.isnan(made["expected_orders_365d_low"]).all()


def test_the_blend_is_half_of_each() -> None:
    some = shop()
    blend, model = (forecast(some, fit_clv(some, SETTINGS, chosen(code))) for code in ("blend", "pareto_nbd"))
    rule = forecast(some, fit_clv(some, SETTINGS, chosen("rule")))
    half = (model["expected_orders_365d"] + rule["expected_orders_365d"]) / 2
    assert blend["expected_orders_365d"] == pytest.approx(half)


def test_several_orders_of_a_day_are_one_day_under_the_rule_too() -> None:
    table = inputs([(4, 730, 3, 10_000)])
    table = table.set_column(5, "order_count", pa.array([8])).set_column(6, "order_count_365d", pa.array([6]))
    assert forecast(table, fit_clv(table, SETTINGS))["expected_orders_365d"].tolist() == [3]


def test_ten_repeat_buyers_are_enough_and_nine_are_not() -> None:
    for repeat, method in ((9, "rule"), (10, "bg_nbd")):
        rows = [(2 + n % 3, 200 + n, 20 + n, 5000 + 70 * n) for n in range(repeat)]
        fitted = fit_clv(inputs(rows + [(1, 100, 100, 900)] * 20), SETTINGS)
        assert fitted.method == method
    assert "10" in fit_clv(inputs([(1, 100, 100, 900)] * 20), SETTINGS).reason.en  # type: ignore[union-attr]


def test_the_order_of_the_rows_changes_no_digit() -> None:
    table = shop()
    turned = table.take(np.random.default_rng(1).permutation(table.num_rows))
    champions = chosen("pareto_nbd", "mbg_nbd")
    one, two = (fit_clv(each, SETTINGS, champions) for each in (table, turned))
    assert one == two


def test_margin_and_discount_scale_the_value_and_nothing_else() -> None:
    table = shop()
    full, third, undiscounted = (
        forecast(table, fit_clv(table, settings))
        for settings in (SETTINGS, ValueSettings(margin=0.25), ValueSettings(discount_rate_yearly=0.0))
    )
    assert third["clv_365d"] == pytest.approx(full["clv_365d"] / 4)
    assert third["expected_orders_365d"] == pytest.approx(full["expected_orders_365d"])
    assert undiscounted["clv_365d"].sum() > full["clv_365d"].sum()
    assert undiscounted["clv_365d"] == pytest.approx(
        undiscounted["expected_orders_365d"] * undiscounted["expected_order_amount"]
    )


ODD = {
    "alike": [(5, 300, 20, 5000)] * 200,
    "new today": [(1, 0, 0, 900 + n) for n in range(100)],
    "one outlier": [(3, 300 + n, 20, 3000) for n in range(100)] + [(2, 200, 5, 10**13)],
    "free": [(3, 300 + n, 20, 0) for n in range(100)],
    "negative": [(3, 300 + n, 20, (-1) ** n * 4000) for n in range(100)],
    "ten years": [(2, 3650 + n, 10 * n, 4000 + n) for n in range(100)],
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("code", ["bg_nbd", "pareto_nbd", "blend", "rule"])
def test_odd_shops_have_finite_forecasts(name: str, code: str) -> None:
    table = inputs(ODD[name])
    made = forecast(table, fit_clv(table, SETTINGS, chosen(code)))
    for column in ("expected_orders_365d", "expected_order_amount", "clv_365d"):
        assert np.isfinite(made[column]).all(), column
    assert (made["expected_orders_365d"] >= 0).all()


def test_an_outlier_is_noted() -> None:
    fitted = fit_clv(inputs(ODD["one outlier"]), SETTINGS)
    assert fitted.notes or fitted.reason


def test_nobody_is_forecast_as_nobody() -> None:
    nobody = shop().slice(0, 0)
    fitted = fit_clv(nobody, SETTINGS)
    assert clv_forecasts(nobody, fitted=fitted)[FORECASTS].num_rows == 0


def totals(table: pa.Table, fitted: Any) -> pa.Table:
    value = np.sort(forecast(table, fitted)["clv_365d"])[::-1]
    parts = np.array_split(value, 10)
    return pa.table(
        {
            "clv_decile": pa.array(range(1, 11), pa.int32()),
            "customer_count": [len(part) for part in parts],
            "clv_365d": [float(part.sum()) for part in parts],
        }
    )


def test_the_interval_of_the_shop_is_around_its_total_and_narrower_than_that_of_its_parts() -> None:
    table = shop(2000)
    fitted = fit_clv(table, SETTINGS)
    rows = clv_intervals(
        interval_inputs(table), totals(table, fitted), fitted, CLV_INTERVALS.arrow_schema()
    ).to_pylist()
    assert [row["clv_decile"] for row in rows] == list(range(11))
    for row in rows:
        assert row["clv_365d_low"] < row["clv_365d"] < row["clv_365d_high"]
    assert rows[0]["clv_365d"] == pytest.approx(sum(row["clv_365d"] for row in rows[1:]))
    width = [(row["clv_365d_high"] - row["clv_365d_low"]) / row["clv_365d"] for row in rows]
    assert width[0] == min(width)


def test_a_rule_has_no_interval() -> None:
    table = shop()
    fitted = fit_clv(table, SETTINGS, chosen("rule"))
    schema = CLV_INTERVALS.arrow_schema()
    assert clv_intervals(interval_inputs(table), totals(table, fitted), fitted, schema).num_rows == 0
