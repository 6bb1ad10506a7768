"""Customers who came in since the list was computed."""

from __future__ import annotations

from django.db.models import QuerySet

from zhike.accounts.selectors import User
from zhike.customers.filters import OVERVIEW
from zhike.customers.models import Customer
from zhike.customers.selectors.finding import customers_searched
from zhike.customers.selectors.people import visible_customers
from zhike.lake.snapshots import Snapshot

_MOST = 5


def newcomer_count(snapshot: Snapshot | None, viewer: User) -> int:
    """How many customers, of those that somebody may see, are newer than a snapshot; without one, how many there are."""
    return _newcomers(_newest_in(snapshot), viewer).count()


def newcomers_searched(text: str, snapshot: Snapshot, viewer: User) -> list[int]:
    """The newest of them whom a search for this finds, a few at most: the list itself does not have them yet."""
    newest = _newest_in(snapshot)
    found = [pk for pk in customers_searched(text, snapshot, viewer) if pk > newest]
    newcomers = _newcomers(newest, viewer).filter(pk__in=found).order_by("-pk")
    return list(newcomers.values_list("pk", flat=True)[:_MOST])


def _newest_in(snapshot: Snapshot | None) -> int:
    """The highest number in the list, as it was computed; 0 for no list."""
    if snapshot is None:
        return 0
    overview = snapshot.table(OVERVIEW)
    return int(str(snapshot.rows(overview.aggregate(last=overview.customer_id.max()))[0]["last"] or 0))


def _newcomers(newest: int, viewer: User) -> QuerySet[Customer]:
    mine = visible_customers(viewer)
    known = Customer.objects.all() if mine is None else mine
    return known.filter(pk__gt=newest, profiles__erased_at=None, profiles__isnull=False).distinct()
