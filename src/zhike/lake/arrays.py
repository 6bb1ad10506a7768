"""Columns of Arrow tables as NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_BITS = 63


def numpy_column(table: pa.Table, name: str) -> npt.NDArray[Any]:
    """A column of numbers without gaps, shared with the table where it lies in one piece.

    Raises
    ------
    TypeError
        If the column has gaps or is not of numbers.
    """
    # Not `to_numpy`: it imports pandas wherever that is installed, most of a second at the first call.
    column = table[name].combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0) if column.num_chunks else pa.array([], column.type)
    return np.from_dlpack(column)


def at(values: npt.NDArray[Any], places: npt.NDArray[np.integer[Any]]) -> npt.NDArray[Any]:
    """`values[places]` of a column, at half the time where places are in no order; all of them must be there."""
    # No place is looked at twice to see that it is there.
    return values.take(places, mode="wrap")


def in_order(numbers: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Whole numbers in rising order, and the place where each was; equal ones as they come."""
    bits = len(numbers).bit_length()
    if numbers.min(initial=0) < 0 or int(numbers.max(initial=0)).bit_length() + bits > _BITS:
        places = np.argsort(numbers, kind="stable")
        return numbers[places], places
    # A number and its place in one are sorted in half the time that it takes to find the order of numbers.
    both = numbers << bits
    both |= np.arange(len(numbers))
    both.sort()
    places = both & ((1 << bits) - 1)
    both >>= bits
    return both, places
