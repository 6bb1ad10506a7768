"""What somebody decided about how a file is read; everything else is found out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from zhike.collect.imports.records import shown
from zhike.collect.imports.storage import InputFile
from zhike.kernel.errors import UsageError
from zhike.kernel.words import Text

DELIMITERS = {"comma": ",", "tab": "\t", "semicolon": ";", "pipe": "|"}
NO_HEADER = 0
# A header further down is beyond what is looked at to find out how a file is read.
_LAST_HEADER_ROW = 1_000


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file is to be read; what is None is found out.

    Parameters
    ----------
    encoding
        Of text, by a name that `text_format` knows.
    sheet
        Of a workbook.
    delimiter
        Of text: a name of `DELIMITERS`.
    header_row
        The row with the names of the columns, counted from 1; what stands above it is not read. `NO_HEADER` where
        there is none: the first row is a record, and the columns are called ``column 1``, ``column 2`` ….
    """

    encoding: str | None = None
    sheet: str | None = None
    delimiter: str | None = None
    header_row: int | None = None

    @property
    def sign(self) -> str | None:
        """The character between two cells."""
        return None if self.delimiter is None else DELIMITERS[self.delimiter]

    @property
    def header_said(self) -> str:
        """What `RecordFile.read_as` adds where the row of the header was decided."""
        if self.header_row is None:
            return ""
        return " no header" if self.header_row == NO_HEADER else f" header in row {self.header_row}"


AS_FOUND = Dialect()


def told_dialect(
    *,
    encoding: str | None = None,
    sheet: str | None = None,
    delimiter: str | None = None,
    header_row: str | int | None = None,
) -> Dialect:
    """A dialect as a form or a command line says it; what is empty is found out.

    Raises
    ------
    UsageError
        ``delimiter.unknown``, ``header_row.refused``.
    """
    return Dialect(
        encoding=encoding or None,
        sheet=sheet or None,
        delimiter=_delimiter(delimiter) if delimiter else None,
        header_row=None if header_row in (None, "") else _header_row(str(header_row)),
    )


def reading_text(read_as: str) -> Text:
    """What `RecordFile.read_as` says, for people; a dash where it says nothing."""
    zh = re.sub(r" header in row (\d+)", r"，表头在第 \1 行", read_as).replace(" no header", "，没有表头")
    zh = zh.replace(" (guessed)", "（编码是猜的）").replace(" (guessed or ", "（编码是猜的，也可能是 ")
    if zh.endswith(")") and "（编码" in zh:
        zh = zh.removesuffix(")").replace(" or ", "、") + "）"
    return Text(zh or "—", read_as or "—")


def column_names(count: int) -> tuple[str, ...]:
    """What the columns of a file without a header are called."""
    return tuple(f"column {place}" for place in range(1, count + 1))


def column_title(name: str) -> Text | str:
    """A column's name for people; in a file without a header it is a number, which mappings know in one language."""
    numbered = re.fullmatch(r"column (\d+)", name)
    return Text(f"第 {numbered[1]} 列", name) if numbered else name


def refuse_dialect(file: InputFile, dialect: Dialect, *, with_header: bool) -> None:
    """Refuse what a format does not have: a delimiter is for text, the row of a header for text and workbooks.

    Raises
    ------
    UsageError
        ``delimiter.unfit``, ``header_row.unfit``.
    """
    if dialect.delimiter is not None:
        raise UsageError(
            "delimiter.unfit",
            zh=f"{file} 不是用分隔符隔开的文本，不能指定分隔符；请去掉这一项再试",
            en=f"{file} is no delimited text, so it has no delimiter; leave that out",
        )
    if dialect.header_row is not None and not with_header:
        raise UsageError(
            "header_row.unfit",
            zh=f"{file} 这种格式自带列名，不能指定表头行；请去掉这一项再试",
            en=f"{file} has the names of its columns in itself and no row of a header; leave that out",
        )


def no_such_header(file: InputFile, row: int) -> UsageError:
    """The row that was said to be the header is none."""
    return UsageError(
        "header_row.missing",
        zh=f"{file} 的第 {row} 行不能当表头：这一行是空的、引号不成对，或文件没有这么多行。请另选一行",
        en=f"row {row} of {file} cannot be its header: it is blank, its quotes do not match, or the file "
        "ends before it. Choose another row",
    )


def _delimiter(said: str) -> str:
    for name, sign in DELIMITERS.items():
        if said.lower() == name or said == sign or said == sign.replace("\t", "\\t"):
            return name
    raise UsageError(
        "delimiter.unknown",
        zh=f"不认识分隔符“{shown(said)}”；可用：{'、'.join(DELIMITERS)}",
        en=f"unknown delimiter “{shown(said)}”; known: {', '.join(DELIMITERS)}",
    )


def _header_row(said: str) -> int:
    if said.isdecimal() and said.isascii() and len(said) <= 4 and int(said) <= _LAST_HEADER_ROW:
        return int(said)
    raise UsageError(
        "header_row.refused",
        zh=f"表头行“{shown(said)}”应是 1 至 {_LAST_HEADER_ROW} 的行号；没有表头时写 0",
        en=f"the row of the header “{shown(said)}” must be a number from 1 to {_LAST_HEADER_ROW}, or 0 if there is none",
    )
