"""Balances of points, as another system counted them: kept beside one another, the newest day in force."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from django.db import transaction

from zhike.collect.imports.destinations.destination import COMPARING, WRITING, Taken, Task
from zhike.collect.imports.staging import StagedFile
from zhike.collect.imports.verdicts import Verdicts, repeats_within
from zhike.collect.models import PointsBalance
from zhike.collect.selectors.points import balances_by_day
from zhike.customers.services import register_profiles
from zhike.kernel import clock

_AT_ONCE = 5_000


class PointsDestination:
    """Balances of the customers of one source."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._today = clock.today(task.home.business().zone)

    def compared(self, staged: StagedFile) -> Verdicts:
        self._task.progress.report(COMPARING, 0, 0)
        return Verdicts(repeats_within(staged, self._task.kind))

    @contextmanager
    def taking(self, staged: StagedFile, found: Verdicts) -> Iterator[Taken]:
        counts, rows = Counter[str](), 0
        dropped = found.not_written(staged.last_number)
        # A transaction for each batch, as for profiles.
        for batch in staged.batches(dropped, batch_rows=_AT_ONCE):
            names = ("customer_id", "points", "counted_on")
            given = list(zip(*(batch[name].to_pylist() for name in names), strict=True))
            with transaction.atomic():
                counts.update(self._taken(given))
                if self._task.is_dry_run:
                    transaction.set_rollback(True)
            rows += len(given)
            self._task.progress.report(WRITING, rows, 0)
        yield Taken(counts["inserted"], counts["updated"], counts["unchanged"])

    def _taken(self, given: list[tuple[str, int, date | None]]) -> Iterator[str]:
        keys = [key for key, _, _ in given]
        ids = register_profiles(source=self._task.run.source, source_keys=keys)
        known = balances_by_day(list(ids.values()))
        fresh = []
        for key, points, counted_on in given:
            balances = known.get(ids[key], {})
            # Without a day it is the balance of now, which the newest known one already tells.
            day = counted_on or max(balances, default=self._today)
            verdict = "inserted" if day not in balances else "updated"
            if balances.get(day) == points:
                yield "unchanged"
                continue
            day = counted_on or max(day, self._today)
            fresh.append(
                PointsBalance(profile_id=ids[key], points=points, counted_on=day, run=self._task.run)
            )
            yield verdict
        PointsBalance.objects.bulk_create(fresh)
