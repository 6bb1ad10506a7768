"""Writes of segments."""

from __future__ import annotations

from django.db import transaction

from zhike.lake.snapshots import Snapshot
from zhike.segments.models import SegmentChange

_BATCH = 2_000


@transaction.atomic
def record_segment_changes(*, before: Snapshot, after: Snapshot) -> int:
    """Write who entered and left which segment; recording the same pair of snapshots again changes nothing."""
    old, new = before.table("segment_members"), after.table("segment_members")
    key = ["segment", "customer_id"]
    directions = {
        "entered": after.fetch(new.anti_join(old, key)),
        "left": after.fetch(old.anti_join(new, key)),
    }
    changes = (
        SegmentChange(
            snapshot_id=after.id,
            segment=row["segment"],
            customer_id=row["customer_id"],
            direction=direction,
            changed_on=after.as_of,
        )
        for direction, rows in directions.items()
        for row in rows.to_pylist()
    )
    return len(SegmentChange.objects.bulk_create(changes, batch_size=_BATCH, ignore_conflicts=True))
