"""BG/NBD with covariates: recovery of known effects, and the plain model where there are none."""

import numpy as np
import pytest

from tests.value.histories import cdnow
from zhike.value.analysis.btyd import (
    FitError,
    PredictionError,
    fit_bg_nbd,
    fit_bg_nbd_with_covariates,
)
from zhike.value.analysis.btyd.bg_nbd_covariate_likelihood import CovariateSample, log_likelihood
from zhike.value.analysis.btyd.checks import History

NAMES = ("shop", "age")


def with_covariates(customers: int, seed: int = 2) -> tuple[History, np.ndarray]:
    """r .8, alpha 6 e^(-.5 shop + .3 age), a .7 e^(.4 shop), b 2.5 e^(.3 age)."""
    random = np.random.default_rng(seed)
    z = np.column_stack([random.integers(0, 2, customers), random.normal(size=customers)])
    alpha, a, b = 6 * np.exp(-z @ [0.5, -0.3]), 0.7 * np.exp(z @ [0.4, 0]), 2.5 * np.exp(z @ [0, 0.3])
    tenure = random.uniform(20, 100, customers)
    rate, dropout = random.gamma(0.8, 1 / alpha), random.beta(a, b)
    orders, last, alive = np.zeros(customers), np.zeros(customers), np.arange(customers)
    while alive.size:
        following = last[alive] + random.exponential(1 / rate[alive])
        seen = following < tenure[alive]
        alive, following = alive[seen], following[seen]
        orders[alive] += 1
        last[alive] = following
        alive = alive[random.random(alive.size) > dropout[alive]]
    return History(orders, last, tenure), z


def test_known_effects_are_recovered_within_their_errors():
    history, z = with_covariates(25_000)
    fitted = fit_bg_nbd_with_covariates(*history, covariates=z, covariate_names=NAMES)
    got = [*fitted.parameters.values(), *np.ravel(fitted.effects)]
    true = [0.8, 6.0, 0.7, 2.5, 0.5, -0.3, 0.4, 0.0, 0.0, 0.3]
    errors = np.array(list(fitted.standard_errors.values()))
    assert np.all(np.abs(np.array(got) - true) < 3.5 * errors)
    assert list(fitted.standard_errors)[4:6] == ["rate:shop", "rate:age"]
    assert np.all(errors < 0.2)


def test_without_covariates_it_is_the_plain_model():
    columns, nothing = cdnow(), np.zeros((2357, 0))
    plain = fit_bg_nbd(*columns)
    fitted = fit_bg_nbd_with_covariates(*columns, covariates=nothing, covariate_names=())
    assert fitted.parameters == pytest.approx(dict(plain.parameters), rel=1e-8)
    assert fitted.standard_errors == pytest.approx(dict(plain.standard_errors), rel=1e-5)
    assert fitted.log_likelihood == pytest.approx(plain.log_likelihood)
    arguments = {"horizon": 52.0, "discount_rate": 0.002}
    assert fitted.discounted_expected_orders(*columns, covariates=nothing, **arguments) == pytest.approx(
        plain.discounted_expected_orders(*columns, **arguments)
    )
    new = fitted.expected_orders_new_customer(39, covariates=np.zeros((3, 0)))
    assert new == pytest.approx([plain.expected_orders_new_customer(39)] * 3)


def test_covariates_that_mean_nothing_change_little():
    columns = cdnow()
    noise = np.random.default_rng(1).normal(size=(2357, 1))
    fitted = fit_bg_nbd_with_covariates(*columns, covariates=noise, covariate_names=["noise"])
    plain = fit_bg_nbd(*columns)
    # Three superfluous parameters gain about 1.5.
    assert plain.log_likelihood <= fitted.log_likelihood < plain.log_likelihood + 6
    assert fitted.r == pytest.approx(plain.r, rel=0.05)


def test_customers_with_the_same_covariates_have_a_plain_model_of_their_own():
    history, z = with_covariates(5_000)
    fitted = fit_bg_nbd_with_covariates(*history, covariates=z, covariate_names=NAMES)
    own = {
        "alpha": fitted.alpha * np.exp(-fitted.effects.rate[0]),
        "a": fitted.a * np.exp(fitted.effects.dropout_a[0]),
        "b": fitted.b * np.exp(fitted.effects.dropout_b[0]),
    }
    from zhike.value.analysis.btyd import BgNbdParameters

    plain = BgNbdParameters(fitted.r, own["alpha"], own["a"], own["b"], 0.0, "W")
    row = ([3], [20.0], [30.0])
    assert fitted.expected_orders(*row, covariates=[[1, 0]], horizon=52) == pytest.approx(
        plain.expected_orders(*row, horizon=52)
    )
    assert fitted.probability_alive(*row, covariates=[[1, 0]]) == pytest.approx(plain.probability_alive(*row))


def test_the_unit_of_time_and_of_a_covariate_does_not_matter():
    (x, last, tenure), z = with_covariates(4_000)
    weeks = fit_bg_nbd_with_covariates(x, last, tenure, covariates=z, covariate_names=NAMES)
    years = z * [1.0, 12.0] + [0.0, 40.0]
    days = fit_bg_nbd_with_covariates(
        x, last * 7, tenure * 7, covariates=years, covariate_names=NAMES, time_unit="D"
    )
    assert days.effects.rate == pytest.approx(np.array(weeks.effects.rate) / [1, 12], rel=1e-5)
    in_weeks = weeks.expected_orders(x, last, tenure, covariates=z, horizon=52)
    in_days = days.expected_orders(x, last * 7, tenure * 7, covariates=years, horizon=364)
    assert in_days == pytest.approx(in_weeks, rel=1e-6)


def test_a_weight_is_a_repetition():
    history, z = with_covariates(3_000)
    weights = np.arange(3_000) % 3
    repeated = fit_bg_nbd_with_covariates(
        *(np.repeat(column, weights) for column in history),
        covariates=np.repeat(z, weights, axis=0),
        covariate_names=NAMES,
    )
    weighted = fit_bg_nbd_with_covariates(*history, covariates=z, covariate_names=NAMES, weights=weights)
    assert np.ravel(weighted.effects) == pytest.approx(np.ravel(repeated.effects), rel=1e-6)
    assert weighted.log_likelihood == pytest.approx(repeated.log_likelihood)


def test_derivatives_match_finite_differences():
    history, z = with_covariates(300)
    sample = CovariateSample(history, np.arange(300.0) % 3, np.column_stack([np.ones(300), z]))
    at = np.array([-0.2, 1.8, 0.2, -0.1, -0.4, 0.3, 0.1, 0.9, -0.2, 0.2])
    here, step = log_likelihood(sample, at), 1e-5
    for i, direction in enumerate(np.eye(10) * step):
        up, down = log_likelihood(sample, at + direction), log_likelihood(sample, at - direction)
        assert here.gradient[i] == pytest.approx((up.value - down.value) / (2 * step), rel=1e-6, abs=1e-7)
        expected = (up.gradient - down.gradient) / (2 * step)
        assert here.hessian[i] == pytest.approx(expected, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize(
    ("code", "z", "names"),
    [
        ("different_lengths", [[1.0], [2.0]], ["one"]),
        ("different_lengths", [[1.0], [2.0], [4.0]], ["one", "two"]),
        ("not_finite", [[1.0], [2.0], [np.nan]], ["one"]),
        ("not_numbers", [["red"], ["blue"], ["red"]], ["colour"]),
        ("constant_covariate", [[2.0], [2.0], [2.0]], ["one"]),
        ("dependent_covariates", [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]], ["man", "woman"]),
    ],
)
def test_covariates_that_tell_nothing_are_refused_in_english_and_chinese(code, z, names):
    with pytest.raises(FitError) as refusal:
        fit_bg_nbd_with_covariates([1, 2, 0], [1, 2, 0], [3, 4, 5], covariates=z, covariate_names=names)
    assert refusal.value.code == code
    assert any("一" <= letter <= "鿿" for letter in refusal.value.zh)


def test_a_prediction_wants_the_covariates_of_the_fit():
    history, z = with_covariates(2_000)
    fitted = fit_bg_nbd_with_covariates(*history, covariates=z, covariate_names=NAMES)
    with pytest.raises(PredictionError, match="covariates"):
        fitted.probability_alive([1], [2.0], [3.0], covariates=[[1.0]])
