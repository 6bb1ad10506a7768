"""What customers agreed to, and contacts that must not be written to."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from zhike.customers.models.profiles import Profile


class ConsentEntry(models.Model):
    """The consent ledger: what was agreed to or withdrawn, when, where and in which words; append-only."""

    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=20)
    channel = models.CharField(max_length=20, blank=True)
    is_granted = models.BooleanField()
    text_version = models.CharField(max_length=60, blank=True)
    text_hash = models.CharField(max_length=64, blank=True)
    source = models.CharField(max_length=60)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    given_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    # An import that is taken back takes its entries out of force; they stay on record.
    batch = models.CharField(max_length=40, blank=True, db_index=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = (
            models.Index(fields=("profile", "purpose", "channel", "given_at")),
            # Few refuse: who does is asked of everybody at each refresh.
            models.Index(
                fields=("profile",),
                name="refusals_of_profiling",
                condition=models.Q(purpose="profiling", is_granted=False, undone_at=None),
            ),
        )

    def __str__(self) -> str:
        return f"{self.purpose} {'yes' if self.is_granted else 'no'} of profile {self.profile_id}"


class Suppression(models.Model):
    """A contact that must not be written to; survives the erasure of the person."""

    kind = models.CharField(max_length=20)
    value_index = models.CharField(max_length=22)
    reason = models.CharField(max_length=40)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("kind", "value_index"), name="one_row_per_suppressed_contact"),
        )

    def __str__(self) -> str:
        return f"{self.kind}: {self.reason}"
