"""The history of what was brought in, the mappings that worked, and balances of points as imported."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from zhike.jobs.tracking import TrackedWork


class ImportRun(TrackedWork):
    """One file that was brought in, or was tried: what it was and what became of its records."""

    kind = models.CharField(max_length=20)
    source = models.CharField(max_length=40)
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64, default="", db_index=True)
    # What it was told: {"columns": …, "values": …, "questions": …}, and names of repairs.
    mapping = models.JSONField(default=dict)
    header_fingerprint = models.CharField(max_length=64, default="")
    repairs = models.JSONField(default=list)
    read_as = models.CharField(max_length=100, default="")
    is_dry_run = models.BooleanField(default=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    records = models.BigIntegerField(default=0)
    inserted = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0)
    unchanged = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    skipped = models.BigIntegerField(default=0)
    # The name below the folder of rejects; empty where nothing was rejected.
    rejects_file = models.CharField(max_length=255, default="")
    # The versions of the table of facts before and after; null where it was not written to.
    version_before = models.BigIntegerField(null=True)
    version_after = models.BigIntegerField(null=True)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    undo_reason = models.CharField(max_length=200, default="")
    # The file that a person brought on a page; null for imports from the command line.
    upload = models.ForeignKey("Upload", on_delete=models.SET_NULL, null=True, related_name="runs")
    # Of the worker that will write the reasons into the file of rejects.
    language = models.CharField(max_length=2, default="zh")
    cancel_asked_at = models.DateTimeField(null=True)
    # Rejected records by code, and those of the unchanged that repeat an earlier record of the file.
    reasons = models.JSONField(default=dict)
    duplicates = models.BigIntegerField(default=0)
    # Good orders that name no customer.
    walk_ins = models.BigIntegerField(default=0)
    # How often a worker that started found it cut off and began it anew.
    restart_count = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"#{self.pk} {self.file_name}"

    @property
    def batch(self) -> str:
        """The name under which the customers keep what the run recorded."""
        return f"import-{self.pk}"


class ImportUndo(TrackedWork):
    """One request to take an import back."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="undos")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    reason = models.CharField(max_length=200, default="")
    removed = models.BigIntegerField(default=0)
    restored = models.BigIntegerField(default=0)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"undo of import {self.run_id}"


class Upload(models.Model):
    """A file that somebody brought on a page, and what has been decided about it so far.

    The file itself is below the data folder under a random name, until its import is done or seven days have
    gone by (`removed_at`).
    """

    kind = models.CharField(max_length=20)
    source = models.CharField(max_length=40)
    preset = models.CharField(max_length=40, default="")
    file_name = models.CharField(max_length=255)
    stored_name = models.CharField(max_length=80)
    size_bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    uploaded_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True)
    # Empty: as it is found out.
    encoding = models.CharField(max_length=20, default="")
    sheet = models.CharField(max_length=255, default="")
    # A name of `DELIMITERS`; empty: as it is found out.
    delimiter = models.CharField(max_length=10, default="")
    # Null: as it is found out; 0: there is none.
    header_row = models.PositiveSmallIntegerField(null=True)
    # As of a run; null until somebody has decided.
    mapping = models.JSONField(null=True)
    repairs = models.JSONField(default=list)
    # The import whose rejected records these are, corrected.
    corrects = models.ForeignKey(ImportRun, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.file_name} ({self.kind})"


class MappingMemory(models.Model):
    """A mapping that worked for a header: it is offered, and used, when the same header comes again."""

    kind = models.CharField(max_length=20)
    fingerprint = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict)
    used_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("kind", "fingerprint"), name="one_mapping_per_kind_and_header"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.fingerprint[:8]}"


class PointsBalance(models.Model):
    """A balance of points as another system had it at the end of a day; of one day, the last brought in counts."""

    profile = models.ForeignKey("customers.Profile", on_delete=models.CASCADE, related_name="+")
    points = models.BigIntegerField()
    counted_on = models.DateField()
    run = models.ForeignKey(ImportRun, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = (models.Index(fields=("profile", "counted_on"), name="points_by_profile_and_day"),)

    def __str__(self) -> str:
        return f"{self.points} on {self.counted_on}"
