"""Background work of imports."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django_tasks import task

from zhike.accounts.selectors import User
from zhike.collect.imports.kinds import kind_named
from zhike.collect.models import ImportRun, ImportUndo, Upload
from zhike.collect.recovering import FACTS_LOCK, LOCK_WAIT_SECONDS, CutOff, end_what_was_cut_off
from zhike.collect.services import request_import, run_import
from zhike.collect.undoing import request_undo, run_undo
from zhike.collect.uploads import remove_upload
from zhike.customers.tasks import queue_scan
from zhike.jobs.progress import LogProgress
from zhike.jobs.tracking import JobState
from zhike.kernel.errors import ZhikeError
from zhike.kernel.home import Home
from zhike.kernel.words import current_language, language_of, speaking
from zhike.lake.snapshots import open_lake

_UNDER_WAY = (JobState.QUEUED, JobState.RUNNING)
_MOST_RESTARTS = 2
_QUEUED = {
    "state": JobState.QUEUED,
    "started_at": None,
    "finished_at": None,
    "done": 0,
    "total": 0,
    **dict.fromkeys(("stage_zh", "stage_en", "error_code", "error_zh", "error_en"), ""),
}


def queue_import(*, upload: Upload, user: User | None, is_dry_run: bool) -> ImportRun:
    """A queued run that a worker will take; see `request_import`."""
    # Both rows or neither, as for every queued run.
    with transaction.atomic():
        known = set(upload.runs.filter(state__in=_UNDER_WAY).values_list("pk", flat=True))
        run = request_import(upload=upload, user=user, is_dry_run=is_dry_run, language=current_language())
        if run.pk not in known:
            import_upload.enqueue(run.pk)
    return run


@task()
def import_upload(run_id: int) -> None:
    """Run a queued import or check; what went wrong is kept in its row."""
    home = settings.ZHIKE_HOME
    run = ImportRun.objects.select_related("upload", "user").get(pk=run_id)
    try:
        with speaking(language_of(run.language)):
            run_import(home=home, run=run, progress=LogProgress())
    except ZhikeError:
        return
    _follow_up(home, run)


def queue_undo(*, run: ImportRun, user: User | None, reason: str) -> ImportUndo:
    """A queued undo that a worker will take; see `request_undo`."""
    with transaction.atomic():
        known = set(run.undos.filter(state__in=_UNDER_WAY).values_list("pk", flat=True))
        undo = request_undo(run=run, user=user, reason=reason)
        if undo.pk not in known:
            undo_import.enqueue(undo.pk)
    return undo


@task()
def undo_import(undo_id: int) -> None:
    """Run a queued undo; what went wrong is kept in its row."""
    undo = ImportUndo.objects.select_related("run", "requested_by").get(pk=undo_id)
    try:
        run_undo(home=settings.ZHIKE_HOME, undo=undo, progress=LogProgress())
    except ZhikeError:
        return


def take_up_what_was_cut_off(*, home: Home) -> None:
    """For the start of a worker: end imports that a dead process left, and begin anew what a worker can."""
    try:
        with open_lake(home.lake).locked(FACTS_LOCK, wait_seconds=LOCK_WAIT_SECONDS):
            found = end_what_was_cut_off(home=home)
            _begin_anew(found)
    except ZhikeError as error:
        # Whoever holds the lock has done the same before.
        if error.code != "lake.busy":
            raise
        return
    for run in found.finished:
        _follow_up(home, run)


@transaction.atomic
def _begin_anew(found: CutOff) -> None:
    for run in found.interrupted:
        # Of what came from the command line the file is not ours; what is cut off again may be the cause of it.
        if run.upload_id is not None and run.cancel_asked_at is None and run.restart_count < _MOST_RESTARTS:
            ImportRun.objects.filter(pk=run.pk).update(**_QUEUED, restart_count=run.restart_count + 1)
            import_upload.enqueue(run.pk)
    for undo in found.undos:
        ImportUndo.objects.filter(pk=undo.pk).update(**_QUEUED)
        undo_import.enqueue(undo.pk)


def _follow_up(home: Home, run: ImportRun) -> None:
    """What comes after an import that a worker did."""
    if run.is_dry_run:
        return
    if run.upload is not None:
        remove_upload(home=home, upload=run.upload)
    queue_scan_after(kind=run.kind, written=run.inserted + run.updated, user=run.user)


def queue_scan_after(*, kind: str, written: int, user: User | None = None) -> bool:
    """Have duplicates searched after an import that wrote people; whether it was one."""
    if kind_named(kind).destination != "profiles" or not written:
        return False
    # New people may be known already from another source.
    queue_scan(requested_by=user)
    return True
