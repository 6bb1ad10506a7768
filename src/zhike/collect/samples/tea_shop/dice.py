"""Chance that falls the same way everywhere.

Of NumPy only the raw bits of PCG64 are used, whose stream NumPy promises to keep; its distributions may
change from one version to the next, so ours are written out here.
"""

from __future__ import annotations

import math
import zlib
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from statistics import NormalDist
from typing import Generic, TypeVar

import numpy as np

T = TypeVar("T")
_BLOCK = 4096
_STANDARD = NormalDist()


class Weighted(Generic[T]):
    """Items with weights, none negative, ready to be drawn from many times."""

    def __init__(self, weights: Mapping[T, float]) -> None:
        self.items = tuple(weights)
        self.sums = tuple(accumulate(weights.values()))


class Dice:
    """The draws for one topic: a topic that draws more shifts no other."""

    def __init__(self, seed: int, topic: str) -> None:
        entropy = np.random.SeedSequence([seed, zlib.crc32(topic.encode())])
        self.fraction = _fractions(np.random.PCG64(entropy)).__next__

    def chance(self, probability: float) -> bool:
        return self.fraction() < probability

    def below(self, limit: int) -> int:
        """A whole number from 0 up to, but not, `limit`."""
        return int(self.fraction() * limit)

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + self.below(high - low + 1)

    def pick(self, items: Sequence[T]) -> T:
        return items[self.below(len(items))]

    def weighted(self, weighted: Weighted[T]) -> T:
        place = bisect_right(weighted.sums, self.fraction() * weighted.sums[-1])
        return weighted.items[min(place, len(weighted.items) - 1)]

    def chosen(self, items: Sequence[T], count: int) -> list[T]:
        """`count` different items, in chance order; all of them if there are fewer."""
        rest = list(items)
        return [rest.pop(self.below(len(rest))) for _ in range(min(count, len(rest)))]

    def exponential(self, mean: float) -> float:
        return -mean * math.log(1.0 - self.fraction())

    def normal(self, mean: float = 0.0, deviation: float = 1.0) -> float:
        return mean + deviation * _STANDARD.inv_cdf(min(max(self.fraction(), 1e-12), 1 - 1e-12))

    def gamma(self, shape: float) -> float:
        """Of scale 1, by the method of Marsaglia and Tsang (2000), section 6 for shapes below 1."""
        if shape < 1:
            return self.gamma(shape + 1) * math.pow(1.0 - self.fraction(), 1 / shape)
        d = shape - 1 / 3
        while True:
            x = self.normal()
            v = (1 + x / math.sqrt(9 * d)) ** 3
            if v > 0 and math.log(1.0 - self.fraction()) < 0.5 * x * x + d - d * v + d * math.log(v):
                return d * v

    def beta(self, mean: float, certainty: float) -> float:
        """In [0, 1] around `mean`; `certainty` is the sum of the two shapes."""
        left = self.gamma(mean * certainty)
        return left / (left + self.gamma((1 - mean) * certainty))


def _fractions(bits: np.random.PCG64) -> Iterator[float]:
    """In [0, 1), 53 bits each."""
    while True:
        raw = np.asarray(bits.random_raw(_BLOCK), dtype=np.uint64)
        yield from ((raw >> np.uint64(11)) * 2.0**-53).tolist()
