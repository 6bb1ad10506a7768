"""Who looks after which customers."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db import transaction

from zhike.accounts.audit.actions import Target, action
from zhike.accounts.selectors import user_with_id
from zhike.accounts.services import record_audit
from zhike.customers.models import Customer
from zhike.customers.slices import slices
from zhike.kernel.errors import UsageError

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from zhike.accounts.selectors import User

ASSIGNED = action("customer.assigned", zh="分配负责人", en="assigned customers")


@transaction.atomic
def assign_customers(*, customer_ids: Collection[int], owner_id: int | None, actor: User | None) -> int:
    """Give customers to a colleague, or with None to nobody; how many changed hands.

    Raises
    ------
    UsageError
        ``owner.unknown`` for an account that is not there or is switched off.
    """
    owner = user_with_id(owner_id) if owner_id is not None else None
    if owner_id is not None and (owner is None or not owner.is_active):
        raise UsageError(
            "owner.unknown",
            zh="没有这位同事，或账号已停用",
            en="there is no such colleague, or they are switched off",
        )
    changed = 0
    for some in slices(customer_ids):
        others = Customer.objects.filter(pk__in=some).exclude(owner=owner) if owner else _owned(some)
        changed += others.update(owner=owner)
    only = next(iter(customer_ids)) if len(customer_ids) == 1 else ""
    record_audit(
        actor=actor,
        action=ASSIGNED,
        object=Target("customer", only),
        details={"owner_id": owner_id, "customers": changed},
    )
    return changed


def _owned(customer_ids: list[int]) -> QuerySet[Customer]:
    return Customer.objects.filter(pk__in=customer_ids, owner__isnull=False)
