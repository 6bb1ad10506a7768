"""Chebyshev series of several smooth functions, each told by its values at a few points."""

import numpy as np
from numpy.polynomial.chebyshev import chebpts1, chebvander

from zhike.value.analysis.btyd.checks import Floats
from zhike.value.analysis.btyd.summary import Indices

BLOCK = 16_384
"""Places looked up together, so that their terms stay in the processor's cache."""


def interpolated(values: Floats, function_at: Indices, places: Floats) -> Floats:
    """Return the functions at any places of [-1, 1], shape (n, c).

    Parameters
    ----------
    values : ndarray, shape (f, k, c)
        c values of each of f functions at each of ``chebpts1(k)``.
    function_at : ndarray of int, shape (n,)
        Which function each place is of. Fast where places of one function stand together.
    places : ndarray, shape (n,)
    """
    count = values.shape[1]
    to_series = chebvander(chebpts1(count), count - 1).T * (2.0 / count)
    to_series[0] /= 2.0
    series = to_series @ values
    result = np.empty((places.size, values.shape[2]))
    for first in range(0, places.size, BLOCK):
        terms = chebvander(places[first : first + BLOCK], count - 1)
        functions = function_at[first : first + BLOCK]
        runs = np.flatnonzero(np.diff(functions, prepend=-1))
        for begin, end in zip(runs, np.append(runs[1:], functions.size), strict=True):
            np.matmul(terms[begin:end], series[functions[begin]], out=result[first + begin : first + end])
    return result
