"""Columns of Arrow tables as NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa


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
