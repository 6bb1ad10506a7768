"""The way back from batches: what each changed of each profile, kept sealed until it is taken back."""

from __future__ import annotations

from collections.abc import Mapping

from zhike.customers.models import ProfileRevision, revision_place
from zhike.customers.services.columns import insert_rows, write_columns
from zhike.customers.services.profile_changes import Change, Content
from zhike.customers.vault import Vault
from zhike.kernel import clock


def keep_changes(
    vault: Vault, batch: str, *, before: Mapping[int, Content], after: Mapping[int, Content]
) -> None:
    """Note what a batch is about to change of profiles; `before` has those of `after` at least, as they are.

    What it changed of them earlier counts as part of it, so it begins where they would be without that.
    """
    began = {**before, **without_batch(vault, batch, {pk: before[pk] for pk in after})}
    insert_rows(
        ProfileRevision,
        ("profile", "batch", "sealed"),
        (
            (pk, batch, vault.seal(Change.between(began[pk], new).as_text(), place=revision_place(batch, pk)))
            for pk, new in after.items()
        ),
        constants={"made_at": clock.now()},
    )


def without_batch(vault: Vault, batch: str, contents: Mapping[int, Content]) -> dict[int, Content]:
    """What those of some profiles that a batch changed would say without it; its way back is forgotten.

    The ways back of later batches are changed accordingly: see `Change.taken_back`.
    """
    own = ProfileRevision.objects.filter(batch=batch, profile__in=contents)
    mine = {revision.profile_id: revision for revision in own}
    later = _later(mine)
    changes = {each.pk: _change(vault, each) for those in later.values() for each in those}
    kept = {pk: change.as_text() for pk, change in changes.items()}
    back = {
        pk: _change(vault, revision).taken_back(contents[pk], [changes[each.pk] for each in later[pk]])
        for pk, revision in mine.items()
    }
    told = [each for those in later.values() for each in those if changes[each.pk].as_text() != kept[each.pk]]
    for each in told:
        each.sealed = vault.seal(changes[each.pk].as_text(), place=each.place)
    write_columns(told, ["sealed"])
    own.delete()
    return back


def _later(mine: Mapping[int, ProfileRevision]) -> dict[int, list[ProfileRevision]]:
    """By profile, the revisions that came after those, the first one first."""
    found: dict[int, list[ProfileRevision]] = {pk: [] for pk in mine}
    if mine:
        first = min(revision.pk for revision in mine.values())
        for each in ProfileRevision.objects.filter(profile__in=mine, pk__gt=first).order_by("pk"):
            if each.pk > mine[each.profile_id].pk:
                found[each.profile_id].append(each)
    return found


def _change(vault: Vault, revision: ProfileRevision) -> Change:
    return Change.from_text(vault.open(revision.sealed, place=revision.place))
