"""Delimited text, read strictly: every physical record comes out exactly once, broken ones included.

The standard `csv` reader in strict mode decides what a record is. Where it breaks (an unclosed quote, text
after a closing quote), only the physical line on which the record began is reported as broken and reading
resumes on the next line, so an unclosed quote cannot swallow the rows below it.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import BinaryIO, TextIO

from zhike.collect.imports.blocks import PlainBlock, plain_length, whole_lines
from zhike.collect.imports.dialects import (
    AS_FOUND,
    DELIMITERS,
    Dialect,
    column_names,
    no_such_header,
)
from zhike.collect.imports.encodings import known_name, text_format
from zhike.collect.imports.headers import header_form
from zhike.collect.imports.records import Record, shown, trimmed
from zhike.collect.imports.storage import InputFile
from zhike.kernel.errors import ZhikeError

_SAMPLE_CHARACTERS = 1 << 18
LONGEST_LINE = 1 << 20
_KEPT_OF_TOO_LONG = 1000
# Titles and notes above the header are some rows; two names of ours in one row are no chance.
_HEADER_WITHIN = 30
_SURELY_A_HEADER = 2
_WIDE_DELIMITERS = {"，": ",", "；": ";", "｜": "|"}
# Number, cells, physical lines, and what is broken about them.
_Raw = tuple[int, list[str], list[str], ZhikeError | None]


class CsvFile:
    """A delimited text file whose encoding, delimiter and header have been found out.

    Parameters
    ----------
    file
        The file; all of it is decoded once here, nothing is kept.
    known
        Names of columns that are looked for, as `header_form` gives them; the delimiter that shows most of them wins.
    dialect
        What was decided; the rest is found out.

    Raises
    ------
    UsageError
        ``header_row.missing``.
    ZhikeError
        ``file.encoding``, ``file.empty``, ``file.delimiter`` or ``file.structure``.
    """

    def __init__(self, file: InputFile, known: Collection[str], dialect: Dialect = AS_FOUND) -> None:
        self._file, self._dialect = file, dialect
        self._format = text_format(file, dialect.encoding)
        with self.opened_text() as text:
            sample = text.read(_SAMPLE_CHARACTERS)
        _refuse_what_is_no_table(file, sample)
        self.delimiter, self.header_row, self.header = _frozen_dialect(file, sample, known, dialect)
        _refuse_wide_delimiter(file, self.header, known)

    @property
    def read_as(self) -> str:
        name = {"\t": "TAB"}.get(self.delimiter, self.delimiter)
        also = "".join(f" or {name}" for name in self.other_encodings)
        guessed = f" (guessed{also})" if self._format.is_guessed else ""
        return f"CSV {self.encoding} {name}{self._dialect.header_said}{guessed}"

    @property
    def encoding(self) -> str:
        """By the name that people know."""
        return known_name(self._format.encoding)

    @property
    def other_encodings(self) -> tuple[str, ...]:
        """Those that the bytes may be in nearly as well, by the names that people know."""
        return tuple(map(known_name, self._format.others))

    @property
    def is_guessed(self) -> bool:
        return self._format.is_guessed

    @property
    def expected_records(self) -> int:
        return max(self._format.newline_count - self.header_row, 0)

    def records(self) -> Iterator[Record]:
        """Every record after the header: whole, blank or broken."""
        with self.opened_text() as text:
            stream = _raw_records(_Lines(text), self.delimiter)
            for _ in range(self.header_row):
                next(stream)
            for number, cells, lines, error in stream:
                yield self._record(number, cells, lines, error)

    @property
    def has_blocks(self) -> bool:
        """Whether `blocks` can be asked: the file is UTF-8 and has no NUL."""
        return self._format.encoding in ("utf-8", "utf-8-sig") and not self._format.has_nul

    def blocks(self) -> Iterator[PlainBlock | list[Record]]:
        """The same records as `records`, in the same order: plain blocks whole, the rest as they are read."""
        with self._file.open("rb") as stream:
            number, offset = self._after_header(stream)
            while block := whole_lines(stream, offset):
                count = plain_length(block, self.delimiter)
                if count:
                    yield PlainBlock(number + 1, block, count)
                    number, offset = number + count, offset + len(block)
                else:
                    records, size = self._careful(stream, offset, len(block), number)
                    yield records
                    number, offset = number + len(records), offset + size

    def line_record(self, number: int, line: str) -> Record:
        """The record on a line of a plain block."""
        found = next(_raw_records(_Lines(io.StringIO(line + "\n", newline="")), self.delimiter))
        return self._record(number, *found[1:])

    def _after_header(self, stream: BinaryIO) -> tuple[int, int]:
        """The number of the header's record, 0 if there is none, and the offset of what follows it."""
        start = len(codecs.BOM_UTF8) if self._format.encoding == "utf-8-sig" else 0
        for _, _, lines, _ in islice(self._raw_from(stream, start), self.header_row):
            start += sum(len(line.encode()) for line in lines)
        return self.header_row, start

    def _careful(self, stream: BinaryIO, offset: int, least: int, before: int) -> tuple[list[Record], int]:
        """The records from an offset on until at least so many bytes are used, and how many were."""
        records, size = [], 0
        for number, cells, lines, error in self._raw_from(stream, offset):
            size += sum(len(line.encode()) for line in lines)
            records.append(self._record(before + number, cells, lines, error))
            if any(len(line) >= LONGEST_LINE for line in lines):
                # The reader has dropped the end of the line: the file tells where that is.
                size = self._line_end(stream, offset + size) - offset
                break
            if size >= least:
                break
        return records, size

    @staticmethod
    def _line_end(stream: BinaryIO, offset: int) -> int:
        """The offset after the line end that follows; carriage returns alone end lines as well."""
        stream.seek(offset - 1)
        block = stream.read(1)
        if block in (b"\n", b"\r"):
            return offset
        while block := stream.read(1 << 16):
            for place, byte in enumerate(block):
                if byte == 10:
                    return offset + place + 1
                if byte == 13:
                    follows = block[place + 1 : place + 2] or stream.read(1)
                    return offset + place + (2 if follows == b"\n" else 1)
            offset += len(block)
        return offset

    def _raw_from(self, stream: BinaryIO, offset: int) -> Iterator[_Raw]:
        stream.seek(offset)
        text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
        try:
            yield from _raw_records(_Lines(text), self.delimiter)
        finally:
            text.detach()

    def _record(self, number: int, cells: list[str], lines: list[str], error: ZhikeError | None) -> Record:
        fault = error or self._fault(cells, lines, len(self.header))
        if fault is not None:
            return Record(number, (_whole(lines, fault),), fault)
        if cells and (trimmed(cells[0]) or not _is_blank(cells)):
            return Record(number, cells, None)
        return Record(number, (), None)

    def _fault(self, cells: Sequence[str], lines: Sequence[str], width: int) -> ZhikeError | None:
        if self._format.has_nul and any("\0" in line for line in lines):
            return _nul()
        if len(cells) != width and not _is_blank(cells):
            return _ragged(len(cells), width)
        return None

    def opened_text(self) -> TextIO:
        """All of the text, from the beginning."""
        # newline="" leaves line ends to the csv reader, which knows them inside quotes.
        return io.TextIOWrapper(
            self._file.open("rb"), encoding=self._format.encoding, errors="strict", newline=""
        )


class _LineTooLong(Exception):
    pass


class _Lines(Iterator[str]):
    """The physical lines of a text; those of the present record can be handed out again."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._read = partial(text.readline, LONGEST_LINE)
        self._again: deque[str] = deque()
        self.taken: list[str] = []

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._fresh()
        if not line:
            raise StopIteration
        self.taken.append(line)
        if len(line) >= LONGEST_LINE:
            raise _LineTooLong
        return line

    def give_back(self, lines: Sequence[str]) -> None:
        self._again.extendleft(reversed(lines))

    def _fresh(self) -> str:
        line = self._read()
        if len(line) >= LONGEST_LINE:
            rest = line
            while rest and rest[-1] not in "\r\n":
                rest = self._read()
        return line


def _raw_records(lines: _Lines, delimiter: str) -> Iterator[_Raw]:
    """`number, cells, lines, error` of every record, the header's included."""
    number = 0
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.taken.clear()
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _LineTooLong) as error:
            first, *others = lines.taken
            lines.give_back(others)
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            yield number, [], [first], _broken(first, error)
        else:
            yield number, cells, lines.taken, None


def _frozen_dialect(
    file: InputFile, sample: str, known: Collection[str], dialect: Dialect
) -> tuple[str, int, tuple[str, ...]]:
    """The delimiter, the row of the header (0: none), and the names of the columns."""
    best: tuple[tuple[int, int], str, int, tuple[str, ...]] | None = None
    for delimiter in DELIMITERS.values() if dialect.sign is None else (dialect.sign,):
        found = _header_record(sample, delimiter, known, dialect.header_row)
        if found is None:
            continue
        row, cells = found
        score = (_known_count(cells, known) if row else 0, len(cells))
        if best is None or score > best[0]:
            best = (score, delimiter, row, tuple(cells))
    if best is not None:
        return best[1:] if best[2] else (best[1], best[2], column_names(len(best[3])))
    if dialect.header_row:
        raise no_such_header(file, dialect.header_row)
    raise ZhikeError(
        "file.structure",
        zh=f"{file} 的表头读不出来：引号没有成对。请检查第一行",
        en=f"the header of {file} cannot be read: a quote is not closed. Look at its first line",
    )


def _header_record(
    sample: str, delimiter: str, known: Collection[str], wanted: int | None
) -> tuple[int, list[str]] | None:
    """The row of the header and its cells; without a header, 0 and a record that shows how many columns there are."""
    records = (
        (number, [] if error else cells, error)
        for number, cells, _, error in _raw_records(_Lines(io.StringIO(sample, newline="")), delimiter)
    )
    if wanted is None:
        return _found_header(records, known)
    # Where there is none, any whole record will do.
    rows = ((number, cells) for number, cells, _ in records if number == wanted or not wanted)
    cells = next((cells for _, cells in rows if not _is_blank(cells)), None)
    return None if cells is None else (wanted, cells)


def _found_header(
    records: Iterator[tuple[int, list[str], ZhikeError | None]], known: Collection[str]
) -> tuple[int, list[str]] | None:
    """The first row that is not blank, unless it shows no known name and one not far below shows several: a title."""
    first: tuple[int, list[str]] | None = None
    for number, cells, error in records:
        if first is None and error is not None:
            return None
        if first is not None and number > _HEADER_WITHIN:
            break
        shown_names = _known_count(cells, known)
        if first is None and not _is_blank(cells):
            first = number, cells
            if shown_names:
                break
        if first is not None and shown_names >= _SURELY_A_HEADER:
            return number, cells
    return first


def _known_count(cells: Sequence[str], known: Collection[str]) -> int:
    return sum(header_form(cell) in known for cell in cells)


def _is_blank(cells: Sequence[str]) -> bool:
    return not any(map(trimmed, cells))


def _refuse_what_is_no_table(file: InputFile, sample: str) -> None:
    if not trimmed(sample):
        raise ZhikeError("file.empty", zh=f"{file} 是空文件", en=f"{file} is empty")
    if "\0" in sample.lstrip("\r\n").partition("\n")[0]:
        raise ZhikeError(
            "file.encoding",
            zh=f"{file} 不是文本文件，或是没有 BOM 的 UTF-16。请另存为“CSV UTF-8”后再导入",
            en=f"{file} is no text file, or UTF-16 without a byte order mark. Save it as “CSV UTF-8” and import that",
        )


def _refuse_wide_delimiter(file: InputFile, header: Sequence[str], known: Collection[str]) -> None:
    """Chinese text has the wide signs in its cells, so they part none; but a header may show that they were meant to."""
    for wide, narrow in _WIDE_DELIMITERS.items():
        names = header[0].split(wide) if len(header) == 1 else []
        if _known_count(names, known) >= _SURELY_A_HEADER:
            raise ZhikeError(
                "file.delimiter",
                zh=f"{file} 的各列用全角的“{wide}”隔开，分不出列。请把分列的“{wide}”替换成半角的“{narrow}”"
                "（内容里有它的格子加上引号），或用表格软件另存为 CSV，再导入",
                en=f"the columns of {file} are parted by the full-width “{wide}”, which parts nothing. Replace it by the plain "
                f"“{narrow}” (and quote cells that have one in them), or save the table as CSV, then import that",
            )


def _whole(lines: Sequence[str], error: ZhikeError) -> str:
    text = "".join(lines).rstrip("\r\n")
    return text[:_KEPT_OF_TOO_LONG] if error.code == "row.too_long" else text


def _broken(line: str, error: Exception) -> ZhikeError:
    if isinstance(error, _LineTooLong) or len(line) > csv.field_size_limit():
        return ZhikeError(
            "row.too_long",
            zh="这条记录过长，读不进来；拒绝文件中只保留开头部分",
            en="the record is too long to be read; the file of rejects keeps only its beginning",
        )
    return ZhikeError(
        "row.quotes",
        zh=f"引号不成对，这一行无法分列：“{shown(line)}”。字段内的引号要写两遍",
        en=f"the quotes do not match, so the line has no clear cells: “{shown(line)}”. A quote inside a field is written twice",
    )


def _nul() -> ZhikeError:
    return ZhikeError("row.nul", zh="这一行含有 NUL 字符", en="the record contains a NUL character")


def _ragged(found: int, wanted: int) -> ZhikeError:
    return ZhikeError(
        "row.ragged",
        zh=f"这一行有 {found} 格，表头有 {wanted} 格。含分隔符的内容要加引号",
        en=f"the record has {found} cells, the header has {wanted}. Content with a delimiter in it needs quotes",
    )
