"""Gamma-Gamma against Fader & Hardie (2013) and against its own invariants."""

import importlib.util
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhike.value.analysis.btyd import FitError, GammaGammaParameters, PredictionError, fit_gamma_gamma
from zhike.value.analysis.btyd.gamma_gamma import log_likelihood, spend_summary

CUSTOMERS = st.lists(
    st.tuples(st.integers(0, 40), st.floats(0.01, 1e5), st.integers(0, 3)), min_size=1, max_size=30
)


def cdnow_spend() -> tuple[np.ndarray, np.ndarray]:
    """Repeat orders and their mean amount, CDNOW 1/10 sample (customers without repeats have 0)."""
    spec = importlib.util.find_spec("lifetimes")
    assert spec is not None and spec.submodule_search_locations
    path = Path(spec.submodule_search_locations[0]) / "datasets/cdnow_customers_summary_with_transactions.csv"
    rows = np.genfromtxt(path, delimiter=",", names=True)
    return rows["x"], rows["zbar"]


def simulated_spend(customers: int, p: float, q: float, gamma: float) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(20)
    orders = random.geometric(0.4, customers).astype(float)
    rate = random.gamma(q, 1 / gamma, customers)
    return orders, random.gamma(p * orders) / (rate * orders)


def mean_log_likelihood(parameters, orders, means):
    ones = np.ones(len(orders))
    summary = spend_summary(np.asarray(orders, float), np.asarray(means, float), ones)
    return log_likelihood(summary, np.log(parameters))


def test_the_fit_reproduces_the_published_cdnow_parameters():
    # Fader & Hardie (2013), section 4: p = 6.25, q = 3.74, gamma = 15.44 over 946 repeat buyers. The
    # maximum of the rounded means in the file is at gamma = 15.448, so the last digit is not asked for.
    fitted = fit_gamma_gamma(*cdnow_spend())
    assert fitted.customers == 946
    assert fitted.p == pytest.approx(6.25, abs=0.005)
    assert fitted.q == pytest.approx(3.74, abs=0.005)
    assert fitted.gamma == pytest.approx(15.44, abs=0.01)


def test_the_fit_is_at_least_as_likely_as_the_published_parameters():
    orders, means = cdnow_spend()
    used = orders > 0
    published = mean_log_likelihood([6.25, 3.74, 15.44], orders[used], means[used]).value * used.sum()
    assert 0 <= fit_gamma_gamma(orders, means).log_likelihood - published < 0.002


def test_expected_amounts_of_cdnow_follow_equation_5():
    # lifetimes 0.11.3 asserts the same ten figures, from the published parameters, for the first rows.
    fitted = GammaGammaParameters(6.25, 3.74, 15.44, 0.0, 946)
    orders, means = cdnow_spend()
    expected = [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]
    assert fitted.expected_order_amount(orders, means)[:10] == pytest.approx(expected, abs=0.05)


def test_expected_amount_weighs_own_mean_and_population_mean():
    fitted = GammaGammaParameters(6.25, 3.74, 15.44, 0.0, 946)
    own = 6.25 * 4 / (6.25 * 4 + 3.74 - 1)
    assert fitted.population_mean == pytest.approx(6.25 * 15.44 / 2.74)
    assert fitted.expected_order_amount(0, 0) == pytest.approx(fitted.population_mean)
    assert fitted.expected_order_amount(4, 50) == pytest.approx(own * 50 + (1 - own) * fitted.population_mean)


def test_the_likelihood_is_the_density_of_equation_1a():
    from scipy.integrate import quad

    density = partial(mean_log_likelihood, [2.0, 3.0, 5.0], [4.0])
    total, _ = quad(lambda mean: np.exp(density([mean]).value), 0, np.inf)
    assert total == pytest.approx(1, rel=1e-7)


@pytest.mark.parametrize("parameters", [(6.25, 3.74, 15.4), (0.2, 9.0, 0.3), (40.0, 0.6, 2.0)])
def test_derivatives_match_finite_differences(parameters):
    orders, means = simulated_spend(300, 3.0, 4.0, 10.0)
    at, step = np.log(parameters), 1e-5
    here = mean_log_likelihood(parameters, orders, means)
    for i, direction in enumerate(np.eye(3) * step):
        up = mean_log_likelihood(np.exp(at + direction), orders, means)
        down = mean_log_likelihood(np.exp(at - direction), orders, means)
        assert here.gradient[i] == pytest.approx((up.value - down.value) / (2 * step), rel=1e-6, abs=1e-7)
        expected = (up.gradient - down.gradient) / (2 * step)
        assert here.hessian[i] == pytest.approx(expected, rel=1e-6, abs=1e-7)


def test_parameters_are_recovered_from_simulated_customers():
    fitted = fit_gamma_gamma(*simulated_spend(40_000, 6.25, 3.74, 15.44))
    assert fitted.p == pytest.approx(6.25, rel=0.04)
    assert fitted.q == pytest.approx(3.74, rel=0.04)
    assert fitted.gamma == pytest.approx(15.44, rel=0.06)
    assert fitted.at_limit == ()


def test_changing_the_currency_changes_gamma_only():
    orders, means = cdnow_spend()
    dollars, cents = fit_gamma_gamma(orders, means), fit_gamma_gamma(orders, means * 100)
    assert (cents.p, cents.q, cents.gamma) == pytest.approx((dollars.p, dollars.q, dollars.gamma * 100))
    assert cents.log_likelihood == pytest.approx(dollars.log_likelihood - 946 * np.log(100))


def test_a_weight_is_a_repetition():
    orders, means = cdnow_spend()
    weights = np.arange(orders.size) % 4
    repeated = fit_gamma_gamma(np.repeat(orders, weights), np.repeat(means, weights))
    weighted = fit_gamma_gamma(orders, means, weights=weights)
    assert weighted.customers == repeated.customers
    assert (weighted.p, weighted.q, weighted.gamma) == pytest.approx((repeated.p, repeated.q, repeated.gamma))
    assert weighted.log_likelihood == pytest.approx(repeated.log_likelihood)


def test_rows_without_orders_or_amount_are_left_out():
    orders, means = cdnow_spend()
    padded = fit_gamma_gamma(np.r_[orders, 0, 5], np.r_[means, 12, 0])
    assert padded == fit_gamma_gamma(orders, means)


def test_an_infinite_population_mean_is_refused_with_its_reason():
    fitted = GammaGammaParameters(p=2.0, q=0.8, gamma=1.0, log_likelihood=0.0, customers=10)
    assert fitted.expected_order_amount([1, 3], [10, 10]).shape == (2,)
    with pytest.raises(PredictionError, match="infinite") as refusal:
        fitted.expected_order_amount([1, 0], [10, 0])
    assert refusal.value.code == "infinite_mean"
    with pytest.raises(PredictionError, match="无穷大"):
        _ = fitted.population_mean


@pytest.mark.parametrize("orders", [[1], [3, 3, 3], [1, 1, 1, 1]])
def test_identical_customers_get_their_own_amount_back(orders):
    fitted = fit_gamma_gamma(orders, [80.0] * len(orders))
    assert "p" in fitted.at_limit
    assert fitted.expected_order_amount(2, 80.0) == pytest.approx(80, rel=1e-3)


@pytest.mark.parametrize(
    ("code", "orders", "means", "weights"),
    [
        ("no_rows", [], [], None),
        ("different_lengths", [1, 2], [10], None),
        ("different_lengths", [[1, 2]], [[10, 20]], None),
        ("different_lengths", [1, 2], [10, 20], [1]),
        ("not_finite", [1, 2], [10, np.nan], None),
        ("not_finite", [1, np.inf], [10, 10], None),
        ("negative", [1, 2], [10, -1], None),
        ("negative", [1, 2], [10, 10], [1, -1]),
        ("not_whole", [1, 1.5], [10, 10], None),
        ("not_numbers", ["one"], [10], None),
        ("no_amounts", [0, 3], [10, 0], None),
        ("no_amounts", [1, 2], [10, 10], [0, 0]),
    ],
)
def test_bad_input_is_refused_in_english_and_chinese(code, orders, means, weights):
    with pytest.raises(FitError) as refusal:
        fit_gamma_gamma(orders, means, weights=weights)
    error = refusal.value
    assert error.code == code
    assert str(error) == f"{error.en} / {error.zh}"
    assert any("一" <= letter <= "鿿" for letter in error.zh)


def test_a_fit_that_does_not_converge_is_refused(monkeypatch):
    monkeypatch.setattr("zhike.value.analysis.btyd.newton.MAX_ITERATIONS", 1)
    with pytest.raises(FitError, match="did not converge"):
        fit_gamma_gamma(*cdnow_spend())


@settings(max_examples=60, deadline=None)
@given(CUSTOMERS)
def test_any_customers_give_finite_parameters_or_a_refusal(rows):
    orders, means, weights = np.array(rows, dtype=float).T
    try:
        fitted = fit_gamma_gamma(orders, means, weights=weights)
    except FitError as refusal:
        assert refusal.code in {"no_amounts", "no_convergence"}
        return
    values = [fitted.p, fitted.q, fitted.gamma, fitted.log_likelihood]
    assert np.all(np.isfinite(values)) and min(values[:3]) > 0


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 500), st.floats(0, 1e6), st.floats(1.01, 50), st.floats(0.1, 50))
def test_the_expected_amount_lies_between_own_and_population_mean(orders, mean, q, p):
    fitted = GammaGammaParameters(p, q, 20.0, 0.0, 1)
    low, high = sorted([mean, fitted.population_mean])
    assert low * (1 - 1e-12) <= fitted.expected_order_amount(orders, mean) <= high * (1 + 1e-12)
