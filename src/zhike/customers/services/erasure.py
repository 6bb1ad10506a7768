"""Giving a person everything that is known of them, and forgetting them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, transaction

from zhike.accounts.audit.actions import Target, action
from zhike.accounts.services import record_audit
from zhike.customers.models import (
    ComparisonForm,
    ConsentEntry,
    Customer,
    Identity,
    NameToken,
    Note,
    PersonalField,
    Profile,
    ProfileLink,
    ProfileRevision,
    ProfileTag,
    SensitiveValue,
    TypedValue,
)
from zhike.customers.selectors.access import known_person
from zhike.customers.services.consents import needed_customer, suppress_customer
from zhike.customers.stores import Person, registered_stores
from zhike.customers.vault import key_index, open_vault
from zhike.kernel import clock
from zhike.lake import catalog
from zhike.lake.snapshots import open_lake

if TYPE_CHECKING:
    from zhike.accounts.selectors import User

ERASED = action("customer.erased", zh="抹除客户", en="erased a customer")
FACTS_LOCK = "facts"
REFRESH_LOCK = "refresh"
_HANGING_ON_PROFILES = (
    PersonalField,
    Identity,
    ComparisonForm,
    NameToken,
    ProfileRevision,
    ProfileTag,
    Note,
    ConsentEntry,
    SensitiveValue,
    TypedValue,
)


@dataclass(frozen=True, slots=True)
class Erased:
    """What was forgotten: records of sources, and rows or files of each further store that had any."""

    records: int
    elsewhere: dict[str, int]


def erase_customer(*, customer_id: int, reason: str, actor: User | None = None) -> Erased:
    """Forget a customer in database, lake, published snapshots and every registered store.

    The person goes last of all: cut off at any moment, the next call finds who it was and does it again.
    What stays: the numbers of the empty records, so that no number is given twice, and the contacts on the
    suppression list as keyed fingerprints, so that a later import does not write to them. Snapshots from
    before are dropped: the next refresh publishes a clean one.

    Raises
    ------
    UsageError
        ``customer.unknown``.
    ZhikeError
        ``lake.busy`` while an import or a refresh runs.
    """
    needed_customer(customer_id)
    lake = open_lake(settings.ZHIKE_HOME.lake)
    with lake.locked(REFRESH_LOCK), lake.locked(FACTS_LOCK):
        person = known_person(customer_id)
        elsewhere = _forget_in_stores(person, is_in_database=False)
        for table in catalog.tables("fact"):
            if "profile_id" in table.column_names:
                lake.deltas.delete_rows(table, column="profile_id", values=person.profile_ids)
        # Done again, there is nobody in the snapshots any more: they went before the person did.
        if Profile.objects.filter(pk__in=person.profile_ids, erased_at=None).exists():
            lake.forget()
        with transaction.atomic():
            elsewhere |= _forget_in_stores(person, is_in_database=True)
            _forget(customer_id, person.profile_ids)
            record_audit(actor=actor, action=ERASED, object=Target("customer", customer_id), reason=reason)
            transaction.on_commit(_overwrite_journal)
    return Erased(len(person.profile_ids), elsewhere)


def _forget_in_stores(person: Person, *, is_in_database: bool) -> dict[str, int]:
    stores = [store for store in registered_stores() if store.is_in_database is is_in_database]
    counts = {store.name: store.forget(person) for store in stores}
    return {name: count for name, count in counts.items() if count}


def _overwrite_journal() -> None:
    """Have no older state of a page lie beside the database; deleted rows are overwritten as they go."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _forget(customer_id: int, profile_ids: Sequence[int]) -> None:
    suppress_customer(customer_id=customer_id, reason="erased")
    Customer.objects.filter(pk=customer_id).update(owner=None)
    for model in _HANGING_ON_PROFILES:
        model._default_manager.filter(profile__in=profile_ids).delete()
    ProfileLink.objects.filter(left__in=profile_ids).delete()
    ProfileLink.objects.filter(right__in=profile_ids).delete()
    vault = open_vault(settings.ZHIKE_HOME)
    for profile in Profile.objects.filter(pk__in=profile_ids):
        # A fingerprint of nothing that anybody could ask for.
        profile.key_index = key_index(vault, "erased", str(profile.pk))
        profile.source = "erased"
        profile.sealed_key = vault.seal("", place=profile.place)
        profile.attributes, profile.content_index = {}, ""
        profile.erased_at = clock.now()
        profile.save()
