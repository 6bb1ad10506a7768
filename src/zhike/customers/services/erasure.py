"""Giving a person everything that is known of them, and forgetting them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from zhike.accounts.audit.actions import Target, action
from zhike.accounts.services import record_audit
from zhike.customers.models import (
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
)
from zhike.customers.services.consents import primary_profile, suppress_customer
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
    NameToken,
    ProfileRevision,
    ProfileTag,
    Note,
    ConsentEntry,
    SensitiveValue,
)


def erase_customer(*, customer_id: int, reason: str, actor: User | None = None) -> int:
    """Forget a customer in database, lake and published snapshots; how many records it was.

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
    primary_profile(customer_id)
    lake = open_lake(settings.ZHIKE_HOME.lake)
    with lake.locked(REFRESH_LOCK), lake.locked(FACTS_LOCK):
        profile_ids = list(Profile.objects.filter(customer=customer_id).values_list("pk", flat=True))
        for table in catalog.tables("fact"):
            if "profile_id" in table.column_names and table.name != "profiles":
                lake.deltas.delete_rows(table, column="profile_id", values=profile_ids)
        _forget(customer_id, profile_ids)
        lake.forget()
    record_audit(actor=actor, action=ERASED, object=Target("customer", customer_id), reason=reason)
    return len(profile_ids)


@transaction.atomic
def _forget(customer_id: int, profile_ids: list[int]) -> None:
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
