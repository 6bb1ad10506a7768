"""Recording what sources say about people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from django.conf import settings
from django.db import transaction

from zhike.customers.models import Customer, Profile, key_place
from zhike.customers.records import ProfileRecord, Recorded
from zhike.customers.services.columns import (
    batches,
    fresh_ids,
    insert_numbered,
    insert_rows,
    last_id,
    write_columns,
)
from zhike.customers.services.known_keys import known_ids
from zhike.customers.services.profile_contents import Contents
from zhike.customers.vault import FINGERPRINT_LENGTH, Vault, key_indexes, open_vault
from zhike.kernel import clock

_BATCH = 20_000
# Smaller, for each record brings a dozen rows of other tables.
_RECORDS_AT_ONCE = 500


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


@dataclass(frozen=True, slots=True)
class ExpectedProfiles:
    """The profiles of very many different keys: those that are there, and the numbers that those to be made will get.

    Parameters
    ----------
    indexes
        The fingerprint of each key.
    ids
        The profile of each key.
    fresh
        The places of the keys whose profiles are to be made, by rising fingerprint.
    """

    source: str
    source_keys: pa.Array
    indexes: npt.NDArray[np.bytes_]
    ids: npt.NDArray[np.int64]
    fresh: npt.NDArray[np.int64]


def expect_many(*, source: str, source_keys: pa.Array) -> ExpectedProfiles:
    """Profiles for very many different keys, which `register_many` makes: who needs their ids need not wait for that.

    The same keys get the same ids, in whatever order they come.
    """
    indexes = _fingerprints(source, source_keys)
    ids = np.zeros(len(indexes), np.int64)
    # As the index has them: each query, and later each transaction, touches a small part of its pages.
    order = np.argsort(indexes, kind="stable")
    for start in range(0, len(order), _BATCH):
        places = order[start : start + _BATCH]
        ids[places] = known_ids(source, _texts(indexes[places]))
    fresh = order[ids[order] == 0]
    ids[fresh] = np.arange(len(fresh)) + last_id(Profile) + 1
    return ExpectedProfiles(source, source_keys, indexes, ids, fresh)


def register_many(
    expected: ExpectedProfiles, *, told: Callable[[int], None] | None = None
) -> npt.NDArray[np.int64]:
    """Make the profiles that are not there; the ids of all, in the order of the keys.

    They are the expected ones unless somebody else makes profiles at the same time. Some at a time, so that nobody
    waits long for the database: cut off, the same again finds what was made.

    Parameters
    ----------
    told
        Called with the number so far, between two transactions.
    """
    vault, ids = open_vault(settings.ZHIKE_HOME), expected.ids.copy()
    for start in range(0, len(expected.fresh), _BATCH):
        places = expected.fresh[start : start + _BATCH]
        keys = expected.source_keys.take(pa.array(places)).to_pylist()
        ids[places] = _ids(vault, expected.source, _texts(expected.indexes[places]), keys)
        if told is not None:
            told(len(ids) - len(expected.fresh) + start + len(places))
    return ids


def _fingerprints(source: str, source_keys: pa.Array) -> npt.NDArray[np.bytes_]:
    vault, indexes = open_vault(settings.ZHIKE_HOME), np.empty(len(source_keys), f"S{FINGERPRINT_LENGTH}")
    for start in range(0, len(indexes), _BATCH):
        some = source_keys.slice(start, _BATCH).to_pylist()
        indexes[start : start + _BATCH] = key_indexes(vault, source, some)
    return indexes


def _texts(indexes: npt.NDArray[np.bytes_]) -> list[str]:
    texts: list[str] = indexes.astype(np.str_).tolist()
    return texts


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


def undo_profiles(*, batch: str, told: Callable[[int], None] | None = None) -> int:
    """Take a batch out of what every profile that it recorded says; how many they were this time.

    What the batch changed and nobody has changed since is again what it was before; what others wrote since
    stays: by personal field, kind of identifier and attribute (`Change.taken_back` has the rule). Consents and
    tags that came with the batch go. Batches may be taken back in any order.

    Some at a time, so that nobody waits long for the database: cut off, the same again does the rest. Profiles
    that the batch made stay, without content: facts may refer to them.

    Parameters
    ----------
    told
        Called with the number so far, between two transactions.
    """
    vault, done = open_vault(settings.ZHIKE_HOME), 0
    while some := _restored(vault, batch):
        done += some
        if told is not None:
            told(done)
    return done


@transaction.atomic
def _restored(vault: Vault, batch: str) -> int:
    return Contents.restored(vault, batch, most=_RECORDS_AT_ONCE)


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
    return dict(zip(keys, _ids(vault, source, key_indexes(vault, source, keys), keys), strict=True))


@transaction.atomic(savepoint=False)
def _ids(vault: Vault, source: str, indexes: Sequence[str], keys: Sequence[str]) -> list[int]:
    """The profile of each key, given with its fingerprint; made where there is none."""
    ids = known_ids(source, indexes)
    fresh = [place for place, id in enumerate(ids) if not id]
    if fresh:
        made = _made(vault, source, [indexes[place] for place in fresh], [keys[place] for place in fresh])
        for place, id in zip(fresh, made, strict=True):
            ids[place] = id
    return ids


def _made(vault: Vault, source: str, indexes: Sequence[str], keys: Sequence[str]) -> Sequence[int]:
    """New profiles, each with a customer of its own, for fingerprints and keys; their ids."""
    now = clock.now()
    customers, profiles = fresh_ids(Customer, len(keys)), fresh_ids(Profile, len(keys))
    sealed = vault.seal_many(keys, places=(key_place(source, index) for index in indexes))
    insert_numbered(Customer, customers, constants={"no_profiling": False, "created_at": now})
    insert_rows(
        Profile,
        ("id", "key_index", "sealed_key", "customer", "home_customer"),
        zip(profiles, indexes, sealed, customers, customers, strict=True),
        constants={
            "source": source,
            "attributes": {},
            "content_index": "",
            "created_at": now,
            "changed_at": now,
        },
    )
    return profiles


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
