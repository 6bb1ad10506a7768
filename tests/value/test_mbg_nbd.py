"""MBG/NBD against an independent implementation, the individual-level model and its own invariants."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import roots_genlaguerre, roots_jacobi

from tests.value.histories import SHARES, cdnow, history, simulated
from zhike.value.analysis.btyd import FitError, MbgNbdParameters, fit_bg_nbd, fit_mbg_nbd
from zhike.value.analysis.btyd.bg_nbd_likelihood import log_likelihood
from zhike.value.analysis.btyd.checks import History
from zhike.value.analysis.btyd.summary import history_summary

MODEL = MbgNbdParameters(1.2, 6.2, 1.3, 2.1, 0.0, "W")
MODELS = st.builds(
    MbgNbdParameters,
    r=st.floats(0.05, 20),
    alpha=st.floats(0.05, 200),
    a=st.floats(0.05, 20),
    b=st.floats(0.05, 50),
    log_likelihood=st.just(0.0),
    time_unit=st.just("W"),
)


def values(fitted: MbgNbdParameters) -> tuple[float, ...]:
    return tuple(fitted.parameters.values())


def over_customers(model: MbgNbdParameters, of) -> float:
    """Average of ``of(rate, dropout)`` over customers, by quadrature."""
    rates, rate_weights = roots_genlaguerre(120, model.r - 1)
    dropouts, dropout_weights = roots_jacobi(120, model.b - 1, model.a - 1)
    grid = np.meshgrid(rates / model.alpha, (1 + dropouts) / 2, indexing="ij")
    return rate_weights @ of(*grid) @ dropout_weights / rate_weights.sum() / dropout_weights.sum()


# The same model elsewhere


def test_the_fit_on_cdnow_equals_that_of_an_independent_implementation():
    # lifetimes 0.11.3, ModifiedBetaGeoFitter: .524838, 6.182988, .891356, 1.614000 with these errors.
    fitted = fit_mbg_nbd(*cdnow())
    assert values(fitted) == pytest.approx((0.524838, 6.182988, 0.891356, 1.614), rel=2e-5)
    assert fitted.log_likelihood == pytest.approx(-9582.13, abs=0.01)
    errors = tuple(fitted.standard_errors.values())
    assert errors == pytest.approx((0.083264, 0.695597, 0.154785, 0.537472), rel=1e-3)


def test_predictions_on_cdnow_equal_those_of_an_independent_implementation():
    fitted = fit_mbg_nbd(*cdnow())
    assert fitted.probability_alive(2, 30.43, 38.86) == pytest.approx(0.706126, rel=1e-5)
    assert fitted.expected_orders(2, 30.43, 38.86, horizon=39) == pytest.approx(1.262671, rel=1e-5)
    assert fitted.expected_orders_new_customer(39) == pytest.approx(1.182284, rel=1e-5)


# The individual-level model


@pytest.mark.parametrize(("x", "last", "tenure"), [(0, 0.0, 30.0), (1, 4.0, 30.0), (4, 20.0, 25.0)])
def test_likelihood_alive_and_expectation_equal_the_individual_level_by_quadrature(x, last, tenure):
    def stays(rate, p):
        return (1 - p) ** (x + 1) * rate**x * np.exp(-rate * tenure)

    def left(rate, p):
        return p * (1 - p) ** x * rate**x * np.exp(-rate * last)

    def later(rate, p):
        return stays(rate, p) * -np.expm1(-rate * p * 20.0) / p

    alive, gone, ahead = (over_customers(MODEL, of) for of in (stays, left, later))
    summary = history_summary(
        History(*(np.array([float(v)]) for v in (x, last, tenure))), None, keep_one_time=True
    )
    got = log_likelihood(summary, np.log(values(MODEL)), first_chance=1).value
    assert got == pytest.approx(np.log(alive + gone), rel=1e-8)
    assert MODEL.probability_alive(x, last, tenure) == pytest.approx(alive / (alive + gone), rel=1e-7)
    expected = ahead / (alive + gone)
    assert MODEL.expected_orders(x, last, tenure, horizon=20.0) == pytest.approx(expected, rel=1e-7)


def test_new_customers_may_leave_at_once():
    by_quadrature = over_customers(MODEL, lambda rate, p: (1 - p) * -np.expm1(-rate * p * 20.0) / p)
    assert MODEL.expected_orders_new_customer(20.0) == pytest.approx(by_quadrature, rel=1e-7)


# Fit


def test_derivatives_match_finite_differences():
    summary = history_summary(
        simulated(300, 1.0, 6.0, 0.8, 2.5, first_chance=True), np.arange(300.0) % 3, keep_one_time=True
    )
    at, step = np.log([0.9, 5.0, 0.7, 1.8]), 1e-5
    here = log_likelihood(summary, at, 1)
    for i, direction in enumerate(np.eye(4) * step):
        up, down = log_likelihood(summary, at + direction, 1), log_likelihood(summary, at - direction, 1)
        assert here.gradient[i] == pytest.approx((up.value - down.value) / (2 * step), rel=1e-6, abs=1e-7)
        expected = (up.gradient - down.gradient) / (2 * step)
        assert here.hessian[i] == pytest.approx(expected, rel=1e-6, abs=1e-7)


def test_parameters_are_recovered_from_simulated_customers():
    fitted = fit_mbg_nbd(*simulated(60_000, 0.8, 6.0, 0.7, 2.5, first_chance=True))
    assert values(fitted) == pytest.approx((0.8, 6.0, 0.7, 2.5), rel=0.08)


def test_customers_who_leave_after_the_first_order_are_told_from_others():
    # The same rates and dropouts, but nobody leaves before a repeat order: BG/NBD is the more likely model.
    columns = simulated(20_000, 0.8, 6.0, 0.7, 2.5)
    assert fit_bg_nbd(*columns).log_likelihood > fit_mbg_nbd(*columns).log_likelihood + 10
    columns = simulated(20_000, 0.8, 6.0, 0.7, 2.5, first_chance=True)
    assert fit_mbg_nbd(*columns).log_likelihood > fit_bg_nbd(*columns).log_likelihood + 10


def test_changing_the_time_unit_changes_alpha_only():
    x, last, tenure = cdnow()
    weeks, days = fit_mbg_nbd(x, last, tenure), fit_mbg_nbd(x, last * 7, tenure * 7, time_unit="D")
    assert (days.r, days.alpha / 7, days.a, days.b) == pytest.approx(values(weeks), rel=1e-8)
    in_days = days.expected_orders(x, last * 7, tenure * 7, horizon=364)
    assert in_days == pytest.approx(weeks.expected_orders(x, last, tenure, horizon=52), rel=1e-8)


def test_a_weight_is_a_repetition():
    columns = cdnow()
    weights = np.arange(columns.frequency.size) % 4
    repeated = fit_mbg_nbd(*(np.repeat(column, weights) for column in columns))
    weighted = fit_mbg_nbd(*columns, weights=weights)
    assert values(weighted) == pytest.approx(values(repeated), rel=1e-8)
    assert weighted.log_likelihood == pytest.approx(repeated.log_likelihood)


# Invariants


def test_one_time_buyers_fade_away_with_time():
    alive = MODEL.probability_alive(0, 0, [0.0, 1, 10, 100, 1000])
    assert np.all(np.diff(alive) < 0)
    assert alive[0] == pytest.approx(MODEL.b / (MODEL.a + MODEL.b))


@settings(max_examples=60, deadline=None)
@given(MODELS, st.lists(SHARES, min_size=1, max_size=10), st.floats(0, 200), st.floats(0.01, 200))
def test_alive_is_a_probability_and_orders_grow_with_the_horizon(model, shares, horizon, more):
    columns = history(shares)
    alive = model.probability_alive(*columns)
    assert np.all((alive >= 0) & (alive <= 1))
    near = model.expected_orders(*columns, horizon=horizon)
    far = model.expected_orders(*columns, horizon=horizon + more)
    assert np.all(near >= 0) and np.all(np.isfinite(far)) and np.all(far >= near * (1 - 1e-10))
    later = model.discounted_expected_orders(*columns, horizon=horizon, discount_rate=0.002)
    assert np.all(later <= near * (1 + 1e-8))


@settings(max_examples=40, deadline=None)
@given(st.lists(SHARES, min_size=1, max_size=25))
def test_any_customers_give_finite_parameters_or_a_refusal(shares):
    weights = np.array(shares, dtype=float)[:, 3]
    try:
        fitted = fit_mbg_nbd(*history(shares), weights=weights)
    except FitError as refusal:
        assert refusal.code in {"no_repeat_buyer", "no_convergence"}
        return
    assert np.all(np.isfinite([*values(fitted), fitted.log_likelihood])) and min(values(fitted)) > 0
