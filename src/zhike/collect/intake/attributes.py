"""Values of the attributes that a business invented, as programs send them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zhike.collect.imports.attribute_values import Definition, checked_value, is_text, wrong_value
from zhike.collect.imports.kinds.faults import Faults
from zhike.collect.intake.rows import MOST_TOLD, shown_name
from zhike.customers.normal import names_a_person, reads_like_a_street
from zhike.customers.records import PLACE
from zhike.customers.selectors.sensitive import definitions_by_code
from zhike.customers.words import is_builtin_attribute
from zhike.kernel.errors import ZhikeError


def ordinary_attributes(said: Mapping[str, object], found: Faults) -> dict[str, Any]:
    """Attributes by code, of those that may lie open and go to the lake.

    The first that cannot be taken are noted: ``attribute.unknown``, ``attribute.sealed``, ``attribute.value``.
    """
    definitions = definitions_by_code()
    taken: dict[str, Any] = {}
    refused = 0
    for code, value in said.items():
        try:
            taken[code] = _ordinary(definitions.get(code), code, value)
        except ZhikeError as error:
            found.note("attributes", error)
            refused += 1
            if refused == MOST_TOLD:
                break
    return taken


def _unknown(code: str) -> ZhikeError:
    said = shown_name(code)
    return ZhikeError(
        "attribute.unknown",
        zh=f"属性代码 {said} 没有定义过，或已停用；请先定义属性",
        en=f"the attribute {said} is not defined, or retired; define it first",
    )


def _ordinary(definition: Definition | None, code: str, value: object) -> Any:
    if (definition is None and not is_builtin_attribute(code)) or (definition and definition.retired_at):
        raise _unknown(code)
    is_street = code in PLACE and reads_like_a_street(str(value))
    if names_a_person(str(value)) or is_street:
        raise wrong_value(code)
    if definition is None:
        if not is_text(value) and not isinstance(value, int):
            raise wrong_value(code)
        return value
    if definition.sensitivity != "ordinary":
        raise ZhikeError(
            "attribute.sealed",
            zh=f"属性 {code} 是个人或敏感信息，不能经由 API 写入；请用带单独同意的表单",
            en=f"the attribute {code} is personal or sensitive and cannot be sent; use a form with a consent of its own",
        )
    return checked_value(definition, value)
