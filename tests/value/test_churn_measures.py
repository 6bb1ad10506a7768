"""How good probabilities are: against scikit-learn and against what is plain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from zhike.value.analysis.churn.measures import auc, lift, measures, reliability

pairs = st.lists(
    st.tuples(st.floats(0, 1).map(lambda x: round(x, 2)), st.booleans()), min_size=2, max_size=60
)


@settings(deadline=None, max_examples=60)
@given(pairs)
def test_the_measures_agree_with_scikit_learn(rows: list[tuple[float, bool]]) -> None:
    said, happened = np.array([p for p, _ in rows]), np.array([h for _, h in rows])
    found = measures(said, happened)
    assert found.brier == pytest.approx(brier_score_loss(happened, said, pos_label=True))
    assert found.log_loss == pytest.approx(
        log_loss(happened, np.clip(said, 1e-6, 1 - 1e-6), labels=[False, True])
    )
    if 0 < happened.sum() < len(happened):
        assert found.auc == pytest.approx(roc_auc_score(happened, said))
    else:
        assert found.auc is None


def test_a_perfect_order_has_the_highest_lift_there_can_be() -> None:
    happened = np.zeros(100, dtype=bool)
    happened[:20] = True
    scores = np.linspace(1, 0, 100)
    assert lift(scores, happened, share=0.1) == pytest.approx(5.0)
    assert auc(scores, happened) == 1.0


def test_equal_scores_have_no_lift() -> None:
    happened = np.arange(50) % 5 == 0
    assert lift(np.full(50, 0.3), happened, share=0.1) == pytest.approx(1.0)
    assert auc(np.full(50, 0.3), happened) == pytest.approx(0.5)


def test_nothing_that_happened_has_no_order() -> None:
    found = measures(np.array([0.2, 0.4]), np.array([False, False]))
    assert found.auc is None
    assert found.lift_10 is None


def test_reliability_counts_everybody_once() -> None:
    said = np.array([0.0, 0.05, 0.55, 0.999, 1.0])
    bins = reliability(said, np.array([False, True, True, True, False]))
    assert [each.number for each in bins] == [1, 6, 10]
    assert sum(each.customers for each in bins) == 5
    assert bins[0].actual == 0.5
