"""Writes of segments."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

from django.db import transaction

from zhike.lake.snapshots import Snapshot
from zhike.segments.builtin import FAMILIES
from zhike.segments.models import SegmentChange

_BATCH = 2_000


@transaction.atomic
def record_segment_changes(*, before: Snapshot, after: Snapshot) -> int:
    """Write who entered and left which segment; recording the same pair of snapshots again changes nothing."""
    changes = [
        SegmentChange(
            snapshot_id=after.id,
            segment=f"{family}:{value}",
            customer_id=row["customer_id"],
            direction=direction,
            changed_on=after.as_of,
        )
        for row in _moved(before, after)
        for family, column in FAMILIES.items()
        if row[column] != row[f"{column}_before"]
        for direction, value in (("entered", row[column]), ("left", row[f"{column}_before"]))
        if value is not None
    ]
    return len(SegmentChange.objects.bulk_create(changes, batch_size=_BATCH, ignore_conflicts=True))


def _moved(before: Snapshot, after: Snapshot) -> list[dict[str, Any]]:
    """Customers whose built-in segments differ: `customer_id`, each family's column and the same `…_before`."""
    # One join of the per-customer tables; comparing the members themselves takes three times as long.
    columns = tuple(FAMILIES.values())
    old = before.table("customer_overview").select("customer_id", *columns)
    old = old.rename({f"{name}_before": name for name in ("customer_id", *columns)})
    new = after.table("customer_overview").select("customer_id", *columns)
    both = new.outer_join(old, new.customer_id == old.customer_id_before)
    differs = [~both[name].identical_to(both[f"{name}_before"]) for name in columns]
    moved = both.filter(reduce(or_, differs))
    return after.rows(moved.mutate(customer_id=moved.customer_id.coalesce(moved.customer_id_before)))
