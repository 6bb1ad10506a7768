"""The way back from batches: what each changed of each profile, kept sealed until it is taken back."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.db.models import Min

from zhike.customers.models import ProfileRevision, revision_place
from zhike.customers.services.columns import insert_rows, write_columns
from zhike.customers.services.profile_changes import Change, Content
from zhike.customers.vault import Vault
from zhike.kernel import clock


def keep_changes(
    vault: Vault, batch: str, *, before: Mapping[int, Content], after: Mapping[int, Content]
) -> None:
    """Note what a batch is about to change of profiles; `before` has those of `after` at least, as they are."""
    insert_rows(
        ProfileRevision,
        ("profile", "batch", "sealed"),
        (
            (
                pk,
                batch,
                vault.seal(Change.between(before[pk], new).as_text(), place=revision_place(batch, pk)),
            )
            for pk, new in after.items()
        ),
        constants={"made_at": clock.now()},
    )


def without_batch(vault: Vault, batch: str, contents: Mapping[int, Content]) -> dict[int, Content]:
    """What those of some profiles that a batch changed would say without it; its ways back are forgotten.

    A batch that wrote several times of a profile, with others in between, is taken out write by write, the last one
    first. The ways back of later batches are changed accordingly: see `Change.taken_back`.
    """
    back: dict[int, Content] = {}
    told: list[ProfileRevision] = []
    for pk, revisions in _since(batch, contents).items():
        content, later = contents[pk], list[tuple[ProfileRevision, str, Change]]()
        for revision in reversed(revisions):
            change = Change.from_text(text := vault.open(revision.sealed, place=revision.place))
            if revision.batch == batch:
                content = change.taken_back(content, [each for _, _, each in later])
            else:
                later.insert(0, (revision, text, change))
        back[pk] = content
        for revision, text, change in later:
            if change.as_text() != text:
                revision.sealed = vault.seal(change.as_text(), place=revision.place)
                told.append(revision)
    write_columns(told, ["sealed"])
    ProfileRevision.objects.filter(batch=batch, profile__in=contents).delete()
    return back


def _since(batch: str, profiles: Collection[int]) -> dict[int, list[ProfileRevision]]:
    """By profile that a batch changed, the revisions from its first one on, in their order."""
    own = ProfileRevision.objects.filter(batch=batch, profile__in=profiles)
    firsts = dict(own.values_list("profile").annotate(first=Min("pk")))
    found: dict[int, list[ProfileRevision]] = {pk: [] for pk in firsts}
    if firsts:
        since = ProfileRevision.objects.filter(profile__in=firsts, pk__gte=min(firsts.values()))
        for each in since.order_by("pk"):
            if each.pk >= firsts[each.profile_id]:
                found[each.profile_id].append(each)
    return found
