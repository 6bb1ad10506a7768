"""Runs of imports."""

from __future__ import annotations

from django.db import models

from zhike.jobs.tracking import TrackedWork


class ImportRun(TrackedWork):
    """One file that was brought in, or was tried: what it was and what became of its records."""

    kind = models.CharField(max_length=20)
    source = models.CharField(max_length=40)
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64, default="", db_index=True)
    records = models.BigIntegerField(default=0)
    inserted = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0)
    unchanged = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    skipped = models.BigIntegerField(default=0)
    # The name below the folder of rejects; empty where nothing was rejected.
    rejects_file = models.CharField(max_length=255, default="")

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"#{self.pk} {self.file_name}"
