"""What every result of a model has in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from html import escape
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhike.analyst.orders import Orders
from zhike.analyst.rows import Rows, html_table, text_table
from zhike.kernel.words import Text


@dataclass(frozen=True, eq=False, repr=False)
class Result(Rows):
    """One row a customer with at least one order that counts, by customer; amounts as they were given.

    Attributes
    ----------
    table
        The rows, an Arrow table.
    as_of
        The day it looks from.
    parameters
        What the rows rest on, by name; amounts as they were given, times in the unit of the name.
    notes
        What was left out, and what could not be done.
    """

    table: pa.Table
    as_of: date
    parameters: Mapping[str, object]
    notes: tuple[Text, ...]

    def to_arrow(self) -> pa.Table:
        return self.table

    def __repr__(self) -> str:
        facts = [f"as_of = {self.as_of}", *(str(note) for note in self.notes)]
        return "\n".join([type(self).__name__, *facts, text_table(self.table)])

    def _html(self, picture: str) -> str:
        notes = "".join(f"<li>{escape(str(note))}</li>" for note in self.notes)
        return f"{picture}<ul>{notes}</ul>{html_table(self.table)}"


def finished(rows: pa.Table, orders: Orders, *, amounts: tuple[str, ...]) -> pa.Table:
    """Rows by customer, with customers and amounts as they were given; `customer_id` is the first column."""
    ordered = rows.sort_by("customer_id")
    places = pc.subtract(ordered["customer_id"], 1)
    columns: dict[str, object] = {orders.columns.customer: orders.customers.take(places.combine_chunks())}
    columns["as_of"] = pa.array(np.full(ordered.num_rows, np.datetime64(orders.as_of, "D")))
    for name in ordered.column_names[1:]:
        values = ordered[name]
        columns[name] = major(values, orders) if name in amounts else values
    return pa.table(columns)


def major(values: pa.ChunkedArray, orders: Orders) -> pa.ChunkedArray:
    """Minor units as amounts in the unit they were given in."""
    return pc.divide(values.cast(pa.float64()), 10.0**orders.decimals)


def read_only(values: Mapping[str, object], orders: Orders) -> Mapping[str, object]:
    """Parameters, and which columns were read."""
    columns = {name: getattr(orders.columns, name) for name in ("customer", "date", "amount", "order")}
    return MappingProxyType({**values, "decimals": orders.decimals, "columns": MappingProxyType(columns)})
