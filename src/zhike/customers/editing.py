"""The page on which staff type what they know of a customer, a form a field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse

from zhike.accounts.access import Right, may
from zhike.accounts.selectors import User
from zhike.customers.lineage import FieldShown, attributes_shown, fields_shown
from zhike.customers.masking import masked
from zhike.customers.selectors.people import Person, person_of
from zhike.customers.selectors.sensitive import (
    SensitiveShown,
    definitions_by_code,
    sensitive_codes_of,
)
from zhike.customers.selectors.sources import records_of
from zhike.customers.selectors.typed_values import typed_fields_of
from zhike.customers.typed_fields import TypedField, typed_fields
from zhike.kernel.words import Text, current_language


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    text: Text
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class FieldForm:
    """One field, with what is shown of it now and what stands in its control.

    Parameters
    ----------
    shown
        The present values with where they come from, masked unless they were revealed; of a place several.
    sealed
        Of a value that only those see who say why: covered, or in full once they did; empty where there is none.
    value
        What was typed and refused, else the present value as far as it may be seen.
    problem
        Why what was typed was not kept.
    """

    name: str
    text: Text
    control: str
    hint: Text
    shown: tuple[FieldShown, ...]
    sealed: Text | str
    value: str
    options: tuple[Option, ...]
    is_typed: bool
    is_sensitive: bool
    may_type: bool
    problem: str = ""


@dataclass(frozen=True, slots=True)
class FieldGroup:
    title: Text
    forms: tuple[FieldForm, ...]


@dataclass(frozen=True)
class EditPage:
    """`is_revealed`: the present values stand in the forms in full, this once; `may_reveal`: they could."""

    customer_id: int
    name: str
    back_href: str
    groups: tuple[FieldGroup, ...]
    is_revealed: bool
    may_reveal: bool


@dataclass(frozen=True, slots=True)
class Revealed:
    """Names, contacts and sealed values in full, of which it is on record who saw them and why."""

    person: Person
    sealed: Sequence[SensitiveShown]


@dataclass(frozen=True, slots=True)
class Refused:
    """What was typed into a field, and why it was not kept."""

    name: str
    typed: tuple[str, ...]
    problem: str


def edit_page(
    customer_id: int, viewer: User, *, revealed: Revealed | None = None, refused: Refused | None = None
) -> EditPage:
    """The forms of all fields that staff may type."""
    person = revealed.person if revealed else _person(customer_id, viewer)
    known = _known(customer_id, person, revealed)
    forms = {field.name: _form(field, known, viewer, refused) for field in typed_fields()}
    return EditPage(
        customer_id=customer_id,
        name=masked("name", person.name),
        back_href=reverse("customers:detail", args=[customer_id]),
        groups=_grouped(forms),
        is_revealed=revealed is not None,
        may_reveal=may(viewer, Right.REVEAL),
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """What is shown of the customer by code, what lies open in the controls, what is sealed, what was typed."""

    shown: Mapping[str, FieldShown]
    values: Mapping[str, object]
    sealed: Mapping[str, Text | str]
    typed: frozenset[str]


def _person(customer_id: int, viewer: User) -> Person:
    return person_of(customer_id, is_masked=False) if may(viewer, Right.SEE_CONTACTS) else Person(customer_id)


def _known(customer_id: int, person: Person, revealed: Revealed | None) -> _Known:
    attributes = attributes_shown(records_of(customer_id, with_keys=False), definitions_by_code())
    fields = fields_shown(person, is_masked=revealed is None)
    sealed: dict[str, Text | str] = dict.fromkeys(sensitive_codes_of(customer_id), "****")
    if revealed:
        # The first of each is the one that counts.
        sealed |= {each.code: each.value for each in reversed(revealed.sealed)}
    return _Known(
        shown={each.code: each for each in (*fields, *attributes)},
        values={each.code: each.said for each in (*attributes, *(fields if revealed else ()))},
        sealed=sealed,
        typed=frozenset(typed_fields_of(customer_id)),
    )


_FOREIGN_IDS = ("unionid", "openid", "external_userid")
_PERSON = Text("姓名和联系方式", "Name and contacts")
_ATTRIBUTES = Text("属性", "Attributes")
_IDS = Text("其他系统里的编号", "Ids in other systems")


def _grouped(forms: Mapping[str, FieldForm]) -> tuple[FieldGroup, ...]:
    kinds = {field.name: field.kind for field in typed_fields()}
    groups: dict[Text, list[FieldForm]] = {_PERSON: [], _ATTRIBUTES: [], _IDS: []}
    for name, form in forms.items():
        is_of_person = kinds[name] in ("personal", "identifier")
        groups[_IDS if name in _FOREIGN_IDS else _PERSON if is_of_person else _ATTRIBUTES].append(form)
    return tuple(FieldGroup(title, tuple(those)) for title, those in groups.items())


def _form(field: TypedField, known: _Known, viewer: User, refused: Refused | None) -> FieldForm:
    is_refused = refused is not None and refused.name == field.name
    typed = refused.typed if refused is not None and is_refused else _present(field, known)
    return FieldForm(
        name=field.name,
        text=field.text,
        control=field.control,
        hint=field.hint,
        shown=tuple(known.shown[code] for code in field.codes if code in known.shown),
        sealed=known.sealed.get(field.name, "") if field.kind == "sealed" else "",
        value=typed[0] if typed and not field.choices else "",
        options=tuple(Option(code, text, code in typed) for code, text in field.choices.items()),
        is_typed=not known.typed.isdisjoint(field.codes),
        is_sensitive=field.is_sensitive,
        may_type=field.kind != "sealed" or may(viewer, Right.REVEAL),
        problem=refused.problem if refused is not None and is_refused else "",
    )


def _present(field: TypedField, known: _Known) -> tuple[str, ...]:
    """The present value as the control would have it; nothing where it may not be seen."""
    values = [known.values[code] for code in field.codes if code in known.values]
    if not values:
        return ()
    if len(field.codes) > 1:
        return ("".join(dict.fromkeys(str(value) for value in values)),)
    (value,) = values
    if isinstance(value, bool):
        return ("yes" if value else "no",)
    if isinstance(value, list):
        return tuple(map(str, value)) if field.choices else (_separator().join(map(str, value)),)
    return (str(value),)


def _separator() -> str:
    return "、" if current_language() == "zh" else ", "
