"""Who looks after which customers."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db import transaction

from zhike.accounts.audit.actions import Target, action
from zhike.accounts.selectors import user_with_id
from zhike.accounts.services import record_audit
from zhike.customers.models import AssignmentOperation, Customer
from zhike.customers.selectors.assignments import not_owned_by
from zhike.customers.selectors.people import are_visible
from zhike.customers.slices import slices
from zhike.kernel import clock
from zhike.kernel.errors import UsageError

if TYPE_CHECKING:
    from zhike.accounts.selectors import User

ASSIGNED = action("customer.assigned", zh="分配负责人", en="assigned customers")
ASSIGNMENT_UNDONE = action("customer.assignment_undone", zh="撤销分配负责人", en="took back an assignment")


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
    before = _given(customer_ids, owner)
    changed = sum(map(len, before.values()))
    made = None
    if changed:
        kept = [[had_by, those] for had_by, those in before.items()]
        made = AssignmentOperation.objects.create(owner=owner, before=kept, actor=actor)
    only = next(iter(customer_ids)) if len(customer_ids) == 1 else None
    record_audit(
        actor=actor,
        action=ASSIGNED,
        object=Target("customer", only) if only else Target("assignment", made.pk if made else ""),
        details={"owner_id": owner_id, "customers": changed},
    )
    return changed


@transaction.atomic
def undo_assignment(*, operation_id: int, actor: User) -> int:
    """Give customers back to whoever had them before; how many. Again changes nothing.

    Those that somebody was given since stay with them.

    Raises
    ------
    UsageError
        ``assignment.unknown``; ``operation.out_of_sight`` if some are not among the customers that `actor` works with.
    """
    operation = AssignmentOperation.objects.select_for_update().filter(pk=operation_id).first()
    if operation is None:
        raise UsageError("assignment.unknown", zh="没有这次操作", en="there is no such operation")
    if operation.undone_at:
        return 0
    check_in_sight(operation.customer_ids, actor)
    changed = 0
    for had_by, customer_ids in operation.before:
        owner = user_with_id(had_by) if had_by is not None else None
        for some in slices(customer_ids):
            still = Customer.objects.filter(pk__in=some, owner=operation.owner)
            changed += still.update(owner=owner)
    operation.undone_at = clock.now()
    operation.save(update_fields=["undone_at"])
    record_audit(
        actor=actor,
        action=ASSIGNMENT_UNDONE,
        object=Target("assignment", operation.pk),
        details={"customers": changed},
    )
    return changed


def check_in_sight(customer_ids: Collection[int], actor: User) -> None:
    """Whether somebody works with all of these customers: nobody changes those of others.

    Raises
    ------
    UsageError
        ``operation.out_of_sight``.
    """
    if not are_visible(actor, customer_ids):
        raise UsageError(
            "operation.out_of_sight",
            zh="这次操作里有不归你负责的客户，不能由你撤销；请找店主或管理员",
            en="some of these customers are not yours, so you cannot take this back; ask the owner or a manager",
        )


def _given(customer_ids: Collection[int], owner: User | None) -> dict[int | None, list[int]]:
    """Give customers to somebody; those that changed hands by who had them."""
    before: dict[int | None, list[int]] = {}
    for some in slices(customer_ids):
        others = not_owned_by(owner.pk if owner else None, some)
        for pk, had_by in others.values_list("pk", "owner"):
            before.setdefault(had_by, []).append(pk)
        others.update(owner=owner)
    return before
