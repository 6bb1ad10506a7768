"""How good probabilities are: discrimination, calibration, and lift."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_SURE = 1e-6
BINS = 10


@dataclass(frozen=True, slots=True)
class Measures:
    """Of probabilities against what happened.

    `auc` is the chance that one to whom it happened was given more than one to whom it did not; None where
    all fared alike. `log_loss` (nats) and `brier` are means a customer, lower is better. `lift_10` is how many
    times more often it happened among the tenth with the highest probability than among all.
    """

    auc: float | None
    log_loss: float
    brier: float
    lift_10: float | None


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Customers with like probabilities: what was said, and to which share of them it happened."""

    number: int
    customers: int
    predicted: float
    actual: float


def measures(probabilities: Floats, happened: Flags) -> Measures:
    """How good `probabilities` were, given what `happened`; both of one customer each, at least one."""
    sure = np.clip(probabilities, _SURE, 1 - _SURE)
    loss = -np.where(happened, np.log(sure), np.log(1 - sure)).mean()
    return Measures(
        auc=auc(probabilities, happened),
        log_loss=float(loss),
        brier=float(((probabilities - happened) ** 2).mean()),
        lift_10=lift(probabilities, happened, share=0.1),
    )


def auc(scores: Floats, happened: Flags) -> float | None:
    """The area under the curve of Mann and Whitney; equal scores count half."""
    of_those = int(happened.sum())
    others = len(happened) - of_those
    if not of_those or not others:
        return None
    ranks = rankdata(scores)[happened].sum()
    return float((ranks - of_those * (of_those + 1) / 2) / (of_those * others))


def lift(scores: Floats, happened: Flags, *, share: float) -> float | None:
    """The rate among the highest scores over the rate among all; equal scores at the border count in part."""
    base = happened.mean()
    if not base:
        return None
    most = max(1.0, share * len(scores))
    levels, at = np.unique(-scores, return_inverse=True)
    sizes = np.bincount(at, minlength=len(levels)).astype(np.float64)
    hits = np.bincount(at, weights=happened, minlength=len(levels))
    before = np.cumsum(sizes) - sizes
    taken = np.clip(most - before, 0.0, sizes)
    return float((taken * hits / sizes).sum() / most / base)


def reliability(probabilities: Floats, happened: Flags) -> tuple[ReliabilityBin, ...]:
    """Up to ten bins of equal width; those with nobody in them are left out."""
    numbers = np.clip((probabilities * BINS).astype(np.int64), 0, BINS - 1)
    counts = np.bincount(numbers, minlength=BINS)
    predicted = np.bincount(numbers, weights=probabilities, minlength=BINS)
    actual = np.bincount(numbers, weights=happened, minlength=BINS)
    return tuple(
        ReliabilityBin(n + 1, int(counts[n]), predicted[n] / counts[n], actual[n] / counts[n])
        for n in range(BINS)
        if counts[n]
    )
