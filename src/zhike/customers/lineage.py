"""What is shown of a customer, and from which source, since when and why that and not another's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from zhike.customers.masking import masked
from zhike.customers.normal import (
    AGE_BANDS,
    CITY_TIERS,
    EDUCATIONS,
    GENDERS,
    INCOME_BANDS,
    OCCUPATIONS,
    age_band,
    age_on,
    birthday,
)
from zhike.customers.records import BY_HAND, PLACE
from zhike.customers.selectors.people import Person, Shown
from zhike.customers.selectors.sources import SourceRecord
from zhike.customers.survivorship import Precedence, precedence
from zhike.customers.words import attribute_text, field_text, source_text, value_text
from zhike.kernel.errors import ZhikeError
from zhike.kernel.words import Text

if TYPE_CHECKING:
    from zhike.customers.models import AttributeDefinition

_ONLY = Text("只有这个来源有", "the only source that says so")
_TYPED = Text("手工填写的优先", "what staff typed comes first")
_VERIFIED = Text("已验证的优先", "verified ones come first")
_AGREED = Text("各来源一致", "all sources agree")
_NEWEST = Text("最新的优先", "the newest comes first")
_ORDER = ("name", "phone", "email", "birthday", "address")

_CODES: Mapping[str, Mapping[str, Text]] = {
    "gender": GENDERS,
    "education": EDUCATIONS,
    "occupation": OCCUPATIONS,
    "income": INCOME_BANDS,
    "city_tier": CITY_TIERS,
}


@dataclass(frozen=True, slots=True)
class OtherValue:
    value: Text | str
    source: Text
    since: datetime


@dataclass(frozen=True, slots=True)
class FieldShown:
    """A field with the value that is shown, where it comes from and why; and what else is said.

    Parameters
    ----------
    by
        Who typed it; empty for what a source sent.
    said
        The value itself, for comparing and never for showing: two that differ may be masked alike.
    """

    code: str
    text: Text
    value: Text | str
    source: Text
    since: datetime
    why: Text
    is_verified: bool = False
    by: str = ""
    others: tuple[OtherValue, ...] = ()
    said: object = field(default="", repr=False)


def fields_shown(person: Person, *, is_masked: bool) -> tuple[FieldShown, ...]:
    """Names and contacts of somebody whose values are whole, the usual ones first."""
    by_field: dict[str, list[Shown]] = {}
    for value in person.all:
        by_field.setdefault(value.field, []).append(value)
    names = [name for name in _ORDER if name in by_field]
    names += sorted(by_field.keys() - set(_ORDER))
    return tuple(_field(name, person.first[name], by_field[name], is_masked) for name in names)


def attributes_shown(
    records: Sequence[SourceRecord], definitions: Mapping[str, AttributeDefinition]
) -> tuple[FieldShown, ...]:
    """Coarse attributes of all records in one, by the rule that names and contacts go by; a place is of one piece."""
    codes = sorted({code for record in records for code in record.attributes})
    said = {code: _saying(code, records) for code in codes}
    for code in PLACE:
        said[code] = _of_one_piece(code, said)
    if said.get("city"):
        # The tier of the city that is shown, and of no other source's.
        city = said["city"][0].attributes["city"]
        tiers = said.get("city_tier", [])
        said["city_tier"] = [each for each in tiers if each.attributes.get("city") in (None, city)]
    return tuple(_attribute(code, said[code], definitions.get(code)) for code in codes if said[code])


def age_shown(fields: Sequence[FieldShown], today: date) -> tuple[FieldShown, ...]:
    """The band of age that follows from the birthday that is shown, if its year is known."""
    shown = next((each for each in fields if each.code == "birthday"), None)
    if shown is None:
        return ()
    try:
        age = age_on(birthday(str(shown.said), today=today), today)
    except ZhikeError:
        # A lunar day beyond the tables.
        return ()
    if age is None:
        return ()
    band = AGE_BANDS[age_band(age)]
    return (
        replace(shown, code="age_band", text=attribute_text("age_band"), value=band, others=(), said=band),
    )


def attribute_label(code: str, definition: AttributeDefinition | None) -> Text:
    """What an attribute is called: by the business if it invented it."""
    return Text(definition.label_zh, definition.label_en) if definition else attribute_text(code)


def _saying(code: str, records: Sequence[SourceRecord]) -> list[SourceRecord]:
    """The records that have an attribute, the one that is shown first."""

    def rank(record: SourceRecord) -> Precedence:
        return precedence(source=record.source, changed_at=record.since(code), profile_id=record.profile_id)

    return sorted((r for r in records if code in r.attributes), key=rank, reverse=True)


def _of_one_piece(code: str, said: Mapping[str, Sequence[SourceRecord]]) -> list[SourceRecord]:
    """The records that say a part of the place: those first that mean the parts above it, and none without one."""
    above = [higher for higher in PLACE[: PLACE.index(code)] if said.get(higher)]
    shown = {higher: said[higher][0].attributes[higher] for higher in above}

    def means_another(record: SourceRecord) -> bool:
        return any(record.attributes.get(higher) != place for higher, place in shown.items())

    # False comes before True, and else the order stays.
    fitting = sorted(said.get(code, ()), key=means_another)
    return fitting if fitting and not means_another(fitting[0]) else []


def _field(name: str, first: Shown, values: Sequence[Shown], is_masked: bool) -> FieldShown:
    others = [value for value in values if value is not first]
    different = [value for value in others if value.value != first.value]
    is_by_verification = first.is_verified and any(not each.is_verified for each in different)
    return FieldShown(
        code=name,
        text=field_text(name),
        value=_covered(first, is_masked),
        source=source_text(first.source),
        since=first.changed_at,
        why=_why(first.source, others, different, is_by_verification),
        is_verified=first.is_verified,
        by=first.by,
        others=tuple(
            OtherValue(_covered(each, is_masked), source_text(each.source), each.changed_at)
            for each in others
        ),
        said=first.value,
    )


def _covered(shown: Shown, is_masked: bool) -> str:
    return masked(shown.field, shown.value) if is_masked else shown.value


def _attribute(
    code: str, records: Sequence[SourceRecord], definition: AttributeDefinition | None
) -> FieldShown:
    first, *others = records
    different = [each for each in others if each.attributes[code] != first.attributes[code]]
    labels = _labels(code, definition)
    return FieldShown(
        code=code,
        text=attribute_label(code, definition),
        value=value_text(first.attributes[code], labels),
        source=source_text(first.source),
        since=first.since(code),
        why=_why(first.source, others, different, is_by_verification=False),
        by=first.typings[code].by if code in first.typings else "",
        others=tuple(
            OtherValue(value_text(each.attributes[code], labels), source_text(each.source), each.since(code))
            for each in others
        ),
        said=first.attributes[code],
    )


def _why(
    source: str, others: Sequence[object], different: Sequence[object], is_by_verification: bool
) -> Text:
    if not others:
        return _ONLY
    if not different:
        return _AGREED
    if source == BY_HAND:
        return _TYPED
    return _VERIFIED if is_by_verification else _NEWEST


def _labels(code: str, definition: AttributeDefinition | None) -> Mapping[str, Text]:
    if definition is None:
        return _CODES.get(code, {})
    return {option["code"]: Text(option["zh"], option["en"]) for option in definition.options}
