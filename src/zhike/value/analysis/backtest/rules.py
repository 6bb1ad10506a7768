"""Simple rules: what a shop could do without any model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zhike.value.analysis.backtest.histories import Array, Bought, Known

Floats = npt.NDArray[np.float64]

LEAST_DAYS = 30
"""Whoever is known for less is not scaled up as if from less."""


def scaled_up(recent: Array, tenure_days: Array, period_days: int, horizon_days: int) -> Floats:
    """The next days like the last period, shape (n,); whoever is known for less than the period is scaled up."""
    known_days = np.clip(tenure_days, min(LEAST_DAYS, period_days), period_days)
    forecast: Floats = recent * (horizon_days / known_days)
    return forecast


def mean_rate(total: Array, tenure_days: Array, horizon_days: int) -> Floats:
    """The next days like the mean of a customer's whole time, shape (n,)."""
    forecast: Floats = total * (horizon_days / np.maximum(tenure_days, LEAST_DAYS))
    return forecast


@dataclass(frozen=True, slots=True)
class RfmCells:
    """Means of the customers in each cell of R × F × M fifths, learnt where the outcome was known.

    `cuts` are four rising values for each of recency, order days and spend.
    """

    cuts: tuple[Floats, Floats, Floats]
    order_days: Floats
    spend: Floats

    @classmethod
    def learnt(cls, known: Known, after: Bought) -> RfmCells:
        """From customers at an earlier split; a cell without any gets the mean of all."""
        measures = (known.recency_days, known.order_days, known.spend)
        cuts = tuple(_fifths(values) for values in measures)
        cell = _cells(measures, cuts)
        return cls((cuts[0], cuts[1], cuts[2]), _means(cell, after.order_days), _means(cell, after.spend))

    def forecast(self, known: Known) -> tuple[Floats, Floats]:
        """Order days and spend in a time as long as the one learnt from."""
        cell = _cells((known.recency_days, known.order_days, known.spend), self.cuts)
        return self.order_days[cell], self.spend[cell]


def _fifths(values: Array) -> Floats:
    if not len(values):
        return np.zeros(4)
    return np.quantile(values, (0.2, 0.4, 0.6, 0.8), method="inverted_cdf").astype(np.float64)


def _cells(measures: tuple[Array, ...], cuts: tuple[Floats, ...]) -> Array:
    cell = np.zeros(len(measures[0]), dtype=np.int64)
    for values, borders in zip(measures, cuts, strict=True):
        cell = cell * 5 + np.searchsorted(borders, values, side="left")
    return cell


def _means(cell: Array, outcome: Array) -> Floats:
    counts = np.bincount(cell, minlength=125)
    sums = np.bincount(cell, weights=outcome, minlength=125)
    overall = float(np.mean(outcome)) if len(outcome) else 0.0
    return np.where(counts > 0, sums / np.maximum(counts, 1), overall)
