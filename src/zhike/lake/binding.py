"""Tables of the catalog on the files that a manifest or a version names."""

from __future__ import annotations

from functools import lru_cache
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
        return read_files(engine, table, files)
    return table.shaped(cut_rows(table, read_files(engine, catalog.table(pinned.cut_from), files)))


def read_files(engine: Engine, table: catalog.Table, files: list[Path]) -> ir.Table:
    """The rows of files; columns that a release before did not write yet are empty.

    Facts may have files of several releases side by side.
    """
    schema = table.arrow_schema()
    by_columns: dict[frozenset[str], list[Path]] = {}
    for file in files if table.kind == "fact" else files[:1]:
        by_columns.setdefault(_columns_of(file) & set(schema.names), []).append(file)
    if table.kind != "fact":
        by_columns = dict.fromkeys(by_columns, files)
    if not by_columns:
        return engine.read(table.name, files, schema)
    read = [_widened(engine, table.name, each, schema, columns) for columns, each in by_columns.items()]
    return ibis.union(*read) if len(read) > 1 else read[0]


def _widened(
    engine: Engine, name: str, files: list[Path], schema: pa.Schema, written: frozenset[str]
) -> ir.Table:
    there = pa.schema([field for field in schema if field.name in written])
    rows = engine.read(name, files, there)
    return rows if there.equals(schema) else rows.mutate(**_empty(schema, written)).select(*schema.names)


@lru_cache(maxsize=20_000)
def _columns_of(file: Path) -> frozenset[str]:
    """Of a file of the lake, which never changes under its name."""
    return frozenset(pq.read_schema(file).names)


def _empty(schema: pa.Schema, written: frozenset[str]) -> dict[str, ir.Value]:
    types = ibis.schema(schema)
    return {name: ibis.null(types[name]) for name in schema.names if name not in written}


def table_of_files(
    engine: Engine, deltas: DeltaFolder, table: catalog.Table, files: list[PinnedFile]
) -> ir.Table:
    """The rows of some files of a fact."""
    return read_files(engine, table, [deltas.path(table.name) / file.path for file in files])


def cut_rows(table: catalog.Table, wide: ir.Table) -> ir.Table:
    """The rows of the wide table that a table cut from it has."""
    rows = wide.filter(wide[table.cut_where].notnull()) if table.cut_where else wide
    return table.cut_as(rows) if table.cut_as else rows
