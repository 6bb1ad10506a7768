"""The value score: components, weights by comparison, learned weights."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhike.value.analysis.backtest import Split
from zhike.value.analysis.scores import DEFAULT_WEIGHTS
from zhike.value.analysis.scores.ahp import compared
from zhike.value.analysis.scores.components import COMPONENTS, Ranks, fit_scoring, shared_out
from zhike.value.analysis.scores.describing import learning_of, learning_rows
from zhike.value.analysis.scores.learning import (
    BETTER,
    NO_GAIN,
    TOO_FEW,
    Learned,
    Past,
    learned_from,
    learning_split,
)
from zhike.value.analysis.scores.signals import brought, first_referrals
from zhike.value.analysis.scores.weights import LEARNED, ScoreChoice, weights_of

NATIONS = ("US", "USSR", "China", "France", "UK", "Japan", "W. Germany")
# Saaty (1980), The Analytic Hierarchy Process, table 2–6: wealth of nations through their world influence.
WEALTH = (
    (1, 4, 9, 6, 6, 5, 5),
    (1 / 4, 1, 7, 5, 5, 3, 4),
    (1 / 9, 1 / 7, 1, 1 / 5, 1 / 5, 1 / 7, 1 / 5),
    (1 / 6, 1 / 5, 5, 1, 1, 1 / 3, 1 / 3),
    (1 / 6, 1 / 5, 5, 1, 1, 1 / 3, 1 / 3),
    (1 / 5, 1 / 3, 7, 3, 3, 1, 2),
    (1 / 5, 1 / 4, 5, 3, 3, 1 / 2, 1),
)
HOUSE = ("size", "transport", "neighbourhood", "age", "yard", "modern", "condition", "financing")
# Saaty (2003), EJOR 145, table 1: buying a house; entry (3, 7) is the most inconsistent.
HOUSES = (
    (1, 5, 3, 7, 6, 6, 1 / 3, 1 / 4),
    (1 / 5, 1, 1 / 3, 5, 3, 3, 1 / 5, 1 / 7),
    (1 / 3, 3, 1, 6, 3, 4, 6, 1 / 5),
    (1 / 7, 1 / 5, 1 / 6, 1, 1 / 3, 1 / 4, 1 / 7, 1 / 8),
    (1 / 6, 1 / 3, 1 / 3, 3, 1, 1 / 2, 1 / 5, 1 / 6),
    (1 / 6, 1 / 3, 1 / 4, 4, 2, 1, 1 / 5, 1 / 6),
    (3, 5, 1 / 6, 7, 5, 5, 1, 1 / 2),
    (4, 7, 5, 8, 6, 6, 2, 1),
)


def pairs(names: tuple[str, ...], matrix: tuple[tuple[float, ...], ...]) -> Mapping[tuple[str, str], float]:
    return {
        (first, second): matrix[i][j]
        for i, first in enumerate(names)
        for j, second in enumerate(names)
        if i < j
    }


def test_the_wealth_of_nations_has_the_published_weights_and_ratio() -> None:
    found = compared(NATIONS, pairs(NATIONS, WEALTH))
    weights = [round(found.weights[name], 3) for name in NATIONS]
    assert weights == [0.427, 0.230, 0.021, 0.052, 0.052, 0.123, 0.094]
    assert found.highest_eigenvalue == pytest.approx(7.61, abs=0.005)
    assert found.consistency_index == pytest.approx(0.10, abs=0.005)
    assert found.is_consistent


def test_the_choice_of_a_house_is_inconsistent_and_says_where_to_look() -> None:
    said = dict(pairs(HOUSE, HOUSES))
    found = compared(HOUSE, said)
    assert [round(weight, 3) for weight in found.weights.values()] == [
        0.173, 0.054, 0.188, 0.018, 0.031, 0.036, 0.167, 0.333,
    ]  # fmt: skip
    assert found.highest_eigenvalue == pytest.approx(9.669, abs=0.0005)
    assert found.consistency_ratio == pytest.approx(0.169, abs=0.0005)
    assert not found.is_consistent
    doubtful = found.contradiction
    assert doubtful is not None
    assert (doubtful.first, doubtful.second, doubtful.said) == ("neighbourhood", "condition", 6)
    # Saaty changes that judgement to 1/2: 8.811 and 0.083.
    better = compared(HOUSE, said | {("neighbourhood", "condition"): 1 / 2})
    assert better.highest_eigenvalue == pytest.approx(8.811, abs=0.001)
    assert better.is_consistent


@given(st.lists(st.floats(0.1, 10), min_size=2, max_size=8))
def test_comparisons_without_contradiction_give_back_their_weights(weights: list[float]) -> None:
    names = tuple(f"c{place}" for place in range(len(weights)))
    said = {
        (names[i], names[j]): weights[i] / weights[j]
        for i in range(len(weights))
        for j in range(i + 1, len(weights))
    }
    found = compared(names, said)
    assert list(found.weights.values()) == pytest.approx(np.array(weights) / sum(weights), rel=1e-6)
    assert found.consistency_ratio == pytest.approx(0, abs=1e-8)
    assert found.contradiction is None


def test_a_comparison_of_something_unknown_is_refused() -> None:
    with pytest.raises(ValueError, match="recency/luck"):
        compared(tuple(COMPONENTS), {("recency", "luck"): 3})


@given(st.lists(st.integers(0, 50), min_size=1, max_size=200))
def test_ranks_keep_the_order_and_their_mean_is_fifty(values: list[int]) -> None:
    given_values = np.array(values, dtype=float)
    ranks = Ranks.of(given_values).at(given_values)
    assert ranks.mean() == pytest.approx(50, abs=0.06)
    assert ((ranks >= 0) & (ranks <= 100)).all()
    assert (np.diff(ranks[np.argsort(given_values, kind="stable")]) >= 0).all()


def test_many_different_values_are_ranked_to_a_tenth() -> None:
    values = np.random.default_rng(1).lognormal(8, 2, 20_000)
    exact = 100 * (np.argsort(np.argsort(values)) + 0.5) / len(values)
    assert np.abs(Ranks.of(values).at(values) - exact).max() <= 0.1


def test_days_and_counts_have_the_ranks_of_any_other_number() -> None:
    days = np.random.default_rng(5).geometric(0.01, 5_000).astype(float)
    ranks = Ranks.of(days)
    among_others = ranks.at(np.append(days, 0.5))[:-1]
    assert np.array_equal(ranks.at(days), among_others)
    assert len(ranks.at(days[:0])) == 0


def test_a_component_without_data_leaves_its_weight_to_the_others() -> None:
    shared = shared_out(DEFAULT_WEIGHTS, ("recency", "frequency", "monetary", "clv"))
    assert shared["monetary"] == pytest.approx(0.25 / 0.8)
    assert shared["feedback"] == 0
    assert sum(shared.values()) == pytest.approx(1)


def test_weights_only_on_components_without_data_fall_back_to_the_default() -> None:
    buyers = pa.table(
        {name: [3, 5] for name in ("customer_id", "recency_days", "order_count", "spend_amount")}
    )
    found = fit_scoring(buyers, np.array([1.0, 2.0]), {"feedback": 1.0}, DEFAULT_WEIGHTS)
    assert found.known == ("recency", "frequency", "monetary", "clv")
    assert found.weights["clv"] == pytest.approx(0.25 / 0.8)


def referred(*chain: tuple[int, int]) -> pa.Table:
    newcomers, referrers = zip(*sorted(chain), strict=True)
    return pa.table({"customer_id": newcomers, "referrer_id": referrers})


def spent(**amounts: int) -> pa.Table:
    return pa.table({"customer_id": [int(n[1:]) for n in amounts], "spend_amount": list(amounts.values())})


def worth(edges: pa.Table, spend: pa.Table) -> dict[int, tuple[int, int]]:
    rows = brought(edges, spend).to_pylist()
    return {row["customer_id"]: (row["referred_count"], row["referral_amount"]) for row in rows}


def test_each_level_of_referrals_counts_half_of_the_one_before() -> None:
    # 1 brought 2, 2 brought 3, 3 brought 4, 4 brought 5: three levels count.
    found = worth(referred((2, 1), (3, 2), (4, 3), (5, 4)), spent(c2=1000, c3=400, c4=200, c5=999))
    assert found == {
        1: (1, 1000 + 200 + 50),
        2: (1, 400 + 100 + 250),
        3: (1, 200 + 500),
        4: (1, 999),
    }


def test_circles_of_referrals_are_harmless() -> None:
    found = worth(referred((1, 2), (2, 1)), spent(c1=100, c2=300))
    assert found == {2: (1, 100), 1: (1, 300)}
    ring = worth(referred((1, 2), (2, 3), (3, 1)), spent(c1=100, c2=200, c3=400))
    assert ring == {2: (1, 100 + 200), 3: (1, 200 + 50), 1: (1, 400 + 100)}


def test_only_the_first_referral_of_a_newcomer_counts() -> None:
    said = pa.table(
        {
            "customer_id": [7, 7],
            "referrer_id": [2, 1],
            "occurred_at": [datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)],
            "event_id": ["a", "b"],
        }
    )
    assert first_referrals(said).to_pylist() == [{"customer_id": 7, "referrer_id": 1}]


SPLIT = Split(date(2024, 1, 1), date(2024, 12, 31), date(2025, 12, 31))


def past(after: np.ndarray, last_year: np.ndarray) -> Past:
    return Past(pa.table({"customer_id": np.arange(len(after))}), last_year, after)


def test_learning_finds_the_component_that_tells_what_comes() -> None:
    chance = np.random.default_rng(3)
    telling, noise = chance.uniform(0, 100, 3000), chance.uniform(0, 100, 3000)
    after = np.maximum(0, telling * 10 + chance.normal(0, 200, 3000))
    found = learned_from(
        {"frequency": telling, "monetary": noise},
        past(after, noise),
        {"frequency": 0.3, "monetary": 0.7},
        SPLIT,
    )
    assert found.outcome == BETTER
    assert found.weights is not None
    assert found.weights["frequency"] > 0.9
    assert found.correlations is not None
    assert found.correlations["learned"] > found.correlations["default"] > found.correlations["last_year"]


def test_learning_that_gains_nothing_keeps_the_default_weights() -> None:
    chance = np.random.default_rng(4)
    stood = {name: chance.uniform(0, 100, 2000) for name in ("frequency", "monetary")}
    after = np.where(chance.random(2000) < 0.5, chance.uniform(1, 1000, 2000), 0)
    found = learned_from(stood, past(after, after), {"frequency": 0.5, "monetary": 0.5}, SPLIT)
    assert found.outcome == NO_GAIN
    assert found.best_weights is None
    assert weights_of(ScoreChoice(LEARNED), found.best_weights) == pytest.approx(dict(DEFAULT_WEIGHTS))


def test_too_few_customers_teach_nothing() -> None:
    few = np.ones(30)
    found = learned_from({"frequency": few}, past(few, few), {"frequency": 1.0}, SPLIT)
    assert (found.outcome, found.weights) == (TOO_FEW, None)


def test_a_year_is_held_out_where_two_are_known_else_half_of_what_there_is() -> None:
    two = learning_split(date(2024, 1, 1), date(2026, 6, 15))
    assert two is not None
    assert (two.until, two.holdout_days) == (date(2026, 5, 31), 365)
    half = learning_split(date(2025, 6, 1), date(2026, 6, 15))
    assert half is not None
    assert half.holdout_days == 182
    assert learning_split(date(2026, 1, 1), date(2026, 6, 15)) is None


def test_what_was_learned_is_read_back_from_its_rows() -> None:
    said = Learned(
        NO_GAIN,
        date(2025, 5, 31),
        365,
        1234,
        weights={"recency": 0.25, "clv": 0.75},
        correlations={"learned": 0.5, "default": 0.49, "last_year": 0.3},
        captured={"learned": 0.6, "default": 0.59, "last_year": 0.4},
        gain=0.01,
        gain_error=0.009,
    )
    rows = [
        {"model": model, "parameter": parameter, "value": value}
        for model, parameter, value, _ in learning_rows(said)
    ]
    assert learning_of(rows) == said
    assert learning_of([]) is None
