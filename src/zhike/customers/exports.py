"""Tables and customer lists as files, with the ids by which the sources know each customer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import ibis.expr.types as ir
import pyarrow as pa

from zhike.customers.filters import OVERVIEW, Selection, narrowed
from zhike.customers.selectors import customer_ids_found, source_keys_of
from zhike.customers.sorting import ordered
from zhike.kernel.errors import UsageError, ZhikeError
from zhike.kernel.home import Home
from zhike.kernel.words import Text
from zhike.lake import catalog
from zhike.lake.catalog import Column, Table
from zhike.lake.files import Extract, batches_of, write_file, writer_for
from zhike.lake.snapshots import Snapshot, open_lake

SOURCE_KEYS = Column(
    "source_keys", "string", Text("客户在各来源中的编号", "the sources' own ids of the customer, by comma")
)
_EVERYTHING = Text("无，全部行", "none, all rows")


def export_table(*, home: Home, table_name: str, out: Path, with_keys: bool) -> int:
    """Write a whole table of the current snapshot, a fact or a published one; the number of rows.

    Raises
    ------
    UsageError
        ``table.unknown``, and as `lake.files.write_file`.
    ZhikeError
        ``snapshot.none`` before the first refresh.
    """
    table = catalog.table(table_name)
    writer_for(out)
    snapshot = current_snapshot(home)
    rows = snapshot.table(table.name).order_by(list(table.key))
    return _write(home, snapshot, table, rows, out, filter=_EVERYTHING, with_keys=with_keys)


def export_customers(
    *,
    home: Home,
    snapshot: Snapshot,
    selection: Selection,
    out: Path,
    with_keys: bool,
    most_workbook_rows: int | None = None,
) -> int:
    """Write what is known about the customers of a selection, in its order; the number of rows.

    Raises
    ------
    UsageError
        ``export.too_many_rows`` for an Excel file of more than `most_workbook_rows`.
    """
    found = {text: customer_ids_found(text, snapshot) for text in selection.searches}
    chosen = narrowed(snapshot.table(OVERVIEW), selection, found)
    if most_workbook_rows is not None and out.suffix == ".xlsx":
        _check_workbook_rows(snapshot, chosen, most_workbook_rows)
    rows = ordered(chosen, selection.sort)
    table = catalog.table(OVERVIEW)
    return _write(home, snapshot, table, rows, out, filter=selection.sentence, with_keys=with_keys)


def current_snapshot(home: Home) -> Snapshot:
    """The snapshot in force.

    Raises
    ------
    ZhikeError
        ``snapshot.none`` before the first refresh.
    """
    snapshot = open_lake(home.lake).current()
    if snapshot is None:
        raise ZhikeError(
            "snapshot.none",
            zh="还没有计算结果可以导出。先导入订单，再运行 zhike refresh",
            en="there is nothing computed yet to export; import orders, then run zhike refresh",
        )
    return snapshot


def _check_workbook_rows(snapshot: Snapshot, rows: ir.Table, most: int) -> None:
    count = int(str(snapshot.rows(rows.aggregate(rows=rows.count()))[0]["rows"]))
    if count > most:
        raise UsageError(
            "export.too_many_rows",
            zh=f"{count:,} 行太多，网页最多导出 {most:,} 行 Excel；请缩小筛选，改用 CSV 或 Parquet，"
            f"或运行 zhike export {OVERVIEW} --out 文件.xlsx",
            en=f"{count:,} rows are too many, a page exports at most {most:,} to Excel; narrow the filter, "
            f"choose CSV or Parquet, or run zhike export {OVERVIEW} --out file.xlsx",
        )


def _write(
    home: Home, snapshot: Snapshot, table: Table, rows: ir.Table, out: Path, *, filter: Text, with_keys: bool
) -> int:
    batches = batches_of(snapshot.fetch(rows))
    if with_keys and "customer_id" in table.column_names:
        table = replace(table, columns=(*table.columns, SOURCE_KEYS))
        batches = _with_source_keys(batches)
    business = home.business()
    zone: ZoneInfo = business.zone
    return write_file(out, Extract(table, batches, business.currency, zone, snapshot.as_of, filter))


def _with_source_keys(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        ids = batch.column("customer_id").to_pylist()
        keys = source_keys_of(ids)
        yield batch.append_column(SOURCE_KEYS.name, pa.array([keys.get(id) for id in ids], pa.string()))
