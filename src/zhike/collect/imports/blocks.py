"""Delimited text in large blocks: those that are plain are handed out whole, the rest record by record.

A block is plain if its quotes, line ends and line lengths leave no doubt about what a record is: then the strict
reader and any other agree about it, and each line is a record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

# Smaller ones spend more time between the steps than in them, larger ones need more memory.
BLOCK_BYTES = 5 << 20
_LONGEST_PLAIN_LINE = 1 << 16
_QUOTE, _NEW_LINE, _RETURN = 34, 10, 13


@dataclass(frozen=True)
class PlainBlock:
    """Whole lines, each a record.

    Parameters
    ----------
    first_number
        Of the record on the first line.
    data
        UTF-8, ending with a line end.
    line_count
        How many records that is.
    """

    first_number: int
    data: bytes
    line_count: int

    def lines(self) -> list[str]:
        """The text of every record."""
        return self.data.decode().split("\n")[: self.line_count]

    def columns(self, delimiter: str, width: int, wanted: list[int]) -> tuple[pa.Table, np.ndarray]:
        """The wanted columns as text, and which line each row is; lines of another width are left out."""
        broken: list[int] = []

        def note(row: pa_csv.InvalidRow) -> str:
            broken.append(row.number)
            return "skip"

        names = [str(place) for place in range(width)]
        parsed = pa_csv.read_csv(
            pa.BufferReader(self.data),
            read_options=pa_csv.ReadOptions(
                use_threads=False, column_names=names, block_size=len(self.data) + 1
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter=delimiter,
                quote_char='"' if b'"' in self.data else False,
                ignore_empty_lines=False,
                invalid_row_handler=note,
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=[str(place) for place in wanted],
                strings_can_be_null=False,
                check_utf8=False,
            ),
        )
        lines = np.delete(np.arange(self.line_count), np.array(broken, np.int64) - 1)
        if parsed.num_rows != len(lines):
            raise AssertionError(f"{parsed.num_rows} rows parsed of {len(lines)} lines")
        return parsed.combine_chunks(), lines


def plain_length(block: bytes, delimiter: str) -> int:
    """How many lines a block of whole lines has, if it is plain; else 0."""
    if not block.endswith(b"\n") or not _has_short_lines(block):
        return 0
    if b"\r" in block and block.count(b"\r") != block.count(b"\r\n"):
        return 0
    if b'"' in block and not _has_plain_quotes(block, ord(delimiter)):
        return 0
    return block.count(b"\n")


def whole_lines(stream: BinaryIO, offset: int) -> bytes:
    """A block from there to the end of a line; the rest of the file if no line ends in it."""
    stream.seek(offset)
    block = stream.read(BLOCK_BYTES)
    cut = block.rfind(b"\n") + 1
    return block[:cut] if cut else block


def _has_short_lines(block: bytes) -> bool:
    """Whether no line of a block of whole lines is longer than the longest plain one."""
    start = 0
    while start < len(block):
        # From the beginning of a line as far as it may reach: what ends in between is shorter.
        start = block.rfind(b"\n", start, start + _LONGEST_PLAIN_LINE) + 1
        if not start:
            return False
    return True


def _has_plain_quotes(block: bytes, delimiter: int) -> bool:
    """Whether quotes come in pairs around whole cells, with no quote and no line end between the two."""
    bytes_ = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(bytes_ == _NEW_LINE)
    quotes = np.flatnonzero(bytes_ == _QUOTE)
    if len(quotes) % 2:
        return False
    opening, closing = quotes[::2], quotes[1::2]
    before = np.where(opening > 0, bytes_[opening - 1], _NEW_LINE)
    after = bytes_[np.minimum(closing + 1, len(bytes_) - 1)]
    is_outside = np.isin(before, (delimiter, _NEW_LINE)) & np.isin(after, (delimiter, _NEW_LINE, _RETURN))
    line_of = np.searchsorted(ends, opening), np.searchsorted(ends, closing)
    return bool(is_outside.all() and (line_of[0] == line_of[1]).all())
