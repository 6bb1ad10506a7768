"""Writes of who is who."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import TypeVar

from django.db import transaction

from zhike.customers.models import Customer, Profile
from zhike.kernel import clock

_BATCH = 5_000
_T = TypeVar("_T")


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
    wanted = dict.fromkeys(source_keys)
    ids: dict[str, int] = {}
    for batch in _batches(wanted):
        found = Profile.objects.filter(source=source, source_key__in=batch).values_list("source_key", "pk")
        ids.update(found)
        fresh = [key for key in batch if key not in ids]
        customers = Customer.objects.bulk_create([Customer() for _ in fresh])
        made = Profile.objects.bulk_create(
            [
                Profile(source=source, source_key=key, customer=customer)
                for key, customer in zip(fresh, customers, strict=True)
            ]
        )
        ids.update((profile.source_key, profile.pk) for profile in made)
    return ids


@transaction.atomic
def set_profile_attributes(*, attributes: Mapping[int, Mapping[str, str]]) -> None:
    """Replace the coarse attributes of profiles, by profile id. No direct identifiers belong here."""
    for batch in _batches(attributes):
        profiles = list(Profile.objects.filter(pk__in=batch))
        for profile in profiles:
            profile.attributes = dict(attributes[profile.pk])
            profile.changed_at = clock.now()
        Profile.objects.bulk_update(profiles, ["attributes", "changed_at"])


def _batches(items: Iterable[_T]) -> Iterable[list[_T]]:
    rest = iter(items)
    while batch := list(islice(rest, _BATCH)):
        yield batch
