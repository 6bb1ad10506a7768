"""Rows that open in every kind of data frame."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from typing import Any

import pyarrow as pa

from zhike.analyst.bilingual import bilingual
from zhike.analyst.extras import extra
from zhike.kernel.words import Text

_SHOWN_ROWS = 10


class Rows(ABC):
    """A table of rows; pandas, Polars and others also take it as it is, by ``__arrow_c_stream__``."""

    @abstractmethod
    def to_arrow(self) -> pa.Table:
        """All rows as an Arrow table."""

    def to_pandas(self) -> Any:
        """All rows as a pandas DataFrame; days become ``datetime64``, whole numbers with gaps floats.

        Raises
        ------
        ZhikeError
            ``pandas.missing``.
        """
        return _pandas(self.to_arrow())

    def to_polars(self) -> Any:
        """All rows as a Polars DataFrame.

        Raises
        ------
        ZhikeError
            ``polars.missing``.
        """
        return _polars(self.to_arrow())

    def head(self, rows: int = _SHOWN_ROWS) -> Selection:
        """The first rows."""
        return Selection(self.to_arrow().slice(0, rows))

    def __len__(self) -> int:
        return int(self.to_arrow().num_rows)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def _repr_html_(self) -> str:
        return html_table(self.to_arrow())


@dataclass(frozen=True, eq=False)
class Selection(Rows):
    """Some rows: what `head`, `sql` and `summary` give."""

    table: pa.Table

    def to_arrow(self) -> pa.Table:
        return self.table

    def __repr__(self) -> str:
        return text_table(self.table)


def html_table(table: pa.Table) -> str:
    """The first rows as HTML; everything in them is escaped."""
    head = "".join(f"<th>{escape(name)}</th>" for name in table.column_names)
    body = "".join(f"<tr>{''.join(map(_html_cell, row))}</tr>" for row in _cells(table))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>{_rest(table)}</p>"


def text_table(table: pa.Table) -> str:
    """The first rows as text."""
    rows = [table.column_names, *(map(_said, row) for row in _cells(table))]
    columns = [list(column) for column in zip(*rows, strict=True)]
    widths = [max(map(len, column)) for column in columns]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in zip(*columns, strict=True))
    return "\n".join([*lines, _rest(table)])


def _cells(table: pa.Table) -> Iterable[tuple[object, ...]]:
    shown = table.slice(0, _SHOWN_ROWS)
    return zip(*(column.to_pylist() for column in shown.columns), strict=True)


def _html_cell(value: object) -> str:
    side = ' style="text-align:right"' if isinstance(value, (int, float)) else ""
    return f"<td{side}>{escape(_said(value))}</td>"


def _said(value: object) -> str:
    match value:
        case None:
            return ""
        case float():
            return f"{value:,.4g}" if abs(value) < 1 else f"{value:,.2f}"
        case datetime() | date():
            return value.isoformat()
    return str(value)


def _rest(table: pa.Table) -> str:
    return f"{table.num_rows:,} × {table.num_columns}"


@bilingual
def _pandas(table: pa.Table) -> Any:
    extra("pandas", said="pandas", install="pandas", instead=Text("to_arrow()", "to_arrow()"))
    return table.to_pandas(date_as_object=False)


@bilingual
def _polars(table: pa.Table) -> Any:
    polars = extra("polars", said="Polars", install="polars", instead=Text("to_arrow()", "to_arrow()"))
    return polars.from_arrow(table)
