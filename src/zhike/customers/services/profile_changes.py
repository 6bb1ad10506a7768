"""What one profile says, what a batch changed of it, and how that is taken back. Pure: no database."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from zhike.customers.matching.people import values_to_compare
from zhike.customers.records import Identifier, ProfileRecord

Slots = dict[str, Any]
"""What a profile says, by what is replaced as one: a personal field, the identifiers of a kind, an attribute, a sealed one."""

OF_NO_RECORD = "of no record"
"""In the place of a record's fingerprint: whatever is recorded next is compared with what is there."""


@dataclass
class Content:
    """What one profile says, and the fingerprint of the record that said so last."""

    personal: dict[str, str] = field(default_factory=dict)
    identifiers: list[Identifier] = field(default_factory=list)
    attributes: dict[str, Any] = field(default_factory=dict)
    content_index: str = ""
    sealed: dict[str, str] = field(default_factory=dict)

    def to_compare(self) -> dict[str, str]:
        return values_to_compare(self.personal, ((each.kind, each.value) for each in self.identifiers))

    def with_record(self, record: ProfileRecord) -> Content:
        named = {identifier.kind for identifier in record.identifiers}
        kept = [identifier for identifier in self.identifiers if identifier.kind not in named]
        # A record that does not say when does not take back what another said.
        proved = {(each.kind, each.value): each for each in self.identifiers if each.is_verified}
        told = [
            each if each.verified_at else proved.get((each.kind, each.value), each)
            for each in record.identifiers
        ]
        return Content(
            personal={**self.personal, **{str(name): text for name, text in record.personal().items()}},
            identifiers=in_order([*kept, *told]),
            attributes={**self.attributes, **{k: v for k, v in record.attributes.items() if v is not None}},
            sealed={**self.sealed, **{code: sealed_text(value) for code, value in record.sealed.items()}},
        )

    def without(self, names: Collection[str]) -> Content:
        """The same without those personal fields, kinds of identifiers and attributes."""
        return Content(
            personal={name: text for name, text in self.personal.items() if name not in names},
            identifiers=[each for each in self.identifiers if each.kind not in names],
            attributes={code: value for code, value in self.attributes.items() if code not in names},
            content_index=OF_NO_RECORD,
            sealed={code: text for code, text in self.sealed.items() if code not in names},
        )

    def slots(self) -> Slots:
        found: Slots = {f"personal:{name}": text for name, text in self.personal.items()}
        found |= {f"attributes:{code}": said for code, said in self.attributes.items() if said is not None}
        found |= {f"sealed:{code}": text for code, text in self.sealed.items()}
        for each in in_order(self.identifiers):
            found.setdefault(f"identifiers:{each.kind}", []).append(_plain(each))
        return found

    @classmethod
    def of_slots(cls, slots: Slots, content_index: str) -> Content:
        made = cls(content_index=content_index)
        for slot, said in slots.items():
            part, name = slot.split(":", 1)
            if part == "identifiers":
                made.identifiers += [Identifier(name, *each) for each in said]  # type: ignore[arg-type]
            else:
                getattr(made, part)[name] = said
        made.identifiers = in_order(made.identifiers)
        return made


@dataclass
class Change:
    """What a batch changed of one profile.

    Parameters
    ----------
    before
        All that the profile said before, and the fingerprint of the record by which it did.
    after
        The slots that the batch changed, with what it left there; None where an earlier version did not note it.
    """

    before: Slots
    content_index: str
    after: Slots | None

    @classmethod
    def between(cls, old: Content, new: Content) -> Change:
        was, left = old.slots(), new.slots()
        changed = {slot: said for slot, said in left.items() if was.get(slot) != said}
        return cls(was, old.content_index, changed)

    def as_text(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_text(cls, text: str) -> Change:
        known = json.loads(text)
        if "before" in known:
            return cls(**known)
        identifiers = [Identifier(**each) for each in known["identifiers"]]
        was = Content(**{**known, "identifiers": identifiers})
        return cls(was.slots(), was.content_index, None)

    def taken_back(self, content: Content, later: Sequence[Change]) -> Content:
        """What a profile says once this is taken back: what it would say had the batch not been.

        A slot goes back only if it still is as the batch left it. Where a later batch changed it, that one's `before`
        goes back instead: taken back in its turn, it must not bring this one's value again. So batches can be taken
        back in any order. Saying again what is there is no change: it goes when what was said first does.

        Parameters
        ----------
        content
            What the profile says now.
        later
            What later batches changed of the profile, in their order; changed in place.
        """
        if self.after is None:
            return Content.of_slots(self.before, self.content_index)
        now = content.slots()
        for slot in self.after:
            for each in later:
                self._put_back(slot, each.before)
                if slot in (each.after or ()):
                    break
            else:
                self._put_back(slot, now)
        for each in later:
            each.content_index = self._index_of(each.before)
        return Content.of_slots(now, self._index_of(now))

    def _put_back(self, slot: str, slots: Slots) -> None:
        if self.after is None or slots.get(slot) != self.after[slot]:
            return
        if slot in self.before:
            slots[slot] = self.before[slot]
        else:
            del slots[slot]

    def _index_of(self, slots: Slots) -> str:
        return self.content_index if slots == self.before else OF_NO_RECORD


def in_order(identifiers: Iterable[Identifier]) -> list[Identifier]:
    """Each value of a kind once, by kind and value."""
    unique = {(each.kind, each.value): each for each in identifiers}
    return [unique[key] for key in sorted(unique)]


def _plain(identifier: Identifier) -> list[Any]:
    """An identifier as a slot has it; without its moment as earlier versions wrote it."""
    said = [identifier.value, identifier.is_verified]
    return [*said, identifier.verified_at] if identifier.verified_at else said


def sealed_text(value: object) -> str:
    """The value of a sealed attribute as it is kept."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
