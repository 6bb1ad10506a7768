"""Intervals of expectations and of a shop's total, from the uncertainty of fitted parameters."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.value.histories import SHARES, cdnow, history
from tests.value.test_intervals_orders import ANY_MODEL, BG, CASES
from zhike.value.analysis.btyd import BgNbdParameters, GammaGammaParameters, PredictionError, fit_bg_nbd
from zhike.value.analysis.btyd.intervals_mean import expectation_interval, fitted_covariance, log_slopes
from zhike.value.analysis.btyd.intervals_orders import order_probabilities
from zhike.value.analysis.btyd.intervals_total import TotalForecast, total_orders, total_spend
from zhike.value.analysis.btyd.simulate import simulate_bg_nbd, simulate_gamma_gamma

AMOUNTS = GammaGammaParameters(6.25, 3.74, 15.44, 0.0, 0.0)
COVARIANCE = np.array([[4, 1, 0, 0], [1, 9, 0, 0], [0, 0, 25, 20], [0, 0, 20, 30]]) / 1000
NOTHING_UNKNOWN = np.zeros((4, 4))


# Expectations


def test_the_interval_of_an_expectation_spreads_as_parameters_drawn_at_random_do():
    random = np.random.default_rng(2)
    logs = np.log(list(BG.parameters.values()))
    drawn = [
        BgNbdParameters(*np.exp(row), 0.0, "W").expected_orders(*CASES, horizon=52)
        for row in random.multivariate_normal(logs, COVARIANCE, 200)
    ]
    lower, upper = expectation_interval(BG, *CASES, horizon=52, log_covariance=COVARIANCE)
    half = np.log(upper / lower) / 2
    assert half == pytest.approx(1.645 * np.std(np.log(drawn), axis=0), rel=0.15)
    assert np.sqrt(lower * upper) == pytest.approx(BG.expected_orders(*CASES, horizon=52))


def test_without_a_covariance_that_of_the_fit_is_used():
    fitted = fit_bg_nbd(*cdnow())
    assert fitted.uncertainty is not None
    given = fitted.uncertainty.log_covariance
    interval = expectation_interval(fitted, 2, 30.43, 38.86, horizon=39)
    same = expectation_interval(fitted, 2, 30.43, 38.86, horizon=39, log_covariance=given)
    assert interval == same
    assert float(interval.lower) < 1.226 < float(interval.upper)


def test_parameters_at_the_edge_of_the_search_count_as_known():
    fitted = fit_bg_nbd([3, 4, 5, 1], [10.0, 20, 30, 40], [10.0, 20, 30, 40])
    covariance = fitted_covariance(fitted)
    held = [list(fitted.parameters).index(name) for name in fitted.at_limit]
    assert held and not covariance[held].any()


def test_slopes_are_derivatives_in_the_logs():
    slopes = log_slopes(AMOUNTS, lambda model: np.array(model.p * model.gamma / (model.q - 1)))
    mean = AMOUNTS.population_mean
    assert slopes == pytest.approx([mean, -mean * 3.74 / 2.74, mean], rel=1e-6)


@settings(max_examples=15, deadline=None)
@given(ANY_MODEL, st.lists(SHARES, min_size=1, max_size=5), st.floats(0, 100))
def test_intervals_of_expectations_hold_the_expectation(model, shares, horizon):
    columns = history(shares)
    lower, upper = expectation_interval(model, *columns, horizon=horizon, log_covariance=COVARIANCE)
    expected = model.expected_orders(*columns, horizon=horizon)
    assert np.all((lower <= expected) & (expected <= upper))
    if horizon == 0:
        assert not upper.any()


@pytest.mark.parametrize(
    "covariance", [np.eye(3), -np.eye(4), np.triu(np.ones((4, 4))), np.full((4, 4), np.nan)]
)
def test_a_matrix_that_is_no_covariance_is_refused(covariance):
    with pytest.raises(PredictionError) as refusal:
        expectation_interval(BG, *CASES, horizon=52, log_covariance=covariance)
    assert refusal.value.code == "bad_covariance"


def test_a_restored_model_needs_a_covariance():
    with pytest.raises(PredictionError) as refusal:
        total_orders(BG, *CASES, horizon=52)
    assert refusal.value.code == "no_uncertainty"


# Totals


def test_the_variance_of_a_total_is_the_sum_over_customers():
    likely = order_probabilities(BG, *CASES, horizon=52, most=400)
    y = np.arange(401)
    variance = likely @ y**2 - (likely @ y) ** 2
    weights = np.array([3, 0, 2, 5, 1, 1])
    total = total_orders(BG, *CASES, horizon=52, weights=weights, log_covariance=NOTHING_UNKNOWN)
    assert total.expected == pytest.approx(weights @ likely @ y, rel=1e-7)
    assert total.chance_variance == pytest.approx(weights @ variance, rel=2e-4)
    assert total.parameter_variance == 0.0
    repeated = [np.repeat(column, weights) for column in CASES]
    again = total_orders(BG, *repeated, horizon=52, log_covariance=NOTHING_UNKNOWN)
    assert again.chance_variance == pytest.approx(total.chance_variance)
    assert again.interval == pytest.approx(total.interval)


def test_parameters_matter_more_the_larger_the_shop():
    def shares(copies: int) -> float:
        total = total_orders(BG, *CASES, horizon=52, weights=np.full(6, copies), log_covariance=COVARIANCE)
        return total.parameter_variance / total.chance_variance

    assert shares(1000) == pytest.approx(1000 * shares(1), rel=1e-6)


def test_nothing_ahead_is_a_total_of_nothing():
    total = total_orders(BG, *CASES, horizon=0, log_covariance=COVARIANCE)
    assert (total.expected, total.interval) == (0.0, (0.0, 0.0))


def test_the_bounds_are_those_of_a_gamma_distribution():
    total = TotalForecast(100.0, 300.0, 100.0, anybody=1.0, confidence=0.9)
    # Shape 25, scale 4: half of these is chi-squared with 50 degrees of freedom, 5 % and 95 % points from its table.
    assert total.interval == pytest.approx((34.764 * 2, 67.505 * 2), rel=1e-4)
    known = TotalForecast(100.0, 0.0, 0.0, anybody=1.0, confidence=0.9)
    assert known.interval == pytest.approx((100, 100), rel=1e-5)


def test_where_nobody_may_come_the_interval_begins_with_nothing():
    # Gone for almost certain: three orders in the first month, none in the three years after.
    gone = total_orders(BG, 3, 4.0, 160.0, horizon=26, log_covariance=NOTHING_UNKNOWN)
    likely = order_probabilities(BG, 3, 4.0, 160.0, horizon=26, most=0)
    assert gone.anybody == pytest.approx(1 - likely[0])
    assert gone.interval == (0.0, 0.0)
    twenty = total_orders(BG, [0], [0], [160.0], horizon=26, weights=[20], log_covariance=NOTHING_UNKNOWN)
    nobody = order_probabilities(BG, 0, 0, 160.0, horizon=26, most=0)[0] ** 20
    assert twenty.anybody == pytest.approx(1 - nobody)
    assert nobody > 0.05
    low, high = twenty.interval
    assert low == 0.0 < twenty.expected < high


def test_the_interval_holds_what_the_distribution_of_a_small_shop_holds():
    # The exact distribution of the total: that of each customer, convolved.
    cases = [column[:5] for column in CASES]
    exact = np.ones(1)
    for likely in order_probabilities(BG, *cases, horizon=52, most=150):
        exact = np.convolve(exact, likely)
    total = total_orders(BG, *cases, horizon=52, log_covariance=NOTHING_UNKNOWN)
    low, high = total.interval
    held = exact[int(np.ceil(low)) : int(high) + 1].sum()
    assert 0.87 < held < 0.96


def test_the_variance_of_a_total_spend_is_that_of_simulated_spend():
    random = np.random.default_rng(6)
    n, likely = 200_000, order_probabilities(BG, 2, 30, 38, horizon=52, most=400)
    orders = random.choice(401, n, p=likely / likely.sum())
    # The posterior of the rate given 3 orders of 20 each.
    rate = random.gamma(3.74 + 6.25 * 3, 1 / (15.44 + 60), n)
    spend = np.where(orders > 0, random.gamma(np.maximum(orders, 1) * 6.25) / rate, 0.0)
    total = total_spend(
        BG,
        AMOUNTS,
        2,
        30,
        38,
        order_count=3,
        mean_order_amount=20.0,
        horizon=52,
        log_covariance=NOTHING_UNKNOWN,
        amounts_log_covariance=np.zeros((3, 3)),
    )
    assert total.expected == pytest.approx(spend.mean(), rel=0.02)
    assert total.chance_variance == pytest.approx(spend.var(), rel=0.06)


def test_spend_of_which_part_stays_is_as_uncertain_as_that_part():
    columns = {"order_count": np.arange(6.0), "mean_order_amount": np.full(6, 20.0), "horizon": 52.0}
    columns |= {"log_covariance": COVARIANCE, "amounts_log_covariance": np.eye(3) / 100}

    def total(rates, cases=CASES, **changed):
        found = total_spend(BG, AMOUNTS, *cases, rates=rates, **(columns | changed))
        return found.expected, found.chance_variance, found.parameter_variance

    spend = total(None)
    assert total(np.full(6, 0.4)) == pytest.approx((0.4 * spend[0], 0.16 * spend[1], 0.16 * spend[2]))
    half = {name: columns[name][:3] for name in ("order_count", "mean_order_amount")}
    some = [np.broadcast_to(each, 6)[:3] for each in CASES]
    assert total([1, 1, 1, 0, 0, 0]) == pytest.approx(total(None, some, **half))
    # Sold below cost: the same the other way round.
    loss = total_spend(BG, AMOUNTS, *CASES, rates=-np.ones(6), **columns)
    assert loss.expected == pytest.approx(-spend[0])
    assert loss.interval[0] < loss.expected < loss.interval[1]


def test_an_infinite_variance_is_refused():
    wild = replace(AMOUNTS, q=1.5)
    columns = {"order_count": np.zeros(6), "mean_order_amount": np.zeros(6), "horizon": 52.0}
    with pytest.raises(PredictionError) as refusal:
        total_spend(BG, wild, *CASES, **columns, log_covariance=COVARIANCE)
    assert refusal.value.code == "infinite_variance"


def test_intervals_of_totals_hold_nine_shops_in_ten():
    # 30 small shops, each fitted on its first year and judged by the half year and the year after.
    random = np.random.default_rng(31)
    truth = {"r": 0.8, "alpha": 6.0, "a": 0.7, "b": 2.5}
    held: dict[float, list[bool]] = {26.0: [], 52.0: []}
    away: dict[float, list[float]] = {26.0: [], 52.0: []}
    for _ in range(30):
        shop = simulate_bg_nbd(random, **truth, customers=800, begins_within=40, until=104)
        known = shop.history(52.0)
        fitted = fit_bg_nbd(*known)
        for horizon in held:
            came = shop.orders_between(52.0, 52.0 + horizon).sum()
            total = total_orders(fitted, *known, horizon=horizon)
            low, high = total.interval
            held[horizon].append(low <= came <= high)
            spread = np.sqrt(total.chance_variance + total.parameter_variance)
            away[horizon].append((came - total.expected) / spread)
            # A year ahead, the error of the parameters is the larger part.
            assert total.parameter_variance > total.chance_variance or horizon < 52
    # Two standard errors of 30 draws on each side.
    for horizon in held:
        assert 24 <= sum(held[horizon]) <= 30, horizon
        assert abs(np.mean(away[horizon])) < 0.37 and 0.74 < np.std(away[horizon]) < 1.26, horizon


def test_spend_of_a_whole_simulated_shop_lies_in_its_interval():
    random = np.random.default_rng(9)
    truth, n = {"r": 0.8, "alpha": 6.0, "a": 0.7, "b": 2.5}, 5000
    shop = simulate_bg_nbd(random, **truth, customers=n, begins_within=40, until=104)
    customer = np.concatenate([np.arange(n), shop.customer])
    time = np.concatenate([shop.first, shop.time])
    paid = simulate_gamma_gamma(random, p=6.25, q=3.74, gamma=15.44, customers=n, customer=customer)
    known = shop.history(52.0)
    mean = np.bincount(customer[time <= 52], paid[time <= 52], n) / (known.frequency + 1)
    total = total_spend(
        fit_bg_nbd(*known),
        AMOUNTS,
        *known,
        order_count=known.frequency + 1,
        mean_order_amount=mean,
        horizon=52,
        amounts_log_covariance=np.diag([1e-4, 1e-4, 1e-4]),
        confidence=0.99,
    )
    low, high = total.interval
    assert low <= paid[time > 52].sum() <= high < 1.3 * low
