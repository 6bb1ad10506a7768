"""A file of rejects that comes back corrected, read as the file from which its records were taken."""

from __future__ import annotations

from collections.abc import Iterator

from zhike.collect.imports.records import Record, RecordFile
from zhike.collect.imports.rejects import has_added_columns
from zhike.kernel.formulas import unguarded


class CorrectedFile:
    """A file of rejects in whatever format it was saved, without the guards that `write_rejects` put on."""

    def __init__(self, stored: RecordFile) -> None:
        self.stored = stored
        self.header = tuple(map(unguarded, stored.header))

    @property
    def header_row(self) -> int:
        return self.stored.header_row

    @property
    def read_as(self) -> str:
        return self.stored.read_as

    @property
    def expected_records(self) -> int:
        return self.stored.expected_records

    def records(self) -> Iterator[Record]:
        for number, cells, fault in self.stored.records():
            plain = cells if fault else [unguarded(each) if isinstance(each, str) else each for each in cells]
            yield Record(number, plain, fault)


def without_guards(file: RecordFile) -> RecordFile:
    """The file as it is, or as a correction if it is a file of rejects."""
    return CorrectedFile(file) if has_added_columns(file.header) else file


def as_stored(file: RecordFile) -> RecordFile:
    """The file in its own format, which tells about encoding, delimiter and sheet."""
    return file.stored if isinstance(file, CorrectedFile) else file
