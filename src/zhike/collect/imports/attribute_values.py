"""Values of the attributes that a business invented, checked by what it said about them. Pure: no Django."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, Protocol

from zhike.collect.imports import cells
from zhike.collect.imports.cells import LONGEST_TEXT
from zhike.collect.imports.records import folded, shown, trimmed
from zhike.collect.imports.rejects import original_text
from zhike.customers.normal import names_a_person
from zhike.kernel.errors import ZhikeError
from zhike.kernel.words import Text

_BETWEEN = re.compile(r"[,，;；|、]")
_LARGEST_NUMBER = 1e15
_FLAGS = {
    **dict.fromkeys(("是", "有", "对", "yes", "y", "true", "1"), True),
    **dict.fromkeys(("否", "没有", "不", "no", "n", "false", "0"), False),
}


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
            is_good = is_text(value)
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
        raise wrong_value(definition.code)
    return value


def cell_reader(definition: Definition, translated: Mapping[str, str]) -> Callable[[object], Any]:
    """Reads a cell of a file as a value of the attribute; choices are said by code or by what they are called.

    The reader raises a `ZhikeError` ``attribute.value`` that quotes the cell only of an ordinary attribute, and
    ``attribute.personal`` for a contact in one that goes to the lake.

    Parameters
    ----------
    translated
        The file's words, folded → codes of the options.
    """
    return partial(_read, definition, words_of(option_texts(definition)), translated)


def option_texts(definition: Definition) -> dict[str, Text]:
    """Code of an option → what people call it."""
    return {option["code"]: Text(option["zh"], option["en"]) for option in definition.options}


def words_of(options: Mapping[str, Text]) -> dict[str, str]:
    """What an option may be called, folded → its code; a code goes before what another option is called."""
    called = {folded(said): code for code, text in options.items() for said in (text.en, text.zh)}
    return called | {folded(code): code for code in options}


def is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_TEXT and "\0" not in value


def wrong_value(code: str) -> ZhikeError:
    return ZhikeError(
        "attribute.value",
        zh=f"属性 {code} 的值与它的类型或选项不符，或含有手机号、邮箱、证件号、街道门牌",
        en=f"the value of {code} does not fit its type or options, or holds a phone number, e-mail, identity number or street",
    )


def _read(
    definition: Definition, words: Mapping[str, str], translated: Mapping[str, str], value: object
) -> Any:
    if definition.sensitivity == "ordinary" and names_a_person(original_text(value)):
        raise _personal(definition)
    try:
        said = _said(definition.type, words, translated, value)
        return checked_value(definition, said)
    except (ZhikeError, ValueError, ArithmeticError):
        raise _unfit(definition, value) from None


def _said(type: str, words: Mapping[str, str], translated: Mapping[str, str], value: object) -> object:
    text = trimmed(original_text(value))
    match type:
        case "text":
            return text
        case "number":
            return _number(text)
        case "boolean":
            return value if isinstance(value, bool) else _FLAGS.get(folded(text))
        case "date":
            return cells.written_day(value).isoformat()
        case "choice":
            return _option(text, words, translated)
        case _:
            parts = [part for each in _BETWEEN.split(text) if (part := trimmed(each))]
            return list(dict.fromkeys(_option(part, words, translated) for part in parts))


def _option(text: str, words: Mapping[str, str], translated: Mapping[str, str]) -> str | None:
    return words.get(folded(translated.get(folded(text), text)))


def _number(text: str) -> int | float:
    number = Decimal(text.replace(",", "").replace("，", ""))
    if not number.is_finite() or abs(number) > _LARGEST_NUMBER:
        raise ValueError(text)
    return int(number) if number == number.to_integral_value() else float(number)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _unfit(definition: Definition, value: object) -> ZhikeError:
    """What is wrong, and what can be written; the cell is quoted only where it may lie open."""
    is_open = definition.sensitivity == "ordinary"
    quoted = Text(f"“{shown(value)}”", f"“{shown(value)}”") if is_open else Text("这个值", "the value")
    wanted = _wanted(definition)
    return ZhikeError(
        "attribute.value",
        zh=f"{quoted.zh}不能作为“{definition.label_zh}”：{wanted.zh}",
        en=f"{quoted.en} is no “{definition.label_en}”: {wanted.en}",
    )


def _wanted(definition: Definition) -> Text:
    if definition.type in ("choice", "choices"):
        texts = option_texts(definition).values()
        several = Text("，可写几个，用分号隔开", "; several with semicolons between them")
        more = several if definition.type == "choices" else Text("", "")
        return Text(
            f"可用的选项：{'、'.join(text.zh for text in texts)}{more.zh}",
            f"its choices are {', '.join(text.en for text in texts)}{more.en}",
        )
    return {
        "number": Text("请写数字，例如 12.5", "write a number such as 12.5"),
        "boolean": Text("请写 是 或 否", "write yes or no"),
        "date": Text("请写日期，例如 2026-11-21", "write a day such as 2026-11-21"),
    }.get(
        definition.type,
        Text(f"最多 {LONGEST_TEXT} 个字符", f"it has at most {LONGEST_TEXT} characters"),
    )


def _personal(definition: Definition) -> ZhikeError:
    return ZhikeError(
        "attribute.personal",
        zh=f"“{definition.label_zh}”的值里有手机号、邮箱或证件号；请改放联系方式的列，或新建“个人信息”类的属性",
        en=f"a value of “{definition.label_en}” holds a phone number, e-mail or identity number; "
        "put it into a column of contacts, or make an attribute that is personal",
    )
