"""Reads of who was given which customers."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db.models import QuerySet

from zhike.customers.models import AssignmentOperation, Customer
from zhike.customers.slices import slices

if TYPE_CHECKING:
    from zhike.accounts.selectors import User


def assignment_operations(*, by: User | None = None, most: int = 20) -> list[AssignmentOperation]:
    """What was done to one customer or many at once, by one person or by anybody, newest first."""
    operations = AssignmentOperation.objects.select_related("owner", "actor")
    return list((operations.filter(actor=by) if by else operations)[:most])


def customers_owned_by(user_id: int) -> int:
    """How many customers somebody looks after."""
    return Customer.objects.filter(owner=user_id, profiles__erased_at=None).distinct().count()


def not_owned_by(owner_id: int | None, customer_ids: Collection[int]) -> QuerySet[Customer]:
    """Those that would change hands if they were given to somebody, or with None to nobody; few enough for one query."""
    some = Customer.objects.filter(pk__in=customer_ids)
    # `exclude(owner=…)` leaves out no row without an owner: Django adds what SQL would forget.
    return some.filter(owner__isnull=False) if owner_id is None else some.exclude(owner=owner_id)


def changing_hands(owner_id: int | None, customer_ids: Collection[int]) -> int:
    """How many of any number of customers would change hands."""
    return sum(not_owned_by(owner_id, some).count() for some in slices(customer_ids))
