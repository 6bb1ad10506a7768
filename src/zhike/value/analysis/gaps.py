"""Days between purchases: sums of their logarithms, and the shop's model of them.

The logarithms x of the gaps of one customer are normal with a mean and a variance of their own; over the customers
these follow a normal–inverse-gamma law, whose four numbers are those that make the gaps of the shop likeliest
(empirical Bayes). The next gap of a customer is then a Student t in the logarithm: Gelman et al., Bayesian Data
Analysis, 3rd ed., section 3.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.optimize import minimize
from scipy.special import gammaln, stdtr, stdtrit

from zhike.lake.arrays import numpy_column

GAP_SUMS = "gap_sums"
LEAST_SERIES = 20
_MOST_SERIES = 20_000
_FAR_APART = 2**32
_BOUNDS = ((0.0, 9.0), (-4.0, 3.0), (-0.7, 4.0), (-7.0, 4.0))

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class GapModel:
    """`mean` and `strength` (in gaps) of the prior of a customer's mean; `shape` and `scale` of that of the variance.

    All of the logarithm of days. `is_fitted` is false where the shop has too few series and usual values stand in.
    """

    mean: float
    strength: float
    shape: float
    scale: float
    series: int
    is_fitted: bool


@dataclass(frozen=True, slots=True)
class Series:
    """For each series of purchases the number of its gaps, the sum of their logarithms and of the squares of these."""

    count: Ints
    total: Floats
    squares: Floats


@dataclass(frozen=True, slots=True)
class NextGap:
    """What is believed of the next gap of each series: a Student t of its logarithm."""

    freedom: Floats
    centre: Floats
    width: Floats

    @property
    def median_days(self) -> Floats:
        days: Floats = np.exp(self.centre)
        return days

    def share_shorter(self, days: Floats) -> Floats:
        """How likely the next gap is shorter than that."""
        share: Floats = stdtr(self.freedom, (np.log(np.maximum(days, 1e-9)) - self.centre) / self.width)
        return share

    def quantile(self, share: Floats | float) -> Floats:
        """The days that the next gap stays below with that probability."""
        at = np.minimum(np.broadcast_to(share, self.centre.shape), 1 - 1e-9)
        # Ten thousand days and more are no date worth showing.
        days: Floats = np.exp(np.minimum(self.centre + self.width * stdtrit(self.freedom, at), 9.2))
        return days


def gap_sums(rows: pa.Table) -> dict[str, pa.Table]:
    """Sums over the gaps of each customer and item.

    Parameters
    ----------
    rows
        `customer_id, item, ordered_on` in any order, repeated days included; `item` is a number from 0. No gaps.

    Returns
    -------
    dict
        `GAP_SUMS`: `customer_id, item, gap_count, log_sum, log_square_sum, last_day` (days since 1970); only
        those with two days or more.
    """
    owners, items, days = _sorted(rows)
    if not len(owners):
        return {GAP_SUMS: _sums_table(owners, items, *(np.zeros(0),) * 3, days)}
    is_same = (owners[1:] == owners[:-1]) & (items[1:] == items[:-1])
    logs = np.zeros(len(owners))
    logs[1:][is_same] = np.log(np.diff(days)[is_same])
    starts = np.flatnonzero(np.append(True, ~is_same))
    ends = np.append(starts[1:], len(owners))
    several = ends - starts > 1
    sums = (np.add.reduceat(values, starts)[several] for values in (logs, logs * logs))
    first = starts[several]
    counts = (ends - starts - 1)[several]
    return {
        GAP_SUMS: _sums_table(owners[first], items[first], counts, *sums, days[ends - 1][several]),
    }


def _sorted(rows: pa.Table) -> tuple[Ints, Ints, Ints]:
    """Distinct (customer, item, day) by customer, item and day."""
    owners, items = (numpy_column(rows, name).astype(np.int64) for name in ("customer_id", "item"))
    dated = pa.table({"day": rows["ordered_on"].cast(pa.int32())})
    days = numpy_column(dated, "day").astype(np.int64)
    if not len(owners):
        return owners, items, days
    # The three as one number are sorted ten times as fast. Where ids are far apart it has no room for them.
    first, begin = int(owners.min()), int(days.min())
    is_far = int(owners.max()) - first >= _FAR_APART
    names = np.unique(owners) if is_far else owners[:0]
    places = np.searchsorted(names, owners) if is_far else owners - first
    kinds, span = int(items.max()) + 1, int(days.max()) - begin + 1
    keys = np.sort((places * kinds + items) * span + (days - begin))
    rest, days = np.divmod(keys[np.append(True, np.diff(keys) != 0)], span)
    places, items = np.divmod(rest, kinds)
    return names[places] if is_far else places + first, items, days + begin


def _sums_table(*columns: npt.NDArray[Any]) -> pa.Table:
    names = ("customer_id", "item", "gap_count", "log_sum", "log_square_sum", "last_day")
    types = (np.int64, np.int64, np.int64, np.float64, np.float64, np.int64)
    return pa.table({n: pa.array(c.astype(t)) for n, c, t in zip(names, columns, types, strict=True)})


def series_of(sums: pa.Table) -> Series:
    """The sums of a table of `gap_sums`."""
    names = ("gap_count", "log_sum", "log_square_sum")
    return Series(*(numpy_column(sums, name) for name in names))


def fit_gaps(series: Series) -> GapModel:
    """The numbers that make the gaps of these series likeliest; usual spreads around their mean if they are few.

    Of more than 20,000 series every n-th is taken.
    """
    found = len(series.count)
    step = max(1, -(-found // _MOST_SERIES))
    some = Series(series.count[::step], series.total[::step], series.squares[::step])
    mean = float(some.total.sum() / some.count.sum()) if found else np.log(30.0)
    if found < LEAST_SERIES:
        return GapModel(mean, 1.0, 2.0, 0.5, found, is_fitted=False)
    start = np.array([mean, 0.0, 0.7, -0.7])
    best = minimize(_unlikeliness, start, args=(some,), method="L-BFGS-B", bounds=_BOUNDS)
    centre, strength, shape, scale = (float(value) for value in best.x)
    return GapModel(
        centre, float(np.exp(strength)), float(np.exp(shape)), float(np.exp(scale)), found, is_fitted=True
    )


def next_gaps(series: Series, model: GapModel, means: Floats | float | None = None) -> NextGap:
    """What is believed of the next gap of each series; `means` replaces the prior mean, series by series."""
    prior: Floats | float = model.mean if means is None else means
    strength, shape, scale, centre = _posterior(series, prior, model.strength, model.shape, model.scale)
    width: Floats = np.sqrt(scale * (strength + 1) / (shape * strength))
    return NextGap(2 * shape, centre, width)


def _posterior(
    series: Series, mean: Floats | float, strength: float, shape: float, scale: float
) -> tuple[Floats, Floats, Floats, Floats]:
    own = series.total / series.count
    inner = np.maximum(series.squares - series.total * own, 0.0)
    stronger: Floats = (strength + series.count).astype(np.float64)
    between = strength * series.count * (own - mean) ** 2 / (2 * stronger)
    centre: Floats = (strength * mean + series.total) / stronger
    return stronger, shape + series.count / 2, scale + inner / 2 + between, centre


def _unlikeliness(point: Floats, series: Series) -> float:
    """The negative log marginal likelihood a gap, but for a constant."""
    mean = point[0]
    strength, shape, scale = np.exp(point[1:])
    stronger, shapes, scales, _ = _posterior(series, mean, strength, shape, scale)
    likely = (
        gammaln(shapes)
        - gammaln(shape)
        + shape * np.log(scale)
        - shapes * np.log(scales)
        + 0.5 * (np.log(strength) - np.log(stronger))
    )
    return -float(likely.sum()) / float(series.count.sum())
