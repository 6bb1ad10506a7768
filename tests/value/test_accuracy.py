"""Published data: the champion forecasts the months held out no worse than anything it is compared with."""

from __future__ import annotations

import math

import pytest

from benchmarks import accuracy
from zhike.value.analysis.backtest import champions_of

CASES = {case.name: case for case in accuracy.cases()}


@pytest.fixture(scope="module", params=CASES)
def measured(request: pytest.FixtureRequest) -> dict[str, dict[str, dict[str, float]]]:
    return accuracy.measure(CASES[request.param])


@pytest.mark.parametrize("target", ["orders", "spend"])
def test_the_champion_is_off_by_no_more_than_lifetimes_and_the_rules(
    measured: dict[str, dict[str, dict[str, float]]], target: str
) -> None:
    ours = {code: each for code, each in measured[target].items() if not code.startswith("lifetimes")}
    champion = champions_of({target: ours}).by_target[target]
    others = {
        code: each["mae"]
        for code, each in measured[target].items()
        if code.startswith(("lifetimes", "rule")) and not math.isnan(each["mae"])
    }
    assert len(others) >= 5
    assert ours[champion]["mae"] <= min(others.values()), (champion, others)
    assert abs(ours[champion]["total_bias"]) < 0.2


def test_cdnow_is_installed_with_lifetimes() -> None:
    assert "CDNOW, 39/39 weeks" in CASES
