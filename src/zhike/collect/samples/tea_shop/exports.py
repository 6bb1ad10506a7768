"""A table as one of the shop's systems would export it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["profiles", "orders", "order_lines", "products", "events", "surveys", "reviews", "consents"]
Form = Literal["csv", "csv_gbk", "xlsx", "ndjson"]
SUFFIXES: Mapping[Form, str] = {"csv": ".csv", "csv_gbk": ".csv", "xlsx": ".xlsx", "ndjson": ".ndjson"}


@dataclass(frozen=True, slots=True)
class Export:
    """One file, with its own column names and its own words.

    Parameters
    ----------
    source
        The system it comes from; empty if it speaks of several and names them in a column.
    personal
        The columns that name or reach a person; no other column does.
    """

    name: str
    kind: Kind
    source: str
    form: Form
    header: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    personal: tuple[str, ...] = ()

    @property
    def file_name(self) -> str:
        return self.name + SUFFIXES[self.form]

    def column(self, title: str) -> list[object]:
        place = self.header.index(title)
        return [row[place] for row in self.rows]

    def records(self) -> Iterator[dict[str, object]]:
        """Each row by column name."""
        return (dict(zip(self.header, row, strict=True)) for row in self.rows)


def export(
    name: str,
    records: Iterable[Mapping[str, object]],
    *,
    kind: Kind,
    source: str,
    form: Form,
    header: Sequence[str],
    personal: Sequence[str] = (),
) -> Export:
    """An export of records that all have the columns of `header`."""
    rows = tuple(tuple(record[title] for title in header) for record in records)
    return Export(name, kind, source, form, tuple(header), rows, tuple(personal))


def yuan(minor_units: int) -> str:
    """Such as 128.00."""
    return f"{minor_units // 100}.{minor_units % 100:02d}"
