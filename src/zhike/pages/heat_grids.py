"""A grid whose depth of colour is a number: an HTML table, so it reads aloud, copies and prints."""

from __future__ import annotations

from dataclasses import dataclass

from zhike.kernel.words import Text

Label = Text | str


@dataclass(frozen=True, slots=True)
class HeatCell:
    """`value` gives the depth of colour, `text` is what stands in the cell, `note` its second line.

    A cell with value None is drawn empty: not known, or has not happened yet.
    """

    value: float | None
    text: str = ""
    note: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class HeatRow:
    name: Label
    cells: tuple[HeatCell, ...]


@dataclass(frozen=True, slots=True)
class HeatGrid:
    """Rows by columns; `row_title` and `column_title` say what the two axes are."""

    title: Label
    row_title: Label
    column_title: Label
    columns: tuple[Label, ...]
    rows: tuple[HeatRow, ...]

    @property
    def highest(self) -> float:
        return max((cell.value or 0.0 for row in self.rows for cell in row.cells), default=0.0)
