"""Who changed level."""

from __future__ import annotations

from django.db import models


class TierChange(models.Model):
    """A customer's tier differs between one snapshot and the next; null on the side where it had none."""

    snapshot_id = models.IntegerField()
    scheme = models.CharField(max_length=40)
    customer_id = models.BigIntegerField()
    tier_before = models.CharField(max_length=40, null=True)
    tier_after = models.CharField(max_length=40, null=True)
    changed_on = models.DateField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("snapshot_id", "scheme", "customer_id"), name="one_tier_change"),
        )
        indexes = (models.Index(fields=("customer_id",), name="tier_change_customer"),)
