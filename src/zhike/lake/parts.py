"""Several tables in one stream of rows: how a function that runs on a cluster hands back what it made.

The machines of the cluster import this module: nothing here needs more than Arrow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa

RESULT = "result"
# Spark takes a batch as one block of memory.
_ROWS_A_BATCH = 65_536


@dataclass(frozen=True)
class PartFunction:
    """A function of a part of the rows, as a function of batches of rows.

    Each row that it yields belongs to the table that `RESULT` names and has its values in the columns of that
    table; the columns of the other tables are empty there.
    """

    function: Callable[[pa.Table], Mapping[str, pa.Table]]
    rows: pa.Schema
    results: Mapping[str, pa.Schema]

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        part = list(batches)
        if not part:
            return
        given = self.function(pa.Table.from_batches(part).cast(self.rows))
        for name, table in given.items():
            yield from self._joined(name, table).to_batches(max_chunksize=_ROWS_A_BATCH)

    @property
    def schema(self) -> pa.Schema:
        """Of the rows that it yields."""
        fields = [
            pa.field(joined_name(name, field.name), field.type)
            for name, schema in self.results.items()
            for field in schema
        ]
        return pa.schema([pa.field(RESULT, pa.string()), *fields])

    def _joined(self, of: str, table: pa.Table) -> pa.Table:
        columns: list[pa.Array] = [pa.repeat(of, table.num_rows)]
        for name, schema in self.results.items():
            columns += [
                table[field.name] if name == of else pa.nulls(table.num_rows, field.type) for field in schema
            ]
        return pa.table(columns, schema=self.schema)


def joined_name(table: str, column: str) -> str:
    """What a column of one of the tables is called in the stream."""
    return f"{table}__{column}"
