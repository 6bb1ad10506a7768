"""Two snapshots side by side."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa

from zhike.kernel.home import Home
from zhike.lake import catalog
from zhike.lake.snapshots import Snapshot, open_lake

RELATIVE = 1e-9


def newest_two(home: Home) -> tuple[Snapshot, Snapshot]:
    lake = open_lake(home.lake)
    before, after = lake.manifests.ids()[-2:]
    return lake.snapshot(before), lake.snapshot(after)


def differences(one: Snapshot, other: Snapshot) -> list[str]:
    """What the published tables of two snapshots say differently; floats may differ by `RELATIVE`."""
    found = [] if one.as_of == other.as_of else [f"as_of: {one.as_of} and {other.as_of}"]
    for table in catalog.tables("published"):
        left, right = (_ordered(snapshot, table) for snapshot in (one, other))
        if left.schema != right.schema or left.num_rows != right.num_rows:
            found.append(f"{table.name}: {left.num_rows} and {right.num_rows} rows, or other types")
        else:
            found += [f"{table.name}.{each}" for each in differing(left, right)]
    return found


def differing(one: pa.Table, other: pa.Table) -> list[str]:
    """What stands differently in the columns of two tables of the same rows: three examples a column."""
    return [f"{name}: {pair}" for name in one.column_names for pair in _unequal(one[name], other[name])[:3]]


def row_counts(snapshot: Snapshot) -> dict[str, int]:
    return {name: rows for name, rows in snapshot.manifest.rows.items() if rows}


def _ordered(snapshot: Snapshot, table: catalog.Table) -> pa.Table:
    return snapshot.fetch(snapshot.table(table.name).order_by(list(table.key)))


def _unequal(left: pa.ChunkedArray, right: pa.ChunkedArray) -> list[tuple[Any, Any]]:
    pairs = zip(left.to_pylist(), right.to_pylist(), strict=True)
    if pa.types.is_floating(left.type):
        return [(a, b) for a, b in pairs if not _is_near(a, b)]
    return [(a, b) for a, b in pairs if a != b]


def _is_near(a: float | None, b: float | None) -> bool:
    if a is None or b is None:
        return a is b
    return math.isclose(a, b, rel_tol=RELATIVE, abs_tol=0.0)
