"""How many orders a customer who is alive now will place: the distribution, in closed form or one integral.

Given x, t_x, T and being alive at T, the rate λ is Gamma(r+x, alpha+T), whatever the model of leaving. Without
leaving, the orders K within t are then negative binomial, and P(K ≥ y) = I_z(y, r+x) with z = t/(alpha+T+t), the
regularised incomplete beta function.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.polynomial.chebyshev import chebpts1
from numpy.typing import ArrayLike
from scipy.special import betainc, betaln, exprel, gammaln

from zhike.value.analysis.btyd.chebyshev import interpolated
from zhike.value.analysis.btyd.checks import Floats
from zhike.value.analysis.btyd.dropout_after_orders import DropoutAfterOrders
from zhike.value.analysis.btyd.pareto_nbd import ParetoNbdParameters
from zhike.value.analysis.btyd.quadrature import gauss_legendre
from zhike.value.analysis.btyd.summary import Indices, unique_codes

BLOCK = 2048
"""Rows handled together, so that a few arrays of rows × nodes stay in the processor's cache."""

FEW = 4
"""So few blocks are over before further threads are there."""

SINGLE = 64
GROWTH = 0.01
"""Up to ``SINGLE``, sums over orders go one by one; then by cells of this share of the orders so far."""


class Future(Protocol):
    """Orders within the horizon of customers alive now, one row for each (x, T)."""

    @property
    def rows(self) -> int:
        """How many."""

    def at_least(self, orders: Floats, rows: Indices) -> Floats:
        """Return P(Y ≥ orders | alive), ``orders`` ≥ 1, for these rows; both of one shape (n,).

        Continuous and decreasing in ``orders``, so that it may be asked between whole numbers.
        """

    def at_least_each(self, first: int, count: int, rows: Indices) -> Floats:
        """Return P(Y ≥ y | alive) for y = ``first`` … ``first`` + ``count`` - 1, shape (n, count) for rows (n,)."""


class OrderModel(Protocol):
    """What a model of order times must answer here."""

    @property
    def time_unit(self) -> str:
        """Unit of all times."""

    def probability_alive(
        self, frequency: ArrayLike, tenure_at_last_order: ArrayLike, tenure: ArrayLike
    ) -> Floats:
        """P(alive | x, t_x, T)."""

    def expected_orders(
        self, frequency: ArrayLike, tenure_at_last_order: ArrayLike, tenure: ArrayLike, *, horizon: float
    ) -> Floats:
        """E[Y(horizon) | x, t_x, T]."""

    def orders_if_alive(
        self, frequency: Floats, tenure: Floats, *, horizon: float, discount_rate: float
    ) -> Floats:
        """E[Y(horizon) | x, T, alive at T], each order discounted to now; flat arrays that were checked."""


@dataclass(frozen=True, slots=True)
class DropoutFuture:
    """BG/NBD and MBG/NBD: p ~ Beta(a, b), ``b`` (n,) counting the orders so far.

    The y-th order to come happens if K ≥ y and the customer stayed after each of the y - 1 before it:
    P(Y ≥ y) = I_z(y, shape) · B(a, b+y-1)/B(a, b).
    """

    shape: Floats
    z: Floats
    a: float
    b: Floats

    @property
    def rows(self) -> int:
        """How many."""
        return self.shape.size

    def at_least(self, orders: Floats, rows: Indices) -> Floats:
        """Return P(Y ≥ orders | alive)."""
        b = self.b[rows]
        stays: Floats = gammaln(b + orders - 1.0) - gammaln(b) + gammaln(self.a + b)
        stays -= gammaln(self.a + b + orders - 1.0)
        would = np.asarray(betainc(orders, self.shape[rows], self.z[rows]), np.float64)
        likely: Floats = would * np.exp(np.minimum(stays, 0.0))
        return likely

    def at_least_each(self, first: int, count: int, rows: Indices) -> Floats:
        """Return P(Y ≥ y | alive) for ``count`` numbers of orders."""
        every = np.arange(first, first + count, dtype=np.float64)
        return self.at_least(np.broadcast_to(every, (rows.size, count)), rows[:, None])


@dataclass(frozen=True, slots=True)
class LifetimeFuture:
    """Pareto/NBD: ``origin`` = alpha + T, ``leaving_origin`` = beta + T, shape (n,) as ``shape`` = r + x.

    P(Y ≥ y) = ∫_0^t f_y(u) S(u) du: the y-th order comes at time u, and the customer is still there. f_y is the
    density of a beta prime variable in u/origin, S(u) = (1 + u/leaving_origin)^-s.
    """

    shape: Floats
    origin: Floats
    leaving_shape: float
    leaving_origin: Floats
    horizon: float

    @property
    def rows(self) -> int:
        """How many."""
        return self.shape.size

    def at_least(self, orders: Floats, rows: Indices) -> Floats:
        """Return P(Y ≥ orders | alive), to about 1e-9."""
        return self._onwards(orders, 1, rows)[:, 0]

    def at_least_each(self, first: int, count: int, rows: Indices) -> Floats:
        """Return P(Y ≥ y | alive) for ``count`` numbers of orders, to about 1e-9; the last at most twice the first.

        Fast where rows of the same shape stand together.
        """
        result = np.empty((rows.size, count))
        near = np.minimum(self.origin[rows], self.leaving_origin[rows])
        shapes, shape_at = unique_codes(self.shape[rows])
        moments = _moments(near, shapes, first + count - 1)
        # Of many of one shape, a few moments tell all.
        is_told = np.bincount(shape_at, minlength=shapes.size) > moments
        told, alone = np.flatnonzero(is_told[shape_at]), np.flatnonzero(~is_told[shape_at])
        if told.size:
            most = int(moments[is_told].max())
            result[told] = self._interpolated(float(first), count, rows[told], near[told], most)
        result[alone] = self._onwards(np.full(alone.size, float(first)), count, rows[alone])
        return result

    def mean_squares(self) -> Floats:
        """Return E[Y² | alive], shape (n,): given λ and the time m until leaving or the horizon, Y is Poisson(λm).

        λ and m are independent, so this is E[λ] E[m] + E[λ²] E[m²]; the moments of m are ∫ S(u) du and ∫ 2u S(u) du.
        """
        length = np.log1p(self.horizon / self.leaving_origin)
        once, twice = (
            self.leaving_origin * length * exprel((power - self.leaving_shape) * length)
            for power in (1.0, 2.0)
        )
        rate = self.shape / self.origin
        squares: Floats = rate * once
        squares += rate * (self.shape + 1.0) / self.origin * 2.0 * self.leaving_origin * (twice - once)
        return squares

    def _interpolated(self, first: float, count: int, rows: Indices, near: Floats, moments: int) -> Floats:
        """P(Y ≥ first), P(Y ≥ first + 1) …, shape (n, count), from Chebyshev series in ln(near) of each shape.

        ``near`` is the smaller of the two origins: as in ``dropout_integral``, no singularity is nearer than ±iπ.
        """
        shapes, shape_at = unique_codes(self.shape[rows])
        lowest, length = np.log(near.min()), max(float(np.log(near.max() / near.min())), 1e-6)
        at = np.tile(np.exp(lowest + (chebpts1(moments) + 1.0) / 2.0 * length), shapes.size)
        sampled = LifetimeFuture(
            np.repeat(shapes, moments),
            at + (self.origin[rows[0]] - near[0]),
            self.leaving_shape,
            at + (self.leaving_origin[rows[0]] - near[0]),
            self.horizon,
        )
        values = sampled._onwards(np.full(at.size, first), count, np.arange(at.size))
        places = (np.log(near) - lowest) * (2.0 / length) - 1.0
        result = interpolated(values.reshape(shapes.size, moments, count), shape_at, places)
        return np.clip(result, 0.0, 1.0, out=result)

    def _onwards(self, orders: Floats, count: int, rows: Indices) -> Floats:
        """P(Y ≥ orders), P(Y ≥ orders + 1) …, shape (n, count)."""
        result = np.zeros((rows.size, count))
        if self.horizon == 0.0:
            return result
        # About when the order is due; in w = log(1 + u/scale) no singularity is nearer than π.
        due = self.origin[rows] * np.minimum(orders / self.shape[rows], 1.0)
        scale = np.minimum(due, self.leaving_origin[rows])
        length = np.log1p(self.horizon / scale)
        need = length * (1.0 + np.sqrt(np.minimum(self.shape[rows], orders + count - 1)))
        by_need = np.argsort(need)

        def fill(part: Indices) -> None:
            points, weights = gauss_legendre(16 * int(1.0 + need[part[-1]] / 4.0))
            w = length[part, None] * (points + 1.0) / 2.0
            time = scale[part, None] * np.expm1(w)
            density = np.exp(self._log_density(time, orders[part, None], rows[part, None]) + w)
            unit, shape = length[part] / 2.0 * scale[part], self.shape[rows[part]]
            # The density of one more order is this one times u/(origin + u), but for a number.
            passed = time / (self.origin[rows[part], None] + time)
            for further in range(count):
                result[part, further] = np.minimum((density @ weights) * unit, 1.0)
                density *= passed
                unit *= (shape + orders[part] + further) / (orders[part] + further)

        parts = [by_need[first : first + BLOCK] for first in range(0, by_need.size, BLOCK)]
        if len(parts) < FEW:
            for part in parts:
                fill(part)
        else:
            with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
                list(pool.map(fill, parts))
        return result

    def _log_density(self, time: Floats, orders: Floats, rows: Indices) -> Floats:
        shape, origin = self.shape[rows], self.origin[rows]
        # Horizons below any clock's tick underflow.
        share = np.maximum(time / origin, 1e-300)
        density = (orders - 1.0) * np.log(share) - (shape + orders) * np.log1p(share)
        density -= np.log(origin) + betaln(orders, shape)
        density -= self.leaving_shape * np.log1p(time / self.leaving_origin[rows])
        result: Floats = density
        return result


def _moments(near: Floats, shapes: Floats, most: int) -> Indices:
    """How many moments tell the chances of up to ``most`` orders between the lowest and the highest of the origins.

    What singularities ask for, as in ``dropout_integral``, and more the steeper the chance falls: within about
    √(1/most + 1/shape) of the log (found by experiment).
    """
    length = max(float(np.log(near.max() / near.min())), 0.1) if near.size else 0.1
    count = 6.0 + 16.0 / np.arcsinh(2.0 * np.pi / length)
    count += 2.3 * length / np.sqrt(1.0 / most + 1.0 / shapes)
    whole: Indices = np.ceil(count).astype(np.intp)
    return whole


def cells() -> Iterator[tuple[int, int]]:
    """Yield first and last of consecutive ranges of orders, without end.

    Distributions of hundreds of orders are smooth on this scale, so that their sums over a cell are its width
    times the value in the middle, to about 1e-4.
    """
    first = 1
    while True:
        last = first if first <= SINGLE else first + int(GROWTH * first)
        yield first, last
        first = last + 1


def mean_squares(future: Future) -> Floats:
    """Return E[Y² | alive] = Σ_y (2y-1) P(Y ≥ y) for each row, to about 1e-4 of the value."""
    if isinstance(future, LifetimeFuture):
        return future.mean_squares()
    total, active = np.zeros(future.rows), np.arange(future.rows)
    for first, last in cells():
        likely = future.at_least(np.full(active.size, (first + last) / 2.0), active)
        total[active] += (last**2 - (first - 1) ** 2) * likely
        active = active[likely * last**2 > 1e-10 * total[active]]
        if not active.size:
            break
    return total


def future_of(model: OrderModel, frequency: Floats, tenure: Floats, horizon: float) -> Future:
    """Return the future of customers alive with these x and T, shape (n,).

    Raises
    ------
    TypeError
        For a model of another kind.
    """
    if isinstance(model, DropoutAfterOrders):
        b = model.b + frequency + model.first_chance
        z = horizon / (model.alpha + tenure + horizon)
        return DropoutFuture(model.r + frequency, z, model.a, b)
    if isinstance(model, ParetoNbdParameters):
        origin, leaving_origin = model.alpha + tenure, model.beta + tenure
        return LifetimeFuture(model.r + frequency, origin, model.s, leaving_origin, horizon)
    raise TypeError(f"no distribution of future orders is known for {type(model).__name__}")
