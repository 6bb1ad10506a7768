"""Pareto/NBD against published figures, the closed forms, the individual-level model and its invariants."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import gammaln, hyp2f1, hyperu, roots_genlaguerre

from tests.value.histories import SHARES, cdnow, history, simulated_pareto
from zhike.value.analysis.btyd import FitError, ParetoNbdParameters, PredictionError, fit_pareto_nbd
from zhike.value.analysis.btyd.checks import History
from zhike.value.analysis.btyd.dropout_integral import averages, log_integral
from zhike.value.analysis.btyd.pareto_nbd_likelihood import log_likelihood, pareto_summary

PUBLISHED = ParetoNbdParameters(0.553, 10.578, 0.606, 11.669, -9595.0, "W")
MODELS = st.builds(
    ParetoNbdParameters,
    r=st.floats(0.05, 20),
    alpha=st.floats(0.05, 200),
    s=st.floats(0.05, 20),
    beta=st.floats(0.05, 200),
    log_likelihood=st.just(0.0),
    time_unit=st.just("W"),
)


def values(fitted: ParetoNbdParameters) -> tuple[float, ...]:
    return tuple(fitted.parameters.values())


def one(x: float, last: float, tenure: float) -> History:
    return History(*(np.array([float(value)]) for value in (x, last, tenure)))


# Published figures


def test_the_fit_reproduces_the_published_cdnow_parameters():
    # Fader, Hardie & Lee (2005, Marketing Science), table 2: r .553, alpha 10.578, s .606, beta 11.669.
    fitted = fit_pareto_nbd(*cdnow())
    assert values(fitted) == pytest.approx((0.553, 10.578, 0.606, 11.669), abs=0.0015)
    assert round(fitted.log_likelihood, 1) == -9595.0
    assert (fitted.time_unit, fitted.customers, fitted.at_limit) == ("W", 2357, ())


def test_standard_errors_are_those_clvtools_asserts_for_cdnow():
    # CLVTools, tests/testthat/test_correctness_pnbd_nocovstaticcov.R.
    errors = tuple(fit_pareto_nbd(*cdnow()).standard_errors.values())
    assert errors == pytest.approx((0.0476264, 0.8427222, 0.1872594, 6.2105448), rel=1e-3)


def test_predictions_are_those_of_the_btyd_walkthrough():
    # McCarthy & Wadsworth (2014), Buy 'Til You Die - A Walkthrough, section 2: customer 1516, 52 weeks.
    fitted = fit_pareto_nbd(*cdnow())
    assert fitted.expected_orders_new_customer(52) == pytest.approx(1.473, abs=5e-4)
    assert fitted.expected_orders(26, 30.86, 31.0, horizon=52) == pytest.approx(25.46, abs=0.01)
    assert fitted.probability_alive(26, 30.86, 31.0) == pytest.approx(0.9979, abs=1e-4)


# Closed forms


@pytest.mark.parametrize("swap", [False, True], ids=["alpha below beta", "alpha above beta"])
def test_the_likelihood_is_the_closed_form_with_hypergeometric_functions(swap):
    # Fader & Hardie (2005, notes/009), the forms for alpha above and below beta.
    r, alpha, s, beta = (0.9, 14.0, 1.3, 6.0) if swap else (0.9, 6.0, 1.3, 14.0)
    x, last, tenure = simulated_pareto(200, 0.8, 8.0, 0.6, 12.0)
    low, high, third = min(alpha, beta), max(alpha, beta), s + 1 if swap else r + x

    def part(t):
        total = r + s + x
        return hyp2f1(total, third, total + 1, (high - low) / (high + t)) / (high + t) ** total

    alive = (alpha + tenure) ** -(r + x) * (beta + tenure) ** -s
    bracket = alive + s / (r + s + x) * (part(last) - part(tenure))
    expected = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta) + np.log(bracket)
    got = log_likelihood(pareto_summary(History(x, last, tenure), None), np.log([r, alpha, s, beta]))
    assert got.value == pytest.approx(expected.mean(), rel=1e-9)
    model = ParetoNbdParameters(r, alpha, s, beta, 0.0, "W")
    assert model.probability_alive(x, last, tenure) == pytest.approx(alive / bracket, rel=1e-7)


@pytest.mark.parametrize("s", [0.606, 1.0, 1.1, 4.0])
@pytest.mark.parametrize("rate", [0.0005, 0.0027, 0.05])
def test_residual_orders_without_an_end_follow_the_published_closed_form(s, rate):
    # Fader, Hardie & Lee (2005, JMR), DERT, Ψ being Tricomi's function: U(s, s, z) = z^(1-s) U(1, 2-s, z).
    model = ParetoNbdParameters(0.553, 10.578, s, 11.669, 0.0, "W")
    x, last, tenure = np.array([0.0, 2, 26]), np.array([0.0, 30.43, 30.86]), np.array([5.0, 38.86, 31.0])
    z = rate * (model.beta + tenure)
    lifetime = (model.beta + tenure) * hyperu(1.0, 2.0 - s, z)
    expected = model.probability_alive(x, last, tenure) * (model.r + x) / (model.alpha + tenure) * lifetime
    got = model.discounted_residual_orders(x, last, tenure, discount_rate=rate)
    assert got == pytest.approx(expected, rel=1e-8)


def test_orders_without_an_end_and_without_discount_are_refused():
    with pytest.raises(PredictionError, match=r"discount_rate is 0, .* / discount_rate 为 0"):
        PUBLISHED.discounted_residual_orders(1, 2, 3, discount_rate=0)


# The individual-level model


@pytest.mark.parametrize(("x", "last", "tenure"), [(0, 0.0, 30.0), (1, 4.0, 30.0), (5, 20.0, 25.0)])
def test_likelihood_alive_and_expectation_equal_the_individual_level_by_quadrature(x, last, tenure):
    model = ParetoNbdParameters(1.4, 8.0, 1.2, 15.0, 0.0, "W")
    rates, rate_weights = roots_genlaguerre(120, model.r - 1)
    leaving, leaving_weights = roots_genlaguerre(120, model.s - 1)
    grid = np.meshgrid(rates / model.alpha, leaving / model.beta, indexing="ij")

    def stays(rate, mu):
        return rate**x * np.exp(-(rate + mu) * tenure)

    def left(rate, mu):
        both = rate + mu
        return rate**x * mu / both * (np.exp(-both * last) - np.exp(-both * tenure))

    def later(rate, mu):
        return stays(rate, mu) * rate * -np.expm1(-mu * 20.0) / mu

    def average(of):
        return rate_weights @ of(*grid) @ leaving_weights / rate_weights.sum() / leaving_weights.sum()

    alive, gone, ahead = (average(of) for of in (stays, left, later))
    got = log_likelihood(pareto_summary(one(x, last, tenure), None), np.log(values(model))).value
    assert got == pytest.approx(np.log(alive + gone), rel=1e-7)
    assert model.probability_alive(x, last, tenure) == pytest.approx(alive / (alive + gone), rel=1e-6)
    expected = ahead / (alive + gone)
    assert model.expected_orders(x, last, tenure, horizon=20.0) == pytest.approx(expected, rel=1e-6)


# The integral


@pytest.mark.parametrize("seed", range(30))
def test_the_integral_and_its_averages_equal_adaptive_quadrature(seed):
    random = np.random.default_rng(seed)
    power, alpha, s, beta = np.exp(random.uniform([-3, -5, -3, -5], [6, 6, 4, 6]))
    end = float(np.exp(random.uniform(-2, 5)))
    start = end * float(random.choice([0.0, random.random(), 0.999]))
    found = averages(np.array([power]), alpha, s, beta, np.array([start]), np.array([end]))

    def moment(of):
        # In log time from where the integrand falls fastest.
        near, reach = min(alpha, beta), np.log((min(alpha, beta) + end) / (min(alpha, beta) + start))

        def integrand(w):
            time = (near + start) * np.exp(w) - near
            fall = -power * np.log((alpha + time) / (alpha + start))
            fall -= (s + 1) * np.log((beta + time) / (beta + start))
            return of(time) * np.exp(fall + w)

        edges = np.unique(np.clip(reach * 2.0 ** -np.arange(0, 14.0), 0, reach))
        return sum(
            quad(integrand, a, b, epsabs=0, epsrel=1e-11, limit=200)[0]
            for a, b in zip(np.r_[0.0, edges[:-1]], edges, strict=True)
        )

    total = moment(lambda time: 1.0)
    at_start = -power * np.log(alpha + start) - (s + 1) * np.log(beta + start)
    log_value = at_start + np.log(min(alpha, beta) + start) + np.log(total)
    assert found.log_value[0] == pytest.approx(log_value, rel=1e-10, abs=1e-10)
    assert found.first[0, 0] == pytest.approx(
        moment(lambda time: np.log(alpha + time)) / total, rel=1e-9, abs=1e-9
    )
    expected = moment(lambda time: np.log(alpha + time) / (beta + time)) / total
    assert found.second[0, 3, 0] == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_the_integral_overflows_for_nobody():
    power = np.array([0.1, 50.0, 5_000.0, 1e6])
    for alpha, beta in [(1e-4, 1e4), (1e4, 1e-4), (1.0, 1.0), (1e-4, 1e-4)]:
        found = log_integral(power, alpha, 0.5, beta, np.zeros(4), np.full(4, 1e5))
        assert np.all(np.isfinite(found))


@pytest.mark.parametrize("seed", range(12))
def test_many_histories_tell_of_each_what_it_tells_alone(seed):
    random = np.random.default_rng(seed)
    r, alpha, s, beta = np.exp(random.uniform([-9, -9, -9, -9], [5, 9, 6, 9]))
    power, start = np.repeat(r + np.array([0.0, 1.0, 7.0, 400.0]), 301), np.tile(np.linspace(0, 1, 301), 4)
    together, some = averages(power, alpha, s, beta, start), np.r_[0:1204:50, 1203]
    alone = averages(power[some], alpha, s, beta, start[some])
    assert together.log_value[some] == pytest.approx(alone.log_value, rel=1e-10, abs=1e-10)
    assert np.allclose(together.first[:, some], alone.first, rtol=1e-9, atol=1e-12)
    assert np.allclose(together.second[..., some], alone.second, rtol=1e-9, atol=1e-12)


# Fit


@pytest.mark.parametrize(
    "parameters",
    [(0.553, 10.578, 0.606, 11.669), (3.0, 20.0, 0.05, 9.0), (0.1, 0.5, 7.0, 300.0), (50.0, 0.1, 30.0, 0.3)],
)
def test_derivatives_match_finite_differences(parameters):
    summary = pareto_summary(simulated_pareto(300, 1.0, 6.0, 0.8, 20.0), np.arange(300.0) % 3)
    at, step = np.log(parameters), 1e-5
    here = log_likelihood(summary, at)
    for i, direction in enumerate(np.eye(4) * step):
        up, down = log_likelihood(summary, at + direction), log_likelihood(summary, at - direction)
        assert here.gradient[i] == pytest.approx((up.value - down.value) / (2 * step), rel=1e-6, abs=1e-7)
        expected = (up.gradient - down.gradient) / (2 * step)
        assert here.hessian[i] == pytest.approx(expected, rel=1e-6, abs=1e-7)


def test_parameters_are_recovered_from_simulated_customers():
    fitted = fit_pareto_nbd(*simulated_pareto(60_000, 0.8, 6.0, 0.7, 15.0))
    assert values(fitted) == pytest.approx((0.8, 6.0, 0.7, 15.0), rel=0.1)


def test_changing_the_time_unit_changes_alpha_and_beta_only():
    x, last, tenure = cdnow()
    weeks, days = fit_pareto_nbd(x, last, tenure), fit_pareto_nbd(x, last * 7, tenure * 7, time_unit="D")
    assert (days.r, days.alpha / 7, days.s, days.beta / 7) == pytest.approx(values(weeks), rel=1e-7)
    assert days.log_likelihood == pytest.approx(weeks.log_likelihood - x.sum() * np.log(7))
    in_days = days.discounted_expected_orders(x, last * 7, tenure * 7, horizon=364, discount_rate=0.0003)
    in_weeks = weeks.discounted_expected_orders(x, last, tenure, horizon=52, discount_rate=0.0021)
    assert in_days == pytest.approx(in_weeks, rel=1e-7)


def test_a_weight_is_a_repetition():
    columns = cdnow()
    weights = np.arange(columns.frequency.size) % 4
    repeated = fit_pareto_nbd(*(np.repeat(column, weights) for column in columns))
    weighted = fit_pareto_nbd(*columns, weights=weights)
    assert values(weighted) == pytest.approx(values(repeated), rel=1e-7)
    assert weighted.log_likelihood == pytest.approx(repeated.log_likelihood)


def test_the_sample_start_does_not_matter():
    columns = simulated_pareto(45_000, 0.5, 8.0, 0.8, 20.0)
    backwards = fit_pareto_nbd(*(column[::-1] for column in columns))
    assert values(backwards) == pytest.approx(values(fit_pareto_nbd(*columns)), rel=1e-6)


# Predictions


@pytest.mark.parametrize("s", [0.05, 0.606, 1.0, 3.0, 40.0])
@pytest.mark.parametrize("rate", [0.0005, 0.05])
@pytest.mark.parametrize("horizon", [1.0, 52.0, 520.0])
def test_discounted_orders_equal_adaptive_quadrature(s, rate, horizon):
    model = ParetoNbdParameters(0.553, 10.578, s, 0.5, 0.0, "W")
    got = model.discounted_expected_orders(4, 30.0, 39.0, horizon=horizon, discount_rate=rate)

    def paid(time):
        return np.exp(-rate * time) * (39.5 / (39.5 + time)) ** s

    integral = quad(paid, 0, horizon, epsabs=0, epsrel=1e-11, limit=200)[0]
    alive = model.probability_alive(4, 30.0, 39.0)
    assert got == pytest.approx(alive * 4.553 / 49.578 * integral, rel=1e-8)


def test_very_frequent_buyers_have_finite_expectations():
    orders = PUBLISHED.expected_orders([5_000, 200_000], [149.9999, 150], [150, 150], horizon=52)
    assert np.all((orders > 0) & (orders < [1_800, 65_000]))
    assert PUBLISHED.probability_alive(5_000, 10, 150) == pytest.approx(0, abs=1e-300)


def test_predictions_keep_the_shape_of_their_input():
    x = np.array([[0, 1, 2], [3, 4, 5]])
    last = np.where(x > 0, 10.0, 0.0)
    assert PUBLISHED.probability_alive(x, last, 20.0).shape == (2, 3)
    assert PUBLISHED.discounted_expected_orders(x, last, 20.0, horizon=5, discount_rate=0.1).shape == (2, 3)
    assert PUBLISHED.expected_orders(2, 3, 4, horizon=5).shape == ()
    assert PUBLISHED.expected_orders([], [], [], horizon=5).shape == (0,)
    assert PUBLISHED.expected_orders_new_customer([[1, 2]]).shape == (1, 2)


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


@settings(max_examples=25, deadline=None)
@given(st.lists(SHARES, min_size=1, max_size=25))
def test_any_customers_give_finite_parameters_or_a_refusal(shares):
    weights = np.array(shares, dtype=float)[:, 3]
    try:
        fitted = fit_pareto_nbd(*history(shares), weights=weights)
    except FitError as refusal:
        assert refusal.code in {"no_repeat_buyer", "no_convergence"}
        return
    assert np.all(np.isfinite([*values(fitted), fitted.log_likelihood])) and min(values(fitted)) > 0
