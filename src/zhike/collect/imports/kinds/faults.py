"""What is wrong with a record: all of it, each with the field of ours that it is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from zhike.kernel.errors import ZhikeError


class RowFault(Exception):
    """A record that cannot be taken: the field of ours that is wrong, and what is wrong with it.

    `more` are the further fields that are wrong, each with its error.
    """

    def __init__(self, field: str, error: ZhikeError, *more: tuple[str, ZhikeError]) -> None:
        self.field = field
        self.error = error
        self.more = more
        super().__init__(error.code)

    @property
    def all(self) -> tuple[tuple[str, ZhikeError], ...]:
        return ((self.field, self.error), *self.more)


class Faults:
    """What is wrong with a record, found a field at a time."""

    def __init__(self) -> None:
        self._found: list[tuple[str, ZhikeError]] = []

    def __bool__(self) -> bool:
        return bool(self._found)

    def note(self, field: str, error: ZhikeError) -> None:
        self._found.append((field, error))

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Go on after a `RowFault`; of a field that has a fault already, nothing more is noted."""
        try:
            yield
        except RowFault as fault:
            for field, error in fault.all:
                if not field or not self.are_in([field]):
                    self.note(field, error)

    def are_in(self, fields: Iterable[str]) -> bool:
        """Whether one of the fields has a fault."""
        return not {field for field, _ in self._found}.isdisjoint(fields)

    def fault(self) -> RowFault:
        """All that was noted, as one fault; something was."""
        (field, error), *more = self._found
        return RowFault(field, error, *more)

    def refuse(self) -> None:
        """Raise a `RowFault` if anything was noted."""
        if self._found:
            raise self.fault()
