"""Balances of points of customers: the domain that brings them in says here how they are read."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date

from zhike.accounts.selectors import User


@dataclass(frozen=True, slots=True)
class Balance:
    """What another system says that somebody has.

    Parameters
    ----------
    profile_id
        The record it is of: points of two systems are two balances.
    counted_on
        The day at whose end it was so.
    import_id
        The number of the import that said so last.
    import_href
        The page of that import; empty for whoever may not see it.
    """

    profile_id: int
    points: int
    counted_on: date
    import_id: int
    import_href: str = ""


Reader = Callable[[Collection[int], User], tuple[Balance, ...]]
"""The balances in force of some profiles, as somebody may see them; one a profile at most."""

_readers: list[Reader] = []


def register_balances(reader: Reader) -> None:
    """Have it asked from now on; called by the app of a domain when it is ready. Doing it again is harmless."""
    if reader not in _readers:
        _readers.append(reader)


def balances_of(profile_ids: Collection[int], viewer: User) -> tuple[Balance, ...]:
    """In the order of the profiles."""
    found = [balance for reader in _readers for balance in reader(profile_ids, viewer)]
    return tuple(sorted(found, key=lambda balance: balance.profile_id))
