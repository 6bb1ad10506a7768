"""The tables of a snapshot, with what their columns mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from zhike.analyst.bilingual import bilingual
from zhike.analyst.rows import Rows, Selection, html_table
from zhike.kernel.errors import UsageError
from zhike.kernel.words import Text
from zhike.lake.catalog import Column, Table

Amounts = Literal["minor", "major"]


@dataclass(frozen=True, eq=False, repr=False)
class ShopTable(Rows):
    """One table of a snapshot; rows are read when asked for.

    Attributes
    ----------
    name, kind, grain, key
        As the catalog declares them; `kind` is ``fact`` or ``published``.
    rows
        How many.
    columns
        Name, type, unit (``minor_units``, ``days``, ``count``, ``share``, ``score``, ``rank`` or nothing) and `text`
        of each, which has `zh` and `en`; `labels` name the codes.
    decimals
        So many digits of an amount in minor units are decimals.
    """

    declared: Table
    rows: int
    decimals: int
    read: Callable[[Table, int | None], pa.Table] = field(repr=False)
    amounts: Amounts = "minor"

    @property
    def name(self) -> str:
        return self.declared.name

    @property
    def kind(self) -> str:
        return self.declared.kind

    @property
    def grain(self) -> Text:
        return self.declared.grain

    @property
    def key(self) -> tuple[str, ...]:
        return self.declared.key

    @property
    def columns(self) -> ColumnList:
        return ColumnList(self.declared.columns)

    def in_major_units(self) -> ShopTable:
        """The same table with amounts as decimal numbers (floats) of yuan, euros … instead of whole minor units."""
        return ShopTable(self.declared, self.rows, self.decimals, self.read, "major")

    def to_arrow(self) -> pa.Table:
        return self._converted(self.read(self.declared, None))

    @bilingual
    def head(self, rows: int = 10) -> Selection:
        """Some rows, without reading all; tables have no order."""
        if rows < 0:
            raise UsageError(
                "head.negative", zh=f"行数不能是 {rows}", en=f"the number of rows cannot be {rows}"
            )
        return Selection(self._converted(self.read(self.declared, rows)))

    def _converted(self, rows: pa.Table) -> pa.Table:
        if self.amounts == "minor":
            return rows
        for at, column in enumerate(self.declared.columns):
            if column.unit == "minor_units":
                major = pc.divide(rows[column.name].cast(pa.float64()), 10.0**self.decimals)
                rows = rows.set_column(at, column.name, major)
        return rows

    def __len__(self) -> int:
        return self.rows

    def __repr__(self) -> str:
        return f"{self.name}  [{self.kind}]  {self.rows:,} × {len(self.declared.columns)}  {self.grain}"

    def _repr_html_(self) -> str:
        return f"<p><b>{escape(self.name)}</b> · {escape(str(self.grain))}</p>{html_table(self.head().table)}"


class ColumnList(tuple[Column, ...]):
    """The columns of a table; shown as a table of their own."""

    __slots__ = ()

    def to_arrow(self) -> pa.Table:
        """`name, type, unit, zh, en`."""
        return pa.Table.from_pylist(
            [{"name": c.name, "type": c.type, "unit": c.unit, "zh": c.text.zh, "en": c.text.en} for c in self]
        )

    def __repr__(self) -> str:
        return _listed(
            [("column", "type", "unit", ""), *((c.name, c.type, c.unit, str(c.text)) for c in self)]
        )

    def _repr_html_(self) -> str:
        return _html_listed(
            [("column", "type", "unit", ""), *((c.name, c.type, c.unit, str(c.text)) for c in self)]
        )


class TableList(tuple[ShopTable, ...]):
    """The tables of a snapshot; shown with their grain."""

    __slots__ = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(table.name for table in self)

    def __repr__(self) -> str:
        return _listed(self._said())

    def _repr_html_(self) -> str:
        return _html_listed(self._said())

    def _said(self) -> list[tuple[str, ...]]:
        return [
            ("table", "kind", "rows", "grain"),
            *((t.name, t.kind, f"{t.rows:,}", str(t.grain)) for t in self),
        ]


def _listed(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _html_listed(rows: Sequence[tuple[str, ...]]) -> str:
    head, *body = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(f'<tr>{row}</tr>' for row in body)}</tbody></table>"
