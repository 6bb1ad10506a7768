"""Reads of background work."""

from __future__ import annotations

from datetime import timedelta

from zhike.jobs.models import WorkerHeartbeat
from zhike.kernel import clock

_SILENT_AFTER = timedelta(seconds=60)


def worker_is_alive() -> bool:
    """Whether a worker gave a sign of life within the last minute."""
    return WorkerHeartbeat.objects.filter(beaten_at__gte=clock.now() - _SILENT_AFTER).exists()
