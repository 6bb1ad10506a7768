"""Every table of the lake: its grain, its key, its columns and their units. Pure: imports no engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from zhike.kernel.errors import UsageError
from zhike.kernel.near_names import near_names
from zhike.kernel.words import Text

if TYPE_CHECKING:
    import ibis
    import ibis.expr.types as ir
    import pyarrow as pa

ColumnType = Literal["int64", "int32", "float64", "string", "date", "timestamp", "boolean"]
Unit = Literal["", "minor_units", "days", "count", "share", "score", "rank"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Parameters
    ----------
    name
        As it stands in the table.
    type
        ``timestamp`` is in microseconds, UTC; ``date`` is a calendar day in the shop's time zone.
    text
        What it says, in Chinese and English.
    unit
        ``minor_units`` of the business currency, ``days``, ``count``, ``share`` (0–1), ``score``, ``rank``.
    alias
        A friendlier name by which conditions know the column.
    labels, colours
        For a column of codes: what each is called, and the name of its colour on every page.
    """

    name: str
    type: ColumnType
    text: Text
    unit: Unit = ""
    alias: str = ""
    labels: Mapping[str, Text] = field(default_factory=dict, repr=False)
    colours: Mapping[str, str] = field(default_factory=dict, repr=False)

    def label(self, code: str) -> Text:
        """What a code is called; the code itself where nobody named it."""
        return self.labels.get(code) or Text(zh=code, en=code)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the lake; ``fact`` as it happened, ``published`` by a refresh.

    Parameters
    ----------
    cut_from
        A wider published table that says all that this one says: then a refresh need not write this one,
        and readers are given the columns, and the rows that have a value in `cut_where`.
    cut_as
        What makes the rows of this table out of those, where it has other columns than the wide one: as many with
        `cut_where`, any number without.
    """

    name: str
    kind: Literal["fact", "published"]
    grain: Text
    key: tuple[str, ...]
    columns: tuple[Column, ...] = field(repr=False)
    cut_from: str = ""
    cut_where: str = ""
    cut_as: Callable[[ir.Table], ir.Table] | None = field(default=None, repr=False)

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of that name or alias.

        Raises
        ------
        UsageError
            ``column.unknown``, with near names.
        """
        for column in self.columns:
            if name in (column.name, column.alias):
                return column
        near = near_names(name, self.column_names)
        raise UsageError(
            "column.unknown",
            zh=f"表 {self.name} 没有“{name}”这一列；{near.zh}",
            en=f"the table {self.name} has no column “{name}”; {near.en}",
        )

    def arrow_schema(self) -> pa.Schema:
        import pyarrow as pa

        arrow = {
            "int64": pa.int64(),
            "int32": pa.int32(),
            "float64": pa.float64(),
            "string": pa.string(),
            "date": pa.date32(),
            "timestamp": pa.timestamp("us", tz="UTC"),
            "boolean": pa.bool_(),
        }
        return pa.schema([(column.name, arrow[column.type]) for column in self.columns])

    def unbound(self) -> ir.Table:
        """The table as an Ibis expression without an engine, for describing and compiling."""
        import ibis

        return ibis.table(self._ibis_schema(), name=self.name)

    def shaped(self, expression: ir.Table) -> ir.Table:
        """`expression` with exactly this table's columns, in order and cast to their types."""
        schema = self._ibis_schema()
        return expression.select(
            **{name: expression[name].cast(schema[name]).name(name) for name in self.column_names}
        )

    def _ibis_schema(self) -> ibis.Schema:
        import ibis

        types = {"timestamp": "timestamp('UTC', 6)"}
        return ibis.schema({c.name: types.get(c.type, c.type) for c in self.columns})


_tables: dict[str, Table] = {}


def register(*tables: Table) -> None:
    """Make tables known by name. Registering the same table twice is harmless.

    Raises
    ------
    ValueError
        If another table already has the name, or a key names a column that is not there.
    """
    for table in tables:
        if _tables.setdefault(table.name, table) != table:
            raise ValueError(f"two different tables are called {table.name}")
        if missing := set(table.key) - set(table.column_names):
            raise ValueError(f"the key of {table.name} names unknown columns: {sorted(missing)}")


def table(name: str) -> Table:
    """The table of that name.

    Raises
    ------
    UsageError
        ``table.unknown``, with near names.
    """
    if name not in _tables:
        near = near_names(name, sorted(_tables))
        raise UsageError(
            "table.unknown",
            zh=f"没有名为“{name}”的表；{near.zh}。zhike tables 列出全部",
            en=f"there is no table “{name}”; {near.en}. zhike tables lists them all",
        )
    return _tables[name]


def tables(kind: Literal["fact", "published"] | None = None) -> Iterator[Table]:
    """The registered tables, facts first, each kind by name."""
    for item in sorted(_tables.values(), key=lambda t: (t.kind, t.name)):
        if kind in (None, item.kind):
            yield item
