"""Who entered and left which segment."""

from __future__ import annotations

from django.db import models


class SegmentChange(models.Model):
    """A customer entered or left a segment between one snapshot and the next; workers claim such rows."""

    snapshot_id = models.IntegerField()
    segment = models.CharField(max_length=80)
    customer_id = models.BigIntegerField()
    direction = models.CharField(max_length=7, choices=(("entered", "entered"), ("left", "left")))
    changed_on = models.DateField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("snapshot_id", "segment", "customer_id", "direction"), name="one_segment_change"
            ),
        )
        indexes = (models.Index(fields=("customer_id",), name="segment_change_customer"),)
