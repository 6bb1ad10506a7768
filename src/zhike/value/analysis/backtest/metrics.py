"""How good a forecast was."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
DECILES = 10


@dataclass(frozen=True, slots=True)
class DecileOutcome:
    """A tenth of the customers by forecast, 1 the highest: totals forecast and real."""

    rank: int
    customers: int
    predicted: float
    actual: float


def amount_metrics(predicted: Floats, actual: Floats) -> dict[str, float]:
    """Of forecasts of an amount for each customer, both shape (n,), n ≥ 1; NaN where there is nothing to compare.

    ``mae`` and ``rmse`` in the unit of the amount; ``total_bias`` the total's relative error; ``error`` =
    ``mae`` + |mean error|, by which methods are compared; ``gini`` and ``lift_10`` as `ranking_metrics`.
    """
    away = predicted - actual
    mae, mean_error, total = float(np.mean(np.abs(away))), float(np.mean(away)), float(np.sum(actual))
    return {
        "mae": mae,
        "rmse": float(np.sqrt(np.mean(away**2))),
        "total_bias": float(np.sum(away)) / total if total > 0 else float("nan"),
        "error": mae + abs(mean_error),
        **ranking_metrics(predicted, actual),
    }


def ranking_metrics(score: Floats, actual: Floats) -> dict[str, float]:
    """How well a score puts customers in order.

    ``gini`` is normalised: 1 for the order of the outcome itself, 0 for chance. ``lift_10`` is the mean outcome of
    the tenth ranked highest over that of all. Customers of the same score share their outcomes.
    """
    total = float(np.sum(actual))
    if total <= 0:
        return {"gini": float("nan"), "lift_10": float("nan")}
    shared = _by_rank(score, actual)
    best = _concentration(np.sort(actual)[::-1])
    # Equal outcomes cannot be put in order.
    gini = _concentration(shared) / best if best > 1e-9 else float("nan")
    first = max(1, round(len(actual) / 10))
    return {"gini": gini, "lift_10": float(np.mean(shared[:first])) / (total / len(actual))}


def outcome_deciles(predicted: Floats, actual: Floats) -> list[DecileOutcome]:
    """Ten parts of equal size by forecast, highest first; fewer where there are fewer customers."""
    order = np.argsort(-predicted, kind="stable")
    parts = [part for part in np.array_split(order, DECILES) if len(part)]
    return [
        DecileOutcome(rank, len(part), float(predicted[part].sum()), float(actual[part].sum()))
        for rank, part in enumerate(parts, 1)
    ]


def _by_rank(score: Floats, actual: Floats) -> Floats:
    """Outcomes by falling score, equal scores sharing theirs."""
    _, at = np.unique(-score, return_inverse=True)
    counts = np.bincount(at)
    means = np.bincount(at, weights=actual) / counts
    shared: Floats = np.repeat(means, counts)
    return shared


def _concentration(ranked: Floats) -> float:
    """Mean share of the outcome held by the first k, k = 1 … n, above that of equal shares."""
    held = np.cumsum(ranked) / np.sum(ranked)
    return float(np.mean(held)) - (len(ranked) + 1) / (2 * len(ranked))
