"""Having customers to oneself while it is decided which profiles are whose."""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection

from zhike.customers.models import Customer, Profile
from zhike.customers.services.columns import rows_with
from zhike.customers.slices import slices


def hold_customers_of(profile_ids: Collection[int]) -> None:
    """Let nobody else link or part the profiles of the customers of some until the transaction ends.

    To be called before anything is read that is decided by. On SQLite a transaction that writes has the whole
    database to itself from its beginning; elsewhere the rows of the customers are locked, the lowest number first, as
    everybody does it, so that two never wait for each other.
    """
    if not connection.features.has_select_for_update:
        return
    held: set[int] = set()
    # Whoever was waited for may have moved some of the profiles to customers that are not held yet.
    while wanted := _customers_of(profile_ids) - held:
        for some in slices(sorted(wanted)):
            list(Customer.objects.select_for_update().filter(pk__in=some).order_by("pk").values_list("pk"))
        held |= wanted


def _customers_of(profile_ids: Collection[int]) -> set[int]:
    return {customer for (customer,) in rows_with(Profile, ("customer",), "id", sorted(profile_ids))}
