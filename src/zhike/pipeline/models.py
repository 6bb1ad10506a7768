"""Runs of the refresh."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from zhike.jobs.tracking import TrackedWork


class RefreshRun(TrackedWork):
    """One refresh: who asked, for which date, what it published."""

    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    requested_as_of = models.DateField(null=True)
    is_full = models.BooleanField(default=False)
    as_of = models.DateField(null=True)
    # Customers whose orders were summed up again; empty for all of them.
    recomputed = models.BigIntegerField(null=True)
    snapshot_id = models.IntegerField(null=True, unique=True)
    is_historical = models.BooleanField(default=False)
    changes_recorded = models.BooleanField(default=False)

    class Meta:
        ordering = ("-pk",)


class RunStage(models.Model):
    """One stage of a run with its rows and seconds."""

    run = models.ForeignKey(RefreshRun, on_delete=models.CASCADE, related_name="stages")
    name = models.CharField(max_length=40)
    seconds = models.FloatField()
    rows = models.BigIntegerField()

    class Meta:
        ordering = ("pk",)
