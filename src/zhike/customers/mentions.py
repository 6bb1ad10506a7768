"""Whether a text names a person: for finding them in what was kept as it came, however it is spelled there."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

# With fewer characters a value is looked for as a word of its own only: 12 is in 2012, 王伟 in 王伟东.
_FEWEST_ANYWHERE = 6
_FEWEST_HAN_ANYWHERE = 4
_FEWEST = 2
_NATIONAL = re.compile(r"\+86(\d{11})\Z")
_DIGITS_THAT_TELL = 9
# What is put between the parts of one value: 139-0000 7777, (0755) 1234.
_BETWEEN = (" ", "-", "(", ")", ".", "\u00a0", "\u200b")


class Mentions:
    """Looks for values in any spelling of case, width and gaps.

    It would rather find somebody who is not meant than miss one who is: a short value counts wherever it stands
    as a word of its own, so somebody of the same name is found as well.

    Parameters
    ----------
    values
        Names, contacts, addresses and keys, as they are kept.
    """

    def __init__(self, values: Iterable[str]) -> None:
        anywhere, words = set(), set()
        for value in values:
            telling = _telling(_folded(value))
            fewest = _FEWEST_ANYWHERE if telling.isascii() else _FEWEST_HAN_ANYWHERE
            if len(telling) >= fewest:
                anywhere.add(telling)
            elif len(telling) >= _FEWEST:
                words |= {telling, _folded(value).strip()}
        self._anywhere = sorted(anywhere)
        self._words = {word: re.compile(rf"(?<!\w){re.escape(word)}(?!\w)") for word in sorted(words)}

    def are_in(self, text: str) -> bool:
        """Whether one of the values stands in a text."""
        folded = _folded(text)
        tight = _tight(folded)
        if any(value in tight for value in self._anywhere):
            return True
        return any(
            word in each and pattern.search(each)
            for word, pattern in self._words.items()
            for each in (folded, tight)
        )


def _folded(text: str) -> str:
    return (text if text.isascii() else unicodedata.normalize("NFKC", text)).casefold()


def _tight(text: str) -> str:
    for gap in _BETWEEN:
        text = text.replace(gap, "")
    return text


def _telling(folded: str) -> str:
    """What all spellings of a value have in common."""
    tight = _tight(folded).strip()
    if found := _NATIONAL.match(tight):
        return found[1]
    if tight.startswith("+") and tight[1:].isdigit():
        return tight[-_DIGITS_THAT_TELL:]
    return tight
