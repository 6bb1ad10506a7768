"""New keys for the vault: everything that is sealed is sealed anew, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.db import models, transaction

from zhike.customers.models import (
    ComparisonForm,
    Identity,
    Note,
    PersonalField,
    Profile,
    ProfileRevision,
    SensitiveValue,
)
from zhike.customers.services.columns import write_columns
from zhike.customers.stores import registered_stores
from zhike.customers.vault import Vault, open_key_ring, open_vault
from zhike.customers.vault.keys import keep_key_ring
from zhike.jobs.progress import Progress
from zhike.kernel.home import Home
from zhike.kernel.words import Text

SEALED: tuple[tuple[type[models.Model], str], ...] = (
    (Profile, "sealed_key"),
    (PersonalField, "sealed"),
    (Identity, "sealed"),
    (ComparisonForm, "sealed"),
    (Note, "sealed"),
    (SensitiveValue, "sealed"),
    (ProfileRevision, "sealed"),
)
"""Every column that holds sealed values; each model says by `place` what they are bound to."""

_BATCH = 1_000
_SEALING = Text("重新加密", "Sealing anew")


def rotate_keys(*, home: Home, progress: Progress) -> int:
    """Make a new key, seal everything with it, then forget the older keys; how many values and files there were.

    Cut off at any moment nothing is lost: the older keys are kept until nothing needs them, and the next
    call goes on. Web and worker read new keys as they come.
    """
    if not _left(open_vault(home)):
        keep_key_ring(home, open_key_ring(home).with_new_key())
    done = 0
    vault = open_vault(home)
    total = sum(model._default_manager.count() for model, _ in SEALED)
    for model, column in SEALED:
        for count in _sealed_anew(vault, model, column):
            done += count
            progress.report(_SEALING, done, total)
    done += sum(store.seal_anew() for store in registered_stores() if store.seal_anew is not None)
    keep_key_ring(home, open_key_ring(home).only_current())
    return done


def _left(vault: Vault) -> bool:
    """Whether an earlier rotation was cut off: more than one key is there."""
    return len(open_key_ring(settings.ZHIKE_HOME).keys) > 1


def _sealed_anew(vault: Vault, model: type[models.Model], column: str) -> Iterator[int]:
    last = 0
    while rows := list(model._default_manager.filter(pk__gt=last).order_by("pk")[:_BATCH]):
        last = rows[-1].pk
        with transaction.atomic():
            # Read again under the lock: somebody may have written since.
            fresh = list(model._default_manager.filter(pk__in=[row.pk for row in rows]))
            for row in fresh:
                place = str(row.place)  # type: ignore[attr-defined]
                sealed = getattr(row, column)
                if not vault.is_current(sealed):
                    setattr(row, column, vault.seal(vault.open(sealed, place=place), place=place))
            write_columns(fresh, [column])
        yield len(rows)
