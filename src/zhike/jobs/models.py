"""The worker's sign of life."""

from __future__ import annotations

from django.db import models


class WorkerHeartbeat(models.Model):
    """The last sign of life of the worker; one row."""

    beaten_at = models.DateTimeField()
    host = models.CharField(max_length=200)
    pid = models.IntegerField()
