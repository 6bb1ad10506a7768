"""What every row of long work has; a domain inherits from it for each kind of its own work."""

from __future__ import annotations

from django.db import models


class JobState(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class TrackedWork(models.Model):
    """What every row of long work has: state, progress, times, error. Progress words are kept in both languages."""

    state = models.CharField(max_length=12, choices=JobState.choices, default=JobState.QUEUED)
    queued_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    stage_zh = models.CharField(max_length=200, default="")
    stage_en = models.CharField(max_length=200, default="")
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    error_code = models.CharField(max_length=60, default="")
    error_zh = models.TextField(default="")
    error_en = models.TextField(default="")

    class Meta:
        abstract = True
