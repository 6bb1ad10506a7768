"""The keys of customers that a file names: each once, and which of them each record names."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor, Future

import numpy as np
import numpy.typing as npt
import pyarrow as pa

NOBODY = -1
_FEWEST_TOGETHER = 1 << 20
_FEWEST_RECORDS = 1 << 16
_Numbers = npt.NDArray[np.int64]
_OfRecords = npt.NDArray[np.int32]


class NamedKeys:
    """The keys in some columns of a file, numbered from 0 in the order in which they come; kept in memory only.

    Parameters
    ----------
    columns
        The staged columns that name customers.
    beside
        Numbers keys while more are taken.
    """

    def __init__(self, columns: Sequence[str], beside: Executor) -> None:
        self._beside = beside
        self._numbering: Future[None] | None = None
        self._of_records: dict[str, _OfRecords] = {name: np.empty(0, np.int32) for name in columns}
        self._keys = pa.array([], pa.string())
        self._waiting: list[tuple[str, _Numbers, pa.Array]] = []
        self._waiting_rows = 0

    @property
    def keys(self) -> pa.Array:
        """Each key once, in the places of their numbers."""
        self._settle()
        return self._keys

    def take(self, rows: pa.RecordBatch) -> None:
        """Note whom staged rows name, by the numbers of their records."""
        for name in self._of_records:
            self._waiting.append((name, rows["number"].to_numpy(), rows[name]))
            self._waiting_rows += len(rows)
        # As many as are known: what is known is looked through for each so many.
        if self._waiting_rows >= max(_FEWEST_TOGETHER, len(self._keys)):
            self._await()
            self._numbering = self._beside.submit(self._number, self._waiting)
            self._waiting, self._waiting_rows = [], 0

    def of_records(self, column: str, records: _Numbers) -> _Numbers:
        """For the numbers of records, the numbers of the keys that they name in a column; `NOBODY` for none."""
        self._settle()
        numbers: _Numbers = self._of_records[column][records].astype(np.int64)
        return numbers

    def without(self, dropped: npt.NDArray[np.bool_]) -> _Numbers:
        """The rising numbers of the keys that the records name but for those marked in `dropped`."""
        is_named = np.zeros(len(self.keys) + 1, bool)
        for of_records in self._of_records.values():
            some = of_records[: len(dropped)]
            is_named[some[~dropped[: len(some)]]] = True
        return np.flatnonzero(is_named[:-1])

    def _settle(self) -> None:
        """Number the keys of all rows taken so far."""
        self._await()
        self._number(self._waiting)
        self._waiting, self._waiting_rows = [], 0

    def _await(self) -> None:
        if self._numbering is not None:
            self._numbering.result()
            self._numbering = None

    def _number(self, waiting: list[tuple[str, _Numbers, pa.Array]]) -> None:
        if not waiting:
            return
        known = len(self._keys)
        together = pa.concat_arrays([self._keys, *(keys for _, _, keys in waiting)]).dictionary_encode()
        numbers = together.indices.slice(known).fill_null(NOBODY).to_numpy()
        self._keys = together.dictionary
        for name, records, keys in waiting:
            of_records = self._of_records[name] = _reaching(self._of_records[name], records.max())
            of_records[records], numbers = numbers[: len(keys)], numbers[len(keys) :]
        # Arrow would keep what this took, which is much at once and seldom.
        del together, numbers
        pa.default_memory_pool().release_unused()


def _reaching(numbers: _OfRecords, last: int) -> _OfRecords:
    """The same with a place for the last record and for some of those that may follow."""
    if last < len(numbers):
        return numbers
    longer = np.full(max(_FEWEST_RECORDS, 2 * len(numbers), last + 1), NOBODY, np.int32)
    longer[: len(numbers)] = numbers
    return longer
