"""Profiles of whom nothing is left once what brought them was taken back: out of everybody's sight until they come again."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from django.db import models, transaction

from zhike.customers.models import (
    ConsentEntry,
    Identity,
    Note,
    PersonalField,
    Profile,
    ProfileTag,
    SensitiveValue,
    TypedValue,
    key_place,
)
from zhike.customers.records import WITHDRAWN
from zhike.customers.services.columns import write_rows
from zhike.customers.services.known_keys import known_ids
from zhike.customers.services.profile_changes import OF_NO_RECORD
from zhike.customers.slices import slices
from zhike.customers.stores import registered_stores
from zhike.customers.vault import Vault
from zhike.kernel import clock
from zhike.lake import catalog
from zhike.lake.engines import Budget
from zhike.lake.snapshots import Draft, Lake

_SAYING: tuple[type[models.Model], ...] = (
    PersonalField,
    Identity,
    SensitiveValue,
    ProfileTag,
    Note,
    TypedValue,
)
# A customer who brought another is in the properties of the other's event.
_REFERS = "referrer_profile_id"
_REFERRER = '"referrer_profile_id" *: *"?([0-9]+)'
_BUDGET = Budget(threads=2, memory="256MB")


def withdraw_nobodies(*, lake: Lake, vault: Vault) -> int:
    """Take everybody of whom nothing is there out of sight; how many profiles they were.

    That is a profile without a personal field, identifier, attribute, tag, note or consent in force, in no fact and in no
    registered store that keeps it. Its row stays for its number, without the source's key: the fingerprint of that
    is enough to find it again when the key comes in again, and then it is the same profile and customer.

    The caller holds the lock of the facts. Cut off, the next call does the rest.
    """
    silent = Profile.objects.filter(erased_at=None, content_index__in=("", OF_NO_RECORD), attributes={})
    ids = _in_no_fact(lake, list(silent.values_list("pk", flat=True)))
    return sum(_withdrawn(vault, some) for some in slices(ids))


def is_anybody_withdrawn() -> bool:
    return Profile.objects.filter(source=WITHDRAWN).exists()


def withdrawn_ids(indexes: Sequence[str]) -> list[int]:
    """The withdrawn profile for each fingerprint of a source's key, 0 where there is none."""
    # The fingerprint is of source and key together: another source's key is another one.
    return known_ids(WITHDRAWN, indexes) if indexes and is_anybody_withdrawn() else [0] * len(indexes)


def bring_back(*, source: str, ids: Sequence[int], sealed: Sequence[bytes]) -> None:
    """Have withdrawn profiles seen again, given their keys sealed; within a transaction."""
    write_rows(
        Profile,
        ("sealed_key",),
        zip(ids, sealed, strict=True),
        constants={"source": source, "erased_at": None, "changed_at": clock.now()},
    )


def _in_no_fact(lake: Lake, profile_ids: Sequence[int]) -> list[int]:
    if not profile_ids:
        return []
    with lake.reading_facts(budget=_BUDGET) as facts:
        left = facts.load("silent_profiles", pa.table({"profile_id": pa.array(profile_ids, pa.int64())}))
        for named in _named_by_facts(facts):
            left = left.anti_join(named, "profile_id")
        found: list[int] = facts.fetch(left.order_by("profile_id"))["profile_id"].to_pylist()
        return found


def _named_by_facts(facts: Draft) -> list[ir.Table]:
    """`profile_id` of whoever a fact is of, or names."""
    tables = [each.name for each in catalog.tables("fact") if "profile_id" in each.column_names]
    named = [facts.table(name).select("profile_id") for name in tables if name != "profiles"]
    if "events" in tables:
        referring = facts.table("events").filter(lambda event: event.properties.contains(_REFERS))
        referrer = referring.properties.re_extract(_REFERRER, 1).nullif(ibis.literal(""))
        named.append(referring.select(profile_id=referrer.cast("int64")))
    return [each.filter(each.profile_id.notnull()) for each in named]


@transaction.atomic
def _withdrawn(vault: Vault, profile_ids: list[int]) -> int:
    # Asked again where nobody else can write meanwhile: what comes by HTTP does not wait for the facts.
    kept = _kept(profile_ids)
    rows = Profile.objects.filter(pk__in=[pk for pk in profile_ids if pk not in kept], erased_at=None)
    rows = rows.filter(content_index__in=("", OF_NO_RECORD))
    places = {pk: key_place(WITHDRAWN, index) for pk, index in rows.values_list("pk", "key_index")}
    emptied = vault.seal_many([""] * len(places), places=list(places.values()))
    now = clock.now()
    write_rows(
        Profile,
        ("sealed_key",),
        zip(places, emptied, strict=True),
        constants={"source": WITHDRAWN, "content_index": "", "erased_at": now, "changed_at": now},
    )
    return len(places)


def _kept(profile_ids: Collection[int]) -> set[int]:
    """Those of some profiles on which something hangs."""
    hanging = [model._default_manager.filter(profile__in=profile_ids) for model in _SAYING]
    hanging.append(ConsentEntry.objects.filter(profile__in=profile_ids, undone_at=None))
    kept = {pk for rows in hanging for pk in rows.values_list("profile", flat=True)}
    return kept.union(*(store.keeps(profile_ids) for store in registered_stores() if store.keeps))
