"""Standard errors: against published ones, against the spread of repeated samples, and where there are none."""

import numpy as np
import pytest

from tests.value.histories import cdnow, simulated
from zhike.value.analysis.btyd import BgNbdParameters, fit_bg_nbd, fit_gamma_gamma


def test_bg_nbd_standard_errors_are_those_of_an_independent_implementation():
    # lifetimes 0.11.3, BetaGeoFitter.summary for the CDNOW sample.
    errors = fit_bg_nbd(*cdnow()).standard_errors
    assert errors == pytest.approx({"r": 0.012557, "alpha": 0.378221, "a": 0.185719, "b": 0.705345}, rel=1e-3)


def test_standard_errors_are_the_spread_of_repeated_samples():
    fits = [fit_bg_nbd(*simulated(3_000, 0.8, 6.0, 0.7, 2.5, seed=seed)) for seed in range(60)]
    for name in ("r", "alpha", "a", "b"):
        at = [np.log(fitted.parameters[name]) for fitted in fits]
        said = [fitted.uncertainty.log_standard_error(name) for fitted in fits]
        # The deviation of 60 draws is known to some 10 %.
        assert np.std(at) == pytest.approx(np.mean(said), rel=0.3)


def test_the_interval_of_a_parameter_stays_above_zero_and_covers_it():
    covered = 0
    for seed in range(60):
        fitted = fit_bg_nbd(*simulated(1_000, 0.8, 6.0, 0.7, 2.5, seed=seed))
        low, high = fitted.uncertainty.interval("a", fitted.a)
        assert 0 < low < fitted.a < high
        covered += low <= 0.7 <= high
    assert covered >= 53


def test_the_time_unit_changes_no_log_covariance():
    x, last, tenure = cdnow()
    weeks, days = fit_bg_nbd(x, last, tenure), fit_bg_nbd(x, last * 7, tenure * 7, time_unit="D")
    first, second = (np.array(fitted.uncertainty.log_covariance) for fitted in (weeks, days))
    assert second == pytest.approx(first, rel=1e-5)
    assert days.standard_errors["alpha"] == pytest.approx(7 * weeks.standard_errors["alpha"], rel=1e-5)


def test_gamma_gamma_errors_shrink_with_the_root_of_the_customers():
    random = np.random.default_rng(3)
    orders = random.geometric(0.4, 2_000).astype(float)
    means = random.gamma(6 * orders) / (random.gamma(4.0, 1 / 15, 2_000) * orders)
    once, four_times = fit_gamma_gamma(orders, means), fit_gamma_gamma(orders, means, weights=[4] * 2_000)
    for name, error in once.standard_errors.items():
        assert four_times.standard_errors[name] == pytest.approx(error / 2, rel=1e-5)


def test_a_parameter_at_its_limit_has_no_error_but_a_reason():
    fitted = fit_bg_nbd([3, 4, 5, 1], [10.0, 20, 30, 40], [10.0, 20, 30, 40])
    assert fitted.at_limit
    reasons = dict(fitted.uncertainty.reasons)
    for name in fitted.at_limit:
        assert np.isnan(fitted.standard_errors[name])
        assert "edge" in reasons[name].en and "边界" in reasons[name].zh


def test_a_model_that_was_not_fitted_has_no_errors():
    restored = BgNbdParameters(0.243, 4.414, 0.793, 2.426, -9582.4, "W")
    assert all(np.isnan(error) for error in restored.standard_errors.values())
