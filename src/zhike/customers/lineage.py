"""What is shown of a customer, and from which source, since when and why that and not another's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from zhike.customers.masking import masked
from zhike.customers.normal import CITY_TIERS, EDUCATIONS, GENDERS, INCOME_BANDS, OCCUPATIONS
from zhike.customers.selectors.people import Person, Shown
from zhike.customers.selectors.sources import SourceRecord
from zhike.customers.words import attribute_text, field_text
from zhike.kernel.words import Text

if TYPE_CHECKING:
    from zhike.customers.models import AttributeDefinition

_ONLY = Text("只有这个来源有", "the only source that says so")
_VERIFIED = Text("已验证的优先", "verified ones come first")
_AGREED = Text("各来源一致", "all sources agree")
_NEWEST = Text("最新的优先", "the newest comes first")
_YES, _NO = Text("是", "yes"), Text("否", "no")
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
    source: str
    since: datetime


@dataclass(frozen=True, slots=True)
class FieldShown:
    """A field with the value that is shown, where it comes from and why; and what else is said.

    `said` is the value itself, for comparing and never for showing: two that differ may be masked alike.
    """

    text: Text
    value: Text | str
    source: str
    since: datetime
    why: Text
    is_verified: bool = False
    others: tuple[OtherValue, ...] = ()
    said: str = field(default="", repr=False)


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
    """Coarse attributes of all records in one: of several, that of the record that changed last."""
    newest_first = sorted(records, key=lambda record: record.changed_at, reverse=True)
    codes = dict.fromkeys(code for record in newest_first for code in record.attributes)
    return tuple(
        _attribute(code, [r for r in newest_first if code in r.attributes], definitions.get(code))
        for code in sorted(codes)
    )


def attribute_label(code: str, definition: AttributeDefinition | None) -> Text:
    """What an attribute is called: by the business if it invented it."""
    return Text(definition.label_zh, definition.label_en) if definition else attribute_text(code)


def _field(name: str, first: Shown, values: Sequence[Shown], is_masked: bool) -> FieldShown:
    others = [value for value in values if value is not first]
    different = [value for value in others if value.value != first.value]
    return FieldShown(
        text=field_text(name),
        value=_covered(first, is_masked),
        source=first.source,
        since=first.changed_at,
        why=_why(others, different, first.is_verified and any(not each.is_verified for each in different)),
        is_verified=first.is_verified,
        others=tuple(OtherValue(_covered(each, is_masked), each.source, each.changed_at) for each in others),
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
        text=attribute_label(code, definition),
        value=_said(first.attributes[code], labels),
        source=first.source,
        since=first.changed_at,
        why=_why(others, different, False),
        others=tuple(
            OtherValue(_said(each.attributes[code], labels), each.source, each.changed_at) for each in others
        ),
        said=str(first.attributes[code]),
    )


def _why(others: Sequence[object], different: Sequence[object], is_by_verification: bool) -> Text:
    if not others:
        return _ONLY
    if not different:
        return _AGREED
    return _VERIFIED if is_by_verification else _NEWEST


def _labels(code: str, definition: AttributeDefinition | None) -> Mapping[str, Text]:
    if definition is None:
        return _CODES.get(code, {})
    return {option["code"]: Text(option["zh"], option["en"]) for option in definition.options}


def _said(value: Any, labels: Mapping[str, Text]) -> Text | str:
    if isinstance(value, bool):
        return _YES if value else _NO
    if isinstance(value, (list, tuple)):
        return _joined([labels.get(str(each), str(each)) for each in value])
    return labels.get(str(value), str(value))


def _joined(values: Iterable[Text | str]) -> Text:
    texts = [value if isinstance(value, Text) else Text(value, value) for value in values]
    return Text("、".join(text.zh for text in texts), ", ".join(text.en for text in texts))
