"""Distributions and prediction intervals of orders, against brute force and against simulated shops."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import beta, betaprime, gamma, poisson

from tests.value.histories import SHARES, cdnow, history
from zhike.value.analysis.btyd import BgNbdParameters, PredictionError
from zhike.value.analysis.btyd.intervals_future import (
    DropoutFuture,
    LifetimeFuture,
    future_of,
    mean_squares,
)
from zhike.value.analysis.btyd.intervals_orders import (
    order_interval,
    order_probabilities,
    probability_of_at_most,
)
from zhike.value.analysis.btyd.mbg_nbd import MbgNbdParameters
from zhike.value.analysis.btyd.pareto_nbd import ParetoNbdParameters
from zhike.value.analysis.btyd.simulate import simulate_bg_nbd, simulate_pareto_nbd

BG = BgNbdParameters(0.243, 4.414, 0.793, 2.426, 0.0, "W")
MBG = MbgNbdParameters(0.525, 6.183, 0.891, 1.614, 0.0, "W")
PARETO = ParetoNbdParameters(0.553, 10.578, 0.606, 11.669, 0.0, "W")
MODELS = [BG, MBG, PARETO]
SHAPES = st.tuples(st.floats(0.1, 5), st.floats(0.5, 50), st.floats(0.1, 5), st.floats(0.2, 20))
ANY_MODEL = st.builds(
    lambda kind, values: kind(*values, 0.0, "W"),
    st.sampled_from([BgNbdParameters, MbgNbdParameters, ParetoNbdParameters]),
    SHAPES,
)
CASES = (
    np.array([0, 0, 1, 2, 10, 60]),
    np.array([0, 0, 3, 30, 30, 38.0]),
    np.array([0, 38, 38, 38, 38, 38.0]),
)


# Distributions


def test_orders_of_a_customer_alive_equal_brute_force_with_dropout_after_orders():
    # Simulated from the definition: λ and p from their posteriors, Poisson orders, cut at the dropout.
    random = np.random.default_rng(5)
    shape, z, a, b = 2.4, 0.6, 0.8, 3.5
    n = 400_000
    would = random.poisson(random.gamma(shape, 1.0, n) * z / (1 - z))
    orders = np.minimum(would, random.geometric(random.beta(a, b, n)))
    future = DropoutFuture(np.array([shape]), np.array([z]), a, np.array([b]))
    for y in range(1, 9):
        likely = float(future.at_least(np.array([float(y)]), np.array([0]))[0])
        assert likely == pytest.approx((orders >= y).mean(), abs=4 * np.sqrt(likely * (1 - likely) / n))


@pytest.mark.parametrize("y", [1, 2, 10, 64])
@pytest.mark.parametrize(
    ("shape", "origin", "leaving"), [(0.5, 10.0, 0.01), (3.5, 40.0, 42.0), (60.5, 50.0, 51.0)]
)
def test_orders_under_pareto_equal_adaptive_quadrature(y, shape, origin, leaving):
    future = LifetimeFuture(np.array([shape]), np.array([origin]), 0.6, np.array([leaving]), 52.0)
    nth = betaprime(y, shape, scale=origin)
    edges = np.log(52) - np.array([40, 12, 8, 5, 3, 2, 1.5, 1, 0.7, 0.5, 0.3, 0.1, 0])

    def arrives_and_is_there(w: float) -> float:
        return np.exp(w) * nth.pdf(np.exp(w)) * (1 + np.exp(w) / leaving) ** -0.6

    parts = [quad(arrives_and_is_there, *edges[i : i + 2], epsabs=1e-14, epsrel=1e-9)[0] for i in range(12)]
    got = future.at_least(np.array([float(y)]), np.array([0]))
    assert got[0] == pytest.approx(sum(parts), rel=1e-8, abs=1e-12)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("first", [1, 4, 32])
def test_the_chances_of_several_numbers_of_orders_are_those_of_each(model, first):
    orders, tenures = np.array([0.0, 3.0, 60.0]), np.array([0.5, 38.0, 300.0])
    future, rows = future_of(model, orders, tenures, 52.0), np.array([2, 0, 1])
    each = [future.at_least(np.full(3, float(y)), rows) for y in range(first, 2 * first)]
    assert future.at_least_each(first, first, rows) == pytest.approx(np.stack(each, axis=1), abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(
    st.floats(0.03, 1e3), st.floats(0.03, 1e4), st.floats(0.05, 20), st.floats(0.05, 10),
    st.floats(1, 1e3), st.floats(0.1, 1e3), st.integers(0, 300), st.sampled_from([1, 2, 8, 32]),
)  # fmt: skip
def test_many_of_one_shape_have_the_chances_of_each(alpha, beta, s, r, longest, horizon, orders, first):
    tenures = np.concatenate([np.geomspace(1e-2, longest, 80), np.linspace(0, longest, 80)])
    shape = np.repeat([r, r + orders], tenures.size)
    origin, leaving = (np.tile(each + tenures, 2) for each in (alpha, beta))
    future, rows = LifetimeFuture(shape, origin, s, leaving, horizon), np.arange(shape.size)
    each = [future.at_least(np.full(shape.size, float(y)), rows) for y in range(first, 2 * first)]
    assert future.at_least_each(first, first, rows) == pytest.approx(np.stack(each, axis=1), abs=2e-8)


def test_rows_that_are_all_alike_have_one_chance():
    rows = np.zeros(100, dtype=np.intp)
    future = LifetimeFuture(np.array([3.5]), np.array([40.0]), 0.6, np.array([42.0]), 52.0)
    one = future.at_least_each(2, 2, rows[:1])
    assert future.at_least_each(2, 2, rows) == pytest.approx(np.repeat(one, 100, axis=0), abs=1e-9)


def test_pareto_without_leaving_is_a_mixture_of_poisson_counts():
    lasting = replace(PARETO, s=1e-9)
    got = order_probabilities(lasting, 2, 30, 38, horizon=52, most=6)
    rate = gamma(lasting.r + 2, scale=1 / (lasting.alpha + 38))
    expected = [
        quad(lambda v, y=y: poisson.pmf(y, v * 52) * rate.pdf(v), 0, 2, limit=200)[0] for y in range(7)
    ]
    assert got == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("horizon", [0.5, 52.0])
def test_probabilities_average_to_the_published_expectation(model, horizon):
    likely = order_probabilities(model, *CASES, horizon=horizon, most=400)
    assert likely.sum(axis=1) == pytest.approx(np.ones(6), abs=1e-9)
    expected = model.expected_orders(*CASES, horizon=horizon)
    assert likely @ np.arange(401) == pytest.approx(expected, rel=1e-7)


@settings(max_examples=20, deadline=None)
@given(ANY_MODEL, st.lists(SHARES, min_size=1, max_size=6), st.floats(0, 100))
def test_probabilities_are_probabilities(model, shares, horizon):
    columns = history(shares)
    likely = order_probabilities(model, *columns, horizon=horizon, most=12)
    assert np.all((likely >= 0) & (likely <= 1))
    below = probability_of_at_most(model, *columns, horizon=horizon, orders=12)
    assert likely.sum(axis=1) == pytest.approx(below, abs=1e-9)
    assert np.all(probability_of_at_most(model, *columns, horizon=horizon, orders=-1) == 0)


@settings(max_examples=25, deadline=None)
@given(ANY_MODEL, st.lists(SHARES, min_size=1, max_size=6), st.floats(0, 200), st.floats(0.1, 0.98))
def test_bounds_are_the_quantiles_and_are_ordered(model, shares, horizon, confidence):
    columns = history(shares)
    lower, upper = order_interval(model, *columns, horizon=horizon, confidence=confidence)
    tail = (1 - confidence) / 2
    assert np.all(lower <= upper)
    for bound, share in ((lower, tail), (upper, 1 - tail)):
        here = probability_of_at_most(model, *columns, horizon=horizon, orders=bound)
        before = probability_of_at_most(model, *columns, horizon=horizon, orders=bound - 1)
        assert np.all(here >= share - 1e-9) and np.all(before < share + 1e-9)


@pytest.mark.parametrize("model", MODELS)
def test_no_time_ahead_brings_no_orders(model):
    lower, upper = order_interval(model, *CASES, horizon=0)
    assert not lower.any() and not upper.any()


@pytest.mark.parametrize("model", MODELS)
def test_wholesale_buyers_have_bounds_too(model):
    lower, upper = order_interval(model, [500, 5000], [150, 150], [150, 150], horizon=52, confidence=0.5)
    rough = np.array([500, 5000]) * 52 / 155
    assert np.all((0.7 * rough < lower) & (lower < upper) & (upper < 1.1 * rough))


@pytest.mark.parametrize("model", MODELS)
def test_second_moments_equal_the_sum_over_all_orders(model):
    future = future_of(model, np.array([0.0, 3.0, 250.0]), np.array([0.0, 30.0, 38.0]), 52.0)
    y = np.arange(1.0, 6000)
    for row in range(3):
        exact = (2 * y - 1) @ future.at_least(y, np.full(y.size, row))
        assert mean_squares(future)[row] == pytest.approx(exact, rel=1e-4)


def test_repeated_rows_and_shapes_change_nothing():
    x = np.array([[0, 1, 2], [3, 1, 2]])
    last = np.where(x > 0, 10.0, 0.0)
    upper = order_interval(BG, x, last, 20.0, horizon=52).upper
    assert upper.shape == (2, 3) and np.array_equal(upper[0, 1:], upper[1, 1:])
    assert order_interval(BG, 2, 10.0, 20.0, horizon=52).upper.shape == ()
    assert order_probabilities(BG, x, last, 20.0, horizon=52, most=4).shape == (2, 3, 5)


@pytest.mark.parametrize("confidence", [0.0, 1.0, 1.5])
def test_an_impossible_confidence_is_refused(confidence):
    with pytest.raises(PredictionError) as refusal:
        order_interval(BG, *cdnow(), horizon=52, confidence=confidence)
    assert refusal.value.code == "bad_confidence"


# Simulated shops: the truth is known


@pytest.mark.parametrize(
    ("model", "simulate", "more"),
    [
        (BgNbdParameters(0.8, 6.0, 0.7, 2.5, 0.0, "W"), simulate_bg_nbd, {}),
        (MbgNbdParameters(0.8, 6.0, 0.7, 2.5, 0.0, "W"), simulate_bg_nbd, {"first_chance": 1}),
        (ParetoNbdParameters(0.8, 6.0, 0.9, 20.0, 0.0, "W"), simulate_pareto_nbd, {}),
    ],
    ids=["BG/NBD", "MBG/NBD", "Pareto/NBD"],
)
def test_intervals_hold_what_simulated_customers_order(model, simulate, more):
    random = np.random.default_rng(12)
    shop = simulate(random, **model.parameters, **more, customers=20_000, begins_within=50, until=104)
    known, came = shop.history(52.0), shop.orders_between(52.0, 104.0)
    lower, upper = order_interval(model, *known, horizon=52)
    # Orders are whole numbers: the interval holds more than it promises …
    assert 0.90 <= ((lower <= came) & (came <= upper)).mean() <= 1.0
    # … and exactly 90 % once chance decides where a bound is met (the randomised probability transform).
    below = probability_of_at_most(model, *known, horizon=52, orders=came - 1)
    until = probability_of_at_most(model, *known, horizon=52, orders=came)
    position = below + random.random(came.size) * (until - below)
    assert 0.89 < ((position > 0.05) & (position < 0.95)).mean() < 0.91
    tenths = np.histogram(position, np.linspace(0, 1, 11))[0] / came.size
    assert tenths == pytest.approx(np.full(10, 0.1), abs=0.009)


def test_dropout_posteriors_are_those_of_the_model():
    # P(no further order | alive) by integrating over p: the first order ahead needs no stay.
    future = future_of(BG, np.array([3.0]), np.array([30.0]), 26.0)
    third = float(future.at_least(np.array([3.0]), np.array([0]))[0])
    first = DropoutFuture(future.shape, future.z, 1e-12, future.b)
    stays = quad(lambda p: (1 - p) ** 2 * beta.pdf(p, BG.a, BG.b + 3), 0, 1)[0]
    assert third == pytest.approx(float(first.at_least(np.array([3.0]), np.array([0]))[0]) * stays, rel=1e-6)
