"""Where the ids of a file come from, as its columns came in before."""

from __future__ import annotations

from zhike.collect.models import ImportRun
from zhike.jobs.tracking import JobState

DEFAULT_SOURCE = "orders"


def usual_source(kind: str, fingerprint: str) -> str:
    """The source under which the newest import of files with this header went; `DEFAULT_SOURCE` where there is none.

    The same rows under another source would be other rows, and count twice.
    """
    runs = ImportRun.objects.filter(
        kind=kind, header_fingerprint=fingerprint, is_dry_run=False, state=JobState.DONE, undone_at=None
    )
    return runs.values_list("source", flat=True).first() or DEFAULT_SOURCE
