"""The five steps of R, F and M with their real bounds, in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from zhike.kernel.words import Text, current_language
from zhike.pages import formats

BEST_FIRST = (5, 4, 3, 2, 1)


@dataclass(frozen=True, slots=True)
class Step:
    """One score: its bounds bare, and as they stand on an axis; a score that no value can get is not possible."""

    score: int
    bare: str
    bounds: Text
    is_possible: bool


@dataclass(frozen=True, slots=True)
class Scale:
    """One measure: steps best first. `letter` is R, F or M; `unit` has a place for the bounds."""

    letter: str
    name: Text
    unit: Text
    steps: tuple[Step, ...]

    @property
    def bounds(self) -> Text:
        """All steps in one line: ≤2 / 3–5 / 6–11 / 12–27 / >27 days."""
        return self.unit.format(bounds=" / ".join(step.bare for step in self.steps if step.is_possible))


RECENCY_NAME = Text("最近一单距今", "Days since the last order")
FREQUENCY_NAME = Text("订单数", "Orders")
MONETARY_NAME = Text("消费金额", "Spend")
_DAYS = Text("{bounds} 天", "{bounds} days")
_ORDERS = Text("{bounds} 单", "{bounds}")
_PLAIN = Text("{bounds}", "{bounds}")
_NONE = Text("—", "—")


def recency_scale(cuts_days: tuple[int, ...]) -> Scale:
    return _scale("R", RECENCY_NAME, cuts_days, unit=_DAYS, lowest=0, is_low_best=True)


def frequency_scale(cuts: tuple[int, ...]) -> Scale:
    return _scale("F", FREQUENCY_NAME, cuts, unit=_ORDERS, lowest=1)


def monetary_scale(cuts: tuple[int, ...]) -> Scale:
    """Cut points in minor units; on the axis they are rounded."""
    return _scale("M", MONETARY_NAME, cuts, unit=_PLAIN, lowest=None, say=_money)


def _scale(
    letter: str,
    name: Text,
    cuts: tuple[int, ...],
    *,
    unit: Text,
    lowest: int | None,
    is_low_best: bool = False,
    say: Callable[[int], str] = formats.count,
) -> Scale:
    steps = []
    for score in BEST_FIRST:
        # As the scores are made: a value above `below` cut points.
        below = 5 - score if is_low_best else score - 1
        bounds = _bounds(cuts, below, lowest, say)
        steps.append(Step(score, bounds, _axis_words(bounds, unit, lowest), bool(bounds)))
    return Scale(letter, name, unit, tuple(steps))


def _bounds(cuts: tuple[int, ...], below: int, lowest: int | None, say: Callable[[int], str]) -> str:
    """The values above exactly `below` of the cut points; empty where equal cut points leave none."""
    if len(cuts) != 4:
        return ""
    if below == 4:
        return f">{say(cuts[3])}"
    high = cuts[below]
    if below == 0:
        return say(high) if high == lowest else f"≤{say(high)}"
    # Whole numbers begin one above the cut; amounts are rounded on the axis, so there the cut itself reads better.
    first = cuts[below - 1] + 1
    if first > high:
        return ""
    if first == high and lowest is not None:
        return say(high)
    return f"{say(cuts[below - 1] if lowest is None else first)}–{say(high)}"


def _axis_words(bounds: str, unit: Text, lowest: int | None) -> Text:
    if not bounds:
        return _NONE
    if lowest is None and "–" in bounds:
        # Two amounts are too wide for a column on a phone; the next column says where this one ends.
        bounds = f">{bounds.partition('–')[0]}"
    return unit.format(bounds=bounds)


def _money(minor: int) -> str:
    return formats.money_short(minor, settings.ZHIKE_CURRENCY, current_language())
