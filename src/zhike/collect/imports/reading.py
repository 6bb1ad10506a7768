"""From a path to records: which format a file is in, by its content and its name."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from zhike.collect.imports.archives import damaged, is_workbook, unpacked
from zhike.collect.imports.csv_files import CsvFile
from zhike.collect.imports.dialects import AS_FOUND, Dialect, refuse_dialect
from zhike.collect.imports.ndjson_files import NdjsonFile
from zhike.collect.imports.parquet_files import ParquetFile
from zhike.collect.imports.records import RecordFile
from zhike.collect.imports.storage import InputFile, SealedFile
from zhike.collect.imports.workbook_files import WorkbookFile
from zhike.kernel.errors import UsageError, ZhikeError
from zhike.kernel.words import Text

_TEXT_ENDINGS = (".csv", ".tsv", ".txt")
_JSON_ENDINGS = (".ndjson", ".jsonl")
_PARQUET_ENDINGS = (".parquet", ".pq")
_WORKBOOK_ENDINGS = (".xlsx", ".xls", ".xlsm")
_DATA_ENDINGS = _TEXT_ENDINGS + _JSON_ENDINGS + _PARQUET_ENDINGS + _WORKBOOK_ENDINGS
ENDINGS = (*_DATA_ENDINGS, ".zip")
# Renamed files are common: the content is asked before the name is believed.
_CONTAINER = b"PK\x03\x04"
_EMPTY_CONTAINER = b"PK\x05\x06"
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
_GZIP = b"\x1f\x8b"


def open_records(
    file: InputFile,
    *,
    known: Collection[str],
    dialect: Dialect = AS_FOUND,
    folder: Path | None = None,
) -> RecordFile:
    """The file, opened in its format.

    Parameters
    ----------
    file
        With one of `ENDINGS`.
    known
        Names of columns that are looked for, as `header_form` gives them.
    dialect
        What was decided about how it is read; the rest is found out.
    folder
        Where the file in an archive is unpacked; without it archives are refused.

    Raises
    ------
    UsageError
        ``file.kind``, ``sheet.…``, ``archive.content``, ``encoding.unknown``, ``delimiter.unfit``, ``header_row.…``.
    ZhikeError
        ``file.unreadable``, ``file.empty``, ``file.encoding``, ``file.structure``, ``file.damaged``,
        ``file.locked``, ``file.too_large``, ``file.unsafe``.
    """
    start = _first_bytes(file)
    ending = file.suffix.lower()
    if ending not in ENDINGS:
        raise _unknown_kind(file, Text(f"“{ending}”文件", f"a “{ending}” file"))
    if not start:
        raise ZhikeError("file.empty", zh=f"{file} 是空文件", en=f"{file} is empty")
    if ending in _PARQUET_ENDINGS or start == b"PAR1":
        refuse_dialect(file, dialect, with_header=False)
        return ParquetFile(file)
    if start == _EMPTY_CONTAINER:
        raise ZhikeError(
            "file.empty",
            zh=f"{file} 是空压缩包，里面没有文件；请把要导入的文件放进去，或直接导入那个文件",
            en=f"{file} is an empty archive; put the file that is meant into it, or import that file itself",
        )
    if is_archive(file):
        return _from_archive(file, folder, known=known, dialect=dialect)
    if start.startswith((_CONTAINER, _OLD_WORKBOOK)):
        refuse_dialect(file, dialect, with_header=True)
        return WorkbookFile(file, known, dialect)
    if ending == ".zip":
        raise damaged(file, Text("开头就不是压缩包", "it does not begin as an archive does"))
    if start.startswith(_GZIP):
        raise _unknown_kind(file, Text("gzip 压缩文件", "a gzip archive"))
    if ending in _WORKBOOK_ENDINGS and _looks_like_markup(file):
        raise _unknown_kind(file, Text("改了名的网页", "a renamed web page"))
    if ending in _JSON_ENDINGS:
        refuse_dialect(file, dialect, with_header=False)
        return NdjsonFile(file)
    # Many systems call text .xls; the content has said that it is no workbook.
    return CsvFile(file, known, dialect)


def require_file(file: InputFile) -> None:
    """Refuse a path that is no file.

    Raises
    ------
    UsageError
        ``file.missing``.
    """
    if not file.is_file():
        raise UsageError("file.missing", zh=f"没有 {file} 这个文件", en=f"there is no file {file}")


def _from_archive(
    file: InputFile, folder: Path | None, *, known: Collection[str], dialect: Dialect
) -> RecordFile:
    if folder is None:
        raise _unknown_kind(file, Text("压缩包", "an archive"))
    return open_records(unpacked_file(file, folder), known=known, dialect=dialect)


def is_archive(file: InputFile) -> bool:
    """Whether it is a ZIP that is no workbook.

    Raises
    ------
    ZhikeError
        ``file.unreadable``, ``file.damaged``.
    """
    return _first_bytes(file).startswith(_CONTAINER) and not is_workbook(file)


def unpacked_file(file: InputFile, folder: Path) -> SealedFile:
    """The one file of data in an archive, sealed in a folder; see `unpacked`."""
    return unpacked(file, folder, endings=_DATA_ENDINGS)


def _looks_like_markup(file: InputFile) -> bool:
    with file.open("rb") as stream:
        return stream.read(256).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def _first_bytes(file: InputFile) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(4)
    except OSError as error:
        raise ZhikeError(
            "file.unreadable",
            zh=f"{file} 打不开：{error.strerror}",
            en=f"{file} cannot be opened: {error.strerror}",
        ) from error


def _unknown_kind(file: InputFile, what: Text) -> UsageError:
    return UsageError(
        "file.kind",
        zh=f"{file} 是{what.zh}，不能直接导入；请另存为“CSV UTF-8”（.csv）或 .xlsx",
        en=f"{file} is {what.en}, which is not imported; save it as “CSV UTF-8” (.csv) or .xlsx",
    )
