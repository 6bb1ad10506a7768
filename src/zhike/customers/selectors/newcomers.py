"""Customers who came in since the list was computed."""

from __future__ import annotations

from zhike.accounts.selectors import User
from zhike.customers.filters import OVERVIEW
from zhike.customers.models import Customer
from zhike.customers.selectors.people import visible_customers
from zhike.lake.snapshots import Snapshot


def newcomer_count(snapshot: Snapshot | None, viewer: User) -> int:
    """How many customers, of those that somebody may see, are newer than a snapshot; without one, how many there are."""
    last = 0
    if snapshot is not None:
        overview = snapshot.table(OVERVIEW)
        last = int(str(snapshot.rows(overview.aggregate(last=overview.customer_id.max()))[0]["last"] or 0))
    mine = visible_customers(viewer)
    known = Customer.objects.all() if mine is None else mine
    return known.filter(pk__gt=last, profiles__erased_at=None, profiles__isnull=False).distinct().count()
