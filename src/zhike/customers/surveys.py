"""What surveys asked: events keep codes, and the domain that asks the questions says here what they are in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from zhike.customers.words import value_text
from zhike.kernel.words import Text


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it is asked today, and its options by code."""

    label: Text
    options: Mapping[str, Text] = field(default_factory=dict)


Reader = Callable[[str], Mapping[str, Asked]]
"""The questions by code of the survey from which events of a source come; empty for a source that is none."""

_readers: list[Reader] = []


def register_surveys(reader: Reader) -> None:
    """Have it asked from now on; called by the app of a domain when it is ready. Doing it again is harmless."""
    if reader not in _readers:
        _readers.append(reader)


def questions_of(source: str) -> dict[str, Asked]:
    return {code: asked for reader in _readers for code, asked in reader(source).items()}


def answers_in_words(answers: Mapping[str, Any], questions: Mapping[str, Asked]) -> dict[str, Any]:
    """Answers by what was asked; a question that is not asked any more keeps its code."""
    said: dict[str, Any] = {}
    for code, value in answers.items():
        asked = questions.get(code)
        chosen = value_text(value, asked.options) if asked else value
        said[str(asked.label) if asked else code] = (
            Text(chosen, chosen) if isinstance(chosen, str) else chosen
        )
    return said
