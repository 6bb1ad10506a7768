"""Background work on who is who."""

from __future__ import annotations

from django.db import transaction
from django_tasks import task

from zhike.accounts.selectors import User
from zhike.customers.models import DuplicateScan
from zhike.customers.selectors.unsearched import is_search_due
from zhike.customers.services.duplicates import request_scan, scan_for_duplicates
from zhike.jobs.progress import LogProgress
from zhike.jobs.tracking import JobState
from zhike.kernel import clock
from zhike.kernel.errors import ZhikeError


def queue_scan(*, requested_by: User | None = None) -> DuplicateScan:
    """A queued scan that a worker will take; one that waits already is returned instead."""
    with transaction.atomic():
        waiting = set(DuplicateScan.objects.filter(state=JobState.QUEUED).values_list("pk", flat=True))
        scan = request_scan(requested_by=requested_by)
        if scan.pk not in waiting:
            search_duplicates.enqueue(scan.pk)
    return scan


def queue_scan_if_due() -> DuplicateScan | None:
    """For the worker's round: a queued scan where people came in by the API, a form or a till since the last one."""
    return queue_scan() if is_search_due(clock.now()) else None


@task()
def search_duplicates(scan_id: int) -> None:
    """Run a queued scan; what went wrong is kept in its row."""
    scan = DuplicateScan.objects.get(pk=scan_id)
    try:
        scan_for_duplicates(scan=scan, progress=LogProgress())
    except ZhikeError:
        return
