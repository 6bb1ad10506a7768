"""Rows that become facts: compared with the lake, given to profiles, committed at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.db import transaction

from zhike.collect.imports.destinations.destination import COMPARING, REGISTERING, WRITING, Taken, Task
from zhike.collect.imports.staging import StagedFile
from zhike.collect.imports.verdicts import (
    KEYS_AT_ONCE,
    Repeats,
    Verdicts,
    columns_to_compare,
    known_rows,
    repeats_within,
)
from zhike.customers.services import register_profiles
from zhike.lake.catalog import Table
from zhike.lake.deltas import PinnedTable
from zhike.lake.engines import Budget

_COMMIT_ROWS = 8192
_MOST_KEYS_KEPT = 200_000
# Enough for the keys of one batch and a scan of the facts, whatever the size of either.
_BUDGET = Budget(threads=2, memory="160MB")


class FactsDestination:
    """Facts of one table."""

    def __init__(self, task: Task) -> None:
        assert task.kind.table is not None
        self._task = task
        self._table: Table = task.kind.table
        self._file = task.folder / f"{self._table.name}.parquet"
        # The profiles of the keys of late: most customers come again.
        self._profiles: dict[str, int] = {}

    def compared(self, staged: StagedFile) -> Verdicts:
        """Compare the good rows with one another and with the facts of their source."""
        self._task.progress.report(COMPARING, 0, 0)
        repeats = repeats_within(staged, self._task.kind.key)
        orphans = self._orphans(staged)
        # A repeat goes the way of its first row, which alone is compared with the lake.
        is_left_out = repeats.marks(staged.last_number)
        is_left_out[orphans] = True
        unchanged, updated = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for batch in staged.rows(self._columns(), batch_rows=KEYS_AT_ONCE):
            firsts = batch.filter(pa.array(~is_left_out[batch["number"].to_numpy()]))
            numbers, is_same = self._known(firsts)
            unchanged.append(numbers[is_same])
            updated.append(numbers[~is_same])
        kept = Repeats(repeats.same[~np.isin(repeats.same, orphans)], repeats.conflicts)
        orphans = orphans[~np.isin(orphans, np.fromiter(repeats.conflicts, np.int64))]
        return Verdicts(kept, np.concatenate(unchanged), np.concatenate(updated), orphans)

    @contextmanager
    def taking(self, staged: StagedFile, found: Verdicts) -> Iterator[Taken]:
        updated = len(found.updated)
        if self._task.is_dry_run:
            yield Taken(self._count(staged, found) - updated, updated, len(found.unchanged))
            return
        rows = self._placed(staged, found)
        yield Taken(rows - updated, updated, len(found.unchanged))
        self._commit(rows, has_updates=updated > 0)

    def _columns(self) -> list[str]:
        person = ["customer_id"] if self._task.kind.person == "customer" else []
        return [*columns_to_compare(self._task.kind), *person]

    def _known(self, rows: pa.RecordBatch) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of the rows whose key is in the lake, and whether the content is the same."""
        kind = self._task.kind
        loaded = pa.Table.from_batches([rows])
        # A fresh engine for each batch gives the memory of the one before back.
        with self._task.lake.reading_facts(budget=_BUDGET) as facts:
            keys = facts.load("imported_rows", loaded)
            present = facts.table(self._table.name)
            found = facts.fetch(known_rows(keys, present, kind, source=self._task.run.source))
        numbers = found["number"].to_numpy()
        is_same = found["is_same"].to_numpy(zero_copy_only=False).astype(bool)
        if "row_hash" in self._table.column_names or kind.person == "nobody":
            return numbers, is_same
        return numbers, is_same & self._is_same_person(loaded, numbers, found["known_profile"].to_numpy())

    def _is_same_person(self, rows: pa.Table, numbers: np.ndarray, profiles: np.ndarray) -> np.ndarray:
        """Whether the rows of those numbers belong to those profiles."""
        if self._task.kind.person == "order":
            ids = self._parents(rows["order_id"])[0].tolist()
        else:
            ids = self._profile_ids(rows["customer_id"].to_pylist(), known=set(numbers.tolist()), rows=rows)
        by_number = dict(zip(rows["number"].to_pylist(), ids, strict=True))
        mine = np.array([by_number[number] for number in numbers.tolist()], np.int64)
        is_same: np.ndarray = mine == profiles
        return is_same

    def _profile_ids(self, keys: Sequence[str], *, known: set[int], rows: pa.Table) -> list[int]:
        """The profile of every row that is in the lake, 0 for the others.

        A key that nobody knows is a change of the row, which is written then: its profile may be made now.
        """
        numbers = rows["number"].to_pylist()
        wanted = [key for key, number in zip(keys, numbers, strict=True) if number in known]
        with transaction.atomic():
            ids = register_profiles(source=self._task.run.source, source_keys=wanted)
            if self._task.is_dry_run:
                transaction.set_rollback(True)
        return [ids[key] if number in known else 0 for key, number in zip(keys, numbers, strict=True)]

    def _orphans(self, staged: StagedFile) -> np.ndarray:
        """Numbers of the rows that belong to an order which is not in the lake."""
        if self._task.kind.person != "order":
            return np.empty(0, np.int64)
        found = [np.empty(0, np.int64)]
        for batch in staged.rows(["number", "order_id"], batch_rows=KEYS_AT_ONCE):
            profiles, _ = self._parents(batch["order_id"])
            found.append(batch["number"].to_numpy()[profiles == 0])
        return np.concatenate(found)

    def _parents(self, order_ids: pa.Array | pa.ChunkedArray) -> tuple[np.ndarray, pa.Array]:
        """The profile (0 if there is none) and the day of every order."""
        wanted = pa.table({"place": np.arange(len(order_ids)), "order_id": order_ids})
        with self._task.lake.reading_facts(budget=_BUDGET) as facts:
            loaded, orders = facts.load("imported_lines", wanted), facts.table("orders")
            mine = orders.filter(orders.source == self._task.run.source)
            joined = loaded.join(mine.select("order_id", "profile_id", "ordered_on"), "order_id")
            found = facts.fetch(joined.select("place", "profile_id", "ordered_on"))
        places = found["place"].to_numpy()
        profiles = np.zeros(len(order_ids), np.int64)
        profiles[places] = found["profile_id"].to_numpy()
        days = np.full(len(order_ids), np.datetime64("NaT"), "datetime64[D]")
        days[places] = found["ordered_on"].to_numpy()
        return profiles, pa.array(days, pa.date32())

    def _count(self, staged: StagedFile, found: Verdicts) -> int:
        dropped = found.not_written(staged.last_number)
        return sum(
            int(np.count_nonzero(~dropped[batch["number"].to_numpy()]))
            for batch in staged.rows(["number"], batch_rows=KEYS_AT_ONCE)
        )

    def _placed(self, staged: StagedFile, found: Verdicts) -> int:
        """Write the rows for the lake, with the profile of each; how many they are."""
        rows = 0
        schema = self._table.arrow_schema()
        size = KEYS_AT_ONCE if self._task.kind.person == "order" else 0
        # Facts name nobody: the file is in the form in which the lake keeps it.
        with pq.ParquetWriter(self._file, schema, compression="snappy") as writer:
            for batch in staged.batches(found.not_written(staged.last_number), batch_rows=size):
                writer.write_batch(self._shaped(batch, schema))
                rows += batch.num_rows
                self._task.progress.report(REGISTERING, rows, 0)
        return rows

    def _shaped(self, batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
        source = self._task.run.source
        given = {"source": pa.repeat(source, batch.num_rows)}
        if self._task.kind.person == "customer":
            given["profile_id"] = self._registered(batch["customer_id"])
        elif self._task.kind.person == "order":
            profiles, days = self._parents(batch["order_id"])
            given |= {"profile_id": pa.array(profiles), "ordered_on": days}
        columns = [given[name] if name in given else batch[name] for name in schema.names]
        return pa.record_batch(columns, schema=schema)

    def _registered(self, keys: pa.Array) -> pa.Array:
        """The profile of every row, made where there is none."""
        encoded = pc.dictionary_encode(keys)
        words = encoded.dictionary.to_pylist()
        if len(self._profiles) > _MOST_KEYS_KEPT:
            self._profiles.clear()
        # A chunk at a time, so that nobody waits long for the database. Cut off here, the next run
        # finds the profiles that were made.
        if fresh := [word for word in words if word not in self._profiles]:
            self._profiles |= register_profiles(source=self._task.run.source, source_keys=fresh)
        ids = pa.array([self._profiles[word] for word in words], pa.int64())
        return ids.take(encoded.indices)

    def _commit(self, rows: int, *, has_updates: bool) -> None:
        if not rows:
            return
        task = self._task
        task.progress.report(WRITING, 0, rows)
        before = task.lake.deltas.pinned(self._table.name)
        if has_updates:
            after = self._upserted()
        else:
            after = task.lake.deltas.append_files(self._table, [self._file])
        task.run.version_before = before.version if before else 0
        task.run.version_after = after.version
        task.run.save(update_fields=["version_before", "version_after"])
        task.progress.report(WRITING, rows, rows)

    def _upserted(self) -> PinnedTable:
        with pq.ParquetFile(self._file) as opened:
            # A stream of small batches, not a table: the lake holds what it has taken until a file is full.
            batches = pa.RecordBatchReader.from_batches(
                self._table.arrow_schema(), opened.iter_batches(batch_size=_COMMIT_ROWS)
            )
            return self._task.lake.deltas.upsert(self._table, batches)
