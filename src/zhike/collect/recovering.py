"""Imports that a dead process left under way: finished where they were written, taken back where not.

Nothing asks whether a process still lives: the lock of the facts, which the system frees when its holder dies, is
held by whoever calls.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from zhike.collect.imports.kinds import kind_named
from zhike.collect.models import ImportRun, ImportUndo, PointsBalance
from zhike.collect.rejected import forget_rejects
from zhike.customers.services import undo_profiles, withdraw_nobodies
from zhike.customers.vault import open_vault
from zhike.jobs.services import mark_interrupted
from zhike.jobs.tracking import JobState, TrackedWork
from zhike.kernel import clock
from zhike.kernel.home import Home
from zhike.lake.deltas import CommitMark
from zhike.lake.snapshots import Lake, open_lake

FACTS_LOCK = "facts"
# What arrives by HTTP is written every few seconds under the same lock; another import takes longer than this.
LOCK_WAIT_SECONDS = 10.0
COUNTS = ("records", "inserted", "updated", "unchanged", "rejected", "skipped", "duplicates", "walk_ins")
_MARK = "zhike.import"
_WorkT = TypeVar("_WorkT", bound=TrackedWork)


@dataclass(frozen=True, slots=True)
class CutOff:
    """What was found cut off: imports that are done all the same, imports and undos that are not."""

    finished: tuple[ImportRun, ...]
    interrupted: tuple[ImportRun, ...]
    undos: tuple[ImportUndo, ...]


def import_mark(run: ImportRun) -> CommitMark:
    """What the one commit of an import carries."""
    return CommitMark(_MARK, run.pk)


def end_what_was_cut_off(*, home: Home, but: ImportRun | ImportUndo | None = None) -> CutOff:
    """Under the lock of the facts: no import is left that looks as if it ran.

    `but` is the caller's own row. An import whose rows were committed is done, with the counts that it noted
    before. Of any other nothing stays, and it is marked as interrupted.
    """
    my_run = but.pk if isinstance(but, ImportRun) else None
    my_undo = but.pk if isinstance(but, ImportUndo) else None
    lake, runs, finished = open_lake(home.lake), _running(ImportRun, my_run), []
    for run in runs:
        if is_written(lake, run):
            _finish(run)
            finished.append(run)
        else:
            discard(home=home, run=run)
        shutil.rmtree(room_of(home, run.pk), ignore_errors=True)
    undos = _running(ImportUndo, my_undo)
    mark_interrupted(ImportRun, but=my_run)
    mark_interrupted(ImportUndo, but=my_undo)
    return CutOff(tuple(finished), tuple(run for run in runs if run not in finished), tuple(undos))


def room_of(home: Home, run_id: int) -> Path:
    """The folder that an import has for as long as it runs."""
    return home.path / "tmp" / f"import-{run_id}"


def discard(*, home: Home, run: ImportRun) -> None:
    """Take back what an import that did not end well has written so far."""
    destination = "" if run.is_dry_run else kind_named(run.kind).destination
    if destination == "profiles":
        undo_profiles(batch=run.batch)
    elif destination == "points":
        PointsBalance.objects.filter(run=run).delete()
    if destination:
        withdraw_nobodies(lake=open_lake(home.lake), vault=open_vault(home))
    forget_rejects(home=home, run=run)
    ImportRun.objects.filter(pk=run.pk).update(**dict.fromkeys(COUNTS, 0), reasons={}, version_before=None)


def _running(kind: type[_WorkT], but: int | None) -> list[_WorkT]:
    return list(kind._default_manager.filter(state=JobState.RUNNING).exclude(pk=but).order_by("pk"))


def is_written(lake: Lake, run: ImportRun) -> bool:
    """Whether the commit of a run is in the lake; its version is noted in `run`, not saved."""
    table = kind_named(run.kind).table
    if table is None or run.version_before is None:
        return False
    run.version_after = lake.deltas.marked_version(table.name, import_mark(run), after=run.version_before)
    return run.version_after is not None


def _finish(run: ImportRun) -> None:
    run.state, run.finished_at = JobState.DONE, clock.now()
    run.save(update_fields=["state", "finished_at", "version_after"])
