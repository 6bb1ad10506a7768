"""Excel workbooks: one sheet as a stream of records with typed cells."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import python_calamine

from zhike.collect.imports.archives import check_workbook, damaged, is_workbook, locked
from zhike.collect.imports.dialects import AS_FOUND, NO_HEADER, Dialect, column_names, no_such_header
from zhike.collect.imports.headers import header_form
from zhike.collect.imports.records import Record, shown, trimmed
from zhike.collect.imports.storage import InputFile
from zhike.kernel.errors import UsageError, ZhikeError
from zhike.kernel.words import Text

_HEADER_WITHIN = 30
# Excel keeps fifteen digits: a longer number has lost its end.
_INEXACT = 10**15
_LARGEST_OLD_WORKBOOK = 128 << 20


class WorkbookFile:
    """A sheet of a workbook whose header has been found, below title rows if there are any.

    Parameters
    ----------
    file
        ``.xlsx`` or ``.xls``; numbers that were ids come as whole numbers, dates as dates.
    known
        Names of columns that are looked for, as `header_form` gives them.
    dialect
        What was decided; else the sheet is the visible one that shows most of the known names.

    Raises
    ------
    UsageError
        ``sheet.missing``, ``header_row.missing``, or ``sheet.unclear`` where two sheets fit equally well.
    ZhikeError
        ``file.empty``, ``file.locked``, ``file.damaged``, ``file.too_large``, ``file.unsafe``.
    """

    def __init__(self, file: InputFile, known: Collection[str], dialect: Dialect = AS_FOUND) -> None:
        self._file, self._dialect = file, dialect
        if _is_container(file):
            check_workbook(file)
        elif file.stat().st_size > _LARGEST_OLD_WORKBOOK:
            raise _too_large_for_old(file)
        self._book = _book(file)
        self._sheet, found = self._chosen(known)
        self.header_row, self.header = found
        self._merged = [
            (first, last)
            for (first, _), (last, _) in self._sheet.merged_cell_ranges or ()
            if last >= self.header_row
        ]

    @property
    def read_as(self) -> str:
        return f"Excel {self._sheet.name}{self._dialect.header_said}"

    @property
    def sheet(self) -> str:
        return str(self._sheet.name)

    @property
    def sheets(self) -> tuple[str, ...]:
        """All sheets, hidden ones too."""
        return tuple(self._book.sheet_names)

    @property
    def expected_records(self) -> int:
        # The place of the last row is counted from 0, the row of the header from 1.
        return max(self._sheet.end[0] + 1 - self.header_row, 0) if self._sheet.end else 0

    def records(self) -> Iterator[Record]:
        """Every row below the header: whole, blank or with merged cells."""
        width = len(self.header)
        # Rows count from the first of the sheet, columns from the first that is filled anywhere.
        for place, cells in enumerate(self._sheet.iter_rows()):
            if place < self.header_row:
                continue
            number = place + 1
            texts = [_cell(cell) for cell in cells]
            if _is_blank(texts):
                # A merged cell has its value at its top left: a row that is empty but for it stays blank.
                yield Record(number, (), None)
            elif fault := self._fault(place, texts, width):
                yield Record(number, tuple(texts), fault)
            else:
                yield Record(number, tuple(texts[:width]) + (None,) * (width - len(texts)), None)

    def all_rows(self) -> Iterator[list[str]]:
        """Every row from the first, those above the header too, as text."""
        for cells in self._sheet.iter_rows():
            yield ["" if cell is None else str(_cell(cell)) for cell in cells]

    def _fault(self, place: int, texts: Sequence[object], width: int) -> ZhikeError | None:
        if any(first <= place <= last for first, last in self._merged):
            return ZhikeError(
                "row.merged",
                zh="这一行有合并单元格，看不出值属于哪一行。请取消合并，每行都填上值",
                en="the row has merged cells, so it cannot be told which row a value belongs to. Unmerge and fill them",
            )
        if not _is_blank(texts[width:]):
            return ZhikeError(
                "row.ragged",
                zh=f"这一行有 {len(texts)} 格，表头只有 {width} 格",
                en=f"the row has {len(texts)} cells, the header only {width}",
            )
        return None

    def _chosen(self, known: Collection[str]) -> tuple[Any, tuple[int, tuple[str, ...]]]:
        """The sheet, and the row and cells of its header."""
        best: list[tuple[int, Any, tuple[int, tuple[str, ...]]]] = []
        for name in self._candidates(self._dialect.sheet):
            sheet = _read(self._file, self._book, name)
            found = _header(sheet, known, self._dialect.header_row)
            if found is not None:
                best.append((found[0], sheet, found[1:]))
        if not best and self._dialect.header_row:
            raise no_such_header(self._file, self._dialect.header_row)
        if not best:
            raise ZhikeError(
                "file.empty",
                zh=f"{self._file} 里没有数据（隐藏的工作表不读；要读请指明是哪一个，命令行用 --sheet）",
                en=f"{self._file} has no data (hidden sheets are not read; choose one, on the command line by --sheet)",
            )
        best.sort(key=lambda each: -each[0])
        if len(best) > 1 and best[0][0] == best[1][0]:
            names = ", ".join(each[1].name for each in best if each[0] == best[0][0])
            raise UsageError(
                "sheet.unclear",
                zh=f"{self._file} 有几个工作表都可能是要导入的：{names}。请选一个（命令行用 --sheet）",
                en=f"{self._file} has several sheets that could be meant: {names}. Choose one (on the command line by --sheet)",
            )
        return best[0][1], best[0][2]

    def _candidates(self, wanted: str | None) -> list[str]:
        sheets = self._book.sheets_metadata
        if wanted is None:
            visible = python_calamine.SheetVisibleEnum.Visible
            return [each.name for each in sheets if each.visible == visible]
        if wanted not in self._book.sheet_names:
            raise UsageError(
                "sheet.missing",
                zh=f"{self._file} 没有工作表“{wanted}”；有：{', '.join(self._book.sheet_names)}",
                en=f"{self._file} has no sheet “{wanted}”; it has: {', '.join(self._book.sheet_names)}",
            )
        return [wanted]


def sheet_names(file: InputFile) -> tuple[str, ...]:
    """All sheets of a workbook, hidden ones too; none if the file is no workbook.

    Raises
    ------
    ZhikeError
        ``file.locked``, ``file.damaged``, ``file.too_large``, ``file.unsafe``.
    """
    with file.open("rb") as stream:
        start = stream.read(4)
    if start not in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0") or (start[:2] == b"PK" and not is_workbook(file)):
        return ()
    if _is_container(file):
        check_workbook(file)
    return tuple(_book(file).sheet_names)


def _header(
    sheet: Any, known: Collection[str], wanted: int | None
) -> tuple[int, int, tuple[str, ...]] | None:
    """How many known names the header shows, its row, and its cells."""
    if wanted == NO_HEADER:
        return (0, NO_HEADER, column_names(sheet.width)) if sheet.end else None
    best: tuple[int, int, tuple[str, ...]] | None = None
    for row, cells in enumerate(sheet.iter_rows(), start=1):
        if wanted and row < wanted:
            continue
        texts = [str(cell) if cell is not None else "" for cell in cells]
        while texts and not trimmed(texts[-1]):
            texts.pop()
        score = sum(header_form(text) in known for text in texts)
        if wanted:
            return (score, row, tuple(texts)) if texts else None
        if not texts:
            continue
        # A title is a single cell; without a known name the first row of several cells is the header.
        is_better = best is None or score > best[0] or (best[0] == 0 and len(best[2]) == 1 < len(texts))
        if is_better:
            best = (score, row, tuple(texts))
        if row > _HEADER_WITHIN:
            break
    return best


def _cell(cell: Any) -> object:
    if isinstance(cell, float):
        if cell.is_integer():
            # As a spreadsheet would show it: a reader of ids sees that digits are lost.
            return int(cell) if abs(cell) < _INEXACT else f"{cell:.14E}"
        return cell
    if isinstance(cell, datetime | date | bool):
        return cell
    if isinstance(cell, time | timedelta):
        return str(cell)
    return cell


def _is_blank(cells: Sequence[object]) -> bool:
    return all(cell is None or (isinstance(cell, str) and not trimmed(cell)) for cell in cells)


def _is_container(file: InputFile) -> bool:
    with file.open("rb") as stream:
        return stream.read(4) == b"PK\x03\x04"


def _book(file: InputFile) -> Any:
    try:
        # By its content: many workbooks have the ending of another format.
        with file.open("rb") as stream:
            return python_calamine.CalamineWorkbook.from_filelike(stream)
    except python_calamine.PasswordError as error:
        raise locked(file) from error
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        place = Text("工作簿里工作表的清单读不出来", "the list of its sheets cannot be read")
        raise damaged(file, place) from error


def _read(file: InputFile, book: Any, name: str) -> Any:
    try:
        return book.get_sheet_by_name(name)
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        place = Text(f"工作表“{shown(name)}”读不完", f"the sheet “{shown(name)}” cannot be read to its end")
        raise damaged(file, place) from error


def _too_large_for_old(file: InputFile) -> ZhikeError:
    most = _LARGEST_OLD_WORKBOOK >> 20
    return ZhikeError(
        "file.too_large",
        zh=f"{file} 是旧式 Excel 文件（.xls），超过 {most} MB。请在 Excel 里另存为 .xlsx 再导入",
        en=f"{file} is an old workbook (.xls) of more than {most} MB. Save it as .xlsx in Excel, then import it",
    )
