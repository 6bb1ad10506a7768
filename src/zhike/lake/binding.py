"""Tables of the catalog on the files that a manifest or a version names."""

from __future__ import annotations

from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from zhike.lake import catalog
from zhike.lake.deltas import DeltaFolder, PinnedFile, PinnedTable
from zhike.lake.engines import Engine


def bound_table(
    engine: Engine, deltas: DeltaFolder, table: catalog.Table, pinned: PinnedTable | None
) -> ir.Table:
    """A table on the files of a version, as the catalog has it today; without a version, empty."""
    files = [deltas.path(pinned.folder) / file.path for file in pinned.files] if pinned else []
    if pinned is None or not pinned.cut_from:
        return _read(engine, table, files)
    return table.shaped(cut_rows(table, _read(engine, catalog.table(pinned.cut_from), files)))


def _read(engine: Engine, table: catalog.Table, files: list[Path]) -> ir.Table:
    """The rows of files; columns that a release before did not write yet are empty."""
    schema = table.arrow_schema()
    if not files or table.kind == "fact":
        return engine.read(table.name, files, schema)
    written = set(pq.read_schema(files[0]).names)
    there = pa.schema([field for field in schema if field.name in written])
    rows = engine.read(table.name, files, there)
    return rows if there.equals(schema) else rows.mutate(**_empty(schema, written)).select(*schema.names)


def _empty(schema: pa.Schema, written: set[str]) -> dict[str, ir.Value]:
    types = ibis.schema(schema)
    return {name: ibis.null(types[name]) for name in schema.names if name not in written}


def table_of_files(
    engine: Engine, deltas: DeltaFolder, table: catalog.Table, files: list[PinnedFile]
) -> ir.Table:
    """The rows of some files of a fact."""
    return engine.read(
        table.name, [deltas.path(table.name) / file.path for file in files], table.arrow_schema()
    )


def cut_rows(table: catalog.Table, wide: ir.Table) -> ir.Table:
    """The rows of the wide table that a table cut from it has."""
    return wide.filter(wide[table.cut_where].notnull()) if table.cut_where else wide
