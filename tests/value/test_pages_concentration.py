"""The Lorenz curve and the Gini coefficient against known values."""

from __future__ import annotations

import pytest

from zhike.value.analysis.concentration import concentration_curve, gini, value_of_first


def test_equal_shares_have_a_gini_of_zero() -> None:
    assert gini([(10, 100.0)] * 5) == pytest.approx(0.0)


def test_one_who_holds_all_of_n_has_a_gini_of_one_less_one_nth() -> None:
    assert gini([(1, 50.0), *[(1, 0.0)] * 9]) == pytest.approx(0.9)


@pytest.mark.parametrize("n", [2, 4, 10, 1000])
def test_the_numbers_one_to_n_have_the_known_gini(n: int) -> None:
    # For 1 … n the mean difference gives (n − 1) / (3 n).
    assert gini([(1, float(value)) for value in range(n, 0, -1)]) == pytest.approx((n - 1) / (3 * n))


def test_groups_give_a_lower_bound_of_the_gini_of_their_members() -> None:
    members = [float(2**place) for place in range(20, 0, -1)]
    grouped = [(5, sum(members[at : at + 5])) for at in range(0, 20, 5)]
    one_by_one = gini([(1, value) for value in members])
    assert one_by_one is not None
    assert 0 < (gini(grouped) or 0) < one_by_one


def test_the_curve_goes_from_nothing_to_all() -> None:
    curve = concentration_curve([(1, 6.0), (1, 3.0), (2, 1.0)])
    assert [(point.people, point.value) for point in curve] == [
        (0.0, 0.0),
        (0.25, 0.6),
        (0.5, 0.9),
        (1.0, 1.0),
    ]
    assert value_of_first(curve, 0.5) == pytest.approx(0.9)
    assert value_of_first(curve, 0.75) == pytest.approx(0.95)


@pytest.mark.parametrize("groups", [[], [(0, 0.0)], [(3, 0.0)], [(3, -5.0)]])
def test_nothing_to_share_out_has_no_curve_and_no_gini(groups: list[tuple[int, float]]) -> None:
    assert concentration_curve(groups) == ()
    assert gini(groups) is None
    assert value_of_first(concentration_curve(groups), 0.5) is None
