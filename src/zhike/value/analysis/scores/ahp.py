"""Weights from pairwise comparisons: the analytic hierarchy process.

T. L. Saaty, *The Analytic Hierarchy Process*, McGraw-Hill 1980; for the comparison to look at first, T. L. Saaty,
"Decision-making with the AHP: Why is the principal eigenvector necessary", European Journal of Operational Research
145 (2003) 85–91.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RANDOM_INDEX = {1: 0.0, 2: 0.0, 3: 0.58, 4: 0.90, 5: 1.12, 6: 1.24, 7: 1.32, 8: 1.41, 9: 1.45, 10: 1.49}
"""The mean consistency index of matrices filled at random, by their size."""

HIGHEST_RATIO = 0.1
"""Above it the comparisons contradict one another too much to be used without a second look."""

SCALE = (1 / 9, 1 / 8, 1 / 7, 1 / 6, 1 / 5, 1 / 4, 1 / 3, 1 / 2, 1, 2, 3, 4, 5, 6, 7, 8, 9)
"""1: equally important … 9: extremely more important; the fractions the other way round."""

LEAST_TIMES, HIGHEST_TIMES = SCALE[0], SCALE[-1]

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """The comparison that fits the others least: `said` how much more `first` counts than `second`, `fits` what would."""

    first: str
    second: str
    said: float
    fits: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """What comparisons say: `weights` sum to 1; `contradiction` is None where they agree completely."""

    weights: Mapping[str, float]
    highest_eigenvalue: float
    consistency_index: float
    consistency_ratio: float
    contradiction: Contradiction | None

    @property
    def is_consistent(self) -> bool:
        return self.consistency_ratio <= HIGHEST_RATIO


def compared(names: Sequence[str], said: Mapping[Pair, float]) -> Comparison:
    """Weights from comparisons; a pair that nobody compared counts as equally important.

    Parameters
    ----------
    said
        (first, second) → how many times as important the first is; above 0, each pair once, either way round.

    Raises
    ------
    ValueError
        For a name that is not among `names`, a pair of one name, and a value that is not above 0.
    """
    matrix = _matrix(names, said)
    values, vectors = np.linalg.eig(matrix)
    place = int(np.argmax(values.real))
    vector = np.abs(vectors[:, place].real)
    weights, highest = vector / vector.sum(), float(values[place].real)
    size = len(names)
    # A matrix without contradictions may come out a hair below its size.
    index = max(0.0, (highest - size) / (size - 1)) if size > 1 else 0.0
    random = RANDOM_INDEX.get(size, RANDOM_INDEX[10])
    return Comparison(
        weights=dict(zip(names, (float(weight) for weight in weights), strict=True)),
        highest_eigenvalue=highest,
        consistency_index=index,
        consistency_ratio=index / random if random else 0.0,
        contradiction=_contradiction(names, matrix, weights),
    )


def _matrix(names: Sequence[str], said: Mapping[Pair, float]) -> npt.NDArray[np.float64]:
    places = {name: place for place, name in enumerate(names)}
    matrix = np.ones((len(names), len(names)))
    for (first, second), times in said.items():
        if first not in places or second not in places or first == second or not times > 0:
            raise ValueError(f"{first}/{second}: {times}")
        matrix[places[first], places[second]] = times
        matrix[places[second], places[first]] = 1 / times
    return matrix


def _contradiction(
    names: Sequence[str], matrix: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]
) -> Contradiction | None:
    """Where ε = a·w(second)/w(first) is farthest from 1 (Saaty 2003, section 4)."""
    off = matrix * weights[None, :] / weights[:, None]
    first, second = np.unravel_index(int(np.argmax(off)), off.shape)
    if off[first, second] < 1 + 1e-6:
        return None
    fits = weights[first] / weights[second]
    return Contradiction(
        names[int(first)], names[int(second)], float(matrix[first, second]), on_the_scale(float(fits))
    )


def on_the_scale(times: float) -> float:
    """The nearest value of the scale.

    >>> on_the_scale(2.3)
    2
    """
    return min(SCALE, key=lambda value: abs(np.log(value / times)))
