"""Recording what sources say about people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from django.conf import settings
from django.db import transaction

from zhike.customers.models import Profile
from zhike.customers.records import ProfileRecord, Recorded
from zhike.customers.services.columns import batches, write_columns
from zhike.customers.services.profile_contents import Contents
from zhike.customers.services.registering import registered
from zhike.customers.vault import Vault, open_vault
from zhike.kernel import clock

_BATCH = 20_000
# Smaller, for each record brings a dozen rows of other tables.
_RECORDS_AT_ONCE = 500


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
        ids = registered(vault, source, [record.source_key for record in some])
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
