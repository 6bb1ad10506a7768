"""What every kind of file is read as: a header and a stream of numbered records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from zhike.kernel.errors import ZhikeError

# What `str.strip` does not know: byte order mark, zero-width space, joiners, word joiner.
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060"
_SHOWN_CHARACTERS = 60


class Record(NamedTuple):
    """One physical record after the header.

    `number` is the row as a spreadsheet counts it. A record that is blank has no `cells` and no `fault`;
    one whose structure is broken has a `fault`, and its text as it stands in the file as its only cell.
    """

    number: int
    cells: Sequence[object]
    fault: ZhikeError | None


class RecordFile(Protocol):
    """A file whose format has been found out and is frozen."""

    @property
    def header(self) -> tuple[str, ...]:
        """The column names as they stand in the file."""

    @property
    def header_row(self) -> int:
        """The row of the column names; 0 where they stand in no row."""

    @property
    def read_as(self) -> str:
        """How the file is read, such as ``CSV utf-8 ,``."""

    @property
    def expected_records(self) -> int:
        """About how many records will come, for progress; 0 if unknown."""

    def records(self) -> Iterator[Record]:
        """All records from the first, as often as asked.

        Raises
        ------
        ZhikeError
            ``file.damaged`` where the rest cannot be read.
        """


def trimmed(text: str) -> str:
    """Without white space of any width and without invisible characters at both ends."""
    stripped = text.strip()
    # Nearly every cell is done here: all that is invisible at the ends is unprintable.
    if stripped.isprintable():
        return stripped
    while (next_one := stripped.strip(_INVISIBLE).strip()) != stripped:
        stripped = next_one
    return stripped


def folded(text: str) -> str:
    """The form in which header names and mapped values are compared."""
    return trimmed(text).casefold()


def shown(value: object) -> str:
    """A cell as a sentence quotes it: short and on one line."""
    text = " ".join(str(value).split())
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"
