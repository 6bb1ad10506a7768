"""Codes of the overview as badges: what each is called, and its colour on every page."""

from __future__ import annotations

from dataclasses import dataclass

from zhike.customers.filters import OVERVIEW
from zhike.kernel.words import Text
from zhike.lake import catalog

_TODAY = Text("当天", "the same day")
_YESTERDAY = Text("1 天前", "1 day ago")
_DAYS_AGO = Text("{days} 天前", "{days} days ago")


@dataclass(frozen=True, slots=True)
class Badge:
    text: Text
    colour: str = ""
    href: str = ""


def badge(column: str, code: str | None, href: str = "") -> Badge | None:
    """The badge of a code in a column of the overview; None for no code."""
    if code is None:
        return None
    described = catalog.table(OVERVIEW).column(column)
    return Badge(described.label(code), described.colours.get(code, ""), href)


def days_ago(days: int | None) -> Text | None:
    """How long before the business date."""
    if days is None:
        return None
    return _TODAY if days == 0 else _YESTERDAY if days == 1 else _DAYS_AGO.format(days=f"{days:,}")
