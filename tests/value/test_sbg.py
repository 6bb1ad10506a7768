"""Shifted beta-geometric against Fader & Hardie (2007, 2010)."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhike.value.analysis.btyd import FitError, PredictionError
from zhike.value.analysis.btyd.sbg import (
    RenewalSummary,
    SbgParameters,
    fit_sbg,
    fit_sbg_from_survivors,
    log_likelihood,
)
from zhike.value.analysis.btyd.sbg_lifetime import discounted_periods, log_survival
from zhike.value.analysis.btyd.simulate import simulate_sbg

HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491]
REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241]
MODELS = st.builds(
    SbgParameters,
    alpha=st.floats(0.05, 30),
    beta=st.floats(0.05, 100),
    log_likelihood=st.just(0.0),
    time_unit=st.just("Y"),
)


# Published figures


@pytest.mark.parametrize(
    ("survivors", "parameters", "likelihood"),
    [(HIGH_END, (0.668, 3.806), -1611.2), (REGULAR, (0.704, 1.182), -1680.3)],
    ids=["High End", "Regular"],
)
def test_the_fit_reproduces_the_published_parameters(survivors, parameters, likelihood):
    # Parameters as printed in 2007; the likelihood of Regular is checked term by term below, not against print.
    fitted = fit_sbg_from_survivors([survivors])
    assert (round(fitted.alpha, 3), round(fitted.beta, 3)) == parameters
    assert round(fitted.log_likelihood, 1) == likelihood
    assert fitted.customers == 1000


def test_the_curve_meets_the_five_years_that_were_held_out():
    # Actual shares of the High End cohort in years 8 to 12, which the fit has not seen.
    predicted = fit_sbg_from_survivors([HIGH_END]).survival(np.arange(8, 13))
    assert predicted == pytest.approx([0.468, 0.445, 0.427, 0.409, 0.394], abs=0.017)


@pytest.mark.parametrize(
    ("survivors", "a", "b"), [(HIGH_END, 0.668, 3.806), (REGULAR, 0.704, 1.182)], ids=["High End", "Regular"]
)
def test_the_likelihood_is_the_published_product_of_probabilities(survivors, a, b):
    # P(T=1) = a/(a+b) and P(T=t) = P(T=t-1) (b+t-2)/(a+b+t-1), the forward recursion of the 2007 paper; survivors have S(7).
    likely = [a / (a + b)]
    for t in range(2, 8):
        likely.append(likely[-1] * (b + t - 2) / (a + b + t - 1))
    lost = -np.diff(survivors)
    expected = lost @ np.log(likely) + survivors[-1] * np.log(1 - sum(likely))
    summary = RenewalSummary(np.array(survivors[1:], float), lost.astype(float), 1000.0)
    assert log_likelihood(summary, np.log([a, b])).value * 1000 == pytest.approx(expected, rel=1e-12)


# Fits


def test_derivatives_match_finite_differences():
    summary = RenewalSummary(np.array([9.0, 5, 4, 1]), np.array([3.0, 4, 0, 2]), 14.0)
    at, step = np.log([0.7, 2.0]), 1e-5
    here = log_likelihood(summary, at)
    for i, direction in enumerate(np.eye(2) * step):
        up, down = log_likelihood(summary, at + direction), log_likelihood(summary, at - direction)
        assert here.gradient[i] == pytest.approx((up.value - down.value) / (2 * step), rel=1e-6)
        assert here.hessian[i] == pytest.approx((up.gradient - down.gradient) / (2 * step), rel=1e-6)


def test_cohorts_of_any_age_are_the_same_as_their_customers_one_by_one():
    cohorts = [[50, 40, 35, 31], [80, 66], [30, 20, 19]]
    renewals, left = [], []
    for cohort in cohorts:
        for done, lost in enumerate(-np.diff(cohort)):
            renewals += [done] * int(lost)
            left += [True] * int(lost)
        renewals += [len(cohort) - 1] * cohort[-1]
        left += [False] * cohort[-1]
    one_by_one = fit_sbg(renewals, left, time_unit="Y")
    together = fit_sbg_from_survivors(cohorts)
    assert (together.alpha, together.beta) == pytest.approx((one_by_one.alpha, one_by_one.beta), rel=1e-9)
    assert together.log_likelihood == pytest.approx(one_by_one.log_likelihood)
    assert together.customers == one_by_one.customers == 160


def test_a_weight_is_a_repetition():
    renewals, left = np.array([0, 1, 2, 3, 3, 5]), np.array([1, 1, 0, 1, 0, 0])
    weights = np.array([3, 1, 4, 2, 0, 2])
    weighted = fit_sbg(renewals, left, weights=weights)
    repeated = fit_sbg(np.repeat(renewals, weights), np.repeat(left, weights))
    assert (weighted.alpha, weighted.beta) == pytest.approx((repeated.alpha, repeated.beta), rel=1e-8)


def test_parameters_are_recovered_within_three_standard_errors():
    random = np.random.default_rng(3)
    renewals, left = simulate_sbg(random, alpha=0.9, beta=4.0, periods=random.integers(1, 25, 20_000))
    fitted = fit_sbg(renewals, left)
    assert fitted.uncertainty is not None
    for name, truth in (("alpha", 0.9), ("beta", 4.0)):
        error = fitted.uncertainty.log_standard_error(name)
        assert abs(np.log(fitted.parameters[name] / truth)) < 3 * error < 0.2


def test_customers_who_are_all_alike_run_to_the_limit_and_keep_a_constant_rate():
    fitted = fit_sbg_from_survivors([[100_000, 80_000, 64_000, 51_200, 40_960]])
    assert fitted.at_limit
    assert fitted.retention_rate([0, 5, 50]) == pytest.approx(0.8, abs=1e-2)


@pytest.mark.parametrize(
    ("renewals", "left", "code"),
    [
        ([1, 2], [0, 0], "no_decisions"),
        ([0, 0], [1, 1], "no_decisions"),
        ([1.5], [1], "not_whole"),
        ([1], [2], "not_yes_or_no"),
        ([], [], "no_rows"),
    ],
)
def test_data_that_tell_nothing_are_refused(renewals, left, code):
    with pytest.raises(FitError) as refusal:
        fit_sbg(renewals, left)
    assert refusal.value.code == code


def test_a_cohort_that_gains_customers_is_refused():
    with pytest.raises(FitError, match="Cohort 1 has more customers"):
        fit_sbg_from_survivors([[10, 8], [10, 8, 9]])


# Predictions


@settings(max_examples=50, deadline=None)
@given(MODELS, st.integers(0, 40), st.integers(0, 40))
def test_staying_is_a_product_of_retention_rates(model, renewals, periods):
    rates = model.retention_rate(np.arange(renewals, renewals + periods))
    assert np.all((rates > 0) & (rates < 1)) and np.all(np.diff(rates) > 0)
    staying = float(model.survival(periods, renewals=renewals))
    assert staying == pytest.approx(np.prod(rates), rel=1e-9)
    assert staying <= 1.0
    ahead = model.survival(np.arange(1, periods + 1), renewals=renewals)
    assert float(model.expected_renewals(renewals, horizon=periods)) == pytest.approx(ahead.sum(), rel=1e-9)


@pytest.mark.parametrize("a", [0.01, 0.7, 1.0, 50.0])
@pytest.mark.parametrize("rate", [1e-3, 0.1, 5.0])
def test_discounted_periods_are_the_sum_over_all_periods(a, rate):
    b, t = np.array([0.01, 1.0, 30.0, 1000.0]), np.arange(1.0, 40 / np.log1p(rate))
    expected = np.exp(log_survival(a, b[:, None], t) - t * np.log1p(rate)).sum(axis=1)
    assert discounted_periods(a, b, rate) == pytest.approx(expected, rel=1e-10)


def test_the_residual_lifetime_counts_the_next_renewal_in_full_and_grows_with_tenure():
    # DERL of the 2010 paper: Σ_{t≥n} S(t)/S(n-1) (1+d)^-(t-n) for a customer with n - 1 renewals.
    model = fit_sbg_from_survivors([HIGH_END])
    renewals, t = np.arange(5), np.arange(1, 1500)
    expected = [(model.survival(t, renewals=done) * 1.1 ** -(t - 1.0)).sum() for done in renewals]
    lifetime = model.discounted_residual_lifetime(renewals, discount_rate=0.1)
    assert lifetime == pytest.approx(expected, rel=1e-9)
    assert np.all(np.diff(lifetime) > 0)
    whole = model.discounted_lifetime(discount_rate=0.1)
    assert whole == pytest.approx(1 + expected[0] / 1.1, rel=1e-9)


def test_a_lifetime_without_end_is_refused():
    with pytest.raises(PredictionError) as refusal:
        fit_sbg_from_survivors([HIGH_END]).discounted_residual_lifetime(0, discount_rate=0)
    assert refusal.value.code == "infinite_lifetime"
    short = SbgParameters(3.0, 2.0, 0.0, "Y")
    assert float(short.discounted_residual_lifetime(1, discount_rate=0)) == pytest.approx(1.5)
