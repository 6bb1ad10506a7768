"""Whom a merged customer is looked after by, for as long as the merge stands."""

from __future__ import annotations

from collections.abc import Collection

from zhike.customers.models import Customer, InheritedOwner, Profile
from zhike.customers.slices import slices


def inherit_owner(*, customer: Customer, others: Collection[Customer]) -> None:
    """Whoever looked after one of those that a customer was merged with goes on looking after the person.

    A customer who has somebody keeps them.
    """
    giving = next((each for each in others if each.owner_id is not None), None)
    if customer.owner_id is not None or giving is None:
        return
    customer.owner = giving.owner
    customer.save(update_fields=["owner"])
    # Of whom it was inherited in its turn, so that it goes when that one does.
    earlier = InheritedOwner.objects.filter(customer=giving, came_from__owner=giving.owner).first()
    came_from = earlier.came_from_id if earlier else giving.pk
    InheritedOwner.objects.update_or_create(customer=customer, defaults={"came_from_id": came_from})


def give_owners_back(*, home_customers: Collection[int]) -> None:
    """Let customers who are parted from the one whose owner they inherited have none again.

    One that was given to somebody since, or taken from them, stays as it is.

    Parameters
    ----------
    home_customers
        The customers that profiles were made with which may have been parted.
    """
    for some in slices(home_customers):
        for each in InheritedOwner.objects.filter(customer__in=some):
            ends = (each.customer_id, each.came_from_id)
            if Profile.objects.filter(home_customer__in=ends).values("customer").distinct().count() == 1:
                continue
            owner = Customer.objects.values_list("owner", flat=True).get(pk=each.came_from_id)
            Customer.objects.filter(pk=each.customer_id, owner=owner).update(owner=None)
            each.delete()
