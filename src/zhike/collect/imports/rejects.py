"""The file of rejects: the records that were not taken, as they were, each with its reason.

It opens in a spreadsheet and can be imported again after correction. A cell that begins like a formula is
guarded by an apostrophe, which `CorrectedFile` takes off again: the original cells come back letter for letter. A
record without clear cells stands whole in the first column.
"""

from __future__ import annotations

import csv
import heapq
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, TextIO

from zhike.collect.imports.storage import InputFile, open_private, write_private
from zhike.kernel.errors import ZhikeError
from zhike.kernel.formulas import guarded
from zhike.kernel.words import Text

ADDED_COLUMNS = ("row_number", "column", "code", "reason")
_SHOWN_ROWS = 5
_BETWEEN = "; "
_BETWEEN_REASONS = Text("；", "; ")
_UNSAFE_IN_NAMES = re.compile(r"[^\w.\- ()（）]")


class Reject(NamedTuple):
    """One record that was not taken; `cells` are the original texts.

    Of several faults, `column`, `code` and `reason` tell all, in the same order.
    """

    number: int
    cells: tuple[str, ...]
    column: str
    code: str
    reason: str


class FirstReject(NamedTuple):
    """One of the first records with a code, as a check before an import shows it."""

    number: int
    column: str
    reason: Text


class RejectLog:
    """Rejects on their way: written down as they come, in bounded memory.

    Parameters
    ----------
    file
        A temporary file.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._out: TextIO = io.TextIOWrapper(write_private(file), encoding="utf-8")
        self.count = 0
        # Code → records with such a fault; a record with two kinds of them counts under both.
        self.counts: dict[str, int] = {}
        self.first: dict[str, list[FirstReject]] = {}

    def add(self, number: int, cells: Sequence[object], *faults: tuple[str, ZhikeError]) -> None:
        """Note a record with its faults, at least one.

        Each comes with the file's own name of the column, which is empty where it is the record as a whole.
        """
        self.count += 1
        for code in {error.code for _, error in faults}:
            self.counts[code] = self.counts.get(code, 0) + 1
        for column, error in faults:
            first = self.first.setdefault(error.code, [])
            if len(first) < _SHOWN_ROWS:
                first.append(FirstReject(number, column, error.text))
        columns = _BETWEEN.join(column for column, _ in faults)
        codes = _BETWEEN.join(error.code for _, error in faults)
        reasons = str(_BETWEEN_REASONS).join(str(error) for _, error in faults)
        reject = Reject(number, tuple(map(original_text, cells)), columns, codes, reasons)
        self._out.write(json.dumps(reject) + "\n")

    def close(self) -> None:
        self._out.close()

    def rejects(self) -> Iterator[Reject]:
        """What was noted, by row number; after `close`."""
        with io.TextIOWrapper(open_private(self._file), encoding="utf-8") as lines:
            for line in lines:
                number, cells, column, code, reason = json.loads(line)
                yield Reject(number, tuple(cells), column, code, reason)


def write_rejects(file: Path, header: Sequence[str], rejects: Sequence[Iterable[Reject]]) -> int:
    """Write streams of rejects, each ordered by row number, as one file for people; how many rows it has.

    The file is sealed, and begins with a byte order mark so that Excel reads it as UTF-8.
    """
    # A corrected file of rejects still has the columns of the time before: they are replaced.
    width = len(header) - len(ADDED_COLUMNS) * has_added_columns(header)
    count = 0
    with write_private(file, is_durable=True) as raw:
        out = io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
        writer = csv.writer(out)
        writer.writerow([*map(guarded, header[:width]), *ADDED_COLUMNS])
        for reject in heapq.merge(*rejects, key=lambda one: one.number):
            cells = (*reject.cells, *[""] * width)[:width]
            added = (str(reject.number), reject.column, reject.code, reject.reason)
            writer.writerow(map(guarded, (*cells, *added)))
            count += 1
        out.detach()
    return count


def rejects_name(run_id: int, file: InputFile) -> str:
    """The name under which the rejects of a run are kept."""
    return f"{run_id}-{_UNSAFE_IN_NAMES.sub('_', file.stem)[:60]}.csv.sealed"


def has_added_columns(header: Sequence[str]) -> bool:
    """Whether this is the header of a file of rejects."""
    return tuple(header[-len(ADDED_COLUMNS) :]) == ADDED_COLUMNS


def original_text(cell: object) -> str:
    """A cell as the file has it; typed values in the plainest text that means the same."""
    if isinstance(cell, str):
        return cell
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        # 1001.0 is how a column with gaps holds the id 1001; as text it would be another id.
        return str(int(cell))
    if isinstance(cell, Mapping | list):
        return json.dumps(cell, ensure_ascii=False, default=str)
    return str(cell)
