"""BG/NBD against Fader, Hardie & Lee (2005) and against its own invariants."""

from dataclasses import astuple
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import betaln, expit, gamma, hyp2f1

from tests.value.histories import SHARES, cdnow, history, simulated
from zhike.value.analysis.btyd import BgNbdParameters, FitError, fit_bg_nbd
from zhike.value.analysis.btyd.bg_nbd_likelihood import log_likelihood
from zhike.value.analysis.btyd.checks import History
from zhike.value.analysis.btyd.expectation import by_integral, by_sum, expected_terms
from zhike.value.analysis.btyd.summary import history_summary, unique_codes, unique_pairs

PUBLISHED = BgNbdParameters(0.243, 4.414, 0.793, 2.426, -9582.4, "W")
MODELS = st.builds(
    BgNbdParameters,
    r=st.floats(0.05, 20),
    alpha=st.floats(0.05, 200),
    a=st.floats(0.05, 20),
    b=st.floats(0.05, 50),
    log_likelihood=st.just(0.0),
    time_unit=st.just("W"),
)


def parameters_of(fitted: BgNbdParameters) -> tuple[float, ...]:
    return astuple(fitted)[:4]


def orders_by_quadrature(model: BgNbdParameters, x: float, tenure: float, horizon: float) -> float:
    """E[orders | alive] by definition: (1 - e^{-λpt}) / p averaged over both posteriors, λ in closed form."""
    m, b, s = model.r + x, model.b + x, horizon / (model.alpha + tenure)

    def integrand(logit: float) -> float:
        p = expit(logit)
        log_density = -model.a * np.logaddexp(0, -logit) - b * np.logaddexp(0, logit) - betaln(model.a, b)
        # For p too small for floating point the fraction has its limit m s.
        orders = -np.expm1(-m * np.log1p(p * s)) / p if p > 1e-290 else m * s
        return orders * np.exp(log_density)

    peak = np.log(model.a / b)
    steps = np.array([0.0, 1, 3, 10, 30, 100, 400, 1000])
    edges = np.r_[peak - steps[:0:-1] / min(model.a, 1), peak + steps / min(b, 1)]
    parts = pairwise(edges)
    return sum(quad(integrand, low, high, epsabs=1e-14, epsrel=1e-11, limit=400)[0] for low, high in parts)


# Published figures


def test_the_fit_reproduces_the_published_cdnow_parameters():
    # Fader, Hardie & Lee (2005), table 2: r .243, alpha 4.414, a .793, b 2.426, LL -9582.4.
    fitted = fit_bg_nbd(*cdnow())
    assert [round(value, 3) for value in parameters_of(fitted)] == [0.243, 4.414, 0.793, 2.426]
    assert round(fitted.log_likelihood, 1) == -9582.4
    assert (fitted.time_unit, fitted.customers, fitted.at_limit) == ("W", 2357, ())


def test_a_customer_of_the_excel_note_is_expected_to_order_1_226_times():
    # Implementing the BG/NBD Model for Customer Base Analysis in Excel, section 5: x=2, 39 weeks ahead.
    fitted = fit_bg_nbd(*cdnow())
    assert round(float(fitted.expected_orders(2, 30.43, 38.86, horizon=39)), 3) == 1.226


def test_new_customers_order_as_in_the_excel_note():
    # Same note: E[X(t)] at days 1, 7, 21, 223, 224 and 546; figures as asserted by lifetimes' own tests.
    weeks = np.array([1, 7, 21, 223, 224, 546]) / 7
    orders = fit_bg_nbd(*cdnow()).expected_orders_new_customer(weeks)
    assert list(orders[:5].round(4)) == [0.0078, 0.0532, 0.1506, 1.0405, 1.0437]
    # The sheet cuts its hypergeometric series off, which shows at the longest horizon only.
    assert orders[5] == pytest.approx(1.8576, abs=5e-4)


# Likelihood


@pytest.mark.parametrize(
    "parameters", [(0.243, 4.414, 0.793, 2.426), (3.0, 20.0, 0.05, 9.0), (0.1, 1.0, 7.0, 0.4)]
)
def test_derivatives_match_finite_differences(parameters):
    summary = history_summary(simulated(300, 1.0, 6.0, 0.8, 2.5), np.arange(300.0) % 3)
    at, step = np.log(parameters), 1e-5
    here = log_likelihood(summary, at)
    for i, direction in enumerate(np.eye(4) * step):
        up, down = log_likelihood(summary, at + direction), log_likelihood(summary, at - direction)
        assert here.gradient[i] == pytest.approx((up.value - down.value) / (2 * step), rel=1e-6, abs=1e-7)
        expected = (up.gradient - down.gradient) / (2 * step)
        assert here.hessian[i] == pytest.approx(expected, rel=1e-6, abs=1e-7)


def test_the_likelihood_is_equation_6_customer_by_customer():
    x, last, tenure = simulated(200, 1.0, 6.0, 0.8, 2.5)
    r, alpha, a, b = 0.5, 4.0, 0.9, 2.0
    stays = np.exp(betaln(a, b + x) - betaln(a, b)) * (alpha + tenure) ** -(r + x)
    left = np.exp(betaln(a + 1, b + np.maximum(x, 1) - 1) - betaln(a, b)) * (alpha + last) ** -(r + x)
    likelihood = gamma(r + x) * alpha**r / gamma(r) * (stays + (x > 0) * left)
    summary = history_summary(History(x, last, tenure), None)
    assert log_likelihood(summary, np.log([r, alpha, a, b])).value == pytest.approx(np.log(likelihood).mean())


def test_parameters_are_recovered_from_simulated_customers():
    fitted = fit_bg_nbd(*simulated(40_000, 0.8, 6.0, 0.7, 2.5))
    assert parameters_of(fitted) == pytest.approx((0.8, 6.0, 0.7, 2.5), rel=0.05)


def test_changing_the_time_unit_changes_alpha_only():
    x, last, tenure = cdnow()
    weeks, days = fit_bg_nbd(x, last, tenure), fit_bg_nbd(x, last * 7, tenure * 7, time_unit="D")
    assert (days.r, days.alpha / 7, days.a, days.b) == pytest.approx(parameters_of(weeks), rel=1e-9)
    assert days.log_likelihood == pytest.approx(weeks.log_likelihood - x.sum() * np.log(7))
    in_days = days.expected_orders(x, last * 7, tenure * 7, horizon=364)
    assert in_days == pytest.approx(weeks.expected_orders(x, last, tenure, horizon=52), rel=1e-8)


def test_a_weight_is_a_repetition():
    columns = cdnow()
    weights = np.arange(columns.frequency.size) % 4
    repeated = fit_bg_nbd(*(np.repeat(column, weights) for column in columns))
    weighted = fit_bg_nbd(*columns, weights=weights)
    assert parameters_of(weighted) == pytest.approx(parameters_of(repeated), rel=1e-8)
    assert weighted.customers == repeated.customers == weights.sum()
    assert weighted.log_likelihood == pytest.approx(repeated.log_likelihood)


def test_the_order_of_rows_and_the_sample_start_do_not_matter():
    columns = simulated(45_000, 0.5, 8.0, 0.8, 2.5)
    backwards = fit_bg_nbd(*(column[::-1] for column in columns))
    assert parameters_of(backwards) == pytest.approx(parameters_of(fit_bg_nbd(*columns)), rel=1e-6)


# Sufficient statistics


def test_the_summary_keeps_every_customer_and_every_order():
    columns = cdnow()
    summary = history_summary(columns, None)
    assert summary.order_weight.sum() == summary.tenure_weight.sum() == 2357
    assert summary.tenure_orders.sum() == columns.frequency.sum()
    unique, counts = np.unique(np.stack(columns)[:, columns.frequency > 0], axis=1, return_counts=True)
    rebuilt = (
        summary.orders[summary.order_at],
        summary.last_tenures[summary.last_at],
        summary.tenures[summary.tenure_at],
    )
    order = np.lexsort(rebuilt[::-1])
    assert np.array_equal(np.stack(rebuilt)[:, order], unique)
    assert np.array_equal(summary.weight[order], counts)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([0.0, 1e-9, 1 / 7, 1 / 3, 2.0, 1e6]) | st.floats(0, 50), min_size=1))
def test_codes_lead_back_to_their_values(values):
    values = np.array(values)
    unique, at = unique_codes(values)
    assert np.array_equal(unique[at], values)
    assert np.array_equal(unique, np.unique(values))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.floats(0, 9) | st.integers(0, 9)), min_size=1))
def test_pairs_lead_back_to_their_values(rows):
    first, second = np.array(rows, dtype=float).T
    left, right, at = unique_pairs(first, second)
    assert np.array_equal(left[at], first) and np.array_equal(right[at], second)
    assert left.size == len(set(zip(first, second, strict=True)))


# Predictions


@pytest.mark.parametrize("a", [0.05, 0.793, 1.0, 1.0 + 1e-9, 3.0, 40.0])
@pytest.mark.parametrize(("x", "tenure"), [(0, 0.0), (0, 80.0), (3, 40.0), (60, 100.0), (900, 150.0)])
@pytest.mark.parametrize("horizon", [0.01, 52.0, 2000.0])
def test_expected_orders_equal_brute_force_quadrature(a, x, tenure, horizon):
    model = BgNbdParameters(0.243, 4.414, a, 2.426, 0.0, "W")
    expected = orders_by_quadrature(model, x, tenure, horizon)
    # t_x = T - as close to alive as a history can be - leaves P(alive) as the only other factor.
    got = model.expected_orders(x, tenure * (x > 0), tenure, horizon=horizon)
    alive = model.probability_alive(x, tenure * (x > 0), tenure)
    assert got == pytest.approx(expected * alive, rel=1e-8)


def test_expected_orders_equal_equation_10_as_printed_where_that_is_stable():
    x, last, tenure = simulated(300, 0.6, 5.0, 0.7, 2.5)
    r, alpha, a, b = parameters_of(PUBLISHED)
    t, ratio = 39.0, (alpha + tenure) / (alpha + tenure + 39.0)
    head = 1 - ratio ** (r + x) * hyp2f1(r + x, b + x, a + b + x - 1, t / (alpha + tenure + t))
    tail = 1 + (x > 0) * a / (b + np.maximum(x, 1) - 1) * ((alpha + tenure) / (alpha + last)) ** (r + x)
    expected = (a + b + x - 1) / (a - 1) * head / tail
    assert PUBLISHED.expected_orders(x, last, tenure, horizon=t) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("seed", range(40))
def test_sum_and_integral_agree_over_all_parameters(seed):
    random = np.random.default_rng(seed)
    shape, b, ratio = np.exp(random.uniform([-4, -4, -8], [6, 9, 4.5], (8, 3))).T
    a = float(np.exp(random.uniform(-6, 8)))
    few = expected_terms(shape, ratio) < 20_000
    columns = shape[few], a, b[few], ratio[few]
    assert by_sum(*columns) == pytest.approx(by_integral(*columns), rel=1e-10)


def test_very_frequent_buyers_have_finite_expectations():
    orders = PUBLISHED.expected_orders([5_000, 200_000], [150, 150], [150, 150], horizon=52)
    # Dropping out is all but excluded after so many orders, so they go on at their rate.
    assert orders == pytest.approx([5_000 * 52 / 154.4, 200_000 * 52 / 154.4], rel=0.15)


def test_a_tiny_alpha_and_a_long_horizon_do_not_hang():
    model = BgNbdParameters(0.1, 1e-4, 0.8, 2.5, 0.0, "W")
    expected = orders_by_quadrature(model, 0, 0, 520)
    assert model.expected_orders_new_customer(520) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("alpha", [0.01, 4.414, 300.0])
@pytest.mark.parametrize("rate", [0.0005, 0.002, 0.05])
@pytest.mark.parametrize("horizon", [1.0, 52.0, 520.0])
def test_discounted_orders_equal_adaptive_quadrature(alpha, rate, horizon):
    model = BgNbdParameters(0.243, alpha, 0.793, 2.426, 0.0, "W")
    case = (np.array([0, 0, 4]), np.array([0, 0, 30.0]), np.array([0, 5.0, 39.0]))
    got = model.discounted_expected_orders(*case, horizon=horizon, discount_rate=rate)
    for row, (x, last, tenure) in enumerate(zip(*case, strict=True)):

        def discounted(log_time, x=x, last=last, tenure=tenure):
            time = np.exp(log_time)
            return time * np.exp(-rate * time) * model.expected_orders(x, last, tenure, horizon=time)

        integral = quad(discounted, np.log(horizon) - 25, np.log(horizon), epsabs=0, epsrel=1e-10, limit=200)[
            0
        ]
        at_end = np.exp(-rate * horizon) * model.expected_orders(x, last, tenure, horizon=horizon)
        assert got[row] == pytest.approx(at_end + rate * integral, rel=1e-8)


def test_discounting_at_rate_zero_changes_nothing():
    columns = cdnow()
    plain = PUBLISHED.expected_orders(*columns, horizon=52)
    assert np.array_equal(PUBLISHED.discounted_expected_orders(*columns, horizon=52, discount_rate=0), plain)
    later = PUBLISHED.discounted_expected_orders(*columns, horizon=52, discount_rate=0.002)
    assert np.all((plain * np.exp(-0.002 * 52) < later) & (later < plain))


def test_expected_orders_of_new_customers_add_up_to_the_orders_of_the_sample():
    x, _, tenure = cdnow()
    expected = PUBLISHED.expected_orders_new_customer(tenure).sum()
    assert expected == pytest.approx(x.sum(), rel=0.02)


def test_predictions_keep_the_shape_of_their_input():
    x = np.array([[0, 1, 2], [3, 4, 5]])
    last = np.where(x > 0, 10.0, 0.0)
    assert PUBLISHED.probability_alive(x, last, 20.0).shape == (2, 3)
    assert PUBLISHED.expected_orders(x, last, 20.0, horizon=5).shape == (2, 3)
    assert PUBLISHED.expected_orders(2, 3, 4, horizon=5).shape == ()
    assert PUBLISHED.expected_orders([], [], [], horizon=5).shape == (0,)
    assert PUBLISHED.expected_orders_new_customer([[1, 2]]).shape == (1, 2)
    one_by_one = [
        PUBLISHED.expected_orders(n, t, 20.0, horizon=5) for n, t in zip(x[1], last[1], strict=True)
    ]
    assert PUBLISHED.expected_orders(x, last, 20.0, horizon=5)[1] == pytest.approx(one_by_one)


@settings(max_examples=80, deadline=None)
@given(MODELS, st.lists(SHARES, min_size=1, max_size=20))
def test_probability_alive_is_a_probability_and_certain_without_repeats(model, shares):
    columns = history(shares)
    alive = model.probability_alive(*columns)
    assert np.all((alive >= 0) & (alive <= 1))
    assert np.all(alive[columns.frequency == 0] == 1)


@settings(max_examples=60, deadline=None)
@given(MODELS, st.lists(SHARES, min_size=1, max_size=10), st.floats(0, 200), st.floats(0.01, 200))
def test_expected_orders_grow_with_the_horizon(model, shares, horizon, more):
    columns = history(shares)
    near = model.expected_orders(*columns, horizon=horizon)
    far = model.expected_orders(*columns, horizon=horizon + more)
    assert np.all(near >= 0) and np.all(np.isfinite(far))
    assert np.all(far >= near * (1 - 1e-10))


def test_no_time_ahead_brings_no_orders():
    assert np.all(PUBLISHED.expected_orders(*cdnow(), horizon=0) == 0)
    assert PUBLISHED.expected_orders_new_customer(0) == 0


# Degenerate input


@pytest.mark.parametrize(
    ("x", "last", "tenure"),
    [
        ([2] * 50, [30.0] * 50, [38.0] * 50),
        ([2, 0, 1], [30.0, 0, 2], [38.0, 20, 30]),
        ([1], [3.0], [4.0]),
        ([1] + [0] * 999, [3.0] + [0] * 999, [40.0] * 1000),
        ([3, 4, 5, 1], [10.0, 20, 30, 40], [10.0, 20, 30, 40]),
        ([100_000, 2], [9.0, 3], [10.0, 4]),
    ],
    ids=["identical", "three", "one", "one repeat buyer", "all alive", "one buys always"],
)
def test_degenerate_customers_give_finite_parameters_marked_as_such(x, last, tenure):
    fitted = fit_bg_nbd(x, last, tenure)
    assert np.all(np.isfinite(astuple(fitted)[:5])) and min(parameters_of(fitted)) > 0
    assert fitted.at_limit
    orders = fitted.expected_orders(x, last, tenure, horizon=52)
    assert np.all(np.isfinite(orders)) and np.all(orders >= 0)


@settings(max_examples=60, deadline=None)
@given(st.lists(SHARES, min_size=1, max_size=25))
def test_any_customers_give_finite_parameters_or_a_refusal(shares):
    weights = np.array(shares, dtype=float)[:, 3]
    try:
        fitted = fit_bg_nbd(*history(shares), weights=weights)
    except FitError as refusal:
        assert refusal.code in {"no_repeat_buyer", "no_convergence"}
        return
    assert np.all(np.isfinite(astuple(fitted)[:5])) and min(parameters_of(fitted)) > 0


def test_a_fit_that_does_not_converge_is_refused(monkeypatch):
    monkeypatch.setattr("zhike.value.analysis.btyd.newton.MAX_ITERATIONS", 1)
    with pytest.raises(FitError, match="did not converge"):
        fit_bg_nbd(*cdnow())


def test_a_sample_without_repeat_buyers_is_no_obstacle():
    # Every second row is looked at first; all that buy again are between them.
    x, last, tenure = simulated(45_000, 0.5, 8.0, 0.8, 2.5)
    seen = np.arange(x.size) % 2 == 0
    fitted = fit_bg_nbd(np.where(seen, 0, x), np.where(seen, 0, last), tenure)
    weighted = fit_bg_nbd(x, last, tenure, weights=~seen)
    assert fitted.at_limit == () and fitted.r > 0
    odd = fit_bg_nbd(x[1::2], last[1::2], tenure[1::2])
    assert parameters_of(weighted) == pytest.approx(parameters_of(odd), rel=1e-6)
