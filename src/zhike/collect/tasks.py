"""Background work of imports."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django_tasks import task

from zhike.accounts.selectors import User
from zhike.collect.imports.kinds import kind_named
from zhike.collect.models import ImportRun, Upload
from zhike.collect.services import request_import, run_import
from zhike.collect.uploads import remove_upload
from zhike.customers.tasks import queue_scan
from zhike.jobs.progress import LogProgress
from zhike.jobs.tracking import JobState
from zhike.kernel.errors import ZhikeError
from zhike.kernel.words import current_language, language_of, speaking


def queue_import(*, upload: Upload, user: User | None, is_dry_run: bool) -> ImportRun:
    """A queued run that a worker will take; see `request_import`."""
    # Both rows or neither, as for every queued run.
    with transaction.atomic():
        under_way = {JobState.QUEUED, JobState.RUNNING}
        known = set(upload.runs.filter(state__in=under_way).values_list("pk", flat=True))
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
            report = run_import(home=home, run=run, progress=LogProgress())
    except ZhikeError:
        return
    if run.is_dry_run:
        return
    if run.upload is not None:
        remove_upload(home=home, upload=run.upload)
    if kind_named(run.kind).destination == "profiles" and report.inserted + report.updated:
        # New people may be known already from another source.
        queue_scan(requested_by=run.user)
