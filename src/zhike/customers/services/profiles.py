"""Recording what sources say about people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.conf import settings
from django.db import transaction

from zhike.customers.models import Customer, Profile, key_place
from zhike.customers.records import ProfileRecord, Recorded
from zhike.customers.services.columns import batches, fresh_ids, insert_rows, write_columns
from zhike.customers.services.profile_contents import Contents
from zhike.customers.vault import Vault, key_index, open_vault
from zhike.kernel import clock

_BATCH = 5_000
# Smaller, for each record brings a dozen rows of other tables.
_RECORDS_AT_ONCE = 500
_PROFILE_COLUMNS = (
    *("id", "source", "key_index", "sealed_key", "customer", "home_customer"),
    *("attributes", "content_index", "created_at", "changed_at"),
)


@transaction.atomic
def register_profiles(*, source: str, source_keys: Iterable[str]) -> dict[str, int]:
    """The profile id of every key, making a profile and its customer for keys not seen before.

    Parameters
    ----------
    source
        Where the keys come from.
    source_keys
        The source's own ids of its customers; repeats are welcome.
    """
    vault = open_vault(settings.ZHIKE_HOME)
    ids: dict[str, int] = {}
    for batch in batches(dict.fromkeys(source_keys), _BATCH):
        ids.update(_registered(vault, source, batch))
    return ids


@transaction.atomic
def record_profiles(*, source: str, records: Sequence[ProfileRecord], batch: str = "") -> list[Recorded]:
    """Write down what a source says about people, and what became of each record, in their order.

    What a record leaves open stays as it is; identifiers of a kind that it names replace those of that kind
    from before. The same record again is ``unchanged``. A profile that so far was only a key counts as ``inserted``.

    Parameters
    ----------
    batch
        The name by which `undo_profiles` takes all of it back; empty for what is not to be undone.
    """
    vault = open_vault(settings.ZHIKE_HOME)
    verdicts: list[Recorded] = []
    for some in _without_repeats(records):
        ids = _registered(vault, source, [record.source_key for record in some])
        contents = Contents.of(vault, ids.values())
        for record in some:
            verdict = contents.take(ids[record.source_key], record, source=source)
            verdicts.append(Recorded(ids[record.source_key], verdict))
        contents.write(batch=batch)
    return verdicts


@transaction.atomic
def undo_profiles(*, batch: str) -> int:
    """Make every profile that a batch recorded what it was before; how many they are.

    Profiles that the batch made stay, without content: facts may refer to them.
    """
    return Contents.restored(open_vault(settings.ZHIKE_HOME), batch)


@transaction.atomic
def set_profile_attributes(*, attributes: Mapping[int, Mapping[str, object]]) -> None:
    """Replace the coarse attributes of profiles, by profile id. No direct identifiers belong here."""
    for batch in batches(attributes, _BATCH):
        profiles = list(Profile.objects.filter(pk__in=batch))
        for profile in profiles:
            profile.attributes = dict(attributes[profile.pk])
            profile.changed_at = clock.now()
        write_columns(profiles, ["attributes", "changed_at"])


def _registered(vault: Vault, source: str, keys: Sequence[str]) -> dict[str, int]:
    indexes = {key_index(vault, source, key): key for key in keys}
    found = Profile.objects.filter(source=source, key_index__in=indexes).values_list("key_index", "pk")
    ids = {indexes[index]: pk for index, pk in found}
    fresh = [(index, key) for index, key in indexes.items() if key not in ids]
    if fresh:
        ids.update(_made(vault, source, fresh))
    return ids


def _made(vault: Vault, source: str, fresh: Sequence[tuple[str, str]]) -> dict[str, int]:
    """New profiles, each with a customer of its own, for fingerprints and keys; their ids by key."""
    seal, now = vault.seal, clock.now()
    bare: tuple[object, ...] = ({}, "", now, now)
    customers, profiles = fresh_ids(Customer, len(fresh)), fresh_ids(Profile, len(fresh))
    insert_rows(Customer, ("id", "no_profiling", "created_at"), ((pk, False, now) for pk in customers))
    insert_rows(
        Profile,
        _PROFILE_COLUMNS,
        (
            (pk, source, index, seal(key, place=key_place(source, index)), customer, customer, *bare)
            for pk, customer, (index, key) in zip(profiles, customers, fresh, strict=True)
        ),
    )
    return {key: pk for pk, (_, key) in zip(profiles, fresh, strict=True)}


def _without_repeats(records: Iterable[ProfileRecord]) -> Iterable[list[ProfileRecord]]:
    """Batches in which no key stands twice, so that a later record finds what an earlier one wrote."""
    batch: dict[str, ProfileRecord] = {}
    for record in records:
        if record.source_key in batch or len(batch) == _RECORDS_AT_ONCE:
            yield list(batch.values())
            batch = {}
        batch[record.source_key] = record
    if batch:
        yield list(batch.values())
