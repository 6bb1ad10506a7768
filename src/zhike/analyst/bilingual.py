"""Errors that are read in a notebook, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from zhike.kernel.errors import ZhikeError
from zhike.kernel.words import Language, current_language, language_of, set_language

P = ParamSpec("P")
R = TypeVar("R")


def bilingual(function: Callable[P, R]) -> Callable[P, R]:
    """The function, with errors that carry the sentence of the other language as a note: tracebacks show both."""

    @wraps(function)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except ZhikeError as error:
            other: Language = "en" if current_language() == "zh" else "zh"
            note = error.text.in_language(other)
            if note not in getattr(error, "__notes__", ()):
                error.add_note(note)
            raise

    return told


def speak(language: str) -> None:
    """Say names and errors in this language first from here on: ``"en"``, or ``"zh"`` as at the start."""
    set_language(language_of(language))
