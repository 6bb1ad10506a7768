"""What every kind shares whose records become events: reviews, social interactions, answers, and events themselves.

Free text never goes to the lake: of a text only its length is kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from hashlib import blake2b
from typing import NamedTuple

from zhike.collect.imports import cells
from zhike.collect.imports.kinds.kind import Field, ImportRules, microseconds, row_hash, staged_schema
from zhike.collect.imports.kinds.orders import CUSTOMER_ID_ALIASES
from zhike.collect.imports.records import shown, trimmed
from zhike.collect.schema import EVENTS
from zhike.customers.normal import names_a_person
from zhike.kernel.errors import ZhikeError
from zhike.kernel.words import Text

STAGED_EVENTS = staged_schema(EVENTS)
_CODE = re.compile(r"[^\W_][\w.:/-]{0,59}\Z")

CUSTOMER_ID = Field(
    "customer_id", Text("客户编号", "customer id"), "id", True, CUSTOMER_ID_ALIASES, samples=("C01", "C02")
)
EVENT_CONFLICT = (
    "event.conflict",
    Text(
        "同一编号在第 {first} 行已有，内容不同；请只保留正确的一行",
        "row {first} has the same id with other content; keep the right one of the two",
    ),
)


class EventRow(NamedTuple):
    """One event as it is staged; `occurred_at` in microseconds since 1970, UTC."""

    number: int
    key_hash: int
    customer_id: str
    event_id: str
    occurred_at: int
    occurred_on: date
    name: str
    properties: str
    row_hash: int


def event_row(
    number: int,
    *,
    customer_id: str,
    event_id: str,
    occurred: tuple[datetime, date],
    name: str,
    properties: Mapping[str, object],
) -> EventRow:
    """The row of an event; properties that are None are left out."""
    said = {key: value for key, value in properties.items() if value is not None}
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    content = (customer_id, event_id, microseconds(occurred[0]), occurred[1], name, text)
    return EventRow(number, hash(event_id), *content, row_hash(content))


def event_id_of(given: str | None, rules: ImportRules, name: str, parts: Sequence[object]) -> str:
    """The source's own id, else one made from what the record says.

    The made one depends on the secret of the data folder: a customer's key, which may be a phone number, cannot
    be found again by trying.
    """
    if given is not None:
        return f"{name}:{given}"
    text = "\0".join([name, *("" if part is None else str(part) for part in parts)])
    return f"{name}:~" + blake2b(text.encode(), digest_size=12, key=rules.secret[:64]).hexdigest()


def optional_id(value: object) -> str | None:
    """An id that nobody seals, or None where the cell says that there is none."""
    return None if cells.is_nothing(value) else cells.open_id(value)


def code_text(value: object) -> str:
    """A short code: letters, digits and ``_ . : / -``, at most 60 characters.

    Raises
    ------
    ZhikeError
        ``code.refused``: a sentence is not a code, and may say more than the lake should know.
    """
    text = cells.id_text(value)
    if not _CODE.match(text) or names_a_person(text):
        raise ZhikeError(
            "code.refused",
            zh=f"“{shown(text)}”不是短代码（字母、数字、_ . : / -，最多 60 个字符）",
            en=f"“{shown(text)}” is no short code (letters, digits and _ . : / -, at most 60 characters)",
        )
    return text


def optional_code(value: object) -> str | None:
    return None if cells.is_nothing(value) else code_text(value)


def text_length(value: object) -> int | None:
    """How many characters a free text has; the text itself is not kept."""
    return None if cells.is_nothing(value) else len(trimmed(str(value)))


def whole_number(value: object, *, name: str, least: int, most: int) -> int:
    """A whole number in a range; nothing is rounded.

    Raises
    ------
    ZhikeError
        ``NAME.missing``, ``NAME.not_whole`` or ``NAME.out_of_range``.
    """
    if cells.is_nothing(value):
        raise ZhikeError(f"{name}.missing", zh="数字为空", en="the number is empty")
    number = _whole(value)
    if number is None:
        raise ZhikeError(
            f"{name}.not_whole",
            zh=f"“{shown(value)}”不是整数",
            en=f"“{shown(value)}” is no whole number",
        )
    if not least <= number <= most:
        raise ZhikeError(
            f"{name}.out_of_range",
            zh=f"“{shown(value)}”应在 {least} 到 {most} 之间",
            en=f"“{shown(value)}” must be between {least} and {most}",
        )
    return number


_WHOLE = re.compile(r"([+-]?)(\d{1,15}|\d{1,3}(?:,\d{3}){1,4})(?:\.0+)?\Z", re.ASCII)


def _whole(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    text = trimmed(value) if isinstance(value, str) else str(value)
    found = _WHOLE.match(text)
    return int(found[1] + found[2].replace(",", "")) if found else None
