"""Which names somebody may have meant who wrote one that does not exist."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from zhike.kernel.words import Text


def near_names(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> Text:
    """The nearest of the known names, else all of them, with the words that say which of the two it is.

    >>> near_names("ordres", ["orders", "points"]).en, near_names("x", ["orders", "points"]).en
    ('near names: orders', 'known: orders, points')
    """
    names = list(known)
    near = get_close_matches(name, names, n=3, cutoff=cutoff)
    listed = ", ".join(near or names)
    return (
        Text(f"相近的有：{listed}", f"near names: {listed}")
        if near
        else Text(f"可用：{listed}", f"known: {listed}")
    )
