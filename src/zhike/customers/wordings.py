"""The words that people agreed to: the ledger keeps a version, and the domain that showed the words says here what they are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from zhike.kernel.words import Text

Reader = Callable[[Collection[str]], Mapping[str, Text]]
"""The words by version, of those of some versions that this domain showed."""

_readers: list[Reader] = []


def register_wordings(reader: Reader) -> None:
    """Have it asked from now on; called by the app of a domain when it is ready. Doing it again is harmless."""
    if reader not in _readers:
        _readers.append(reader)


def wordings_of(versions: Collection[str]) -> dict[str, Text]:
    """The words of those versions that somebody here showed; a file may name one that nobody knows."""
    named = {version for version in versions if version}
    return {version: text for reader in _readers for version, text in reader(named).items()} if named else {}
