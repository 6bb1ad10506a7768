"""Choosing how the value score weighs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.db import transaction

from zhike.accounts.audit.actions import Target, action
from zhike.accounts.services import record_audit
from zhike.kernel.errors import UsageError
from zhike.value.analysis.scores.ahp import HIGHEST_TIMES, LEAST_TIMES, Pair
from zhike.value.analysis.scores.components import COMPONENTS
from zhike.value.analysis.scores.weights import BY_COMPARISON, BY_HAND, METHODS, ScoreChoice
from zhike.value.models import ScoreChoiceEntry

if TYPE_CHECKING:
    from zhike.accounts.selectors import User

WEIGHTS_CHOSEN = action(
    "score.weights_chosen", zh="修改价值分权重", en="chose the weights of the value score"
)


@transaction.atomic
def choose_weights(*, choice: ScoreChoice, actor: User | None) -> ScoreChoice:
    """Put a choice in force with the next refresh; what was chosen before stays on record. The same again adds nothing."""
    newest = ScoreChoiceEntry.objects.first()
    said = {
        "method": choice.method,
        "weights": dict(choice.weights) if choice.method == BY_HAND else {},
        "comparisons": written(choice.comparisons) if choice.method == BY_COMPARISON else {},
    }
    if newest is None or any(getattr(newest, name) != value for name, value in said.items()):
        newest = ScoreChoiceEntry.objects.create(**said, actor=actor)
        weights = [f"{name}={choice.weights.get(name, 0):.3f}" for name in COMPONENTS]
        details: dict[str, object] = {"method": choice.method}
        if choice.method == BY_HAND:
            details["weights"] = weights
        elif comparison := choice.comparison:
            details["weights"] = [f"{name}={value:.3f}" for name, value in comparison.weights.items()]
            details["consistency_ratio"] = f"{comparison.consistency_ratio:.3f}"
        record_audit(
            actor=actor, action=WEIGHTS_CHOSEN, object=Target("score_choice", newest.pk), details=details
        )
    return ScoreChoice(choice.method, choice.weights, choice.comparisons, newest.pk)


def choice_of(*, method: str, weights: Mapping[str, float], comparisons: Mapping[Pair, float]) -> ScoreChoice:
    """A choice from what somebody typed: points of any sum for the weights, from 0 to 1,000 each.

    Raises
    ------
    UsageError
        ``score.method``, ``score.weights``, ``score.comparisons``.
    """
    if method not in METHODS:
        raise UsageError(
            "score.method",
            zh=f"没有“{method}”这种方法；可用：{'、'.join(METHODS)}",
            en=f"there is no method “{method}”; known: {', '.join(METHODS)}",
        )
    if method != BY_HAND:
        return ScoreChoice(method=method, comparisons=_checked(comparisons))
    if set(weights) - set(COMPONENTS) or any(not 0 <= each <= 1000 for each in weights.values()):
        raise UsageError(
            "score.weights",
            zh=f"权重是 0 到 1000 的数字，可用的成分：{'、'.join(COMPONENTS)}",
            en=f"weights are numbers from 0 to 1,000; the components are {', '.join(COMPONENTS)}",
        )
    total = sum(weights.values())
    if total <= 0:
        raise UsageError(
            "score.weights",
            zh="至少给一个成分大于 0 的权重",
            en="give at least one component a weight above 0",
        )
    return ScoreChoice(BY_HAND, {name: weights.get(name, 0.0) / total for name in COMPONENTS})


def _checked(comparisons: Mapping[Pair, float]) -> Mapping[Pair, float]:
    for (first, second), times in comparisons.items():
        is_known = first in COMPONENTS and second in COMPONENTS and first != second
        if not is_known or not LEAST_TIMES <= times <= HIGHEST_TIMES:
            raise UsageError(
                "score.comparisons",
                zh=f"两两比较“{first}/{second}”应是 1/9 到 9 之间的数字，例如 monetary/recency=3",
                en=f"the comparison “{first}/{second}” must be a number from 1/9 to 9, such as monetary/recency=3",
            )
    places = {name: place for place, name in enumerate(COMPONENTS)}
    # In the order in which the page asks.
    return {
        (first, second) if places[first] < places[second] else (second, first): (
            times if places[first] < places[second] else 1 / times
        )
        for (first, second), times in comparisons.items()
    }


def written(comparisons: Mapping[Pair, float]) -> dict[str, float]:
    """As they are kept: ``first/second`` → times.

    >>> written({("clv", "recency"): 3.0})
    {'clv/recency': 3.0}
    """
    return {f"{first}/{second}": float(times) for (first, second), times in comparisons.items()}
