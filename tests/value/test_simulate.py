"""Simulated shops: the same seed gives the same shop, and fits find the parameters again."""

import numpy as np
import pytest

from zhike.value.analysis.btyd import fit_bg_nbd, fit_gamma_gamma
from zhike.value.analysis.btyd.mbg_nbd import fit_mbg_nbd
from zhike.value.analysis.btyd.pareto_nbd import fit_pareto_nbd
from zhike.value.analysis.btyd.simulate import simulate_bg_nbd, simulate_gamma_gamma, simulate_pareto_nbd

DROPOUT = {"r": 0.8, "alpha": 6.0, "a": 0.7, "b": 2.5}
LIFETIME = {"r": 0.8, "alpha": 6.0, "s": 0.9, "beta": 20.0}
SHOP = {"customers": 10_000, "begins_within": 52.0, "until": 104.0}


@pytest.mark.parametrize(
    ("simulate", "truth", "more", "fit"),
    [
        (simulate_bg_nbd, DROPOUT, {}, fit_bg_nbd),
        (simulate_bg_nbd, DROPOUT, {"first_chance": 1}, fit_mbg_nbd),
        (simulate_pareto_nbd, LIFETIME, {}, fit_pareto_nbd),
    ],
    ids=["BG/NBD", "MBG/NBD", "Pareto/NBD"],
)
def test_fits_find_the_parameters_within_three_standard_errors(simulate, truth, more, fit):
    shop = simulate(np.random.default_rng(17), **truth, **more, **SHOP)
    fitted = fit(*shop.history(104.0))
    for name, value in truth.items():
        error = fitted.uncertainty.log_standard_error(name)
        assert abs(np.log(fitted.parameters[name] / value)) < 3 * error < 0.6


def test_gamma_gamma_finds_the_parameters_within_three_standard_errors():
    random = np.random.default_rng(18)
    truth = {"p": 6.25, "q": 3.74, "gamma": 15.44}
    customer = np.sort(random.integers(0, 10_000, 40_000))
    paid = simulate_gamma_gamma(random, **truth, customers=10_000, customer=customer)
    count = np.bincount(customer, minlength=10_000)
    fitted = fit_gamma_gamma(count, np.bincount(customer, paid, 10_000) / np.maximum(count, 1))
    for name, value in truth.items():
        error = fitted.uncertainty.log_standard_error(name)
        assert abs(np.log(fitted.parameters[name] / value)) < 3 * error < 0.4


@pytest.mark.parametrize(("simulate", "truth"), [(simulate_bg_nbd, DROPOUT), (simulate_pareto_nbd, LIFETIME)])
def test_a_seed_gives_a_shop_and_time_is_in_order(simulate, truth):
    one, two = (simulate(np.random.default_rng(1), **truth, **SHOP) for _ in range(2))
    assert np.array_equal(one.time, two.time) and np.array_equal(one.customer, two.customer)
    assert np.all(one.time > one.first[one.customer]) and one.time.max() <= 104.0
    same = np.diff(one.customer) == 0
    assert np.all(np.diff(one.customer) >= 0) and np.all(np.diff(one.time)[same] >= 0)


def test_the_past_and_the_future_of_a_shop_fit_together():
    shop = simulate_bg_nbd(np.random.default_rng(1), **DROPOUT, **SHOP)
    early, late = shop.history(60.0), shop.history(104.0)
    assert np.array_equal(late.frequency, early.frequency + shop.orders_between(60.0, 104.0))
    assert np.array_equal(early.tenure, 60.0 - shop.first)
    assert np.all(early.tenure_at_last_order <= early.tenure)
    assert np.array_equal(early.tenure_at_last_order > 0, early.frequency > 0)


def test_order_days_are_distinct_and_hold_every_customer():
    shop = simulate_bg_nbd(np.random.default_rng(1), **DROPOUT, **SHOP)
    customer, day = shop.order_days(7.0)
    assert np.unique(customer).size == 10_000
    assert np.unique(np.stack([customer, day]), axis=1).shape[1] == day.size
    assert day.size <= 10_000 + shop.time.size and day.max() < 104 * 7
