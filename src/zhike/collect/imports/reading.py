"""From a path to records: which format a file is in, by its content and its name."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from zhike.collect.imports.csv_files import CsvFile
from zhike.collect.imports.parquet_files import ParquetFile
from zhike.collect.imports.records import RecordFile
from zhike.kernel.errors import UsageError, ZhikeError
from zhike.kernel.words import Text

_TEXT_ENDINGS = (".csv", ".tsv", ".txt")
_PARQUET_ENDINGS = (".parquet", ".pq")
# Renamed files are common: the content is asked before the name is believed.
_OTHER_CONTENTS = {
    b"PK\x03\x04": Text("Excel 工作簿或压缩包", "an Excel workbook or an archive"),
    b"\xd0\xcf\x11\xe0": Text("旧版 Excel 工作簿", "an old Excel workbook"),
    b"\x1f\x8b": Text("gzip 压缩文件", "a gzip archive"),
}


def open_records(file: Path, *, known: Collection[str]) -> RecordFile:
    """The file, opened in its format.

    Parameters
    ----------
    file
        ``.csv``, ``.tsv``, ``.txt`` or ``.parquet``.
    known
        Folded header names that are looked for.

    Raises
    ------
    UsageError
        ``file.kind``.
    ZhikeError
        ``file.unreadable``, ``file.empty``, ``file.encoding``, ``file.structure``, ``file.damaged``.
    """
    start = _first_bytes(file)
    ending = file.suffix.lower()
    if ending not in _TEXT_ENDINGS + _PARQUET_ENDINGS:
        raise _unknown_kind(file, Text(f"“{ending}”文件", f"a “{ending}” file"))
    if not start:
        raise ZhikeError("file.empty", zh=f"{file} 是空文件", en=f"{file} is empty")
    if ending in _PARQUET_ENDINGS or start == b"PAR1":
        return ParquetFile(file)
    for mark, text in _OTHER_CONTENTS.items():
        if start.startswith(mark):
            raise _unknown_kind(file, text)
    return CsvFile(file, known)


def require_file(file: Path) -> None:
    """Refuse a path that is no file.

    Raises
    ------
    UsageError
        ``file.missing``.
    """
    if not file.is_file():
        raise UsageError("file.missing", zh=f"没有 {file} 这个文件", en=f"there is no file {file}")


def _first_bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(4)
    except OSError as error:
        raise ZhikeError(
            "file.unreadable",
            zh=f"{file} 打不开：{error.strerror}",
            en=f"{file} cannot be opened: {error.strerror}",
        ) from error


def _unknown_kind(file: Path, what: Text) -> UsageError:
    return UsageError(
        "file.kind",
        zh=f"{file} 是{what.zh}，不能直接导入；请另存为“CSV UTF-8”（.csv），或导出为 .parquet",
        en=f"{file} is {what.en}, which is not imported; save it as “CSV UTF-8” (.csv) or export .parquet",
    )
