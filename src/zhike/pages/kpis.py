"""One figure in a card: its value, how it changed, its recent course."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from zhike.kernel.words import Text, current_language
from zhike.pages import formats

Direction = Literal["up", "down", "flat"]

SPARK_WIDTH = 120
SPARK_HEIGHT = 32
_PADDING = 2


@dataclass(frozen=True, slots=True)
class Change:
    """Against what, by how much. The arrow and the sign say it without the colour."""

    text: str
    direction: Direction
    against: Text | str


@dataclass(frozen=True, slots=True)
class Kpi:
    """A figure card.

    Parameters
    ----------
    label
        What it is.
    value
        Formatted, short form.
    full
        The exact value, shown on hover and read out.
    changes
        Against the period before, the same time last year, …
    spark
        The recent course, oldest first; None leaves a gap out.
    href
        The people or rows behind the number.
    note
        A line below, such as the reason why the value is missing.
    """

    label: Text | str
    value: str
    full: str = ""
    changes: tuple[Change, ...] = ()
    spark: tuple[float | None, ...] = ()
    href: str = ""
    note: Text | str = ""


def relative_change(now: float | None, before: float | None, against: Text | str) -> Change | None:
    """By what part of `before` it changed; None when there is nothing to compare with."""
    if now is None or before is None or before == 0:
        return None
    value = Decimal(str(now / abs(before) - (1 if before > 0 else -1))) * 100
    return Change(text=f"{formats.signed(value)}%", direction=_direction(value), against=against)


def point_change(now: float | None, before: float | None, against: Text | str) -> Change | None:
    """The difference of two shares in percentage points."""
    if now is None or before is None:
        return None
    difference = now - before
    return Change(
        text=formats.points(difference, current_language()),
        direction=_direction(Decimal(str(difference)) * 100),
        against=against,
    )


def spark_points(values: tuple[float | None, ...]) -> str:
    """The points of an SVG polyline in a box of 120 × 32; empty with fewer than two values."""
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return ""
    lowest = min(value for _, value in known)
    span = max(value for _, value in known) - lowest
    step = (SPARK_WIDTH - 2 * _PADDING) / (len(values) - 1)
    height = SPARK_HEIGHT - 2 * _PADDING

    def point(place: int, value: float) -> str:
        share = (value - lowest) / span if span else 0.5
        return f"{_PADDING + place * step:.1f},{_PADDING + height * (1 - share):.1f}"

    return " ".join(point(place, value) for place, value in known)


def _direction(value: Decimal) -> Direction:
    shown = round(value, 1)
    return "up" if shown > 0 else "down" if shown < 0 else "flat"
