"""The way of what was received to the lake: each row exactly once, whenever the mover is cut off.

A move takes batches by writing its number on them, commits their rows with that number, and deletes the
batches. Found again after a crash, batches whose number the lake has are only deleted.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from zhike.collect.intake.models import ReceivedBatch, SeenEvent
from zhike.collect.intake.rows import COLUMNS, FactKind
from zhike.collect.recovering import FACTS_LOCK
from zhike.collect.schema import EVENTS, ORDERS
from zhike.kernel import clock
from zhike.kernel.errors import ZhikeError
from zhike.kernel.home import Home
from zhike.lake.catalog import Table
from zhike.lake.engines import Budget, open_engine
from zhike.lake.intakes import append_once, committed_number, join_small_files, upsert_once
from zhike.lake.snapshots import Lake, open_lake

log = logging.getLogger(__name__)

SEEN_DAYS = 30
_TABLES: dict[FactKind, Table] = {"events": EVENTS, "orders": ORDERS}
_MOST_ROWS = 50_000
_BUDGET = Budget(threads=1, memory="256MB")


def move_received(*, home: Home) -> int:
    """Move what waits to the lake; the number of rows that were new there.

    While somebody else holds the lock of the facts nothing is moved: the next call finds it again.
    """
    if not ReceivedBatch.objects.exists():
        return 0
    lake = open_lake(home.lake)
    try:
        with lake.locked(FACTS_LOCK):
            moved = sum(_moved(lake, kind) for kind in _TABLES)
            for table in _TABLES.values():
                join_small_files(lake.deltas, table)
    except ZhikeError as error:
        if error.code != "lake.busy":
            raise
        return 0
    _forget_old_events(home)
    return moved


def _moved(lake: Lake, kind: FactKind) -> int:
    moved = 0
    for number in _taken_before(kind):
        moved += _move(lake, kind, number)
    # Once a round, so that an import gets its turn however much arrives.
    if ReceivedBatch.objects.filter(kind=kind).exists():
        # One more than the lake knows, not than the database does: either may have been restored from a backup.
        number = committed_number(lake.deltas, _TABLES[kind]) + 1
        _take(kind, number)
        moved += _move(lake, kind, number)
    return moved


def _taken_before(kind: FactKind) -> list[int]:
    """The numbers of moves that were cut off."""
    taken = ReceivedBatch.objects.filter(kind=kind, move__isnull=False).order_by("move")
    return [number for number in taken.values_list("move", flat=True).distinct() if number is not None]


def _take(kind: FactKind, number: int) -> None:
    rows, last = 0, 0
    waiting = ReceivedBatch.objects.filter(kind=kind, move=None).order_by("pk")
    for pk, count in waiting.values_list("pk", "count").iterator():
        rows, last = rows + count, pk
        if rows >= _MOST_ROWS:
            break
    waiting.filter(pk__lte=last).update(move=number)


def _move(lake: Lake, kind: FactKind, number: int) -> int:
    moved = 0
    if committed_number(lake.deltas, _TABLES[kind]) < number:
        moved = _commit(lake, kind, number)
    _delete(kind, number)
    return moved


def _delete(kind: FactKind, number: int) -> None:
    ReceivedBatch.objects.filter(kind=kind, move=number).delete()


def _commit(lake: Lake, kind: FactKind, number: int) -> int:
    table = _TABLES[kind]
    rows = _last_of_each(_rows(kind, number), table)
    fresh, is_update = (_new_events if kind == "events" else _changed_orders)(lake, table, rows)
    if fresh.num_rows:
        write = upsert_once if is_update else append_once
        write(lake.deltas, table, fresh, number=number)
    return int(fresh.num_rows)


def _rows(kind: FactKind, number: int) -> pa.Table:
    batches = ReceivedBatch.objects.filter(kind=kind, move=number).order_by("pk")
    rows = [row for text in batches.values_list("content", flat=True) for row in json.loads(text)]
    columns = zip(*rows, strict=True) if rows else [[] for _ in COLUMNS[kind]]
    schema = _TABLES[kind].arrow_schema()
    arrays = {
        name: _array(list(column), schema.field(name).type)
        for name, column in zip(COLUMNS[kind], columns, strict=True)
    }
    return pa.table([arrays[name] for name in schema.names], schema=schema)


def _array(values: list[object], kind: pa.DataType) -> pa.Array:
    if pa.types.is_timestamp(kind):
        return pa.array(values, pa.int64()).cast(kind)
    if pa.types.is_date(kind):
        return pc.cast(pa.array(values, pa.string()), kind)
    return pa.array(values, kind)


def _last_of_each(rows: pa.Table, table: Table) -> pa.Table:
    """Of rows with one key, what was said last."""
    keys = zip(*(rows[name].to_pylist() for name in table.key), strict=True)
    places = {key: place for place, key in enumerate(keys)}
    return rows if len(places) == rows.num_rows else rows.take(sorted(places.values()))


def _new_events(lake: Lake, table: Table, rows: pa.Table) -> tuple[pa.Table, bool]:
    """The events that the lake does not have; those that were received twice within 30 days were told before."""
    days = pc.min_max(rows["occurred_on"]).as_py()

    def near(facts: ir.Table) -> ir.Table:
        return facts.filter(facts.occurred_on.between(days["min"], days["max"]))

    known = {(row["source"], row["event_id"]) for row in _known(lake, table, rows, near)}
    if not known:
        return rows, False
    keys = zip(rows["source"].to_pylist(), rows["event_id"].to_pylist(), strict=True)
    return rows.filter(pa.array([key not in known for key in keys])), False


def _changed_orders(lake: Lake, table: Table, rows: pa.Table) -> tuple[pa.Table, bool]:
    """The orders that are new or say something else, and whether one of them is there already."""
    known = {
        (row["source"], row["order_id"]): row["row_hash"]
        for row in _known(lake, table, rows, lambda facts: facts, "row_hash")
    }
    names = ("source", "order_id", "row_hash")
    said = list(zip(*(rows[name].to_pylist() for name in names), strict=True))
    is_other = [known.get((source, order)) != content for source, order, content in said]
    is_update = any(
        other and (source, order) in known for (source, order, _), other in zip(said, is_other, strict=True)
    )
    return rows.filter(pa.array(is_other, pa.bool_())), is_update


def _known(
    lake: Lake, table: Table, rows: pa.Table, near: Callable[[ir.Table], ir.Table], *columns: str
) -> Iterator[dict[str, object]]:
    """The rows of the lake that have one of these keys."""
    pinned = lake.deltas.pinned(table.name)
    if pinned is None or not rows.num_rows:
        return
    folder = lake.deltas.path(table.name)
    engine = open_engine(lake.engine_url, _BUDGET, spill=lake.root / "spill")
    try:
        keys = engine.load("received_keys", rows.select(list(table.key)))
        facts = near(
            engine.read(table.name, [folder / file.path for file in pinned.files], table.arrow_schema())
        )
        found = facts.select(*table.key, *columns).semi_join(keys, table.key)
        yield from engine.fetch(found).to_pylist()
    finally:
        engine.close()


def _forget_old_events(home: Home) -> None:
    oldest = clock.today(home.business().zone) - timedelta(days=SEEN_DAYS)
    SeenEvent.objects.filter(received_on__lt=oldest).delete()
