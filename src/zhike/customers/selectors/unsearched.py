"""Whether people came in whom no search for duplicates has seen."""

from __future__ import annotations

from datetime import datetime, timedelta

from zhike.customers.models import DuplicateScan, Identity, PersonalField
from zhike.jobs.tracking import JobState

_QUIET = timedelta(minutes=1)
_LONGEST_WITHOUT_QUIET = timedelta(hours=1)
_REST = timedelta(minutes=10)
_RESTS_A_SEARCH = 10
# A search that was begun so long ago was cut off.
_LONGEST_SEARCH = timedelta(hours=6)


def is_search_due(now: datetime) -> bool:
    """Whether names or contacts were written since the last search began, and the time for another has come.

    Three look-ups in indexes. A search waits until nothing was written for a minute, an hour at most, and rests ten
    times as long as the last one took, ten minutes at least. What was written while the last one began comes with the next.
    """
    last = DuplicateScan.objects.order_by("-pk").first()
    newest = _newest_values()
    if newest is None or (last is not None and newest <= (last.started_at or last.queued_at)):
        return False
    if last is None:
        return now - newest >= _QUIET
    if last.state in (JobState.QUEUED, JobState.RUNNING):
        return last.started_at is not None and now - last.started_at >= _LONGEST_SEARCH
    began, ended = last.started_at or last.queued_at, last.finished_at or last.queued_at
    is_rested = now - ended >= max(_REST, _RESTS_A_SEARCH * (ended - began))
    return is_rested and (now - newest >= _QUIET or now - ended >= _LONGEST_WITHOUT_QUIET)


def _newest_values() -> datetime | None:
    """When the newest contact or the newest field of a person was written; of what was only corrected nothing is known."""
    moments = (
        Identity.objects.order_by("-pk").values_list("created_at", flat=True).first(),
        PersonalField.objects.order_by("-pk").values_list("changed_at", flat=True).first(),
    )
    return max((moment for moment in moments if moment is not None), default=None)
