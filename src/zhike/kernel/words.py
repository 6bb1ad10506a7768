"""Bilingual words for everything that lives below the pages: labels, errors, units."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]

_language: ContextVar[Language] = ContextVar("zhike_language", default="zh")


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence or label in Chinese and in English; `str()` gives the one of the current language."""

    zh: str
    en: str

    def __str__(self) -> str:
        return self.in_language(_language.get())

    def in_language(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en

    def format(self, **values: object) -> Text:
        """Fill `{name}` places in both languages; values that are `Text` follow the language."""

        def fill(pattern: str, language: Language) -> str:
            said = {k: v.in_language(language) if isinstance(v, Text) else v for k, v in values.items()}
            return pattern.format(**said)

        return Text(zh=fill(self.zh, "zh"), en=fill(self.en, "en"))


def current_language() -> Language:
    return _language.get()


def set_language(language: Language) -> None:
    """Speak this language from here on, in this thread or task."""
    _language.set(language)


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    token = _language.set(language)
    try:
        yield
    finally:
        _language.reset(token)


def language_of(code: str | None) -> Language:
    """The language of a locale or Django language code; Chinese unless the code says English."""
    return "en" if (code or "").lower().startswith("en") else "zh"
