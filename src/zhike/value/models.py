"""What people decide about value, in the database."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class _Choice(models.Model):
    """Who chose, and when. Choices are only added; the newest is in force with the next refresh."""

    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True
        ordering = ("-pk",)


class ScoreChoiceEntry(_Choice):
    """One choice of how the value score weighs."""

    method = models.CharField(max_length=20)
    # Component → share for weights by hand; "first/second" → how many times as important for comparisons.
    weights = models.JSONField(default=dict)
    comparisons = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.pk}: {self.method}"


class MarginChoiceEntry(_Choice):
    """One choice of what stays of the spend where no cost is known; it goes before `zhike.toml`."""

    # 1 is “not set”: revenue, or the mean of what has a cost.
    margin = models.FloatField(default=1.0)
    # Category → share; below 0 where it sells at a loss.
    category_margins = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.pk}: {self.margin}"
