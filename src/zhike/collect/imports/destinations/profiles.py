"""Rows that say who somebody is: they go through the door of the customers, in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from zhike.collect.imports.destinations.destination import COMPARING, WRITING, Taken, Task
from zhike.collect.imports.kinds.customers import profile_record
from zhike.collect.imports.staging import StagedFile
from zhike.collect.imports.verdicts import Verdicts, repeats_within
from zhike.customers.services import record_profiles


class ProfilesDestination:
    """Profiles of one source."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def compared(self, staged: StagedFile) -> Verdicts:
        self._task.progress.report(COMPARING, 0, 0)
        return Verdicts(repeats_within(staged, self._task.kind.key))

    @contextmanager
    def taking(self, staged: StagedFile, found: Verdicts) -> Iterator[Taken]:
        run, counts, rows = self._task.run, Counter[str](), 0
        with transaction.atomic():
            for batch in staged.batches(found.not_written(staged.last_number)):
                records = [profile_record(text) for text in batch["record"].to_pylist()]
                recorded = record_profiles(source=run.source, records=records, batch=run.batch)
                counts.update(each.verdict for each in recorded)
                rows += len(records)
                self._task.progress.report(WRITING, rows, 0)
            yield Taken(counts["inserted"], counts["updated"], counts["unchanged"])
            if self._task.is_dry_run:
                transaction.set_rollback(True)
