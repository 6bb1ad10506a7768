"""Which profile each key of a file belongs to, found once however often the key stands in it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhike.customers.services import register_many


class KnownProfiles:
    """The profiles of the keys of one source that were asked for so far, at 24 bytes a key.

    A key is known by two hashes of 64 bits that mean something within this process only: the keys themselves, which
    name people, are not kept.
    """

    def __init__(self, source: str, told: Callable[[int], None]) -> None:
        self._source, self._told = source, told
        self._hashes, self._checks, self._ids = (np.empty(0, np.int64) for _ in range(3))

    def registered(self, keys: pa.Array) -> pa.Array:
        """The profile of every key, made where there is none; null where there is no key.

        Cut off in between, the next run finds the profiles that were made.
        """
        encoded = pc.dictionary_encode(keys)
        ids = self._of(encoded.dictionary.to_pylist())
        return pa.array(ids, pa.int64()).take(encoded.indices)

    def _of(self, words: list[str]) -> npt.NDArray[np.int64]:
        hashes = np.fromiter(map(hash, words), np.int64, len(words))
        checks = np.fromiter((hash(word + "\0") for word in words), np.int64, len(words))
        ids = self._found(hashes, checks)
        missing = np.flatnonzero(ids == 0)
        if len(missing):
            wanted = [words[place] for place in missing.tolist()]
            ids[missing] = register_many(source=self._source, source_keys=wanted, told=self._told)
            self._keep(hashes[missing], checks[missing], ids[missing])
        return ids

    def _found(self, hashes: npt.NDArray[np.int64], checks: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The ids, 0 for keys that were not asked for before."""
        if not len(self._hashes):
            return np.zeros(len(hashes), np.int64)
        places = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        # Of two keys with one hash only the first is found: the other is looked up again each time.
        is_there = (self._hashes[places] == hashes) & (self._checks[places] == checks)
        return np.where(is_there, self._ids[places], 0)

    def _keep(self, *columns: npt.NDArray[np.int64]) -> None:
        both = [
            np.concatenate(pair)
            for pair in zip((self._hashes, self._checks, self._ids), columns, strict=True)
        ]
        order = np.argsort(both[0], kind="stable")
        self._hashes, self._checks, self._ids = (column[order] for column in both)
