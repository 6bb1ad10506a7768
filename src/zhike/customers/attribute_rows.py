"""The attributes that a business invented, as its settings show them."""

from __future__ import annotations

from dataclasses import dataclass

from zhike.customers.models import AttributeDefinition
from zhike.customers.selectors.sensitive import attribute_definitions
from zhike.customers.services.attributes import option_lines
from zhike.kernel.words import Text

_TYPES = {
    "text": Text("文字", "Text"),
    "number": Text("数字", "Number"),
    "date": Text("日期", "Date"),
    "boolean": Text("是或否", "Yes or no"),
    "choice": Text("单选", "One choice"),
    "choices": Text("多选", "Several choices"),
}
_SENSITIVITIES = {
    "ordinary": Text("普通", "Ordinary"),
    "personal": Text("个人信息", "Personal"),
    "sensitive": Text("敏感个人信息", "Sensitive"),
}
_COLOURS = {"ordinary": "slate", "personal": "amber", "sensitive": "red"}


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    text: Text


@dataclass(frozen=True, slots=True)
class AttributeRow:
    """`options` as somebody types them, one a line."""

    code: str
    label: Text
    label_zh: str
    label_en: str
    type: Text
    has_options: bool
    options: str
    option_texts: tuple[Text, ...]
    sensitivity: Text
    colour: str
    is_usable_in_conditions: bool
    is_sensitive: bool
    is_retired: bool


def attribute_rows() -> tuple[AttributeRow, ...]:
    rows = [_row(definition) for definition in attribute_definitions()]
    return tuple(sorted(rows, key=lambda row: (row.is_retired, row.code)))


def type_choices() -> tuple[Choice, ...]:
    return tuple(Choice(value, text) for value, text in _TYPES.items())


def sensitivity_choices() -> tuple[Choice, ...]:
    return tuple(Choice(value, text) for value, text in _SENSITIVITIES.items())


def _row(definition: AttributeDefinition) -> AttributeRow:
    return AttributeRow(
        code=definition.code,
        label=Text(definition.label_zh, definition.label_en),
        label_zh=definition.label_zh,
        label_en=definition.label_en,
        type=_TYPES[definition.type],
        has_options=definition.type in ("choice", "choices"),
        options=option_lines(definition.options),
        option_texts=tuple(Text(each["zh"], each["en"]) for each in definition.options),
        sensitivity=_SENSITIVITIES[definition.sensitivity],
        colour=_COLOURS[definition.sensitivity],
        is_usable_in_conditions=definition.is_usable_in_conditions,
        is_sensitive=definition.sensitivity == "sensitive",
        is_retired=definition.retired_at is not None,
    )
