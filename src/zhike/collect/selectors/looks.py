"""How an uploaded file is read: its format as found, and its first rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from zhike.collect.imports.columns import Choice
from zhike.collect.imports.corrections import as_stored, without_guards
from zhike.collect.imports.csv_files import CsvFile
from zhike.collect.imports.presets import is_preset, preset_named
from zhike.collect.imports.reading import open_records, require_file
from zhike.collect.imports.records import RecordFile, shown
from zhike.collect.imports.rejects import original_text
from zhike.collect.imports.workbook_files import WorkbookFile, sheet_names
from zhike.collect.models import Upload
from zhike.collect.selectors.kinds import kind_as_defined
from zhike.collect.uploads import uploaded_file
from zhike.customers.masking import masked
from zhike.kernel.errors import ZhikeError
from zhike.kernel.home import Home

_FIRST_ROWS = 20
_MOST_COLUMNS = 60
ENCODING_CHOICES = (
    "utf-8",
    "gb18030",
    "big5",
    "euc-kr",
    "shift_jis",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "latin-1",
)
_DELIMITERS = {"\t": "TAB"}


@dataclass(frozen=True, slots=True)
class FirstRow:
    """A row of the file: its number as a spreadsheet counts, its cells, and whether it is broken or blank."""

    number: int
    cells: tuple[str, ...]
    is_broken: bool


@dataclass(frozen=True, slots=True)
class FileLook:
    """A file as it is read.

    `encoding` and `delimiter` are empty where it is no text, `sheet` where it is no workbook; `sheets` are all
    that it has. Of many columns only the first are shown; `more_columns` tells how many are not.
    """

    read_as: str
    encoding: str
    delimiter: str
    is_guessed: bool
    sheet: str
    sheets: tuple[str, ...]
    header_row: int
    header: tuple[str, ...]
    rows: tuple[FirstRow, ...]
    expected_records: int
    more_columns: int


@contextmanager
def opened(
    home: Home, upload: Upload, *, encoding: str | None = None, sheet: str | None = None
) -> Iterator[RecordFile]:
    """The file as its upload says, or in another encoding or sheet.

    Raises
    ------
    UsageError, ZhikeError
        As `open_records` does, of the file by the name that its owner knows.
    """
    file = uploaded_file(home, upload)
    room = home.path / "tmp"
    room.mkdir(mode=0o700, exist_ok=True)
    # Not a workshop: an import may be under way.
    with TemporaryDirectory(prefix="look-", dir=room) as name:
        folder = Path(name)
        require_file(file)
        stored = open_records(
            file,
            known=choice_of(upload).known(kind_as_defined(upload.kind)),
            encoding=(upload.encoding if encoding is None else encoding) or None,
            sheet=(upload.sheet if sheet is None else sheet) or None,
            folder=folder,
        )
        yield without_guards(stored)


def choice_of(upload: Upload) -> Choice:
    """What is known of the columns before anybody decides."""
    known = upload.preset and is_preset(upload.preset)
    return Choice(preset=preset_named(upload.preset) if known else None)


def file_look(*, home: Home, upload: Upload, encoding: str, sheet: str, with_contacts: bool) -> FileLook:
    """The file with its first rows; nothing is kept. Without `with_contacts` cells are masked."""
    with opened(home, upload, encoding=encoding, sheet=sheet) as records:
        rows = tuple(_rows(records, with_contacts=with_contacts))
        stored = as_stored(records)
        is_text, is_book = isinstance(stored, CsvFile), isinstance(stored, WorkbookFile)
        return FileLook(
            read_as=records.read_as,
            encoding=records.read_as.split()[1] if is_text else "",
            delimiter=_delimiter(stored),
            is_guessed=isinstance(stored, CsvFile) and stored.is_guessed,
            sheet=stored.sheet if isinstance(stored, WorkbookFile) else "",
            sheets=sheets_of(home, upload) if is_book else (),
            header_row=rows[0].number - 1 if rows else 1,
            header=tuple(shown(title) for title in records.header[:_MOST_COLUMNS]),
            rows=rows,
            expected_records=records.expected_records,
            more_columns=max(len(records.header) - _MOST_COLUMNS, 0),
        )


def sheets_of(home: Home, upload: Upload) -> tuple[str, ...]:
    """The sheets of a workbook; none if the file is none, or cannot be opened."""
    try:
        return sheet_names(uploaded_file(home, upload))
    except (ZhikeError, OSError):
        return ()


def _delimiter(records: RecordFile) -> str:
    if not isinstance(records, CsvFile):
        return ""
    return _DELIMITERS.get(records.delimiter, records.delimiter)


def _rows(records: RecordFile, *, with_contacts: bool) -> Iterator[FirstRow]:
    width = min(len(records.header), _MOST_COLUMNS)
    for record in islice(records.records(), _FIRST_ROWS):
        texts = [shown(original_text(cell)) for cell in record.cells[:width]]
        if not with_contacts:
            texts = [masked("", text) if text else "" for text in texts]
        is_broken = record.fault is not None
        filled = texts if is_broken else [*texts, *[""] * (width - len(texts))]
        yield FirstRow(record.number, tuple(filled), is_broken)
