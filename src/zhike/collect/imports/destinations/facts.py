"""Rows that become facts: compared with the lake, given to profiles, committed at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from threading import Event

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.db import transaction

from zhike.collect.imports.destinations.destination import COMPARING, REGISTERING, WRITING, Taken, Task
from zhike.collect.imports.named_keys import NOBODY, NamedKeys
from zhike.collect.imports.staging import StagedFile
from zhike.collect.imports.verdicts import (
    KEYS_AT_ONCE,
    Repeats,
    Verdicts,
    columns_to_compare,
    known_rows,
    repeats_within,
    with_joined,
)
from zhike.collect.recovering import import_mark
from zhike.customers.services import ExpectedProfiles, expect_many, register_many, register_profiles
from zhike.kernel import clock
from zhike.lake.catalog import Table
from zhike.lake.deltas import PinnedTable
from zhike.lake.engines import Budget

_COMMIT_ROWS = 8192
# A row group of the lake: small ones are slow to scan, large ones need memory here.
_ROWS_AT_ONCE = 100_000
# A key and a fingerprint each.
_HASHES_AT_ONCE = 530_000
_NOBODY = -1
# Ids and texts of their own in each row: a dictionary of them only costs time.
_UNLIKE = ("order_id", "event_id", "properties")
# Enough for the keys of one batch and a scan of the facts, whatever the size of either.
_BUDGET = Budget(threads=2, memory="160MB")


@dataclass(frozen=True, slots=True)
class _Parents:
    """Of each line: whether its order is in the lake, whose it is (null for a walk-in sale), and its day."""

    is_there: np.ndarray
    profiles: pa.Array
    days: pa.Array


class FactsDestination:
    """Facts of one table."""

    def __init__(self, task: Task) -> None:
        assert task.kind.table is not None
        self._task = task
        self._table: Table = task.kind.table
        self._file = task.folder / f"{self._table.name}.parquet"
        self._today = clock.today(task.home.business().zone)

    def compared(self, staged: StagedFile) -> Verdicts:
        """Compare the good rows with one another and with the facts of their source."""
        self._task.progress.report(COMPARING, 0, 0)
        _give_back()
        repeats = repeats_within(staged, self._task.kind)
        orphans = self._orphans(staged)
        # A repeat goes the way of its first row, which alone is compared with the lake.
        is_left_out = repeats.marks(staged.last_number)
        is_left_out[orphans] = True
        unchanged, updated = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for batch in self._to_compare(staged):
            firsts = batch.filter(pa.array(~is_left_out[batch["number"].to_numpy()]))
            firsts = self._completed(firsts, repeats)
            numbers, is_same = self._known(firsts)
            _give_back()
            unchanged.append(numbers[is_same])
            updated.append(numbers[~is_same])
        kept = Repeats(repeats.same[~np.isin(repeats.same, orphans)], repeats.conflicts, repeats.joined)
        orphans = orphans[~np.isin(orphans, np.fromiter(repeats.conflicts, np.int64))]
        return Verdicts(kept, np.concatenate(unchanged), np.concatenate(updated), orphans)

    @contextmanager
    def taking(self, staged: StagedFile, found: Verdicts) -> Iterator[Taken]:
        updated = len(found.updated)
        if self._task.is_dry_run:
            yield Taken(self._count(staged, found) - updated, updated, len(found.unchanged))
            return
        rows = self._count(staged, found) and self._placed(staged, found)
        yield Taken(rows - updated, updated, len(found.unchanged))
        self._commit(rows, has_updates=updated > 0)

    def _to_compare(self, staged: StagedFile) -> Iterator[pa.RecordBatch]:
        """The rows to look for in the lake; none while there is nothing in it."""
        present = self._task.lake.deltas.pinned(self._table.name)
        if present is None or not present.rows:
            return iter(())
        # For each batch all facts are read: the fewer, the better.
        at_once = _HASHES_AT_ONCE if "row_hash" in self._table.column_names else KEYS_AT_ONCE
        return staged.rows(self._columns(), batch_rows=at_once)

    def _completed(self, rows: pa.RecordBatch, repeats: Repeats) -> pa.RecordBatch:
        """The rows with what later rows of the file add, and what the lake knows of their keys and stays."""
        kind = self._task.kind
        if kind.completed is None:
            return rows
        with self._task.lake.reading_facts(budget=_BUDGET) as facts:
            keys = facts.load("imported_keys", pa.Table.from_batches([rows.select(list(kind.key))]))
            present = facts.table(self._table.name)
            mine = present.filter(present.source == self._task.run.source)
            known = facts.fetch(mine.semi_join(keys, kind.key))
        return kind.completed(with_joined(rows, repeats.joined), known, today=self._today)

    def _columns(self) -> list[str]:
        # A fingerprint of a row covers whose it is.
        is_asked = self._task.kind.person == "customer" and "row_hash" not in self._table.column_names
        return [*columns_to_compare(self._task.kind), *(["customer_id"] if is_asked else [])]

    def _known(self, rows: pa.RecordBatch) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of the rows whose key is in the lake, and whether the content is the same."""
        kind = self._task.kind
        loaded = pa.Table.from_batches([rows])
        # A fresh engine for each batch gives the memory of the one before back.
        with self._task.lake.reading_facts(budget=_BUDGET) as facts:
            # What the engine holds may spill to the disk: nobody's key goes there.
            named = [name for name in loaded.column_names if name == "customer_id"]
            keys = facts.load("imported_rows", loaded.drop_columns(named))
            present = facts.table(self._table.name)
            found = facts.fetch(known_rows(keys, present, kind, source=self._task.run.source))
        numbers = found["number"].to_numpy()
        is_same = found["is_same"].to_numpy(zero_copy_only=False).astype(bool)
        if "row_hash" in self._table.column_names or kind.person == "nobody":
            return numbers, is_same
        known = found["known_profile"].fill_null(_NOBODY).to_numpy()
        return numbers, is_same & self._is_same_person(loaded, numbers, known)

    def _is_same_person(self, rows: pa.Table, numbers: np.ndarray, profiles: np.ndarray) -> np.ndarray:
        """Whether the rows of those numbers belong to those profiles."""
        if self._task.kind.person == "order":
            ids = self._parents(rows["order_id"]).profiles.fill_null(_NOBODY).to_pylist()
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
            is_there = self._parents(batch["order_id"]).is_there
            found.append(batch["number"].to_numpy()[~is_there])
        return np.concatenate(found)

    def _parents(self, order_ids: pa.Array | pa.ChunkedArray) -> _Parents:
        """What the lines of those orders take from them."""
        count = len(order_ids)
        wanted = pa.table({"place": np.arange(count), "order_id": order_ids})
        with self._task.lake.reading_facts(budget=_BUDGET) as facts:
            loaded, orders = facts.load("imported_lines", wanted), facts.table("orders")
            mine = orders.filter(orders.source == self._task.run.source)
            joined = loaded.join(mine.select("order_id", "profile_id", "ordered_on"), "order_id")
            found = facts.fetch(joined.select("place", "profile_id", "ordered_on"))
        places = found["place"].to_numpy()
        row_of = np.full(count, -1)
        row_of[places] = np.arange(found.num_rows)
        rows = pa.array(row_of, mask=row_of < 0)
        days = found["ordered_on"].combine_chunks().take(rows)
        return _Parents(row_of >= 0, found["profile_id"].combine_chunks().take(rows), days)

    def _count(self, staged: StagedFile, found: Verdicts) -> int:
        dropped = found.not_written(staged.last_number)
        return sum(
            int(np.count_nonzero(~dropped[batch["number"].to_numpy()]))
            for batch in staged.rows(["number"], batch_rows=KEYS_AT_ONCE)
        )

    def _placed(self, staged: StagedFile, found: Verdicts) -> int:
        """Write the rows for the lake, with the profile of each; how many they are."""
        task = self._task
        if not task.kind.naming:
            return self._written(staged, found, np.empty(0, np.int64), Event())
        numbers = staged.named.without(found.not_written(staged.last_number))
        expected = expect_many(source=task.run.source, source_keys=staged.named.keys.take(pa.array(numbers)))
        ids, stopped = np.zeros(len(staged.named.keys) + 1, np.int64), Event()
        ids[numbers] = expected.ids
        with ThreadPoolExecutor(1) as pool:
            writing = pool.submit(self._written, staged, found, ids, stopped)
            try:
                made = self._registered(expected)
            except BaseException:
                stopped.set()
                raise
        if np.array_equal(made, expected.ids):
            return writing.result()
        # Somebody else has registered one of them meanwhile.
        ids[numbers] = made
        return self._written(staged, found, ids, stopped)

    def _registered(self, expected: ExpectedProfiles) -> np.ndarray:
        progress, count = self._task.progress, len(expected.ids)
        return register_many(expected, told=lambda done: progress.report(REGISTERING, done, count))

    def _written(self, staged: StagedFile, found: Verdicts, ids: np.ndarray, stopped: Event) -> int:
        """Write the rows, given the profiles of keys by their numbers; how many they are."""
        schema, rows = self._table.arrow_schema(), 0
        at_once = _ROWS_AT_ONCE if self._task.kind.naming else KEYS_AT_ONCE
        dropped = found.not_written(staged.last_number)
        batches = takewhile(lambda _: not stopped.is_set(), staged.batches(dropped, batch_rows=at_once))
        shaped = (
            self._shaped(
                self._completed(batch, found.repeats),
                schema,
                {name: _profiles(staged.named, name, batch, ids) for name in self._task.kind.naming},
            )
            for batch in batches
        )
        # Facts name nobody: the file is in the form in which the lake keeps it.
        with (
            pq.ParquetWriter(
                self._file, schema, compression="snappy", use_dictionary=_repeating(schema)
            ) as writer,
            ThreadPoolExecutor(1) as reading,
        ):
            for batch in _ahead(shaped, reading):
                writer.write_batch(batch)
                rows += len(batch)
                _give_back()
        return rows

    def _shaped(
        self, batch: pa.RecordBatch, schema: pa.Schema, profiles: Mapping[str, pa.Array]
    ) -> pa.RecordBatch:
        source = self._task.run.source
        given = {"source": pa.repeat(source, batch.num_rows)}
        if "customer_id" in profiles:
            given["profile_id"] = profiles["customer_id"]
        elif self._task.kind.person == "order":
            parents = self._parents(batch["order_id"])
            given |= {"profile_id": parents.profiles, "ordered_on": parents.days}
        if second := self._task.kind.second_person:
            given["properties"] = _naming(profiles[second])
        columns = [given[name] if name in given else batch[name] for name in schema.names]
        return pa.record_batch(columns, schema=schema)

    def _commit(self, rows: int, *, has_updates: bool) -> None:
        if not rows:
            return
        task = self._task
        task.progress.report(WRITING, 0, rows)
        before = task.lake.deltas.pinned(self._table.name)
        # Noted before: whoever finds the run cut off looks for its commit among the later versions.
        task.run.version_before = before.version if before else 0
        task.run.save(update_fields=["version_before"])
        if has_updates:
            after = self._upserted()
        else:
            after = task.lake.deltas.append_files(self._table, [self._file], mark=import_mark(task.run))
        task.run.version_after = after.version
        task.run.save(update_fields=["version_after"])
        task.progress.report(WRITING, rows, rows)

    def _upserted(self) -> PinnedTable:
        with pq.ParquetFile(self._file) as opened:
            # A stream of small batches, not a table: the lake holds what it has taken until a file is full.
            batches = pa.RecordBatchReader.from_batches(
                self._table.arrow_schema(), opened.iter_batches(batch_size=_COMMIT_ROWS)
            )
            return self._task.lake.deltas.upsert(self._table, batches, mark=import_mark(self._task.run))


def _ahead(batches: Iterator[pa.RecordBatch], pool: ThreadPoolExecutor) -> Iterator[pa.RecordBatch]:
    """The same, each made in another thread while the one before is used."""
    coming = pool.submit(next, batches, None)
    while (batch := coming.result()) is not None:
        coming = pool.submit(next, batches, None)
        yield batch


def _repeating(schema: pa.Schema) -> list[str]:
    """The columns in which few values stand again and again."""
    types = (pa.types.is_string, pa.types.is_date)
    return [each.name for each in schema if any(is_(each.type) for is_ in types) and each.name not in _UNLIKE]


def _profiles(named: NamedKeys, column: str, rows: pa.RecordBatch, ids: np.ndarray) -> pa.Array:
    """The profiles that rows name in a column, given the profiles of keys by their numbers."""
    numbers = named.of_records(column, rows["number"].to_numpy())
    return pa.array(ids[numbers], mask=numbers == NOBODY)


def _naming(profiles: pa.Array) -> pa.Array:
    """Properties that name other customers by the numbers of their profiles."""
    return pc.binary_join_element_wise('{"referrer_profile_id":', profiles.cast(pa.string()), "}", "")


def _give_back() -> None:
    """Give memory that Arrow keeps for the next step back: the steps need different amounts in different threads."""
    pa.default_memory_pool().release_unused()
