"""The fields of a customer that staff may type: how each is asked for, and how what was typed is read."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from django.conf import settings

from zhike.customers import normal
from zhike.customers.records import IDENTIFIER_KINDS, PLACE, IdentifierKind
from zhike.customers.selectors.sensitive import attribute_definitions
from zhike.customers.words import attribute_text, capitalised, field_text
from zhike.kernel import clock
from zhike.kernel.errors import UsageError, ZhikeError
from zhike.kernel.words import Text

if TYPE_CHECKING:
    from zhike.customers.models import AttributeDefinition

Kind = Literal["personal", "identifier", "attributes", "sealed"]
Control = Literal["text", "tel", "email", "date", "number", "choice", "choices"]

_LONGEST_TEXT = 200
_YES_OR_NO = {"yes": Text("是", "Yes"), "no": Text("否", "No")}


@dataclass(frozen=True, slots=True)
class TypedField:
    """One field that staff may type.

    Parameters
    ----------
    kind
        Where the value is kept: as a personal field, an identifier, in the open as attributes, or sealed.
    read
        What was typed, as it is kept: for `attributes` values by code, else the value. Raises a `ZhikeError`
        that names the value only masked.
    codes
        The codes of what is kept; several for a place.
    is_sensitive
        Whether the customer must have agreed first.
    """

    name: str
    text: Text
    kind: Kind
    control: Control
    read: Callable[[Sequence[str]], Any]
    codes: tuple[str, ...]
    choices: Mapping[str, Text]
    hint: Text
    is_sensitive: bool = False

    @property
    def is_open(self) -> bool:
        """Whether everybody who sees the customer sees the value."""
        return self.kind == "attributes"


def typed_fields() -> tuple[TypedField, ...]:
    """All of them: names and contacts, built-in attributes, those of the business; without the retired ones."""
    own = (_own_attribute(each) for each in attribute_definitions() if each.retired_at is None)
    return (*_personal_fields(), *_identifiers(), *_built_in_attributes(), *own)


def typed_field(name: str) -> TypedField:
    """The field of that name.

    Raises
    ------
    UsageError
        ``field.unknown``.
    """
    field = next((field for field in typed_fields() if field.name == name), None)
    if field is None:
        raise UsageError(
            "field.unknown",
            zh="没有这一项，或它已停用；请刷新页面后再试",
            en="there is no such field, or it is retired; reload the page and try again",
        )
    return field


def _personal_fields() -> tuple[TypedField, ...]:
    return (
        _personal("name", "text", lambda text: str(normal.name(text))),
        _personal(
            "birthday",
            "text",
            _birthday,
            Text("例如 1990-05-20、农历八月十五", "such as 1990-05-20 or 05-20"),
        ),
        _personal("address", "text", _plain, Text("街道和门牌", "street and house")),
    )


def _personal(
    name: str, control: Control, read: Callable[[str], str], hint: Text | None = None
) -> TypedField:
    return TypedField(
        name, field_text(name), "personal", control, _of_one(read), (name,), {}, hint or Text("", "")
    )


def _identifiers() -> tuple[TypedField, ...]:
    controls: Mapping[str, Control] = {"phone": "tel", "email": "email"}
    return tuple(
        TypedField(
            name=kind,
            text=field_text(kind),
            kind="identifier",
            control=controls.get(kind, "text"),
            read=_of_one(partial(_identifier, kind)),
            codes=(kind,),
            choices={},
            hint=Text("", ""),
        )
        for kind in IDENTIFIER_KINDS
    )


def _built_in_attributes() -> tuple[TypedField, ...]:
    labels = {
        "gender": normal.GENDERS,
        "education": normal.EDUCATIONS,
        "occupation": normal.OCCUPATIONS,
        "income": normal.INCOME_BANDS,
    }
    place = TypedField(
        name="place",
        text=Text("省、市、区县", "Province, city, district"),
        kind="attributes",
        control="text",
        read=_of_one(_place),
        codes=PLACE,
        choices={},
        hint=Text("例如 浙江省杭州市西湖区", "such as 浙江省杭州市西湖区"),
    )
    interests = TypedField(
        name="interests",
        text=attribute_text("interests"),
        kind="attributes",
        control="text",
        read=_of_one(_interests),
        codes=("interests",),
        choices={},
        hint=Text("用顿号或分号隔开", "with commas in between"),
    )
    chosen = (_chosen(code, attribute_text(code), texts) for code, texts in labels.items())
    return (place, *chosen, interests)


def _chosen(code: str, text: Text, texts: Mapping[str, Text]) -> TypedField:
    read = _of_one(lambda chosen: {code: _one_of(chosen, texts)})
    choices = {choice: capitalised(said) for choice, said in texts.items()}
    return TypedField(code, text, "attributes", "choice", read, (code,), choices, Text("", ""))


_CONTROLS: Mapping[str, Control] = {
    "text": "text",
    "number": "number",
    "date": "date",
    "boolean": "choice",
    "choice": "choice",
    "choices": "choices",
}


def _own_attribute(definition: AttributeDefinition) -> TypedField:
    choices = {option["code"]: Text(option["zh"], option["en"]) for option in definition.options}
    if definition.type == "boolean":
        choices = _YES_OR_NO
    is_open = definition.sensitivity == "ordinary"

    def read(typed: Sequence[str]) -> Any:
        value = _value(definition.type, typed, choices)
        if is_open and normal.names_a_person(str(value)):
            raise ZhikeError(
                "attribute.value",
                zh="这一项不加密，不能写手机号、邮箱或证件号；请写在对应的联系方式里",
                en="this field is not encrypted and takes no phone number, e-mail or identity number; "
                "write them where contacts belong",
            )
        return {definition.code: value} if is_open else value

    return TypedField(
        name=definition.code,
        text=Text(definition.label_zh, definition.label_en),
        kind="attributes" if is_open else "sealed",
        control=_CONTROLS[definition.type],
        read=read,
        codes=(definition.code,),
        choices=choices,
        hint=Text("", ""),
        is_sensitive=definition.sensitivity == "sensitive",
    )


def _value(type: str, typed: Sequence[str], choices: Mapping[str, Text]) -> Any:
    if type == "choices":
        return [_one_of(each, choices) for each in dict.fromkeys(typed)] or _one_of("", choices)
    text = typed[0].strip() if typed else ""
    match type:
        case "number":
            return _number(text)
        case "date":
            return _day(text)
        case "boolean":
            return _one_of(text, choices) == "yes"
        case "choice":
            return _one_of(text, choices)
        case _:
            return _plain(text)


def _of_one(read: Callable[[str], Any]) -> Callable[[Sequence[str]], Any]:
    """A reader of the only text of a control; an empty one is refused, for taking back is another button."""

    def read_one(typed: Sequence[str]) -> Any:
        text = typed[0].strip() if typed else ""
        if not text:
            raise ZhikeError(
                "field.empty",
                zh="请先填写；要恢复成来源的值，请用“撤回手工值”",
                en="write something first; to go back to what the sources say, take the typed value back",
            )
        return read(text)

    return read_one


def _identifier(kind: IdentifierKind, text: str) -> str:
    value = normal.identifier(kind, text)
    is_placeholder = {"phone": normal.is_placeholder_phone, "email": normal.is_placeholder_email}.get(kind)
    if is_placeholder and is_placeholder(value):
        raise ZhikeError(
            "contact.placeholder",
            zh=f"“{normal.masked(value)}”是占位号码，不属于任何人；没有就留空",
            en=f"“{normal.masked(value)}” is a placeholder and belongs to nobody; leave it out if there is none",
        )
    return value


def _birthday(text: str) -> str:
    return str(normal.birthday(text, today=clock.today(settings.ZHIKE_BUSINESS.zone)))


def _place(text: str) -> dict[str, str]:
    region = normal.region(text)
    if region.remainder:
        raise ZhikeError(
            "region.remainder",
            zh="这里只写到区县；街道和门牌请写在“地址”",
            en="write no more than the district here; street and house belong into the address",
        )
    return {code: name for code in PLACE if (name := getattr(region, code))}


def _interests(text: str) -> dict[str, list[str]]:
    found = [word for word in normal.interests(text) if not normal.names_a_person(word)]
    if not found:
        raise _unreadable()
    return {"interests": found}


def _one_of(code: str, texts: Mapping[str, Text]) -> str:
    if code not in texts:
        raise ZhikeError("field.choice", zh="请从选项中选", en="choose one of the list")
    return code


def _number(text: str) -> int | float:
    try:
        number = float(text)
    except ValueError:
        raise _unreadable() from None
    if not math.isfinite(number) or abs(number) > 1e15:
        raise _unreadable()
    return int(number) if number.is_integer() else number


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ZhikeError("field.day", zh="日期写成 2026-05-20", en="write the day as 2026-05-20") from None


def _plain(text: str) -> str:
    said = " ".join(text.split())
    if not 0 < len(said) <= _LONGEST_TEXT or not said.isprintable():
        raise ZhikeError(
            "field.text",
            zh=f"请写 1 到 {_LONGEST_TEXT} 个字",
            en=f"write 1 to {_LONGEST_TEXT} characters",
        )
    return said


def _unreadable() -> ZhikeError:
    return ZhikeError(
        "field.unreadable", zh="看不懂填写的内容，请重写", en="this cannot be read; write it anew"
    )
