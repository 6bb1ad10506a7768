"""Whether a file says something of a person, wherever in it and however it is spelled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path

from zhike.collect.imports.archives import file_count
from zhike.collect.imports.csv_files import CsvFile
from zhike.collect.imports.dialects import Dialect
from zhike.collect.imports.reading import is_archive, open_records, unpacked_file
from zhike.collect.imports.records import RecordFile
from zhike.collect.imports.rejects import original_text
from zhike.collect.imports.storage import InputFile
from zhike.collect.imports.workbook_files import WorkbookFile, sheet_names
from zhike.customers.mentions import Mentions
from zhike.kernel.errors import ZhikeError

_ROWS_AT_ONCE = 2_000
_TEXT_AT_ONCE = 1 << 20
# A value may begin in one piece and end in the next.
_OVERLAP = 400


def may_mention(file: InputFile, mentions: Mentions, *, dialect: Dialect, folder: Path) -> bool:
    """Whether somebody is in a file, all sheets included; a file that cannot be read may well have them.

    Parameters
    ----------
    dialect
        What was decided about how it is read.
    folder
        Where an archive is unpacked, sealed.
    """
    try:
        if is_archive(file):
            if file_count(file) > 1:
                return True
            file = unpacked_file(file, folder)
        return any(map(mentions.are_in, _texts(file, dialect)))
    except (ZhikeError, OSError, ValueError):
        return True


def _texts(file: InputFile, dialect: Dialect) -> Iterator[str]:
    # The row of a header is that of one sheet, and what stands above it is looked at as well.
    sheets = [replace(dialect, sheet=name, header_row=None) for name in sheet_names(file)]
    for each in sheets or [dialect]:
        try:
            records = open_records(file, known=(), dialect=each)
        except ZhikeError as error:
            if error.code == "file.empty":
                continue
            raise
        yield from _pieces(records) if isinstance(records, CsvFile) else _lines(records)


def _lines(records: RecordFile) -> Iterator[str]:
    rows: Iterator[Sequence[object]]
    if isinstance(records, WorkbookFile):
        rows = iter(records.all_rows())
    else:
        rows = chain([records.header], (record.cells for record in records.records()))
    lines = ("\t".join(map(original_text, cells)) for cells in rows)
    while some := list(islice(lines, _ROWS_AT_ONCE)):
        yield "\n".join(some)


def _pieces(records: CsvFile) -> Iterator[str]:
    """The text of a file in overlapping pieces, lines and quotes as they stand in it."""
    before = ""
    with records.opened_text() as text:
        while piece := text.read(_TEXT_AT_ONCE):
            yield before + piece
            before = piece[-_OVERLAP:]
