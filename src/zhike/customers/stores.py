"""Where else something is kept of people: higher domains name their stores here, erasing and handing out go by it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from zhike.customers.mentions import Mentions
from zhike.kernel.words import Text


@dataclass(frozen=True)
class Person:
    """Whom a store is asked about.

    Parameters
    ----------
    profile_ids
        Of all records of the customer.
    values
        Names, contacts, addresses and other identifiers, in full.
    keys
        The sources' own ids of the person, as source and key.
    """

    customer_id: int
    profile_ids: tuple[int, ...]
    values: tuple[str, ...] = ()
    keys: tuple[tuple[str, str], ...] = ()

    def mentions(self, source: str = "") -> Mentions:
        """How to find the person in a text from a source; long keys tell whatever the source."""
        own = {key for named, key in self.keys if named == source or len(key) >= _TELLS_ANYWHERE}
        return Mentions({*self.values, *own})


@dataclass(frozen=True)
class Store:
    """One place where something is kept of people.

    Parameters
    ----------
    name
        The key under which the file for a person has it.
    text
        What people call it.
    known
        What is there of a person, as plain values.
    forget
        Takes it away; how many rows or files that were. Called again after a crash, it goes on.
    is_in_database
        `forget` is then called in the transaction that forgets the person, else before it.
    seal_anew
        After new keys were made: has them open what the store keeps sealed; how many files.
    keeps
        Those of some profiles of whom the store has something that counts: they are not taken for nobody.
    """

    name: str
    text: Text
    known: Callable[[Person], list[dict[str, Any]]]
    forget: Callable[[Person], int]
    is_in_database: bool = True
    seal_anew: Callable[[], int] | None = None
    keeps: Callable[[Collection[int]], set[int]] | None = None


_TELLS_ANYWHERE = 6
_stores: dict[str, Store] = {}


def register_store(store: Store) -> None:
    """Have it asked from now on; called by the app of a domain when it is ready. Doing it again is harmless."""
    _stores[store.name] = store


def registered_stores() -> tuple[Store, ...]:
    """By name."""
    return tuple(_stores[name] for name in sorted(_stores))
