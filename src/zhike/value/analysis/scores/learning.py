"""Weights learned from what told next year's spend, and whether they tell it better than the default ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import nnls

from zhike.value.analysis.backtest.split import Split
from zhike.value.analysis.scores.components import COMPONENTS, Floats, Ranks

FINGERPRINT = 2
"""Goes up whenever the same past would give other weights."""

MOST_LEARNT_FROM = 20_000
LEAST_CUSTOMERS = 200
LEAST_COMING_BACK = 50
LONGEST_HOLDOUT_DAYS = 365
SHORTEST_HOLDOUT_DAYS = 90
FOLDS = 5
TOP = 0.2
# A little, so that components that say the same share the weight instead of taking turns.
_RIDGE = 0.01
# Standard errors that chance alone exceeds once in forty (Student, one less than the folds).
_SURE = 2.776

TOO_SHORT, TOO_FEW, NO_GAIN, BETTER = range(4)
"""What became of learning."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What learning found; figures are of customers that the weights were not learned from.

    `correlations` (Spearman) with the spend that followed, and `captured`, the share of it that the best fifth brought:
    of the ``learned`` weights, the ``default`` ones and of ``last_year``, the spend of the last 365 days. `gain` is how
    much better the learned weights correlate than the default ones, `gain_error` its standard error over the folds.
    """

    outcome: int
    known_until: date | None = None
    holdout_days: int = 0
    customers: int = 0
    weights: Mapping[str, float] | None = None
    correlations: Mapping[str, float] | None = None
    captured: Mapping[str, float] | None = None
    gain: float = 0.0
    gain_error: float = 0.0

    @property
    def best_weights(self) -> Mapping[str, float] | None:
        """The learned weights, if they are better than the default ones for more than chance."""
        return self.weights if self.outcome == BETTER else None


def learning_split(first_day: date, as_of: date) -> Split | None:
    """Hold out the last year of the closed months, or half of a shorter history; None for less than 90 days of each."""
    until = as_of.replace(day=1) - timedelta(days=1)
    days = min(LONGEST_HOLDOUT_DAYS, ((until - first_day).days + 1) // 2)
    if days < SHORTEST_HOLDOUT_DAYS:
        return None
    return Split(first_day, until - timedelta(days=days), until)


@dataclass(frozen=True, slots=True)
class Past:
    """Customers at the end of what was known, and what came: `inputs` as `clv_inputs`, by id; amounts in minor units."""

    inputs: pa.Table
    last_year: Floats
    after: Floats


def past_of(orders: pa.Table, split: Split) -> Past:
    """From `person_id, ordered_on, net_amount` of both sides of the split; `customer_id` of the result is the person's."""
    days = orders["ordered_on"].cast(pa.int32()).to_numpy().astype(np.int64)
    person, paid = orders["person_id"].to_numpy(), orders["net_amount"].to_numpy()
    now = (split.known_until - date(1970, 1, 1)).days
    is_known = days <= now
    ids, place = np.unique(person[is_known], return_inverse=True)
    then, amounts = days[is_known], paid[is_known]
    first, last = np.full(len(ids), now), np.full(len(ids), -(2**31))
    np.minimum.at(first, place, then)
    np.maximum.at(last, place, then)
    _, order_day = np.unique(place * 2**32 + then, return_index=True)
    is_recent = then > now - LONGEST_HOLDOUT_DAYS
    inputs = pa.table(
        {
            "customer_id": ids,
            "order_days": np.bincount(place[order_day], minlength=len(ids)),
            "tenure_days": now - first,
            "recency_days": now - last,
            "spend_amount": _summed(place, amounts, len(ids)),
            "order_count": np.bincount(place, minlength=len(ids)),
            "order_count_365d": np.bincount(place[is_recent], minlength=len(ids)),
        }
    )
    last_year = _summed(place[is_recent], amounts[is_recent], len(ids)).astype(np.float64)
    return Past(inputs, last_year, _after(ids, person[~is_known], paid[~is_known]))


def _after(ids: npt.NDArray[np.int64], person: npt.NDArray[np.int64], paid: npt.NDArray[np.int64]) -> Floats:
    place = np.searchsorted(ids, person)
    is_known = np.append(ids, -1)[place] == person
    return _summed(place[is_known], paid[is_known], len(ids)).astype(np.float64)


def _summed(place: npt.NDArray[np.int64], amounts: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.int64]:
    total = np.zeros(size, np.int64)
    np.add.at(total, place, amounts)
    return total


def learned_from(
    placed: Mapping[str, Floats], past: Past, default: Mapping[str, float], split: Split
) -> Learned:
    """Learn weights from four fifths of the customers and try them on the last, five times.

    Parameters
    ----------
    placed
        Where everybody stood in each component that had data, 0 to 100.
    default
        The default weights of those components, summing to 1.
    """
    people = len(past.after)
    said = Learned(TOO_FEW, split.known_until, split.holdout_days, people)
    if people < LEAST_CUSTOMERS or np.count_nonzero(past.after > 0) < LEAST_COMING_BACK:
        return said
    names = tuple(placed)
    stood = np.column_stack([placed[name] for name in names])
    ranked = Ranks.of(past.after).at(past.after)
    fold = np.arange(people) % FOLDS
    usual = stood @ np.array([default[name] for name in names])
    scores = {"learned": np.zeros(people), "default": usual, "last_year": past.last_year}
    gains = []
    for number in range(FOLDS):
        held = fold == number
        scores["learned"][held] = stood[held] @ _fitted(stood[~held], ranked[~held])
        told = {name: _correlation(score[held], past.after[held]) for name, score in scores.items()}
        gains.append(told["learned"] - told["default"])
    gain, error = float(np.mean(gains)), float(np.std(gains, ddof=1) / np.sqrt(FOLDS))
    weights = dict(zip(names, (float(weight) for weight in _fitted(stood, ranked)), strict=True))
    return replace(
        said,
        outcome=BETTER if gain > _SURE * error and gain > 0 else NO_GAIN,
        weights={name: weights.get(name, 0.0) for name in COMPONENTS},
        correlations={name: _correlation(score, past.after) for name, score in scores.items()},
        captured={name: _captured(score, past.after) for name, score in scores.items()},
        gain=gain,
        gain_error=error,
    )


def _fitted(stood: Floats, ranked: Floats) -> Floats:
    """Weights that are not negative and sum to 1, by ridge regression of rank on rank; even ones where nothing tells."""
    centred, aim = (stood - stood.mean(axis=0)) / 100, (ranked - ranked.mean()) / 100
    size = centred.shape[1]
    crossed = centred.T @ centred + _RIDGE * len(aim) * np.eye(size)
    upper = cholesky(crossed)
    found, _ = nnls(upper, solve_triangular(upper, centred.T @ aim, trans="T"))
    total = found.sum()
    weights: Floats = found / total if total > 0 else np.full(size, 1 / size)
    return weights


def _correlation(score: Floats, after: Floats) -> float:
    """Spearman's, ties at their mean rank; 0 where one of the two does not vary."""
    ours, theirs = (_midranks(values) for values in (score, after))
    spread = ours.std() * theirs.std()
    return float(((ours - ours.mean()) * (theirs - theirs.mean())).mean() / spread) if spread > 0 else 0.0


def _midranks(values: Floats) -> Floats:
    _, place, counts = np.unique(np.round(values, 6), return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return ranks


def _captured(score: Floats, after: Floats) -> float:
    """The share of the spend that came from the best fifth by score."""
    best = np.argsort(-score, kind="stable")[: max(1, round(TOP * len(score)))]
    total = after.sum()
    return float(after[best].sum() / total) if total > 0 else 0.0
