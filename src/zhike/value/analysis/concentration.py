"""How unevenly value is spread over people: the Lorenz curve and the Gini coefficient of ranked groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """The first `people` (a share, best first) hold `value` (a share of the total)."""

    people: float
    value: float


def concentration_curve(groups: Sequence[tuple[int, float]]) -> tuple[CurvePoint, ...]:
    """The curve through (0, 0) and (1, 1); nothing where nobody is there or the total is not positive.

    Parameters
    ----------
    groups
        People and total value of each group, the group with the highest mean first.
    """
    people, value = sum(group[0] for group in groups), sum(group[1] for group in groups)
    if people <= 0 or value <= 0:
        return ()
    points, met, held = [CurvePoint(0.0, 0.0)], 0, 0.0
    for count, amount in groups:
        met, held = met + count, held + amount
        points.append(CurvePoint(met / people, held / value))
    return tuple(points)


def gini(groups: Sequence[tuple[int, float]]) -> float | None:
    """The Gini coefficient: 0 if everybody holds the same, near 1 if one holds all; None without a curve.

    By trapezoids below the curve. Differences within a group are not seen, so groups of several people
    give a lower bound.
    """
    curve = concentration_curve(groups)
    if not curve:
        return None
    area = sum(
        (after.people - before.people) * (after.value + before.value) for before, after in pairwise(curve)
    )
    return area - 1.0


def value_of_first(curve: Sequence[CurvePoint], share: float) -> float | None:
    """The share of value that the first `share` of the people hold, by straight lines between the points."""
    for before, after in pairwise(curve):
        if share <= after.people:
            part = (share - before.people) / (after.people - before.people)
            return before.value + part * (after.value - before.value)
    return None
