"""Columns as arrays, and numbers in order with their places."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from zhike.lake.arrays import in_order

_WIDE = st.integers(min_value=-(2**63), max_value=2**63 - 1)


@given(st.lists(_WIDE | st.integers(min_value=0, max_value=50), max_size=300))
def test_numbers_come_in_order_with_where_each_was_and_equal_ones_as_they_came(numbers: list[int]) -> None:
    given_numbers = np.array(numbers, dtype=np.int64)
    found, places = in_order(given_numbers)
    assert found.tolist() == sorted(numbers)
    assert places.tolist() == sorted(range(len(numbers)), key=numbers.__getitem__)
    assert given_numbers.tolist() == numbers
