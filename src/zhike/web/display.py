"""`[display]` of zhike.toml: how figures look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from zhike.kernel.words import Language

RiseColour = Literal["red", "green"]


@dataclass(frozen=True)
class DisplaySettings:
    """How figures look on every page.

    Parameters
    ----------
    rise_colour
        ``red`` (红涨绿跌), ``green`` (绿涨红跌), or empty: red in Chinese, green in English. The colour
        never stands alone; an arrow and a sign say the same.
    """

    rise_colour: str = ""

    def __post_init__(self) -> None:
        if self.rise_colour not in ("", "red", "green"):
            raise ValueError('rise_colour must be "red", "green" or ""')

    def rise_colour_in(self, language: Language) -> RiseColour:
        if self.rise_colour == "red" or (not self.rise_colour and language == "zh"):
            return "red"
        return "green"
