"""What a result offers: frozen rows, parameters, a summary, pictures, intervals; and how `zhike` is imported."""

from __future__ import annotations

import ast
import dataclasses
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from matplotlib.figure import Figure

import zhike
from tests.counted_shop import AS_OF
from zhike.value.analysis import btyd
from zhike.value.labels import RFM_SEGMENTS

# Fixtures are asked for by name here, which does not tell that they need the database.
pytestmark = pytest.mark.django_db


@pytest.fixture
def scored(orders: pa.Table) -> zhike.RfmResult:
    return zhike.rfm(orders, as_of=AS_OF)


@pytest.fixture
def forecast(orders: pa.Table) -> zhike.ClvResult:
    return zhike.clv(orders, as_of=AS_OF, model="bg_nbd", horizon_days=90)


def test_results_cannot_be_changed(scored: zhike.RfmResult) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        scored.as_of = date(2026, 1, 1)  # type: ignore[misc]
    with pytest.raises(TypeError):
        scored.parameters["method"] = "fixed"  # type: ignore[index]


def test_results_open_in_every_kind_of_data_frame(scored: zhike.RfmResult) -> None:
    assert scored.to_arrow() is scored.table
    assert len(scored.to_pandas()) == len(scored.to_polars()) == len(scored) == 120
    assert pl.DataFrame(scored).columns == scored.table.column_names
    assert len(scored.head(3)) == 3


def test_parameters_are_in_the_units_of_the_frame(shop: zhike.Shop, scored: zhike.RfmResult) -> None:
    spends = sorted(scored.table["spend_amount"].to_pylist())
    assert scored.parameters["monetary_cuts"] == tuple(spends[120 * k // 5 - 1] for k in (1, 2, 3, 4))
    assert scored.parameters["buyers"] == 120
    assert scored.parameters["mean_spend_amount"] == pytest.approx(sum(spends) / 120)


def test_a_summary_of_scores_has_every_group_with_its_names(scored: zhike.RfmResult) -> None:
    rows = scored.summary().table.to_pylist()
    assert sum(row["customers"] for row in rows) == 120
    assert sum(row["share"] for row in rows) == pytest.approx(1)
    assert [row["en"] for row in rows] == [RFM_SEGMENTS[row["rfm_segment"]].en for row in rows]


def test_a_summary_of_forecasts_has_every_tenth(forecast: zhike.ClvResult) -> None:
    rows = forecast.summary().table.to_pylist()
    assert [(row["clv_decile"], row["customers"]) for row in rows] == [(n, 12) for n in range(1, 11)]
    means = [row["mean_clv"] for row in rows]
    assert means == sorted(means, reverse=True)
    assert sum(row["clv"] for row in rows) == pytest.approx(sum(forecast.table["clv_90d"].to_pylist()))


def test_every_model_that_is_named_is_the_one_that_forecasts(orders: pa.Table) -> None:
    for name in ("bg_nbd", "mbg_nbd", "pareto_nbd"):
        found = zhike.clv(orders, as_of=AS_OF, model=name)  # type: ignore[arg-type]
        assert set(found.table["method"].to_pylist()) == {name} == {found.method}
        assert found.parameters["orders_weekly"]


def test_margin_and_discount_scale_the_value(orders: pa.Table, forecast: zhike.ClvResult) -> None:
    def total(**arguments: Any) -> float:
        found = zhike.clv(orders, as_of=AS_OF, model="bg_nbd", horizon_days=90, **arguments)
        return float(sum(found.table["clv_90d"].to_pylist()))

    base = float(sum(forecast.table["clv_90d"].to_pylist()))
    assert total(margin=0.25) == pytest.approx(base / 4)
    expected = np.array(forecast.table["expected_orders_90d"].to_pylist())
    amounts = np.array(forecast.table["expected_order_amount"].to_pylist())
    assert total(discount_rate_yearly=0.0) == pytest.approx(float(expected @ amounts), rel=1e-6)
    assert base < total(discount_rate_yearly=0.0)


def test_intervals_hold_the_expectation_and_grow_with_confidence(forecast: zhike.ClvResult) -> None:
    narrow, wide = (forecast.intervals(confidence=share).table for share in (0.5, 0.95))
    for name in ("orders", "spend"):
        low, high = (np.array(wide[f"{name}_{end}"].to_pylist()) for end in ("low", "high"))
        assert np.all(low <= np.array(narrow[f"{name}_low"].to_pylist()))
        assert np.all(high >= np.array(narrow[f"{name}_high"].to_pylist()))
    totals = forecast.totals().table.to_pylist()
    assert [row["what"] for row in totals] == ["orders", "spend"]
    assert all(row["low"] < row["expected"] < row["high"] for row in totals)
    assert totals[0]["expected"] == pytest.approx(sum(forecast.table["expected_orders_90d"].to_pylist()))


def test_a_confidence_of_no_share_is_refused(forecast: zhike.ClvResult) -> None:
    with pytest.raises(zhike.ZhikeError) as refused:
        forecast.intervals(confidence=95)
    assert refused.value.code == "intervals.refused"


def test_models_are_fitted_to_histories(orders: pa.Table, forecast: zhike.ClvResult) -> None:
    found = zhike.histories(orders, as_of=AS_OF)
    by_hand = zhike.models.fit_bg_nbd(*found.arrays, prior=zhike.models.BG_NBD_PRIOR)
    fitted = forecast.fitted.orders
    assert fitted is not None
    assert dict(by_hand.parameters) == pytest.approx(dict(fitted.parameters))
    daily = zhike.histories(orders, as_of=AS_OF, time_unit="D")
    in_days = zhike.models.fit_bg_nbd(*daily.arrays, time_unit="D")
    in_weeks = zhike.models.fit_bg_nbd(*found.arrays)
    assert in_days.alpha == pytest.approx(7 * in_weeks.alpha, rel=1e-4)


@pytest.mark.parametrize("name", ["scored", "forecast"])
def test_a_result_shows_itself_in_a_notebook(name: str, request: pytest.FixtureRequest) -> None:
    result = request.getfixturevalue(name)
    html = result._repr_html_()
    picture = html[html.index("<svg") : html.index("</svg>") + 6]
    assert ElementTree.fromstring(picture).tag.endswith("svg")
    assert "<script" not in html
    assert "http" not in html.replace("http://www.w3.org/2000/svg", "")


def test_what_comes_from_the_frame_is_escaped() -> None:
    frame = {"<b>": ["<script>alert(1)</script>"], "date": [date(2026, 1, 1)], "amount": [1]}
    html = zhike.rfm(frame, customer="<b>")._repr_html_()
    assert "<script" not in html
    assert "<b>" not in html


@pytest.mark.parametrize("name", ["scored", "forecast"])
def test_a_figure_of_matplotlib_shows_itself(name: str, request: pytest.FixtureRequest) -> None:
    figure = request.getfixturevalue(name).plot()
    assert isinstance(figure, Figure)
    drawn = figure._repr_png_()  # type: ignore[attr-defined]
    assert drawn.startswith(b"\x89PNG")
    assert len(drawn) > 5_000


@pytest.mark.parametrize(
    ("module", "ask"),
    [
        ("matplotlib.figure", lambda result: result.plot()),
        ("pandas", lambda result: result.to_pandas()),
        ("polars", lambda result: result.to_polars()),
    ],
)
def test_a_library_that_is_missing_is_named_with_what_does_instead(
    scored: zhike.RfmResult, monkeypatch: pytest.MonkeyPatch, module: str, ask: Any
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(zhike.ZhikeError) as refused:
        ask(scored)
    assert refused.value.code == f"{module.partition('.')[0]}.missing"
    assert "pip install" in str(refused.value)


def test_importing_zhike_loads_nothing() -> None:
    """Commands and the web import it too; what it offers is loaded at the first use."""
    program = """
import sys
before = set(sys.modules)
import zhike
loaded = {name.partition(".")[0] for name in set(sys.modules) - before} - {"zhike"}
assert not loaded & {"numpy", "pyarrow", "duckdb", "ibis", "scipy", "django", "pandas"}, loaded
assert [name for name in sys.modules if name.startswith("zhike.")] == []
assert {"open", "rfm", "clv", "histories", "models", "speak"} <= set(dir(zhike))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_everything_that_is_offered_is_there_and_typed() -> None:
    package = Path(zhike.__file__)
    stub = ast.parse(package.with_suffix(".pyi").read_text(encoding="utf-8"))
    typed = {
        alias.asname or alias.name
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for node in stub.body:
        if isinstance(node, ast.Assign):
            typed |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            typed.add(node.target.id)
    assert set(zhike.__all__) <= typed
    for name in zhike.__all__:
        assert getattr(zhike, name).__doc__ or name == "__version__", name
    assert zhike.models is btyd
    with pytest.raises(AttributeError):
        zhike.rfmm  # type: ignore[attr-defined]  # noqa: B018
