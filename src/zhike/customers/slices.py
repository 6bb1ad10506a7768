"""Long lists of ids in parts that one SQL statement can name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

SIZE = 5_000


def slices(ids: Iterable[int], size: int = SIZE) -> Iterator[list[int]]:
    """The ids in their order, at most `size` at a time.

    >>> list(slices([1, 2, 3], 2))
    [[1, 2], [3]]
    """
    rest = iter(ids)
    while some := list(islice(rest, size)):
        yield some
