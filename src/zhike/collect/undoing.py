"""Taking back what an import brought, some at a time and recoverable wherever it is cut off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.timezone import localtime

from zhike.accounts.audit.actions import Target, action
from zhike.accounts.services import record_audit
from zhike.collect.imports.kinds import Kind, kind_named
from zhike.collect.models import ImportRun, ImportUndo
from zhike.collect.recovering import FACTS_LOCK, LOCK_WAIT_SECONDS, end_what_was_cut_off
from zhike.customers.services import undo_profiles, withdraw_nobodies
from zhike.customers.vault import open_vault
from zhike.jobs.progress import Progress, Several
from zhike.jobs.services import RowProgress, tracked
from zhike.jobs.tracking import JobState
from zhike.kernel import clock
from zhike.kernel.errors import UsageError, ZhikeError
from zhike.kernel.home import Home
from zhike.kernel.words import Text
from zhike.lake.catalog import Table
from zhike.lake.histories import undo_commits
from zhike.lake.snapshots import Lake, open_lake

if TYPE_CHECKING:
    from zhike.accounts.selectors import User

IMPORT_UNDO_ASKED = action("import.undo_asked", zh="要求撤销导入", en="asked to take an import back")
IMPORT_UNDONE = action("import.undone", zh="撤销导入", en="took an import back")
TAKING_BACK = Text("撤销导入", "Taking the import back")


@dataclass(frozen=True, slots=True)
class Undone:
    """What taking an import back did: rows that went, and rows that are what they were before."""

    run_id: int
    removed: int
    restored: int


@transaction.atomic
def request_undo(*, run: ImportRun, user: User | None, reason: str = "") -> ImportUndo:
    """A queued undo; one that waits or is under way is returned instead of a second.

    Raises
    ------
    ZhikeError
        ``undo.nothing``, ``undo.done``; ``audit.…`` for a reason that names a contact.
    """
    _check_undo(run)
    under_way = run.undos.filter(state__in=(JobState.QUEUED, JobState.RUNNING)).first()
    if under_way is not None:
        return under_way
    if user is not None:
        target = Target("import", run.pk)
        record_audit(actor=user, action=IMPORT_UNDO_ASKED, object=target, reason=reason)
    return ImportUndo.objects.create(run=run, requested_by=user, reason=reason)


def run_undo(*, home: Home, undo: ImportUndo, progress: Progress) -> Undone:
    """Do what `request_undo` queued: what the import added goes, what it changed becomes what it was.

    Profiles of customers stay, without what the import said about them, and what others changed of them since stays;
    those of whom nothing is left are seen no more until they come in again.
    Cut off at any moment, the same again does the rest.

    Raises
    ------
    ZhikeError
        ``undo.done``; ``undo.touched`` if a later import changed the same rows, ``undo.gone`` if the lake no
        longer has what was there before; ``lake.busy`` while an import runs.
    """
    lake = open_lake(home.lake)
    with tracked(undo, under=lake.locked(FACTS_LOCK, wait_seconds=LOCK_WAIT_SECONDS)):
        end_what_was_cut_off(home=home, but=undo)
        run = undo.run
        run.refresh_from_db()
        _check_undo(run)
        done = _undone(lake, run, Several([RowProgress(undo), progress]))
        _note_undone(undo, done)
        # Only now do its balances count no more; cut off here, the next undo does it.
        withdraw_nobodies(lake=lake, vault=open_vault(home))
    return done


def undo_import(*, home: Home, run_id: int, progress: Progress) -> Undone:
    """Take back the import with that number now; as `request_undo` and `run_undo`.

    Raises
    ------
    UsageError
        ``undo.unknown`` for a number that no import has.
    """
    run = ImportRun.objects.filter(pk=run_id).first()
    if run is None:
        raise UsageError(
            "undo.unknown", zh=f"没有第 {run_id} 号导入", en=f"there is no import number {run_id}"
        )
    return run_undo(home=home, undo=request_undo(run=run, user=None), progress=progress)


@transaction.atomic
def _note_undone(undo: ImportUndo, done: Undone) -> None:
    run, user = undo.run, undo.requested_by
    run.undone_at, run.undone_by, run.undo_reason = clock.now(), user, undo.reason
    run.save(update_fields=["undone_at", "undone_by", "undo_reason"])
    undo.removed, undo.restored = done.removed, done.restored
    undo.save(update_fields=["removed", "restored"])
    if user is not None:
        target = Target("import", run.pk)
        record_audit(actor=user, action=IMPORT_UNDONE, object=target, reason=undo.reason)


def _undone(lake: Lake, run: ImportRun, progress: Progress) -> Undone:
    kind = kind_named(run.kind)
    if kind.table is not None:
        return _facts_undone(lake, run, kind.table, progress)
    return _people_undone(run, kind, progress)


def _facts_undone(lake: Lake, run: ImportRun, table: Table, progress: Progress) -> Undone:
    if run.version_before is None or run.version_after is None:
        return Undone(run.pk, 0, 0)
    progress.report(TAKING_BACK, 0, 0)
    removed, restored = undo_commits(
        lake, table, before=run.version_before, after=run.version_after, number=run.pk
    )
    return Undone(run.pk, removed, restored)


def _people_undone(run: ImportRun, kind: Kind, progress: Progress) -> Undone:
    # Balances of imports that were taken back no longer count; the rows stay as a record.
    if kind.destination == "profiles":
        total = run.inserted + run.updated
        undo_profiles(batch=run.batch, told=lambda done: progress.report(TAKING_BACK, done, max(total, done)))
    return Undone(run.pk, run.inserted, run.updated)


def _check_undo(run: ImportRun) -> None:
    if run.undone_at is not None:
        moment = localtime(run.undone_at)
        raise ZhikeError(
            "undo.done",
            zh=f"第 {run.pk} 号导入已经在 {moment:%Y-%m-%d %H:%M} 撤销过",
            en=f"import {run.pk} was undone already, on {moment:%Y-%m-%d %H:%M}",
        )
    if run.state != JobState.DONE or run.is_dry_run:
        raise ZhikeError(
            "undo.nothing",
            zh=f"第 {run.pk} 号导入没有完成，或只是试运行，没有可撤销的内容",
            en=f"import {run.pk} did not finish or was a dry run: there is nothing to undo",
        )
