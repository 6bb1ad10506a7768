"""Values of the attributes that a business invented, checked by what it said about them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from zhike.collect.imports.cells import LONGEST_TEXT
from zhike.customers.normal import names_a_person
from zhike.customers.selectors.sensitive import definitions_by_code
from zhike.customers.words import is_builtin_attribute
from zhike.kernel.errors import ZhikeError


class Definition(Protocol):
    """What is read of the definition of an attribute, which the customers own."""

    @property
    def code(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def options(self) -> Sequence[Mapping[str, str]]: ...
    @property
    def sensitivity(self) -> str: ...
    @property
    def label_zh(self) -> str: ...
    @property
    def label_en(self) -> str: ...
    @property
    def retired_at(self) -> datetime | None: ...


def ordinary_attributes(said: Mapping[str, object]) -> dict[str, Any]:
    """Attributes by code, of those that may lie open and go to the lake.

    Raises
    ------
    ZhikeError
        ``attribute.unknown``, ``attribute.sealed``, ``attribute.value``.
    """
    definitions = definitions_by_code()
    return {code: _ordinary(definitions.get(code), code, value) for code, value in said.items()}


def checked_value(definition: Definition, value: object) -> Any:
    """A value that the attribute takes: text, a number, a day as ISO text, a flag, a code or a list of codes.

    Raises
    ------
    ZhikeError
        ``attribute.value``.
    """
    codes = {option["code"] for option in definition.options}
    match definition.type:
        case "text":
            is_good = _is_text(value)
        case "number":
            is_good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        case "boolean":
            is_good = isinstance(value, bool)
        case "date":
            is_good = isinstance(value, str) and _is_day(value)
        case "choice":
            is_good = isinstance(value, str) and value in codes
        case _:
            is_good = isinstance(value, list) and all(isinstance(v, str) and v in codes for v in value)
    if not is_good:
        raise _wrong_value(definition.code)
    return value


def _ordinary(definition: Definition | None, code: str, value: object) -> Any:
    if (definition is None and not is_builtin_attribute(code)) or (definition and definition.retired_at):
        raise ZhikeError(
            "attribute.unknown",
            zh="有没定义过或已停用的属性代码，请先定义属性",
            en="an attribute is not defined, or retired; define it first",
        )
    if names_a_person(str(value)):
        raise _wrong_value(code)
    if definition is None:
        if not _is_text(value) and not isinstance(value, int):
            raise _wrong_value(code)
        return value
    if definition.sensitivity != "ordinary":
        raise ZhikeError(
            "attribute.sealed",
            zh=f"属性 {code} 是个人或敏感信息，不能经由 API 写入；请用带单独同意的表单",
            en=f"the attribute {code} is personal or sensitive and cannot be sent; use a form with a consent of its own",
        )
    return checked_value(definition, value)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_TEXT and "\0" not in value


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _wrong_value(code: str) -> ZhikeError:
    return ZhikeError(
        "attribute.value",
        zh=f"属性 {code} 的值与它的类型或选项不符，或含有手机号、邮箱、证件号",
        en=f"the value of {code} does not fit its type or options, or holds a phone number, e-mail or identity number",
    )
