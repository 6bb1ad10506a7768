"""How the value score weighs, as people chose it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from zhike.value.analysis.scores.weights import BY_HAND, DEFAULT_WEIGHTS, ScoreChoice
from zhike.value.models import ScoreChoiceEntry


@dataclass(frozen=True, slots=True)
class ChosenBefore:
    """One choice of the past; `who` is an address, empty for the command line."""

    version: int
    made_at: datetime
    who: str
    choice: ScoreChoice


def score_choice() -> ScoreChoice:
    """The choice in force; the default weights by hand where nobody chose."""
    newest = ScoreChoiceEntry.objects.first()
    return _choice(newest) if newest else ScoreChoice()


def score_choices(*, most: int = 10) -> tuple[ChosenBefore, ...]:
    """The newest first."""
    entries = ScoreChoiceEntry.objects.select_related("actor")[:most]
    return tuple(
        ChosenBefore(each.pk, each.made_at, each.actor.email if each.actor else "", _choice(each))
        for each in entries
    )


def _choice(entry: ScoreChoiceEntry) -> ScoreChoice:
    comparisons = {
        (first, second): float(times)
        for pair, times in entry.comparisons.items()
        for first, second in (pair.split("/"),)
    }
    weights = entry.weights if entry.method == BY_HAND else DEFAULT_WEIGHTS
    return ScoreChoice(entry.method, dict(weights), comparisons, entry.pk)
