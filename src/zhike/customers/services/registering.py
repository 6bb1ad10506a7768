"""Profiles for the keys by which sources know their customers, made for keys not seen before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from django.conf import settings
from django.db import connection, transaction

from zhike.customers.models import Customer, Profile, key_place
from zhike.customers.services.columns import batches, fresh_ids, insert_columns, is_large_part, last_id
from zhike.customers.services.known_keys import ids_between, known_ids
from zhike.customers.services.withdrawing import bring_back, is_anybody_withdrawn, withdrawn_ids
from zhike.customers.vault import Vault, key_indexes, key_prefix, open_vault
from zhike.customers.vault.many import fingerprints_of
from zhike.kernel import clock

_BATCH = 20_000
# Of very many: nobody waits longer for the database than a tenth of a second.
_OF_MANY = 50_000
_T = TypeVar("_T")
_Places = npt.NDArray[np.int64]
_Fingerprints = npt.NDArray[np.bytes_]


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
        ids.update(registered(vault, source, batch))
    return ids


def registered(vault: Vault, source: str, keys: Sequence[str]) -> dict[str, int]:
    """The profile of each key; within a transaction."""
    indexes = key_indexes(vault, source, keys)

    def sealed(places: Sequence[int]) -> list[bytes]:
        return _sealed(vault, source, _at(keys, places), _at(indexes, places))

    return dict(zip(keys, _ids(source, indexes, sealed), strict=True))


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
    withdrawn
        The places of those whose profiles are to be seen again.
    """

    source: str
    source_keys: pa.Array
    indexes: _Fingerprints
    ids: npt.NDArray[np.int64]
    fresh: npt.NDArray[np.int64]
    withdrawn: npt.NDArray[np.int64]


def expect_many(*, source: str, source_keys: pa.Array) -> ExpectedProfiles:
    """Profiles for very many different keys, which `register_many` makes: who needs their ids need not wait for that.

    The same keys get the same ids, in whatever order they come.
    """
    indexes = fingerprints_of(open_vault(settings.ZHIKE_HOME), key_prefix(source), source_keys)
    ids = np.zeros(len(indexes), np.int64)
    # As the index has them: each query, and later each transaction, touches a small part of its pages.
    order = np.argsort(indexes, kind="stable")
    is_large = is_large_part(Profile, indexes)
    for start in range(0, len(order), _OF_MANY):
        some = indexes[places := order[start : start + _OF_MANY]]
        ids[places] = ids_between(source, some) if is_large else known_ids(source, _texts(some))
    unknown = order[ids[order] == 0]
    withdrawn = unknown[:0]
    if is_anybody_withdrawn():
        ids[unknown] = withdrawn_ids(_texts(indexes[unknown]))
        unknown, withdrawn = unknown[ids[unknown] == 0], unknown[ids[unknown] > 0]
    ids[unknown] = np.arange(len(unknown)) + last_id(Profile) + 1
    return ExpectedProfiles(source, source_keys, indexes, ids, unknown, withdrawn)


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
    ids, done = expected.ids.copy(), len(expected.ids) - len(expected.fresh)
    for start in range(0, len(expected.withdrawn), _OF_MANY):
        _bring_group_back(expected, expected.withdrawn[start : start + _OF_MANY])
    groups = (expected.fresh[start : start + _OF_MANY] for start in range(0, len(expected.fresh), _OF_MANY))
    # A profile comes right after its customer: that the database looks for it takes a tenth of the time.
    with connection.constraint_checks_disabled(), ThreadPoolExecutor(1) as beside:
        begun = ((places, beside.submit(_sealed_group, expected, places)) for places in groups)
        for places, sealing in _late(begun):
            ids[places] = _expected_ids(expected.source, *sealing.result(), first=expected.ids[places[0]])
            done += len(places)
            if told is not None:
                told(done)
    return ids


def _sealed_group(expected: ExpectedProfiles, places: _Places) -> tuple[list[str], list[bytes]]:
    """The fingerprints of some keys, and the keys sealed."""
    keys, indexes = expected.source_keys.take(pa.array(places)), _texts(expected.indexes[places])
    return indexes, _sealed(open_vault(settings.ZHIKE_HOME), expected.source, keys.to_pylist(), indexes)


@transaction.atomic(savepoint=False)
def _bring_group_back(expected: ExpectedProfiles, places: _Places) -> None:
    bring_back(
        source=expected.source,
        ids=expected.ids[places].tolist(),
        sealed=_sealed_group(expected, places)[1],
    )


@transaction.atomic(savepoint=False)
def _expected_ids(
    source: str, indexes: Sequence[str], sealed: Sequence[bytes], *, first: int
) -> Sequence[int]:
    """`_ids`, not looking for the keys if nobody has made a profile since it was expected that `first` is the next one."""
    if last_id(Profile) + 1 == first:
        return _made(source, indexes, sealed)
    return _ids(source, indexes, partial(_at, sealed))


def _late(begun: Iterable[_T]) -> Iterator[_T]:
    """The same, each when the next one has begun."""
    waiting: list[_T] = []
    for each in begun:
        yield from waiting
        waiting = [each]
    yield from waiting


def _texts(indexes: _Fingerprints) -> list[str]:
    texts: list[str] = indexes.astype(np.str_).tolist()
    return texts


@transaction.atomic(savepoint=False)
def _ids(
    source: str, indexes: Sequence[str], sealed: Callable[[Sequence[int]], Sequence[bytes]]
) -> list[int]:
    """The profile of each key, given by its fingerprint; made where there is none, with what `sealed` gives for their places."""
    ids = known_ids(source, indexes)
    fresh = [place for place, id in enumerate(ids) if not id]
    if fresh and is_anybody_withdrawn():
        back = dict(zip(fresh, withdrawn_ids(_at(indexes, fresh)), strict=True))
        found = {place: id for place, id in back.items() if id}
        bring_back(source=source, ids=list(found.values()), sealed=sealed(list(found)))
        for place, id in found.items():
            ids[place] = id
        fresh = [place for place in fresh if place not in found]
    if fresh:
        made = _made(source, _at(indexes, fresh), sealed(fresh))
        for place, id in zip(fresh, made, strict=True):
            ids[place] = id
    return ids


def _made(source: str, indexes: Sequence[str], sealed: Sequence[bytes]) -> Sequence[int]:
    """New profiles, each with a customer of its own, for fingerprints and sealed keys; their ids."""
    now = clock.now()
    customers, profiles = fresh_ids(Customer, len(indexes)), fresh_ids(Profile, len(indexes))
    insert_columns(Customer, numbers={"id": customers}, constants={"no_profiling": False, "created_at": now})
    insert_columns(
        Profile,
        numbers={"id": profiles, "customer": customers, "home_customer": customers},
        codes={"key_index": indexes},
        sealed=("sealed_key", sealed),
        constants={
            "source": source,
            "attributes": {},
            "content_index": "",
            "created_at": now,
            "changed_at": now,
        },
    )
    return profiles


def _sealed(vault: Vault, source: str, keys: Sequence[str], indexes: Sequence[str]) -> list[bytes]:
    return vault.seal_many(keys, places=[key_place(source, index) for index in indexes])


def _at(values: Sequence[_T], places: Iterable[int]) -> list[_T]:
    return [values[place] for place in places]
