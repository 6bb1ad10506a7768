"""Gauss-Legendre quadrature: for smooth integrands a few nodes reach full precision."""

from functools import lru_cache

from numpy.polynomial.legendre import leggauss

from zhike.value.analysis.btyd.checks import Floats


@lru_cache(maxsize=256)
def gauss_legendre(nodes: int) -> tuple[Floats, Floats]:
    """Return the points and weights on [-1, 1], each of shape (nodes,); they take longer to find than to use."""
    points, weights = leggauss(nodes)
    return points, weights
