"""What BG/NBD refuses, and the words it refuses with."""

import numpy as np
import pytest

from zhike.value.analysis.btyd import BgNbdParameters, FitError, PredictionError, fit_bg_nbd

PUBLISHED = BgNbdParameters(0.243, 4.414, 0.793, 2.426, -9582.4, "W")


@pytest.mark.parametrize(
    ("code", "x", "last", "tenure", "weights"),
    [
        ("no_rows", [], [], [], None),
        ("different_lengths", [1], [1, 2], [3, 4], None),
        ("different_lengths", 1, 2, 3, None),
        ("different_lengths", [1, 1], [1, 2], [3, 4], [1]),
        ("not_finite", [1, np.nan], [1, 2], [3, 4], None),
        ("not_finite", [1, 1], [1, 2], [3, np.inf], None),
        ("not_finite", [1, 1], [1, 2], [3, 4], [1, np.nan]),
        ("negative", [1, 1], [1, -2], [3, 4], None),
        ("not_whole", [1, 0.5], [1, 2], [3, 4], None),
        ("not_numbers", ["one"], [1], [2], None),
        ("last_order_after_end", [1, 1], [1, 5], [3, 4], None),
        ("repeat_without_time", [1, 1], [1, 0], [3, 4], None),
        ("time_without_repeat", [1, 0], [1, 2], [3, 4], None),
        ("no_repeat_buyer", [0, 0], [0, 0], [3, 4], None),
        ("no_repeat_buyer", [1, 0], [1, 0], [3, 4], [0, 1]),
    ],
)
def test_bad_input_is_refused_in_english_and_chinese(code, x, last, tenure, weights):
    with pytest.raises(FitError) as refusal:
        fit_bg_nbd(x, last, tenure, weights=weights)
    error = refusal.value
    assert error.code == code
    assert str(error) == f"{error.en} / {error.zh}"
    assert any("一" <= letter <= "鿿" for letter in error.zh)


def test_a_refusal_names_the_argument_and_the_row():
    with pytest.raises(FitError, match=r"Row 2 \(1 in all\): tenure_at_last_order .* / 第 2 行"):
        fit_bg_nbd([1, 1, 1], [1, 2, 9], [3, 4, 5])


def test_an_empty_time_unit_is_refused():
    with pytest.raises(FitError, match="time_unit"):
        fit_bg_nbd([1], [1], [2], time_unit=" ")


@pytest.mark.parametrize(
    ("code", "x", "last", "tenure", "horizon", "rate"),
    [
        ("negative", 1, 2, 3, -1, 0),
        ("negative", 1, 2, 3, 1, -0.1),
        ("not_finite", 1, 2, 3, np.inf, 0),
        ("not_finite", 1, np.nan, 3, 1, 0),
        ("not_one_number", 1, 2, 3, [1, 2], 0),
        ("not_one_number", 1, 2, 3, 1, [0, 0.1]),
        ("last_order_after_end", 1, 4, 3, 1, 0),
        ("different_shapes", [1, 2], [1, 2, 3], 5, 1, 0),
    ],
)
def test_a_prediction_refuses_what_no_history_can_be(code, x, last, tenure, horizon, rate):
    with pytest.raises(PredictionError) as refusal:
        PUBLISHED.discounted_expected_orders(x, last, tenure, horizon=horizon, discount_rate=rate)
    assert refusal.value.code == code


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
def test_a_model_restored_with_a_bad_parameter_is_refused(value):
    with pytest.raises(PredictionError, match=r"Parameter b is .* / 参数 b"):
        BgNbdParameters(0.243, 4.414, 0.793, value, 0.0, "W")
