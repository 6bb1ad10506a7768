"""The contents of some profiles: opened together, changed in memory, sealed and written together."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict
from datetime import datetime

from zhike.customers.models import (
    ConsentEntry,
    Identity,
    NameToken,
    PersonalField,
    Profile,
    ProfileRevision,
    ProfileTag,
    Tag,
    identity_place,
    personal_place,
)
from zhike.customers.normal import name_tokens
from zhike.customers.records import ConsentGiven, Identifier, ProfileRecord, Verdict
from zhike.customers.services.columns import insert_rows, write_columns
from zhike.customers.services.comparison_forms import seal_forms
from zhike.customers.services.profile_changes import Content, in_order
from zhike.customers.services.profile_revisions import keep_changes, without_batch
from zhike.customers.services.sealed_attributes import opened_values, replace_sealed
from zhike.customers.vault import Vault
from zhike.kernel import clock
from zhike.kernel.errors import ZhikeError


class Contents:
    """The contents of some profiles of one source, read in a few queries and written in a few."""

    def __init__(self, vault: Vault, profiles: dict[int, Profile], known: dict[int, Content]) -> None:
        self._vault = vault
        self._profiles = profiles
        self._before = known
        self._after: dict[int, Content] = {}
        self._consents: list[ConsentEntry] = []
        names = ("profile_id", "purpose", "channel", "is_granted", "given_at")
        kept = ConsentEntry.objects.filter(profile__in=profiles, undone_at=None).order_by("given_at", "pk")
        known_consents: list[tuple[object, ...]] = list(kept.values_list(*names))
        self._known_consents = set(known_consents)
        self._standing = {each[:3]: each[3] for each in known_consents}
        self._tags: list[tuple[int, str]] = []

    @classmethod
    def of(cls, vault: Vault, profile_ids: Collection[int]) -> Contents:
        """The contents of those profiles as they are."""
        profiles = Profile.objects.in_bulk(list(profile_ids))
        known = {
            pk: Content(attributes=dict(profile.attributes), content_index=profile.content_index)
            for pk, profile in profiles.items()
        }
        for row in PersonalField.objects.filter(profile__in=profiles):
            known[row.profile_id].personal[row.field] = vault.open(row.sealed, place=row.place)
        for each in Identity.objects.filter(profile__in=profiles).order_by("pk"):
            value = vault.open(each.sealed, place=each.place)
            verified_at = each.verified_at.isoformat() if each.verified_at else ""
            known[each.profile_id].identifiers.append(
                Identifier(each.kind, value, bool(verified_at), verified_at)  # type: ignore[arg-type]
            )
        for pk, values in opened_values(vault, profiles).items():
            known[pk].sealed = values
        return cls(vault, profiles, known)

    def take(self, profile_id: int, record: ProfileRecord, *, source: str) -> Verdict:
        """Change a profile by a record, in memory; what that means."""
        before = self._before[profile_id]
        index = self._vault.fingerprint("content", _content_text(record))
        if index == before.content_index:
            return "unchanged"
        after = before.with_record(record)
        after.content_index = index
        self._after[profile_id] = after
        fresh = self._fresh_consents(profile_id, record.consents, source)
        self._consents += fresh
        self._tags += [(profile_id, name) for name in record.tags]
        if not before.content_index:
            return "inserted"
        is_same = (after.personal, after.attributes) == (before.personal, before.attributes)
        is_same = is_same and after.sealed == before.sealed
        is_same = is_same and after.identifiers == in_order(before.identifiers)
        return "unchanged" if is_same and not fresh and not record.tags else "updated"

    def take_away(self, profile_id: int, *, names: Collection[str]) -> None:
        """Let a profile say nothing of some fields any more, in memory."""
        self._after[profile_id] = self._before[profile_id].without(names)

    def write(self, *, batch: str) -> None:
        """Write what was taken, with the way back if the batch has a name."""
        if batch:
            keep_changes(self._vault, batch, before=self._before, after=self._after)
        self._replace(self._after)
        for entry in self._consents:
            entry.batch = batch
        ConsentEntry.objects.bulk_create(self._consents)
        self._write_tags(batch)

    @classmethod
    def restored(cls, vault: Vault, batch: str, *, most: int) -> int:
        """Take a batch out of what some profiles say; how many they are, 0 once it is out of all."""
        revisions = ProfileRevision.objects.filter(batch=batch).order_by("pk")
        profiles = list(dict.fromkeys(revisions.values_list("profile", flat=True)[:most]))
        contents = cls.of(vault, profiles)
        contents._replace(without_batch(vault, batch, contents._before))
        ConsentEntry.objects.filter(batch=batch, profile__in=profiles).update(undone_at=clock.now())
        ProfileTag.objects.filter(batch=batch, profile__in=profiles).delete()
        return len(profiles)

    def _replace(self, contents: dict[int, Content]) -> None:
        now = clock.now()
        PersonalField.objects.filter(profile__in=contents).delete()
        insert_rows(
            PersonalField,
            ("profile", "field", "sealed", "changed_at"),
            (
                (pk, name, self._vault.seal(value, place=personal_place(pk, name)), now)
                for pk, content in contents.items()
                for name, value in content.personal.items()
            ),
        )
        Identity.objects.filter(profile__in=contents).delete()
        insert_rows(
            Identity,
            ("profile", "kind", "value_index", "sealed", "verified_at", "created_at"),
            (
                self._identity(pk, identifier, now)
                for pk, content in contents.items()
                for identifier in content.identifiers
            ),
        )
        self._replace_tokens(contents)
        replace_sealed(
            self._vault,
            before={pk: self._before[pk].sealed for pk in contents},
            after={pk: content.sealed for pk, content in contents.items()},
        )
        seal_forms(vault=self._vault, values={pk: each.to_compare() for pk, each in contents.items()})
        for pk, content in contents.items():
            profile = self._profiles[pk]
            profile.attributes, profile.content_index = content.attributes, content.content_index
            profile.changed_at = now
        changed = [self._profiles[pk] for pk in contents]
        write_columns(changed, ["attributes", "content_index", "changed_at"])

    def _identity(self, profile_id: int, identifier: Identifier, now: datetime) -> tuple[object, ...]:
        index = self._vault.fingerprint(identifier.kind, identifier.value)
        place = identity_place(profile_id, identifier.kind, index)
        sealed = self._vault.seal(identifier.value, place=place)
        said = identifier.verified_at
        proved = datetime.fromisoformat(said) if said else now if identifier.is_verified else None
        return profile_id, identifier.kind, index, sealed, proved, now

    def _replace_tokens(self, contents: dict[int, Content]) -> None:
        renamed = [
            pk
            for pk, content in contents.items()
            if content.personal.get("name") != self._before[pk].personal.get("name")
        ]
        NameToken.objects.filter(profile__in=renamed).delete()
        insert_rows(
            NameToken,
            ("profile", "token_index"),
            (
                (pk, self._vault.fingerprint("name", token))
                for pk in renamed
                for token in sorted(_name_tokens(contents[pk].personal.get("name")))
            ),
        )

    def _fresh_consents(
        self, profile_id: int, given: Iterable[ConsentGiven], source: str
    ) -> list[ConsentEntry]:
        fresh = []
        for each in given:
            asked_about = (profile_id, each.purpose, each.channel)
            if each.given_at is None and self._standing.get(asked_about) is False:
                continue
            moment = each.given_at or clock.now()
            known = (*asked_about, each.is_granted, moment)
            if known not in self._known_consents:
                self._known_consents.add(known)
                said = asdict(each) | {"given_at": moment}
                fresh.append(ConsentEntry(profile_id=profile_id, source=source, **said))
        return fresh

    def _write_tags(self, batch: str) -> None:
        names = {name for _, name in self._tags}
        Tag.objects.bulk_create((Tag(name=name) for name in sorted(names)), ignore_conflicts=True)
        ids = dict(Tag.objects.filter(name__in=names).values_list("name", "pk"))
        ProfileTag.objects.bulk_create(
            (ProfileTag(profile_id=pk, tag_id=ids[name], batch=batch) for pk, name in self._tags),
            ignore_conflicts=True,
        )


def _name_tokens(name: str | None) -> frozenset[str]:
    """The tokens of a name; none for what is no name, which is found by its number only."""
    try:
        return name_tokens(name) if name else frozenset()
    except ZhikeError:
        return frozenset()


def _content_text(record: ProfileRecord) -> str:
    content = asdict(record)
    del content["source_key"]
    # What a version without these took is no other record.
    if not content["sealed"]:
        del content["sealed"]
    for each in content["identifiers"]:
        if not each["verified_at"]:
            del each["verified_at"]
    return json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
