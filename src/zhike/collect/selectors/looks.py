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
from zhike.collect.imports.dialects import DELIMITERS, Dialect, column_title
from zhike.collect.imports.presets import is_preset, preset_named
from zhike.collect.imports.reading import is_archive, open_records, require_file, unpacked_file
from zhike.collect.imports.records import RecordFile, shown
from zhike.collect.imports.rejects import original_text
from zhike.collect.imports.workbook_files import WorkbookFile, sheet_names
from zhike.collect.models import Upload
from zhike.collect.selectors.kinds import kind_as_defined
from zhike.collect.uploads import dialect_of, uploaded_file
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
    "cp1252",
)
# The rows of which one may be chosen as the header.
HEADER_ROWS = tuple(range(1, 31))


@dataclass(frozen=True, slots=True)
class FirstRow:
    """A row of the file: its number as a spreadsheet counts, its cells, and whether it is broken or blank."""

    number: int
    cells: tuple[str, ...]
    is_broken: bool


@dataclass(frozen=True, slots=True)
class FileLook:
    """A file as it is read.

    Where the encoding is guessed, `other_encodings` are those that are nearly as likely. `encoding` and `delimiter` are empty where it is no text, `sheet` where it is no workbook; `sheets` are all
    that it has. `header_row` is 0 where the columns have no names, None where the names stand in no row. Of many columns only the first are shown; `more_columns` tells how many are not.
    """

    read_as: str
    encoding: str
    delimiter: str
    is_guessed: bool
    other_encodings: tuple[str, ...]
    sheet: str
    sheets: tuple[str, ...]
    header_row: int | None
    header: tuple[str, ...]
    rows: tuple[FirstRow, ...]
    expected_records: int
    more_columns: int


@contextmanager
def opened(home: Home, upload: Upload, *, dialect: Dialect | None = None) -> Iterator[RecordFile]:
    """The file as its upload says, or read in another way.

    Raises
    ------
    UsageError, ZhikeError
        As `open_records` does, of the file by the name that its owner knows.
    """
    file = uploaded_file(home, upload)
    with _room(home) as folder:
        require_file(file)
        stored = open_records(
            file,
            known=choice_of(upload).known(kind_as_defined(upload.kind)),
            dialect=dialect_of(upload) if dialect is None else dialect,
            folder=folder,
        )
        yield without_guards(stored)


@contextmanager
def _room(home: Home) -> Iterator[Path]:
    """A folder to unpack in; not a workshop, for an import may be under way."""
    room = home.path / "tmp"
    room.mkdir(mode=0o700, exist_ok=True)
    with TemporaryDirectory(prefix="look-", dir=room) as name:
        yield Path(name)


def choice_of(upload: Upload) -> Choice:
    """What is known of the columns before anybody decides."""
    known = upload.preset and is_preset(upload.preset)
    return Choice(preset=preset_named(upload.preset) if known else None)


def file_look(*, home: Home, upload: Upload, dialect: Dialect, with_contacts: bool) -> FileLook:
    """The file with its first rows; nothing is kept. Without `with_contacts` cells are masked."""
    with opened(home, upload, dialect=dialect) as records:
        rows = tuple(_rows(records, with_contacts=with_contacts))
        stored = as_stored(records)
        return FileLook(
            read_as=records.read_as,
            encoding=stored.encoding if isinstance(stored, CsvFile) else "",
            delimiter=_delimiter(stored),
            is_guessed=isinstance(stored, CsvFile) and stored.is_guessed,
            other_encodings=stored.other_encodings if isinstance(stored, CsvFile) else (),
            sheet=stored.sheet if isinstance(stored, WorkbookFile) else "",
            sheets=stored.sheets if isinstance(stored, WorkbookFile) else (),
            header_row=stored.header_row if isinstance(stored, CsvFile | WorkbookFile) else None,
            header=tuple(shown(column_title(title)) for title in records.header[:_MOST_COLUMNS]),
            rows=rows,
            expected_records=records.expected_records,
            more_columns=max(len(records.header) - _MOST_COLUMNS, 0),
        )


def sheets_of(home: Home, upload: Upload) -> tuple[str, ...]:
    """The sheets of a workbook, one in an archive too; none if the file is none, or cannot be opened."""
    file = uploaded_file(home, upload)
    try:
        with _room(home) as folder:
            return sheet_names(unpacked_file(file, folder) if is_archive(file) else file)
    except (ZhikeError, OSError):
        return ()


def _delimiter(records: RecordFile) -> str:
    """By its name; empty where there is none."""
    if not isinstance(records, CsvFile):
        return ""
    return next(name for name, sign in DELIMITERS.items() if sign == records.delimiter)


def _rows(records: RecordFile, *, with_contacts: bool) -> Iterator[FirstRow]:
    width = min(len(records.header), _MOST_COLUMNS)
    for record in islice(records.records(), _FIRST_ROWS):
        texts = [shown(original_text(cell)) for cell in record.cells[:width]]
        if not with_contacts:
            texts = [masked("", text) if text else "" for text in texts]
        is_broken = record.fault is not None
        filled = texts if is_broken else [*texts, *[""] * (width - len(texts))]
        yield FirstRow(record.number, tuple(filled), is_broken)
