"""Arrow arrays on their way from the thread that makes them to the one that needs them."""

from __future__ import annotations

from queue import SimpleQueue

import pyarrow as pa


class Handover:
    """Numbers given in pieces of any length and taken in pieces of any other, in their order."""

    def __init__(self) -> None:
        self._given: SimpleQueue[pa.Array | None] = SimpleQueue()
        self._rest = pa.array([], pa.int64())

    def give(self, numbers: pa.Array) -> None:
        self._given.put(numbers)

    def end(self) -> None:
        """No more is given: whoever still waits is let go."""
        self._given.put(None)

    def take(self, count: int) -> pa.Array:
        """The next `count` numbers, as soon as they are there.

        Raises
        ------
        EOFError
            If the giver ended before.
        """
        while len(self._rest) < count:
            if (more := self._given.get()) is None:
                raise EOFError(f"{count - len(self._rest)} numbers are missing")
            self._rest = pa.concat_arrays([self._rest, more])
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken
