"""Background work of the refresh."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import transaction
from django_tasks import task

from zhike.accounts.selectors import User
from zhike.jobs.progress import LogProgress
from zhike.jobs.tracking import JobState
from zhike.kernel.errors import ZhikeError
from zhike.pipeline.models import RefreshRun
from zhike.pipeline.services import request_refresh, run_refresh


def queue_refresh(*, requested_by: User | None, as_of: date | None = None) -> RefreshRun:
    """A queued run that a worker will take; one that waits already for the same is returned instead."""
    # The task is a row of the same database: both rows are there or neither, and no worker sees the one
    # without the other. Enqueued after the commit, a crash in between would leave a run that waits for ever.
    with transaction.atomic():
        waiting = set(RefreshRun.objects.filter(state=JobState.QUEUED).values_list("pk", flat=True))
        run = request_refresh(requested_by=requested_by, as_of=as_of)
        if run.pk not in waiting:
            refresh.enqueue(run.pk)
    return run


@task()
def refresh(run_id: int) -> None:
    """Run a queued refresh; what went wrong is kept in its row."""
    run = RefreshRun.objects.get(pk=run_id)
    try:
        run_refresh(home=settings.ZHIKE_HOME, run=run, progress=LogProgress())
    except ZhikeError:
        # Kept in the row, where the page shows it (or another process took the run): nothing to retry.
        return
