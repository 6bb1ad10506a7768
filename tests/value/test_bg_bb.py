"""BG/BB against Fader, Hardie & Shang (2010) and against its own invariants."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import roots_jacobi

from zhike.value.analysis.btyd import FitError, PredictionError
from zhike.value.analysis.btyd.bg_bb import BgBbParameters, fit_bg_bb
from zhike.value.analysis.btyd.bg_bb_likelihood import Chances, chances_summary, log_likelihood
from zhike.value.analysis.btyd.sbg_lifetime import log_survival
from zhike.value.analysis.btyd.simulate import simulate_bg_bb

PUBLISHED = BgBbParameters(1.204, 0.750, 0.657, 2.783, -33225.6, "Y")
MODELS = st.builds(
    BgBbParameters,
    alpha=st.floats(0.05, 20),
    beta=st.floats(0.05, 20),
    gamma=st.floats(0.05, 20),
    delta=st.floats(0.05, 50),
    log_likelihood=st.just(0.0),
    time_unit=st.just("Y"),
)


@st.composite
def chances(draw) -> tuple[int, int, int]:
    """x, t_x and n that can happen."""
    n = draw(st.integers(0, 20))
    last = draw(st.integers(0, n))
    return (draw(st.integers(1, last)) if last else 0), last, n


def donations() -> tuple[Chances, np.ndarray]:
    """The 11 104 donors of the 1995 cohort, table 1: yearly gifts 1996 to 2001."""
    spec = importlib.util.find_spec("lifetimes")
    assert spec is not None and spec.submodule_search_locations
    path = Path(spec.submodule_search_locations[0]) / "datasets/donations.csv"
    rows = np.genfromtxt(path, delimiter=",", names=True)
    return Chances(rows["frequency"], rows["recency"], rows["periods"]), rows["weights"]


def parameters_of(fitted: BgBbParameters) -> tuple[float, ...]:
    return tuple(fitted.parameters.values())


def seen(orders: np.ndarray, opportunities: np.ndarray) -> Chances:
    """x, t_x and n of simulated customers, each observed for so many opportunities."""
    number = np.arange(1, orders.shape[1] + 1)
    observed = orders & (number <= opportunities[:, None])
    return Chances(observed.sum(axis=1), np.max(observed * number, axis=1), opportunities)


# Published figures


def test_the_fit_reproduces_the_published_parameters_of_the_donors():
    histories, weights = donations()
    fitted = fit_bg_bb(*histories, weights=weights)
    assert [round(value, 3) for value in parameters_of(fitted)] == pytest.approx(
        [1.204, 0.750, 0.657, 2.783], abs=0.0011
    )
    assert round(fitted.log_likelihood, 1) == -33225.6
    assert (fitted.time_unit, fitted.customers, fitted.at_limit) == ("Y", 11104, ())


def test_donors_are_alive_in_2002_as_in_table_6():
    alive = PUBLISHED.probability_alive([0, 2, 6], [0, 4, 6], 6)
    assert list(alive.round(2)) == [0.11, 0.59, 0.93]


def test_gifts_of_2002_to_2006_add_up_as_in_the_published_workbook():
    # brucehardie.com/notes/010, sheet "Conditional Expectations (II)": 12 884.2 gifts in all.
    histories, weights = donations()
    expected = fit_bg_bb(*histories, weights=weights).expected_orders(*histories, horizon=5)
    assert weights @ expected == pytest.approx(12884.2, abs=0.1)
    # Its extremes, as computed here: no gift at all, and a gift every year.
    assert list(PUBLISHED.expected_orders([0, 6], [0, 6], 6, horizon=5).round(2)) == [0.07, 3.75]


def test_as_many_donors_as_in_the_published_workbook_give_never_or_always():
    # Sheet "In-Sample Fit": 3 454.9 never and 1 253.1 in all six years.
    histories, weights = donations()
    likely = fit_bg_bb(*histories, weights=weights).order_probabilities_new_customer(6) * 11104
    assert likely[[0, 6]] == pytest.approx([3454.9, 1253.1], abs=0.1)


# Likelihood


@pytest.mark.parametrize("parameters", [(1.2, 0.75, 0.66, 2.8), (0.3, 4.0, 3.0, 9.0), (5.0, 0.2, 0.1, 0.4)])
def test_derivatives_match_finite_differences(parameters, monkeypatch):
    monkeypatch.setattr("zhike.value.analysis.btyd.bg_bb_likelihood.TERMS", 20)
    (x, last, n), weights = donations()
    summary = chances_summary(Chances(x, last, n + x), weights)
    at, step = np.log(parameters), 1e-5
    here = log_likelihood(summary, at)
    for i, direction in enumerate(np.eye(4) * step):
        up, down = log_likelihood(summary, at + direction), log_likelihood(summary, at - direction)
        assert here.gradient[i] == pytest.approx((up.value - down.value) / (2 * step), rel=1e-6, abs=1e-7)
        expected = (up.gradient - down.gradient) / (2 * step)
        assert here.hessian[i] == pytest.approx(expected, rel=1e-6, abs=1e-7)


def test_the_likelihood_of_all_histories_is_one():
    # Every sequence of orders at 5 opportunities belongs to one (x, t_x).
    sequences = (np.arange(32)[:, None] >> np.arange(5)) & 1 == 1
    x, last, n = seen(sequences, np.full(32, 5))
    likely = [
        np.exp(log_likelihood(chances_summary(Chances(*row), None), np.log([0.8, 1.3, 0.5, 2.0])).value)
        for row in zip(x[:, None], last[:, None], n[:, None], strict=True)
    ]
    assert sum(likely) == pytest.approx(1.0, rel=1e-12)


def test_parameters_are_recovered_within_three_standard_errors():
    truth = np.array([1.2, 0.8, 0.7, 4.0])
    random = np.random.default_rng(8)
    orders = simulate_bg_bb(
        random, alpha=1.2, beta=0.8, gamma=0.7, delta=4.0, customers=20_000, opportunities=12
    )
    fitted = fit_bg_bb(*seen(orders, random.integers(4, 13, 20_000)))
    assert fitted.uncertainty is not None
    errors = [fitted.uncertainty.log_standard_error(name) for name in fitted.parameters]
    assert np.all(np.abs(np.log(parameters_of(fitted)) - np.log(truth)) < 3 * np.array(errors))
    assert max(errors) < 0.2


def test_a_weight_is_a_repetition():
    histories, weights = donations()
    few = np.ceil(weights / 50).astype(int)
    repeated = fit_bg_bb(*(np.repeat(column, few) for column in histories))
    weighted = fit_bg_bb(*histories, weights=few)
    assert parameters_of(weighted) == pytest.approx(parameters_of(repeated), rel=1e-8)
    assert weighted.log_likelihood == pytest.approx(repeated.log_likelihood)


# Predictions


@settings(max_examples=40, deadline=None)
@given(MODELS, chances(), st.integers(0, 12))
def test_probabilities_of_orders_sum_to_one_and_average_to_the_expectation(model, history, horizon):
    likely = model.order_probabilities(*history, horizon=horizon)
    assert likely.shape == (horizon + 1,)
    assert np.all(likely >= -1e-12) and likely.sum() == pytest.approx(1.0, abs=1e-9)
    expected = float(model.expected_orders(*history, horizon=horizon))
    assert likely @ np.arange(horizon + 1) == pytest.approx(expected, rel=1e-8, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(MODELS, chances())
def test_probability_alive_is_a_probability_and_no_time_ahead_brings_no_orders(model, history):
    assert 0.0 <= float(model.probability_alive(*history)) <= 1.0
    assert float(model.expected_orders(*history, horizon=0)) == 0.0


def test_the_expectation_averages_over_both_posteriors():
    # By definition, with Gauss-Jacobi rules for p and θ, which are exact for the polynomials here.
    x, last, n = 2, 4, 6
    alpha, beta, gamma, delta = parameters_of(PUBLISHED)
    points, by_order = roots_jacobi(30, beta - 1, alpha - 1)
    leaves, by_leaving = roots_jacobi(30, delta - 1, gamma - 1)
    p, theta = (points[:, None] + 1) / 2, (leaves + 1) / 2
    stays = 1 - theta
    there = p**x * (1 - p) ** (n - x) * stays**n
    gone = sum(p**x * (1 - p) ** (m - x) * theta * stays**m for m in range(last, n))
    ahead = sum(p * stays**k for k in range(1, 6))
    expected = (by_order @ (there * ahead) @ by_leaving) / (by_order @ (there + gone) @ by_leaving)
    assert float(PUBLISHED.expected_orders(x, last, n, horizon=5)) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("rate", [0.02, 0.1, 1.0])
def test_discounted_residual_orders_are_the_sum_over_all_opportunities(rate):
    x, last, n = donations()[0]
    k = np.arange(1.0, 2000)
    staying = np.exp(log_survival(PUBLISHED.gamma, np.array(PUBLISHED.delta + 6), k))
    next_one = PUBLISHED.expected_orders(x, last, n, horizon=1)
    expected = next_one * float(staying / staying[0] @ (1 + rate) ** -k)
    got = PUBLISHED.discounted_expected_residual_orders(x, last, n, discount_rate=rate)
    assert got == pytest.approx(expected, rel=1e-9)


def test_orders_without_end_are_refused():
    with pytest.raises(PredictionError, match="infinite") as refusal:
        PUBLISHED.discounted_expected_residual_orders(1, 1, 1, discount_rate=0)
    assert refusal.value.code == "infinite_orders"
    lasting = BgBbParameters(1.0, 1.0, 3.0, 9.0, 0.0, "Y")
    endless = lasting.discounted_expected_residual_orders(1, 1, 1, discount_rate=0)
    assert float(endless) == pytest.approx(float(lasting.expected_orders(1, 1, 1, horizon=2_000)), rel=1e-4)


def test_predictions_keep_the_shape_of_their_input():
    x = np.array([[0, 1, 2], [3, 4, 5]])
    assert PUBLISHED.probability_alive(x, x, 6).shape == (2, 3)
    assert PUBLISHED.expected_orders(x, x, 6, horizon=3).shape == (2, 3)
    assert PUBLISHED.expected_orders(2, 2, 6, horizon=3).shape == ()


# Refusals


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ((1.5, 2, 3), "not_whole"),
        ((1, 4, 3), "last_order_after_end"),
        ((3, 2, 3), "more_orders_than_opportunities"),
        ((0, 2, 3), "time_without_repeat"),
        ((-1, 2, 3), "negative"),
        ((0, 0, 3), "no_repeat_buyer"),
    ],
)
def test_histories_that_cannot_happen_are_refused(row, code):
    with pytest.raises(FitError) as refusal:
        fit_bg_bb(*([value] for value in row))
    assert refusal.value.code == code
    assert refusal.value.zh and refusal.value.en


@settings(max_examples=20, deadline=None)
@given(st.lists(chances(), min_size=1, max_size=12))
def test_any_customers_give_finite_parameters_or_a_refusal(rows):
    try:
        fitted = fit_bg_bb(*np.array(rows).T)
    except FitError as refusal:
        assert refusal.code in {"no_repeat_buyer", "no_convergence"}
        return
    assert np.all(np.isfinite(parameters_of(fitted))) and min(parameters_of(fitted)) > 0
