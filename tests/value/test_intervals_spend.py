"""Prediction intervals of what a customer spends."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betainc

from tests.value.histories import SHARES, history
from tests.value.test_intervals_orders import ANY_MODEL, BG, CASES, MODELS
from zhike.value.analysis.btyd import BgNbdParameters, GammaGammaParameters, PredictionError
from zhike.value.analysis.btyd.intervals_orders import order_probabilities
from zhike.value.analysis.btyd.intervals_spend import spend_interval
from zhike.value.analysis.btyd.simulate import simulate_bg_nbd, simulate_gamma_gamma

AMOUNTS = GammaGammaParameters(6.25, 3.74, 15.44, 0.0, 0.0)


def probability_above(spend, orders, amounts, count, mean):
    """P(S > spend) by the sum over all numbers of orders, for one customer."""
    y = np.arange(1, orders.size)
    unit, shape = amounts.gamma + count * mean, amounts.q + amounts.p * count
    return orders[1:] @ betainc(shape, amounts.p * y, 1 / (1 + spend / unit))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("p", "q", "tolerance"), [(6.25, 3.74, 1e-3), (0.4, 1.2, 1e-3), (300.0, 4.0, 6e-3)])
@pytest.mark.parametrize("horizon", [4.0, 52.0])
def test_bounds_are_exceeded_as_often_as_they_say(model, p, q, tolerance, horizon):
    amounts = GammaGammaParameters(p, q, 15.0, 0.0, 0.0)
    x = CASES[0]
    columns = {"order_count": x + 1, "mean_order_amount": np.full(6, 20.0)}
    lower, upper = spend_interval(model, amounts, *CASES, **columns, horizon=horizon)
    likely = order_probabilities(model, *CASES, horizon=horizon, most=600)
    for row in range(6):
        for bound, tail in ((lower[row], 0.95), (upper[row], 0.05)):
            if bound == 0.0:
                assert 1 - likely[row, 0] <= tail
            else:
                above = probability_above(bound, likely[row], amounts, x[row] + 1, 20.0)
                assert above == pytest.approx(tail, abs=tolerance)


@settings(max_examples=15, deadline=None)
@given(ANY_MODEL, st.lists(SHARES, min_size=1, max_size=5), st.floats(0, 100), st.floats(0.1, 0.95))
def test_bounds_are_ordered_and_follow_the_amounts(model, shares, horizon, confidence):
    columns = history(shares)
    count = columns.frequency + 1
    question = {"order_count": count, "horizon": horizon, "confidence": confidence}
    lower, upper = spend_interval(model, AMOUNTS, *columns, mean_order_amount=30.0 + 0 * count, **question)
    assert np.all((lower >= 0) & (lower <= upper) & np.isfinite(upper))
    # G = gamma + x z̄ is the scale of everything.
    dearer = spend_interval(model, AMOUNTS, *columns, mean_order_amount=90.0 + 0 * count, **question)
    scale = (AMOUNTS.gamma + 90 * count) / (AMOUNTS.gamma + 30 * count)
    assert dearer.upper == pytest.approx(upper * scale)


def test_no_time_ahead_brings_no_spend():
    x = CASES[0]
    lower, upper = spend_interval(
        BG, AMOUNTS, *CASES, order_count=x + 1, mean_order_amount=np.full(6, 9.0), horizon=0
    )
    assert not lower.any() and not upper.any()


def test_a_customer_without_amounts_is_given_those_of_all():
    interval = spend_interval(BG, AMOUNTS, 5, 30, 38, order_count=0, mean_order_amount=0, horizon=52)
    likely = order_probabilities(BG, 5, 30, 38, horizon=52, most=600)
    above = probability_above(float(interval.upper), likely, AMOUNTS, 0, 0.0)
    assert above == pytest.approx(0.05, abs=1e-3)


def test_columns_of_different_length_are_refused():
    with pytest.raises(PredictionError) as refusal:
        spend_interval(BG, AMOUNTS, *CASES, order_count=[1], mean_order_amount=[2.0], horizon=52)
    assert refusal.value.code == "different_shapes"


def test_intervals_hold_what_simulated_customers_spend():
    random = np.random.default_rng(21)
    model = BgNbdParameters(1.5, 6.0, 0.5, 3.5, 0.0, "W")
    n = 8_000
    shop = simulate_bg_nbd(random, **model.parameters, customers=n, begins_within=50, until=104)
    # The first order of each customer has an amount as well.
    customer = np.concatenate([np.arange(n), shop.customer])
    time = np.concatenate([shop.first, shop.time])
    paid = simulate_gamma_gamma(random, p=6.25, q=3.74, gamma=15.44, customers=n, customer=customer)
    known = shop.history(52.0)
    before = np.bincount(customer[time <= 52], paid[time <= 52], n)
    after = np.bincount(customer[time > 52], paid[time > 52], n)
    count = known.frequency + 1
    lower, upper = spend_interval(
        model, AMOUNTS, *known, order_count=count, mean_order_amount=before / count, horizon=52
    )
    # Only an upper bound of money is met exactly: many spend nothing at all.
    assert (after > upper).mean() == pytest.approx(0.05, abs=0.0075)
    # Those who hardly can spend nothing show that the lower bound is right too.
    regular = lower > 0
    assert regular.sum() > 400
    assert (after[regular] < lower[regular]).mean() == pytest.approx(0.05, abs=0.03)
    assert 0.87 < ((lower <= after) & (after <= upper))[regular].mean() < 0.93
