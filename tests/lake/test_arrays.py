"""Columns as arrays, and numbers in order with their places."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from zhike.lake.arrays import at, in_order

_WIDE = st.integers(min_value=-(2**63), max_value=2**63 - 1)


@given(st.lists(_WIDE | st.integers(min_value=0, max_value=50), max_size=300))
def test_numbers_come_in_order_with_where_each_was_and_equal_ones_as_they_came(numbers: list[int]) -> None:
    given_numbers = np.array(numbers, dtype=np.int64)
    found, places = in_order(given_numbers)
    assert found.tolist() == sorted(numbers)
    assert places.tolist() == sorted(range(len(numbers)), key=numbers.__getitem__)
    assert given_numbers.tolist() == numbers


@given(st.lists(_WIDE, min_size=1, max_size=50), st.data())
def test_values_are_those_of_their_places(numbers: list[int], data: st.DataObject) -> None:
    places = data.draw(st.lists(st.integers(0, len(numbers) - 1), max_size=100))
    values = np.array(numbers, dtype=np.int64)
    assert at(values, np.array(places, dtype=np.int64)).tolist() == [numbers[place] for place in places]


def test_no_places_have_no_values() -> None:
    assert at(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)).tolist() == []
