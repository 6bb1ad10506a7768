"""Priors: they help where data are scarce, and vanish where there are many."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.value.histories import SHARES, cdnow, history, simulated, simulated_pareto
from zhike.value.analysis.btyd import (
    BG_NBD_PRIOR,
    GAMMA_GAMMA_PRIOR,
    MBG_NBD_PRIOR,
    PARETO_NBD_PRIOR,
    BgNbdParameters,
    FitError,
    LogNormalPrior,
    MbgNbdParameters,
    ParetoNbdParameters,
    fit_bg_nbd,
    fit_gamma_gamma,
    fit_mbg_nbd,
    fit_pareto_nbd,
)

FITS = {
    "BG/NBD": (fit_bg_nbd, BG_NBD_PRIOR),
    "MBG/NBD": (fit_mbg_nbd, MBG_NBD_PRIOR),
    "Pareto/NBD": (fit_pareto_nbd, PARETO_NBD_PRIOR),
}


def sample(model: str, customers: int, parameters: tuple[float, ...], seed: int):
    if model == "Pareto/NBD":
        return simulated_pareto(customers, *parameters, seed=seed)
    return simulated(customers, *parameters, seed=seed, first_chance=model == "MBG/NBD")


def errors_of_forecasts(model: str, customers: int, parameters: tuple[float, ...], repetitions: int):
    """Mean over samples of the root mean squared error a customer against the true expectation: ML, MAP."""
    fit, prior = FITS[model]
    truth = {"BG/NBD": BgNbdParameters, "MBG/NBD": MbgNbdParameters, "Pareto/NBD": ParetoNbdParameters}
    right = truth[model](*parameters, 0.0, "W")
    errors = []
    for seed in range(repetitions):
        columns = sample(model, customers, parameters, seed)
        expected = right.expected_orders(*columns, horizon=52)
        fits = (fit(*columns), fit(*columns, prior=prior))
        forecasts = [fitted.expected_orders(*columns, horizon=52) for fitted in fits]
        errors.append([np.sqrt(np.mean((forecast - expected) ** 2)) for forecast in forecasts])
    return np.mean(errors, axis=0)


@pytest.mark.parametrize("model", FITS)
@pytest.mark.parametrize("customers", [50, 100, 200])
def test_small_samples_are_forecast_better_with_the_prior(model, customers):
    parameters = (0.4, 5.0, 0.5, 10.0) if model == "Pareto/NBD" else (0.4, 5.0, 0.9, 4.0)
    plain, shrunk = errors_of_forecasts(model, customers, parameters, 16)
    assert shrunk <= plain


@pytest.mark.parametrize("parameters", [(2.0, 8.0, 0.15, 6.0), (6.0, 30.0, 0.7, 3.0), (0.1, 0.6, 0.7, 3.0)])
def test_customers_unlike_the_data_behind_the_prior_are_forecast_no_worse(parameters):
    plain, shrunk = errors_of_forecasts("BG/NBD", 100, parameters, 16)
    assert shrunk <= plain


@pytest.mark.parametrize("model", FITS)
def test_many_customers_make_the_prior_vanish(model):
    fit, prior = FITS[model]
    columns = cdnow()
    plain = fit(*columns, weights=np.full(2357, 400.0))
    shrunk = fit(*columns, weights=np.full(2357, 400.0), prior=prior)
    assert dict(shrunk.parameters) == pytest.approx(dict(plain.parameters), rel=2e-3)
    assert plain.log_likelihood - 1 < shrunk.log_likelihood <= plain.log_likelihood + 1e-6


def test_the_fewer_the_customers_the_closer_to_the_prior():
    columns = simulated(4_000, 3.0, 8.0, 0.2, 9.0)
    ratios = []
    for few in (40, 400, 4_000):
        part = [column[:few] for column in columns]
        fitted = fit_bg_nbd(*part, prior=BG_NBD_PRIOR)
        ratios.append(fitted.r)
    assert BG_NBD_PRIOR.medians[0] < ratios[0] < ratios[1] < 3.3
    assert fitted.r == pytest.approx(fit_bg_nbd(*columns).r, rel=0.05)


def test_a_tight_prior_is_obeyed_and_a_wide_one_is_not():
    columns = cdnow()
    plain = fit_bg_nbd(*columns)
    time_between = columns.tenure.sum() / columns.frequency.sum()
    tight = fit_bg_nbd(*columns, prior=BG_NBD_PRIOR.widened(1e-4))
    got = (tight.r, tight.alpha / time_between, tight.a, tight.b)
    assert got == pytest.approx(BG_NBD_PRIOR.medians, rel=1e-3)
    wide = fit_bg_nbd(*columns, prior=BG_NBD_PRIOR.widened(1e3))
    assert dict(wide.parameters) == pytest.approx(dict(plain.parameters), rel=1e-4)
    assert wide.prior is not None and plain.prior is None


def test_the_prior_keeps_few_customers_off_the_limits():
    # Ten repeat buyers, too few for maximum likelihood to tell whether anybody leaves.
    columns = simulated(14, 0.8, 6.0, 0.7, 2.5, seed=1)
    fitted = fit_bg_nbd(*columns, prior=BG_NBD_PRIOR)
    assert fitted.at_limit == () and not fitted.uncertainty.reasons
    assert all(error > 0 for error in fitted.standard_errors.values())


@pytest.mark.parametrize("model", FITS)
def test_the_prior_knows_no_time_unit(model):
    fit, prior = FITS[model]
    x, last, tenure = (column[:60] for column in cdnow())
    weeks = fit(x, last, tenure, prior=prior)
    days = fit(x, last * 7, tenure * 7, time_unit="D", prior=prior)
    in_weeks = weeks.expected_orders(x, last, tenure, horizon=52)
    assert days.expected_orders(x, last * 7, tenure * 7, horizon=364) == pytest.approx(in_weeks, rel=1e-6)


def test_the_likelihood_is_reported_without_the_prior():
    few = [column[:80] for column in cdnow()]
    plain, shrunk = fit_bg_nbd(*few), fit_bg_nbd(*few, prior=BG_NBD_PRIOR)
    assert shrunk.log_likelihood < plain.log_likelihood
    at_the_same_place = fit_bg_nbd(*few, prior=BG_NBD_PRIOR.widened(1e4))
    assert at_the_same_place.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-4)


def test_small_samples_of_amounts_are_valued_better_with_the_prior():
    errors = []
    for seed in range(40):
        random = np.random.default_rng(seed)
        orders = random.geometric(0.4, 30).astype(float)
        rate = random.gamma(3.7, 1 / 15.4, 30)
        means = random.gamma(6.25 * orders) / (rate * orders)
        fits = (fit_gamma_gamma(orders, means), fit_gamma_gamma(orders, means, prior=GAMMA_GAMMA_PRIOR))
        true = 6.25 * (15.4 + orders * means) / (6.25 * orders + 2.7)
        shares = [(f.p * (f.gamma + orders * means) / (f.p * orders + f.q - 1) - true) / true for f in fits]
        errors.append([np.sqrt(np.mean(share**2)) for share in shares])
    plain, shrunk = np.median(errors, axis=0)
    assert shrunk <= plain


def test_the_prior_of_amounts_knows_no_currency_and_vanishes():
    random = np.random.default_rng(5)
    orders = random.geometric(0.4, 40).astype(float)
    means = random.gamma(6.25 * orders) / (random.gamma(3.7, 1 / 15.4, 40) * orders)
    dollars = fit_gamma_gamma(orders, means, prior=GAMMA_GAMMA_PRIOR)
    cents = fit_gamma_gamma(orders, means * 100, prior=GAMMA_GAMMA_PRIOR)
    assert (cents.p, cents.q, cents.gamma) == pytest.approx((dollars.p, dollars.q, dollars.gamma * 100))
    many = fit_gamma_gamma(orders, means, prior=GAMMA_GAMMA_PRIOR, weights=np.full(40, 1e4))
    assert many.p == pytest.approx(fit_gamma_gamma(orders, means).p, rel=1e-2)


@pytest.mark.parametrize("model", FITS)
@settings(max_examples=25, deadline=None)
@given(shares=st.lists(SHARES, min_size=1, max_size=15))
def test_any_customers_with_a_repeat_order_can_be_fitted_with_the_prior(model, shares):
    fit, prior = FITS[model]
    columns = history(shares)
    if not columns.frequency.any():
        return
    fitted = fit(*columns, prior=prior)
    assert np.all(np.isfinite(list(fitted.parameters.values())))


def test_a_prior_of_another_model_is_refused():
    with pytest.raises(FitError, match=r"prior is about r, alpha, s, beta, .* / 先验") as refusal:
        fit_bg_nbd(*cdnow(), prior=PARETO_NBD_PRIOR)
    assert refusal.value.code == "prior_of_another_model"


@pytest.mark.parametrize(
    ("medians", "covariance"),
    [
        ((1.0,), ((1.0, 0.0), (0.0, 1.0))),
        ((1.0, 0.0), ((1.0, 0.0), (0.0, 1.0))),
        ((1.0, 1.0), ((1.0, 2.0), (2.0, 1.0))),
    ],
)
def test_a_prior_that_is_none_is_refused(medians, covariance):
    with pytest.raises(FitError) as refusal:
        LogNormalPrior(("p", "q"), medians, covariance)
    assert refusal.value.code == "bad_prior"
