"""Who a customer is: the panels of their page, as far as somebody may see and change them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from zhike.accounts.access import Right, may
from zhike.accounts.selectors import User, users
from zhike.customers.lineage import FieldShown, age_shown, attribute_label, attributes_shown, fields_shown
from zhike.customers.masking import masked
from zhike.customers.records import BY_HAND, CONSENT_CHANNELS, PURPOSES
from zhike.customers.selectors.consents import (
    ConsentState,
    consents_of,
    refuses_profiling,
    suppressed_contacts,
)
from zhike.customers.selectors.people import Person, person_of
from zhike.customers.selectors.sensitive import definitions_by_code, sensitive_codes_of
from zhike.customers.selectors.sources import NoteShown, SourceRecord, customer_state, notes_of, records_of
from zhike.customers.selectors.tags import TagShown, tags_of
from zhike.customers.wordings import wordings_of
from zhike.customers.words import CONSENT_CHANNEL_TEXTS, PURPOSE_TEXTS, field_text, source_text
from zhike.kernel import clock
from zhike.kernel.words import Text


@dataclass(frozen=True, slots=True)
class IdentityShown:
    text: Text
    value: str
    since: datetime
    is_verified: bool


@dataclass(frozen=True, slots=True)
class SourcePanel:
    """One record behind the customer, with what it says of them, masked; `is_typed` by staff."""

    profile_id: int
    source: Text
    key: str
    made_at: datetime
    changed_at: datetime
    identities: tuple[IdentityShown, ...]
    is_typed: bool


@dataclass(frozen=True, slots=True)
class ConsentCell:
    """Where the customer stands on a channel; `state` is None where nothing was ever said.

    `words` are those that were shown, where somebody knows them.
    """

    channel: Text
    state: ConsentState | None
    words: Text | None = None


@dataclass(frozen=True, slots=True)
class ConsentRow:
    purpose: Text
    cells: tuple[ConsentCell, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    text: Text | str
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Rights:
    """What whoever looks may do with this customer."""

    see_contacts: bool
    reveal: bool
    edit: bool
    tag: bool
    merge: bool
    suppress: bool


@dataclass(frozen=True, slots=True)
class PersonPanels:
    name: str
    nickname: str
    contacts: tuple[str, ...]
    fields: tuple[FieldShown, ...]
    attributes: tuple[FieldShown, ...]
    sealed_attributes: tuple[Text, ...]
    sources: tuple[SourcePanel, ...]
    consents: tuple[ConsentRow, ...]
    channels: tuple[Text, ...]
    purposes: tuple[Choice, ...]
    channel_choices: tuple[Choice, ...]
    refuses_profiling: bool
    suppressed: tuple[Text, ...]
    notes: tuple[NoteShown, ...]
    tags: tuple[TagShown, ...]
    owner: str
    owners: tuple[Choice, ...]
    rights: Rights
    links_href: str

    @property
    def called(self) -> str:
        """The name, or the nickname of somebody whose name nobody knows; masked."""
        return self.name or self.nickname


def person_panels(customer_id: int, viewer: User) -> PersonPanels:
    """Everything of the page that the database knows; names, contacts, keys and notes with the right only."""
    rights = rights_of(viewer)
    records = records_of(customer_id, with_keys=rights.see_contacts)
    person = person_of(customer_id, is_masked=False) if rights.see_contacts else Person(customer_id)
    state = customer_state(customer_id)
    definitions = definitions_by_code()
    fields = fields_shown(person, is_masked=True)
    ages = age_shown(fields, clock.today(settings.ZHIKE_BUSINESS.zone))
    sealed = sensitive_codes_of(customer_id) if rights.see_contacts else []
    return PersonPanels(
        name=masked("name", person.name),
        nickname=masked("nickname", person.nickname) if person.nickname else "",
        contacts=tuple(
            masked(kind, person.first[kind].value) for kind in ("phone", "email") if kind in person.first
        ),
        fields=fields,
        attributes=(*ages, *attributes_shown(records, definitions)),
        sealed_attributes=tuple(attribute_label(code, definitions.get(code)) for code in sealed),
        sources=tuple(_source(record, person) for record in records),
        consents=_consent_rows(customer_id),
        channels=tuple(CONSENT_CHANNEL_TEXTS[channel] for channel in CONSENT_CHANNELS),
        purposes=_choices(PURPOSE_TEXTS),
        channel_choices=_choices(CONSENT_CHANNEL_TEXTS),
        refuses_profiling=refuses_profiling(customer_id),
        suppressed=tuple(field_text(kind) for kind in sorted(suppressed_contacts(customer_id))),
        notes=tuple(notes_of(customer_id)) if rights.see_contacts else (),
        tags=tuple(tags_of(customer_id)),
        owner=state.owner,
        owners=_owners(state.owner_id) if rights.edit else (),
        rights=rights,
        links_href=reverse("customers:links", args=[customer_id]) if rights.merge else "",
    )


def rights_of(viewer: User) -> Rights:
    return Rights(
        see_contacts=may(viewer, Right.SEE_CONTACTS),
        reveal=may(viewer, Right.REVEAL),
        edit=may(viewer, Right.EDIT_CUSTOMERS),
        tag=may(viewer, Right.TAG),
        merge=may(viewer, Right.MERGE),
        suppress=may(viewer, Right.SUPPRESS),
    )


def _source(record: SourceRecord, person: Person) -> SourcePanel:
    said = [
        IdentityShown(
            field_text(each.field), masked(each.field, each.value), each.changed_at, each.is_verified
        )
        for each in person.all
        if each.profile_id == record.profile_id
    ]
    return SourcePanel(
        profile_id=record.profile_id,
        source=source_text(record.source),
        key=record.source_key,
        made_at=record.made_at,
        changed_at=record.changed_at,
        identities=tuple(said),
        is_typed=record.source == BY_HAND,
    )


def _consent_rows(customer_id: int) -> tuple[ConsentRow, ...]:
    standing = {(state.purpose, state.channel): state for state in consents_of(customer_id)}
    words = wordings_of([state.text_version for state in standing.values()])

    def cell(purpose: str, channel: str) -> ConsentCell:
        state = standing.get((purpose, channel))
        return ConsentCell(
            CONSENT_CHANNEL_TEXTS[channel], state, words.get(state.text_version) if state else None
        )

    return tuple(
        ConsentRow(PURPOSE_TEXTS[purpose], tuple(cell(purpose, channel) for channel in CONSENT_CHANNELS))
        for purpose in PURPOSES
        if any(said_of == purpose for said_of, _ in standing)
    )


def _owners(owner_id: int | None) -> tuple[Choice, ...]:
    active = [user for user in users() if user.is_active or user.pk == owner_id]
    return tuple(Choice(str(user.pk), str(user), user.pk == owner_id) for user in active)


def _choices(texts: Mapping[str, Text]) -> tuple[Choice, ...]:
    return tuple(Choice(value, text) for value, text in texts.items())
