"""What was learnt of churn, as numbers: they say what the library says, and a table gives them back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from zhike.lake import catalog
from zhike.value.analysis.churn import model_rows, models_of
from zhike.value.analysis.churn.ensembles import Linear, Trees, linear_of, trees_of
from zhike.value.analysis.churn.inputs import FEATURES
from zhike.value.analysis.churn.learning import Propensity, Quality, Slice
from zhike.value.analysis.churn.measures import Measures, ReliabilityBin
from zhike.value.analysis.churn.models import Calibration, PropensityModel

DAYS = Slice(date(2026, 3, 2), date(2026, 6, 30))


def rows(count: int = 5_000) -> tuple[Any, Any]:
    draw = np.random.default_rng(5)
    matrix = draw.normal(size=(count, len(FEATURES))).round(1)
    odds = matrix[:, 0] * matrix[:, 1] + matrix[:, 3] - 0.5 * matrix[:, 9]
    return matrix, draw.random(count) < 1 / (1 + np.exp(-odds))


def grown(**wishes: Any) -> HistGradientBoostingClassifier:
    asked = {"max_iter": 30, "max_leaf_nodes": 12, "early_stopping": False, "random_state": 0}
    return HistGradientBoostingClassifier(**(asked | wishes)).fit(*rows())


def share(log_odds: Any) -> Any:
    return 1 / (1 + np.exp(-log_odds))


@pytest.mark.parametrize("wishes", [{}, {"max_leaf_nodes": 16}, {"min_samples_leaf": 4_000}])
def test_trees_say_what_the_library_says(wishes: dict[str, int]) -> None:
    library = grown(**wishes)
    matrix, _ = rows()
    assert share(trees_of(library).log_odds(matrix)) == pytest.approx(
        library.predict_proba(matrix)[:, 1], abs=1e-12
    )


def test_a_regression_says_what_the_library_says() -> None:
    matrix, happened = rows(500)
    scaler = StandardScaler().fit(matrix)
    library = LogisticRegression(C=0.5).fit(scaler.transform(matrix), happened)
    said = share(linear_of(scaler, library).log_odds(matrix))
    assert said == pytest.approx(library.predict_proba(scaler.transform(matrix))[:, 1], abs=1e-12)


@pytest.mark.parametrize("model", [trees_of(grown()), Linear(0.3, np.arange(14) / 7 - 1)])
def test_asked_with_some_features_of_another_they_say_what_they_say_of_such_a_one(
    model: Linear | Trees,
) -> None:
    matrix, _ = rows()
    other = np.linspace(-1, 1, len(FEATURES))
    groups = [[0, 1], [3], [5, 9]]
    found = model.log_odds_with(matrix, other, groups)
    assert found[:, 0] == pytest.approx(model.log_odds(matrix), abs=1e-12)
    for number, columns in enumerate(groups, 1):
        changed = matrix.copy()
        changed[:, columns] = other[columns]
        assert found[:, number] == pytest.approx(model.log_odds(changed), abs=1e-12)


@pytest.mark.parametrize("estimator", [trees_of(grown()), Linear(0.3, np.arange(14) / 7 - 1)])
def test_the_table_gives_back_what_was_learnt(estimator: Linear | Trees) -> None:
    learnt = learnt_with(estimator)
    untested = replace(learnt, quality=None)
    schema = catalog.table("churn_models").arrow_schema()
    written = model_rows({"churn": learnt, "purchase_30d": untested}, "mark", schema)
    keys = written.select(list(catalog.table("churn_models").key)).to_pylist()
    assert len({tuple(key.values()) for key in keys}) == written.num_rows
    read = models_of(written.to_pylist()[::-1], "mark")
    assert read["churn"].quality == learnt.quality
    assert read["purchase_30d"].quality is None
    matrix, _ = rows()
    for mine, theirs in zip(learnt.model.told(matrix), read["churn"].model.told(matrix), strict=True):
        assert (mine == theirs).all()
    assert replace(read["churn"], model=learnt.model) == learnt
    assert read["churn"].model.telling == learnt.model.telling
    assert models_of(written.to_pylist(), "another mark") == {}


def learnt_with(estimator: Linear | Trees) -> Propensity:
    calibration = Calibration("isotonic", np.array([0.1, 0.7]), np.array([0.2, 0.6]))
    model = PropensityModel(
        "logistic", estimator, calibration, np.linspace(0, 1, 14), ("quiet", "trend"), 0.4
    )
    good = Measures(0.8, 0.5, 0.2, None)
    quality = Quality(DAYS, DAYS, 900, 300, True, good, good, (ReliabilityBin(2, 40, 0.15, 0.2),))
    return Propensity(120, DAYS, 1_000, 400, 23.5, model, quality)
