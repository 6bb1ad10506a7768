"""What will be sold in each of the coming weeks, by category.

A few simple methods are tried on the past (rolling origin); the one with the smallest mean absolute error is used if it
beats “as a year ago” or, with less than two years, “as in the last week”. Such methods are hard to beat on short
series: Makridakis et al. (2020), The M4 competition. Intervals are negative binomial with the errors of that test.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.stats import nbinom, poisson

from zhike.lake.arrays import numpy_column
from zhike.value.analysis.features import counted_lines, counted_orders

WEEKS_AHEAD = 8
LEAST_WEEKS = 8
MOST_WEEKS = 156
MOST_CATEGORIES = 300
INTERVAL_SHARE = 0.8
_YEAR = 52
_ORIGINS = 10
_LEAST_TO_TEST = 4
_LEVEL_WEIGHTS = (0.1, 0.2, 0.4, 0.7)
_OUTLIER_SPREADS = 10.0

Floats = npt.NDArray[np.float64]
Forecaster = Callable[[Floats, int], Floats]
_EPOCH_MONDAY = date(1970, 1, 5)


@dataclass(frozen=True, slots=True)
class WholeWeeks:
    """The whole weeks from `first_monday`, until the last that ended before the day after the business date."""

    first_monday: date
    count: int

    @property
    def next_monday(self) -> date:
        """Of the week after the last whole one."""
        return self.first_monday + timedelta(weeks=self.count)


@dataclass(frozen=True)
class Forecast:
    """One category: quantities of the weeks ahead, and how well the method did on the past.

    `error` and `naive_error` are mean absolute errors; None where the past is too short to test.
    """

    method: str
    expected: Floats
    low: Floats
    high: Floats
    weeks: int
    error: float | None
    naive_error: float | None


def category_weeks(order_lines: ir.Table, orders: ir.Table, products: ir.Table, *, as_of: date) -> ir.Table:
    """`category, week, quantity` of what was sold, walk-in sales included; `week` counts Mondays since 5 January 1970."""
    named = products.filter(products.category.notnull() & (products.category != ""))
    lines = counted_lines(order_lines, orders, as_of=as_of)
    joined = lines.join(named.select("source", "product_id", "category"), ["source", "product_id"])
    return joined.group_by(category=joined.category, week=_week(joined.ordered_on)).aggregate(
        quantity=joined.quantity.fill_null(1).sum()
    )


def order_weeks(orders: ir.Table, *, as_of: date) -> ir.Table:
    """The same of the whole shop, with an empty category: the quantity is the orders."""
    counted = counted_orders(orders, as_of=as_of)
    return (
        counted.group_by(week=_week(counted.ordered_on))
        .aggregate(quantity=counted.count())
        .mutate(category=ibis.literal(""))
        .select("category", "week", "quantity")
    )


def _week(day: ir.DateValue) -> ir.IntegerValue:
    return day.delta(ibis.literal(_EPOCH_MONDAY), unit="day") // 7


def whole_weeks(first_day: date, as_of: date) -> WholeWeeks:
    """The weeks of which every day is known: the running one is not, unless today is its Sunday."""
    first = first_day + timedelta(days=-first_day.weekday() % 7)
    running = as_of + timedelta(days=1)
    running -= timedelta(days=running.weekday())
    return WholeWeeks(first, max(0, (running - first).days // 7))


def demand_tables(
    sold: pa.Table, *, first_day: date | None, as_of: date
) -> tuple[Mapping[str, list[object]], Mapping[str, list[object]]]:
    """The columns of `demand_forecasts` and of `demand_weeks`.

    Parameters
    ----------
    sold
        Rows of `category_weeks` and `order_weeks`.
    first_day
        Of the first order; None gives empty tables.
    """
    forecasts: dict[str, list[object]] = {name: [] for name in _FORECAST_COLUMNS}
    history: dict[str, list[object]] = {name: [] for name in ("category", "week_start", "quantity")}
    weeks = whole_weeks(first_day, as_of) if first_day is not None else None
    if weeks is None or not weeks.count:
        return forecasts, history
    skipped = 1 if as_of + timedelta(days=1) > weeks.next_monday else 0
    for category, quantities in _series(sold, weeks).items():
        first = weeks.next_monday - timedelta(weeks=len(quantities))
        for number, quantity in enumerate(quantities):
            row = (category, first + timedelta(weeks=number), int(quantity))
            _append(history, row)
        found = forecast(quantities, ahead=WEEKS_AHEAD, skipped=skipped)
        for number in range(WEEKS_AHEAD) if found else ():
            assert found is not None
            monday = weeks.next_monday + timedelta(weeks=number + skipped)
            numbers = (float(each[number]) for each in (found.expected, found.low, found.high))
            _append(
                forecasts,
                (category, monday, *numbers, found.method, found.weeks, found.error, found.naive_error),
            )
    return forecasts, history


_FORECAST_COLUMNS = (
    "category",
    "week_start",
    "expected_quantity",
    "low",
    "high",
    "method",
    "weeks",
    "mean_error",
    "naive_error",
)


def _append(columns: dict[str, list[object]], row: tuple[object, ...]) -> None:
    for values, value in zip(columns.values(), row, strict=True):
        values.append(value)


def _series(sold: pa.Table, weeks: WholeWeeks) -> dict[str, Floats]:
    """The whole weeks of each category from its first sale on, gaps as 0; the best sold categories, by name."""
    first_week = (weeks.first_monday - _EPOCH_MONDAY).days // 7
    at = numpy_column(sold, "week").astype(np.int64) - first_week
    quantities = numpy_column(sold, "quantity").astype(np.float64)
    is_known = (at >= 0) & (at < weeks.count)
    found: dict[str, Floats] = {}
    for name, place, quantity, known in zip(
        sold["category"].to_pylist(), at, quantities, is_known, strict=True
    ):
        if known:
            found.setdefault(name, np.zeros(weeks.count))[place] += quantity
    best = sorted(found, key=lambda name: (name != "", -found[name].sum(), name))[: MOST_CATEGORIES + 1]
    return {name: _from_first_sale(np.maximum(found[name], 0.0))[-MOST_WEEKS:] for name in sorted(best)}


def _from_first_sale(quantities: Floats) -> Floats:
    sold = np.flatnonzero(quantities)
    return quantities[sold[0] :] if len(sold) else quantities[:0]


def forecast(quantities: Floats, *, ahead: int, skipped: int = 0) -> Forecast | None:
    """The weeks ahead, after `skipped` weeks that nothing whole is known of; None with fewer than eight weeks.

    Parameters
    ----------
    quantities
        Of whole weeks, the oldest first.
    """
    if len(quantities) < LEAST_WEEKS:
        return None
    steps = ahead + skipped
    methods = _methods(len(quantities))
    naive = next(iter(methods))
    tested = {name: _errors(method, quantities, steps) for name, method in methods.items()}
    known = {name: float(np.nanmean(np.abs(e))) for name, e in tested.items() if e is not None}
    # Only what does better counts: a method that equals the naive one explains nothing more.
    best = min(known, key=lambda name: (known[name], name != naive)) if known else "mean"
    expected = np.maximum(methods[best](quantities, steps), 0.0)
    spread = _spread(tested.get(best), quantities, steps)
    low, high = _interval(expected, spread)
    return Forecast(
        best,
        expected[skipped:],
        low[skipped:],
        high[skipped:],
        len(quantities),
        known.get(best),
        known.get(naive),
    )


def _methods(weeks: int) -> dict[str, Forecaster]:
    """The naive one first."""
    methods: dict[str, Forecaster] = {"mean": _mean, "level": _level}
    if weeks >= 2 * _YEAR:
        return {"seasonal_naive": _seasonal_naive, **methods, "seasonal_level": _seasonal_level}
    return {"naive": _naive, **methods}


def _naive(past: Floats, steps: int) -> Floats:
    return np.full(steps, past[-1])


def _mean(past: Floats, steps: int) -> Floats:
    return np.full(steps, past[-8:].mean())


def _seasonal_naive(past: Floats, steps: int) -> Floats:
    if len(past) < _YEAR:
        return _naive(past, steps)
    return np.resize(past[-_YEAR:], steps)


def _level(past: Floats, steps: int) -> Floats:
    """Simple exponential smoothing; the weight is the one with the smallest squared errors one week ahead."""
    calm = _without_outliers(past)
    best, least = float(calm[-1]), np.inf
    for weight in _LEVEL_WEIGHTS:
        level, error = float(calm[: min(4, len(calm))].mean()), 0.0
        for value in calm:
            error += (value - level) ** 2
            level += weight * (value - level)
        if error < least:
            best, least = level, error
    return np.full(steps, best)


def _seasonal_level(past: Floats, steps: int) -> Floats:
    """The level of what is left after the week of the year is taken out, times the week of the year.

    The share of each week of the year is that of the years before, smoothed over three weeks and leaning on 1.
    """
    if len(past) < _YEAR + LEAST_WEEKS:
        return _level(past, steps)
    shares = _season(past)
    at = (np.arange(len(past)) - len(past)) % _YEAR
    ahead = np.arange(steps) % _YEAR
    season: Floats = _level(past / shares[at], steps) * shares[ahead]
    return season


def _season(past: Floats) -> Floats:
    """The share of each week of the year, counted from the week after the last."""
    whole = len(past) // _YEAR
    years = past[-whole * _YEAR :].reshape(whole, _YEAR)
    usual = np.maximum(years.mean(axis=1, keepdims=True), 1e-9)
    shares = (years / usual).mean(axis=0)
    smooth = (np.roll(shares, 1) + 2 * shares + np.roll(shares, -1)) / 4
    season: Floats = np.maximum((whole * smooth + 1.0) / (whole + 1), 0.1)
    return season


def _without_outliers(past: Floats) -> Floats:
    middle = np.median(past)
    spread = 1.4826 * np.median(np.abs(past - middle))
    return np.minimum(past, middle + _OUTLIER_SPREADS * spread) if spread > 0 else past


def _errors(method: Forecaster, quantities: Floats, steps: int) -> Floats | None:
    """Errors of up to ten origins (rows) at each step ahead (columns), NaN beyond what is known; None if none fits."""
    origins = _origins(len(quantities))
    if not origins:
        return None
    errors = np.full((len(origins), steps), np.nan)
    for row, origin in enumerate(origins):
        actual = quantities[origin : origin + steps]
        errors[row, : len(actual)] = actual - method(quantities[:origin], steps)[: len(actual)]
    return errors


def _origins(weeks: int) -> list[int]:
    """From where the past is forecast: the last ten weeks or, with two years, ten spread over the last, peaks included."""
    latest = weeks - _LEAST_TO_TEST
    if weeks >= 2 * _YEAR:
        step = _YEAR // _ORIGINS
        return [latest - step * number for number in range(_ORIGINS)]
    return [origin for origin in range(latest, latest - _ORIGINS, -1) if origin >= LEAST_WEEKS]


def _spread(errors: Floats | None, quantities: Floats, steps: int) -> Floats:
    """Standard deviations of the weeks ahead; they never shrink with the distance."""
    if errors is None:
        return np.full(steps, max(float(quantities.std()), 1.0))
    known = ~np.isnan(errors)
    squares = np.where(known, errors, 0.0) ** 2
    pooled = squares.sum() / known.sum()
    # Few origins reach the far weeks: each week leans on all.
    each = (squares.sum(axis=0) + 5 * pooled) / (known.sum(axis=0) + 5)
    spread: Floats = np.sqrt(np.maximum.accumulate(each))
    return spread


def _interval(expected: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """Quantiles of a negative binomial law, or of Poisson's where the errors are no larger than chance makes them."""
    tail = (1 - INTERVAL_SHARE) / 2
    mean = np.maximum(expected, 1e-6)
    variance = np.maximum(spread**2, mean)
    more = variance - mean
    is_wider = more > 1e-6 * mean
    size = np.where(is_wider, mean**2 / np.where(is_wider, more, 1.0), 1.0)
    share = np.where(is_wider, mean / variance, 0.5)
    bounds = []
    for quantile in (tail, 1 - tail):
        wide = nbinom.ppf(quantile, size, share)
        bounds.append(np.where(is_wider, wide, poisson.ppf(quantile, mean)))
    low, high = bounds
    return np.minimum(low, expected), np.maximum(high, expected)
