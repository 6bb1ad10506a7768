"""Keys of customers on their way from the thread that reads them to the one that has the database, and profiles back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from queue import SimpleQueue
from threading import Condition

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhike.collect.imports.hashing import KEY_HASHES, Sums

# The more of them at once, the better the database has its pages together.
_TOGETHER = 20_000
_Numbers = npt.NDArray[np.int64]


class KeyDesk:
    """Where one thread asks for the profiles of keys, and another, which serves it, makes and finds them.

    Each key is asked for once however often it comes, and known by two hashes of 64 bits that mean something within
    this process only: the keys themselves, which name people, are not kept. Which keys are registered together depends
    on the keys alone, not on how fast the threads are: the same file makes the same profiles.
    """

    def __init__(self) -> None:
        self._hashes: Sums = np.empty((2, 0), np.uint64)
        self._numbers: _Numbers = np.empty(0, np.int64)
        self._asked = 0
        self._wanted: SimpleQueue[list[str] | None] = SimpleQueue()
        self._profiles: _Numbers = np.empty(0, np.int64)
        self._unsent: list[str] = []
        self._is_open, self._news = True, Condition()

    def serve(self, register: Callable[[list[str]], Sequence[int]]) -> None:
        """Register what is asked for until nobody asks any more.

        Whoever waits is let go if it fails.
        """
        try:
            while (keys := self._wanted.get()) is not None:
                profiles = np.asarray(register(keys), np.int64)
                with self._news:
                    self._profiles = np.concatenate([self._profiles, profiles])
                    self._news.notify_all()
        finally:
            with self._news:
                self._is_open = False
                self._news.notify_all()

    def leave(self) -> None:
        """Nothing more is asked for."""
        self._send()
        self._wanted.put(None)

    def ask(self, keys: pa.Array) -> pa.Array:
        """A number for every key, by which `profiles` gives its profile; null where there is no key."""
        if not keys.null_count:
            return pa.array(self._numbered(keys))
        numbers = np.zeros(len(keys), np.int64)
        is_there = pc.is_valid(keys).to_numpy(zero_copy_only=False)
        numbers[is_there] = self._numbered(pc.drop_null(keys))
        return pa.array(numbers, mask=~is_there)

    def profiles(self, numbers: pa.Array) -> pa.Array:
        """The profiles of keys that this thread asked for, as soon as they are there.

        Raises
        ------
        EOFError
            If whoever serves ended before.
        """
        last = pc.max(numbers).as_py()
        needed = 0 if last is None else last + 1
        if needed > self._asked - len(self._unsent):
            self._send()
        with self._news:
            self._news.wait_for(lambda: len(self._profiles) >= needed or not self._is_open)
            if len(self._profiles) < needed:
                raise EOFError(f"{needed - len(self._profiles)} profiles are missing")
            known = self._profiles
        return pa.array(known).take(numbers)

    def _numbered(self, keys: pa.Array) -> _Numbers:
        hashes = KEY_HASHES.of_column(keys)
        firsts, of_each = _different(hashes[0])
        numbers = self._of_different(keys, hashes[:, firsts], firsts)[of_each]
        # Of two keys with one first hash, the second is asked for by itself, each time.
        others = np.flatnonzero(hashes[1] != hashes[1, firsts][of_each])
        if len(others):
            numbers[others] = self._numbered(keys.take(pa.array(others)))
        return numbers

    def _of_different(self, keys: pa.Array, hashes: Sums, places: _Numbers) -> _Numbers:
        """The numbers of the keys in those places, whose first hashes rise."""
        numbers = self._found(hashes)
        fresh = np.flatnonzero(numbers < 0)
        if len(fresh):
            self._unsent += keys.take(pa.array(places[fresh])).to_pylist()
            numbers[fresh] = np.arange(self._asked, self._asked + len(fresh))
            self._asked += len(fresh)
            self._keep(hashes[:, fresh], numbers[fresh])
            if len(self._unsent) >= _TOGETHER:
                self._send()
        return numbers

    def _send(self) -> None:
        if self._unsent:
            self._wanted.put(self._unsent)
            self._unsent = []

    def _found(self, hashes: Sums) -> _Numbers:
        """The numbers, −1 for keys that were not asked for before."""
        if not len(self._numbers):
            return np.full(hashes.shape[1], -1)
        places = np.minimum(np.searchsorted(self._hashes[0], hashes[0]), len(self._numbers) - 1)
        return np.where((self._hashes[:, places] == hashes).all(axis=0), self._numbers[places], -1)

    def _keep(self, hashes: Sums, numbers: _Numbers) -> None:
        both = np.concatenate([self._hashes, hashes], axis=1)
        order = np.argsort(both[0], kind="stable")
        self._hashes, self._numbers = both[:, order], np.concatenate([self._numbers, numbers])[order]


def _different(hashes: npt.NDArray[np.uint64]) -> tuple[_Numbers, _Numbers]:
    """A place of each different hash, by rising hash, and for every place its number among them.

    `np.unique` sorts in a way that takes five times as long.
    """
    order = np.argsort(hashes)
    in_order = hashes[order]
    is_new = np.ones(len(hashes), bool)
    is_new[1:] = in_order[1:] != in_order[:-1]
    of_each = np.empty(len(hashes), np.int64)
    of_each[order] = np.cumsum(is_new) - 1
    return order[is_new], of_each
