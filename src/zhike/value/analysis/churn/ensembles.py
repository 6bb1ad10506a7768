"""What was learnt, as plain numbers: they can be written into a table, and asked much faster than the library that found them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from zhike.value.analysis.churn.measures import Floats

# So many rows at a time stay in the cache of a core.
_ROWS_AT_ONCE = 2_048
_MOST_LEAVES = 16
_LEAF = -1
Integers = npt.NDArray[np.int64]
Masks = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class Linear:
    """Log odds that are a weighted sum of the features."""

    intercept: float
    weights: Floats

    def log_odds(self, matrix: Floats) -> Floats:
        """One for each row of `feature_matrix`."""
        return self.intercept + _weighted(matrix, self.weights)

    def log_odds_with(self, matrix: Floats, others: Floats, groups: Sequence[Sequence[int]]) -> Floats:
        """As they are, and in one further column for each group as they were with its features from `others`."""
        given = self.log_odds(matrix)
        found = np.repeat(given[:, None], 1 + len(groups), axis=1)
        for number, columns in enumerate(groups, 1):
            places = list(columns)
            found[:, number] += _weighted(others[places] - matrix[:, places], self.weights[places])
        return found


@dataclass(frozen=True)
class Trees:
    """Log odds that are a sum over decision trees.

    The nodes of all trees one after another, each tree from its root: `tree` rises from 0; `feature` is −1 for a leaf,
    which has a `value`; whoever has at most `threshold` goes to the node `left` of the same tree, others to `right`.
    """

    baseline: float
    tree: Integers
    feature: Integers
    threshold: Floats
    left: Integers
    right: Integers
    value: Floats

    def log_odds(self, matrix: Floats) -> Floats:
        """One for each row of `feature_matrix`."""
        return self.log_odds_with(matrix, np.zeros(matrix.shape[1]), ())[:, 0]

    def log_odds_with(self, matrix: Floats, others: Floats, groups: Sequence[Sequence[int]]) -> Floats:
        """As they are, and in one further column for each group as they were with its features from `others`."""
        found = np.empty((len(matrix), 1 + len(groups)))
        for start in range(0, len(matrix), _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            for number, open_leaves in enumerate(self._lookup.open_leaves(matrix[rows], others, groups)):
                found[rows, number] = self._lookup.sums(open_leaves)
        found += self.baseline
        return found

    @cached_property
    def _lookup(self) -> _Lookup:
        return _Lookup.of(self)


@dataclass(frozen=True)
class _Lookup:
    """Trees as bit masks (Lucchese et al., QuickScorer, SIGIR 2015).

    The leaves of a tree are numbered from the left. A feature shuts, in every tree at once, the leaves left of each node
    that it goes to the right of; of those still open after all features, the first is where a row ends.
    `borders` are the thresholds of each feature, `masks` what stays open from each of them on (one column a tree).
    `values` has for each tree the value of every set of open leaves, of which `every` has all.
    """

    borders: dict[int, Floats]
    masks: dict[int, Masks]
    values: Floats
    starts: Integers
    every: np.uint16

    @classmethod
    def of(cls, trees: Trees) -> _Lookup:
        roots = np.flatnonzero(np.diff(trees.tree, prepend=-1))
        count, most = len(roots), 1
        shut: list[tuple[int, float, int, int]] = []
        ends: list[list[float]] = []
        for number, root in enumerate(roots):
            leaves: list[float] = []
            shut += [
                (feature, border, number, mask)
                for feature, border, mask in _shutting(trees, int(root), 0, leaves)
            ]
            ends.append(leaves)
            most = max(most, len(leaves))
        assert most <= _MOST_LEAVES
        features = sorted({feature for feature, *_ in shut})
        borders = {f: np.unique([border for feature, border, *_ in shut if feature == f]) for f in features}
        every = np.uint16((1 << most) - 1)
        masks = {f: np.full((len(borders[f]) + 1, count), every) for f in features}
        for feature, border, number, mask in shut:
            beyond = int(np.searchsorted(borders[feature], border)) + 1
            masks[feature][beyond:, number] &= ~np.uint16(mask)
        values = np.stack([_first_open(leaves, most) for leaves in ends]) if ends else np.zeros((0, 2))
        return cls(borders, masks, values.ravel(), np.arange(count) << most, every)

    def open_leaves(self, matrix: Floats, others: Floats, groups: Sequence[Sequence[int]]) -> Iterator[Masks]:
        """Of all features as they are; then for each group with its features from `others`."""
        grouped = [frozenset(columns) for columns in groups]
        together = frozenset[int]().union(*grouped)
        rest = self._open(matrix, [f for f in self.borders if f not in together])
        theirs = [self._open(matrix, [f for f in self.borders if f in group]) for group in grouped]
        every = rest
        for mask in theirs:
            every = every & mask
        yield every
        for number, group in enumerate(grouped):
            left = rest & self._open(others[None, :], [f for f in self.borders if f in group])
            for place, mask in enumerate(theirs):
                if place != number:
                    left &= mask
            yield left

    def sums(self, open_leaves: Masks) -> Floats:
        """Over the trees, of the value of the first open leaf."""
        found: Floats = self.values.take(open_leaves + self.starts).sum(axis=1)
        return found

    def _open(self, matrix: Floats, features: list[int]) -> Masks:
        found = np.full((len(matrix), len(self.starts)), self.every)
        for feature in features:
            place = np.searchsorted(self.borders[feature], matrix[:, feature])
            found &= self.masks[feature].take(place, axis=0)
        return found


def _shutting(trees: Trees, root: int, node: int, leaves: list[float]) -> Iterator[tuple[int, float, int]]:
    """Feature, threshold and the leaves to the left, as bits, of a node and all below; adds the leaves, from the left."""
    at = root + node
    if trees.feature[at] == _LEAF:
        leaves.append(float(trees.value[at]))
        return
    first = len(leaves)
    yield from _shutting(trees, root, int(trees.left[at]), leaves)
    yield int(trees.feature[at]), float(trees.threshold[at]), (1 << len(leaves)) - (1 << first)
    yield from _shutting(trees, root, int(trees.right[at]), leaves)


def _first_open(leaves: list[float], most: int) -> Floats:
    """The value of the first leaf of each set of open ones, the set as the bits of a number."""
    found = np.zeros(1 << most)
    for number in reversed(range(len(leaves))):
        found[(np.arange(1 << most) >> number) & 1 == 1] = leaves[number]
    return found


def _weighted(matrix: Floats, weights: Floats) -> Floats:
    # Not `@`: how many threads that takes may change the last digit.
    found: Floats = np.einsum("ij,j->i", matrix, weights)
    return found


def trees_of(estimator: Any) -> Trees:
    """The trees of a fitted `HistGradientBoostingClassifier` of numbers without gaps and two classes."""
    nodes = [each[0].nodes for each in estimator._predictors]
    every = np.concatenate(nodes)
    is_leaf = every["is_leaf"].astype(bool)
    return Trees(
        baseline=float(np.ravel(estimator._baseline_prediction)[0]),
        tree=np.repeat(np.arange(len(nodes)), [len(each) for each in nodes]),
        feature=np.where(is_leaf, _LEAF, every["feature_idx"]).astype(np.int64),
        threshold=np.where(is_leaf, 0.0, every["num_threshold"]),
        left=np.where(is_leaf, 0, every["left"]).astype(np.int64),
        right=np.where(is_leaf, 0, every["right"]).astype(np.int64),
        value=np.where(is_leaf, every["value"], 0.0),
    )


def linear_of(scaler: Any, regression: Any) -> Linear:
    """A fitted `StandardScaler` and the `LogisticRegression` after it, as one."""
    weights = regression.coef_[0] / scaler.scale_
    return Linear(float(regression.intercept_[0] - (weights * scaler.mean_).sum()), weights)
