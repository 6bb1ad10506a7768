"""Writes of tiers."""

from __future__ import annotations

from django.db import transaction

from zhike.lake.snapshots import Snapshot
from zhike.tiers.models import TierChange

_BATCH = 2_000


@transaction.atomic
def record_tier_changes(*, before: Snapshot, after: Snapshot) -> int:
    """Write whose tier differs; recording the same pair of snapshots again changes nothing."""
    columns = ("scheme", "customer_id", "tier")
    old = (
        before.table("tier_members")
        .select(*columns)
        .rename(old_scheme="scheme", old_id="customer_id", tier_before="tier")
    )
    new = after.table("tier_members").select(*columns).rename(tier_after="tier")
    both = new.outer_join(old, [new.scheme == old.old_scheme, new.customer_id == old.old_id])
    changed = both.filter(~both.tier_before.identical_to(both.tier_after)).select(
        scheme=both.scheme.coalesce(both.old_scheme),
        customer_id=both.customer_id.coalesce(both.old_id),
        tier_before=both.tier_before,
        tier_after=both.tier_after,
    )
    rows = after.fetch(changed).to_pylist()
    changes = (TierChange(snapshot_id=after.id, changed_on=after.as_of, **row) for row in rows)
    return len(TierChange.objects.bulk_create(changes, batch_size=_BATCH, ignore_conflicts=True))
