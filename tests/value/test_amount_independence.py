"""Whether Gamma-Gamma may be trusted: the correlation it assumes away, and what the amounts warn of."""

import numpy as np
import pytest
from scipy.stats import beta, pearsonr, spearmanr

from tests.value.test_gamma_gamma import cdnow_spend, simulated_spend
from zhike.value.analysis.btyd import (
    AmountIndependence,
    FitError,
    amount_independence,
    amount_warnings,
    fit_gamma_gamma,
)


def judged(orders, means, weights=None) -> AmountIndependence:
    fitted = fit_gamma_gamma(orders, means, weights=weights)
    return amount_independence(orders, means, fitted=fitted, weights=weights)


def test_cdnow_has_the_published_correlation():
    # Fader & Hardie (2013): 0.11 between frequency and mean amount.
    found = judged(*cdnow_spend())
    assert round(found.correlation, 2) == 0.11
    assert found.customers == 946
    assert found.verdict == "slight"


def test_correlations_are_those_of_scipy():
    orders, means = simulated_spend(500, 6.25, 3.74, 15.44)
    fitted, found = fit_gamma_gamma(orders, means), judged(orders, means)
    place = beta.cdf(orders * means / (fitted.gamma + orders * means), fitted.p * orders, fitted.q)
    assert found.rank_correlation == pytest.approx(spearmanr(orders, place).statistic)
    assert found.correlation == pytest.approx(pearsonr(orders, means).statistic)
    assert found.low < found.rank_correlation < found.high


@pytest.mark.parametrize("p", [0.2, 0.5, 1.0, 6.25])
def test_skewed_amounts_are_not_taken_for_a_relation(p):
    orders, means = simulated_spend(4_000, p, 3.74, 15.44)
    assert judged(orders, means).verdict == "independent"
    if p < 1:
        assert spearmanr(orders, means).statistic > 0.15


def test_the_interval_covers_no_relation_nineteen_times_in_twenty():
    random = np.random.default_rng(1)
    covered = 0
    for _ in range(200):
        orders = random.poisson(3, 200) + 1.0
        means = random.gamma(5 * orders) / (random.gamma(4.0, 1 / 15, 200) * orders)
        found = judged(orders, means)
        covered += found.low <= 0 <= found.high
    assert 180 <= covered <= 199


@pytest.mark.parametrize(
    ("power", "verdict", "en", "zh"),
    [
        (0.0, "independent", "no relation", "没有可见的关联"),
        (0.6, "dependent", "spend more each time", "买得越勤的客户单次花得越多"),
        (-0.6, "dependent", "spend less each time", "买得越勤的客户单次花得越少"),
    ],
)
def test_the_verdict_is_said_in_both_languages(power, verdict, en, zh):
    orders, means = simulated_spend(3_000, 6.25, 3.74, 15.44)
    found = judged(orders, means * orders**power)
    assert found.verdict == verdict
    assert en in found.sentence.en and zh in found.sentence.zh
    assert f"{found.rank_correlation:.2f}" in found.sentence.en


def test_too_few_customers_give_no_verdict():
    assert judged([1, 2, 3], [10, 20, 30]).verdict == "unknown"
    same = judged([2] * 50, np.arange(1.0, 51))
    assert same.verdict == "unknown" and np.isnan(same.rank_correlation)


def test_a_weight_is_a_repetition():
    orders, means = simulated_spend(300, 6.25, 3.74, 15.44)
    weights = np.arange(300) % 4
    repeated = judged(np.repeat(orders, weights), np.repeat(means, weights))
    weighted = judged(orders, means, weights)
    assert weighted.rank_correlation == pytest.approx(repeated.rank_correlation)
    assert (weighted.low, weighted.high) == pytest.approx((repeated.low, repeated.high))


def test_rows_without_orders_or_amount_are_left_out():
    orders, means = cdnow_spend()
    assert judged(np.r_[orders, 0, 5], np.r_[means, 12, 0]) == judged(orders, means)


def test_bad_input_is_refused():
    fitted = fit_gamma_gamma(*cdnow_spend())
    with pytest.raises(FitError, match="negative"):
        amount_independence([1, 2], [10, -1], fitted=fitted)
    with pytest.raises(FitError, match="confidence"):
        amount_independence([1, 2], [10, 1], fitted=fitted, confidence=1.5)


# Warnings of the fit


def test_amounts_that_follow_the_model_warn_of_nothing():
    assert fit_gamma_gamma(*cdnow_spend()).warnings == ()
    assert fit_gamma_gamma(*simulated_spend(2_000, 6.25, 3.74, 15.44)).warnings == ()


def test_frequent_buyers_who_spend_more_are_warned_of():
    orders, means = simulated_spend(3_000, 6.25, 3.74, 15.44)
    (warning,) = fit_gamma_gamma(orders, means * orders**0.6).warnings
    assert "undervalues" in warning.en and "低估" in warning.zh


def test_an_order_of_another_world_is_warned_of():
    orders, means = simulated_spend(2_000, 6.25, 3.74, 15.44)
    means[7] = 200_000.0
    warnings = [warning.en for warning in fit_gamma_gamma(orders, means).warnings]
    assert any("100 times the median" in warning for warning in warnings)
    assert any("2 largest customers" in warning for warning in warnings)


def test_warnings_are_the_same_for_a_weight_as_for_a_repetition():
    orders, means = simulated_spend(400, 6.25, 3.74, 15.44)
    means[7], weights = 40_000.0, 1 + np.arange(400) % 3
    repeated = fit_gamma_gamma(np.repeat(orders, weights), np.repeat(means, weights)).warnings
    assert len(repeated) >= 2
    assert fit_gamma_gamma(orders, means, weights=weights).warnings == repeated


def test_of_very_many_customers_a_part_is_looked_at_for_a_relation(monkeypatch):
    monkeypatch.setattr(amount_warnings, "MOST_RANKED", 1_000)
    orders, means = simulated_spend(3_000, 6.25, 3.74, 15.44)
    assert fit_gamma_gamma(orders, means).warnings == ()
    (warning,) = fit_gamma_gamma(orders, means * orders**0.6).warnings
    assert "undervalues" in warning.en


@pytest.mark.parametrize(("q", "words"), [(0.7, "no population mean"), (1.5, "variance does not exist")])
def test_heavy_tails_are_warned_of(q, words):
    fitted = fit_gamma_gamma(*simulated_spend(5_000, 3.0, q, 10.0))
    assert any(words in warning.en for warning in fitted.warnings)
