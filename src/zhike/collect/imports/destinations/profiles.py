"""Rows that say who somebody is: they go through the door of the customers, some at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from zhike.collect.imports.destinations.destination import COMPARING, WRITING, Taken, Task
from zhike.collect.imports.kinds.customers import profile_record
from zhike.collect.imports.staging import StagedFile
from zhike.collect.imports.verdicts import Verdicts, repeats_within
from zhike.customers.records import ProfileRecord
from zhike.customers.services import record_profiles

# About a quarter of a second.
_AT_ONCE = 1_000


class ProfilesDestination:
    """Profiles of one source."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def compared(self, staged: StagedFile) -> Verdicts:
        self._task.progress.report(COMPARING, 0, 0)
        return Verdicts(repeats_within(staged, self._task.kind))

    @contextmanager
    def taking(self, staged: StagedFile, found: Verdicts) -> Iterator[Taken]:
        counts, rows = Counter[str](), 0
        # A transaction for each batch: whoever else wants to write waits for one of them at most. What a run that
        # does not end well has written is taken back by its name.
        for batch in staged.batches(found.not_written(staged.last_number), batch_rows=_AT_ONCE):
            records = [profile_record(text) for text in batch["record"].to_pylist()]
            counts.update(self._recorded(records))
            rows += len(records)
            self._task.progress.report(WRITING, rows, 0)
        yield Taken(counts["inserted"], counts["updated"], counts["unchanged"])

    def _recorded(self, records: list[ProfileRecord]) -> list[str]:
        run = self._task.run
        with transaction.atomic():
            recorded = record_profiles(source=run.source, records=records, batch=run.batch)
            if self._task.is_dry_run:
                transaction.set_rollback(True)
        return [each.verdict for each in recorded]
