"""Which weights are in force, and by which method they were found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from zhike.kernel.words import Text
from zhike.value.analysis.scores.ahp import Comparison, Pair, compared
from zhike.value.analysis.scores.components import COMPONENTS

BY_HAND, BY_COMPARISON, LEARNED = "by_hand", "by_comparison", "learned"
METHODS: Mapping[str, Text] = {
    BY_HAND: Text("手工设定", "by hand"),
    BY_COMPARISON: Text("两两比较（AHP）", "by pairwise comparison (AHP)"),
    LEARNED: Text("从数据学习", "learned from the data"),
}
DEFAULT_WEIGHTS: Mapping[str, float] = {
    "recency": 0.15,
    "frequency": 0.15,
    "monetary": 0.25,
    "clv": 0.25,
    "engagement": 0.10,
    "referral": 0.05,
    "feedback": 0.05,
}


@dataclass(frozen=True, slots=True)
class ScoreChoice:
    """What the shop chose: a method, and what it rests on. `version` numbers the choices; 0 is the default.

    `weights` are shares for `BY_HAND`, `comparisons` those for `BY_COMPARISON`.
    """

    method: str = BY_HAND
    weights: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_WEIGHTS))
    comparisons: Mapping[Pair, float] = field(default_factory=dict)
    version: int = 0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(self.method)
        if set(self.weights) - set(COMPONENTS) or any(not 0 <= each <= 1 for each in self.weights.values()):
            raise ValueError(str(dict(self.weights)))
        if self.method == BY_HAND and not sum(self.weights.values()) > 0:
            raise ValueError("0")

    @property
    def comparison(self) -> Comparison | None:
        """What the comparisons say; None under another method."""
        return compared(tuple(COMPONENTS), self.comparisons) if self.method == BY_COMPARISON else None


def normalised(weights: Mapping[str, float]) -> dict[str, float]:
    """Shares of 1 of every component.

    >>> normalised({"recency": 1, "clv": 3})["clv"]
    0.75
    """
    total = sum(weights.values())
    return {name: weights.get(name, 0.0) / total for name in COMPONENTS}


def weights_of(choice: ScoreChoice, learned: Mapping[str, float] | None) -> dict[str, float]:
    """The chosen weights, summing to 1; the default ones where nothing better could be learned."""
    if choice.method == LEARNED:
        return normalised(learned or DEFAULT_WEIGHTS)
    comparison = choice.comparison
    return normalised(comparison.weights if comparison else choice.weights)
