"""Received items as rows: read by the rules of the file imports, checked for what only the API asks."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from zhike.collect.imports.kinds import ImportRules, Kind, RowFault, kind_named
from zhike.collect.imports.kinds.kind import RowReader
from zhike.collect.imports.mapping import ColumnMapping, Layout
from zhike.customers.normal import masked, names_a_person
from zhike.customers.records import OWN_SOURCES
from zhike.kernel.errors import ZhikeError
from zhike.kernel.near_names import near_names
from zhike.kernel.words import Text

FactKind = Literal["events", "orders"]

LONGEST_EVENT_ID = 100
LONGEST_SOURCE = 40
MOST_PROPERTY_BYTES = 4096
EVENT_FIELDS = ("event_id", "name", "occurred_at", "source", "customer", "properties")
_EVENT_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*\Z", re.ASCII)
_LONGEST_NAME = 60
_QUOTED = re.compile("“[^”]*”")
# Four digits in a row may belong to a phone number or a day of birth.
_NAME_LIKE = re.compile(r"[^\W\d](?:(?!\d{4})[\w.\-]){0,39}")

# What stands in `ReceivedBatch.content`; moments in microseconds since 1970, days as ISO text.
COLUMNS: dict[FactKind, tuple[str, ...]] = {
    "events": ("source", "event_id", "profile_id", "occurred_at", "occurred_on", "name", "properties"),
    "orders": (
        "source",
        "order_id",
        "profile_id",
        "ordered_at",
        "ordered_on",
        "amount",
        "status",
        "refund_amount",
        "refunded_on",
        "discount_amount",
        "coupon_code",
        "channel",
        "store",
        "payment_method",
        "row_hash",
    ),
}


@dataclass(frozen=True, slots=True)
class Rejected:
    """One item that was not taken: its place in the request, and why; the sentence never quotes a person's data."""

    index: int
    field: str
    code: str
    text: Text

    @classmethod
    def of(cls, index: int, fault: RowFault, *, is_hidden: bool) -> Rejected:
        text = fault.error.text
        if is_hidden:
            text = Text(zh=_QUOTED.sub("“…”", text.zh), en=_QUOTED.sub("“…”", text.en))
        return cls(index, fault.field, fault.error.code, text)


@dataclass(frozen=True, slots=True)
class Item:
    """One good item: its place in the request, its source, the customer's key there, and its row.

    `referrer` is the key of whoever brought the customer, where that is what it tells.
    """

    index: int
    source: str
    customer: str
    row: Any
    referrer: str = ""


class ItemReader:
    """Reads the items of one request; `renamed` has the API's name of a field → the import's."""

    def __init__(
        self,
        kind: Kind,
        rules: ImportRules,
        renamed: Mapping[str, str],
        options: Mapping[str, str] | None = None,
    ) -> None:
        names = [field.name for field in kind.fields]
        layout = Layout({name: place for place, name in enumerate(names)}, ())
        self._reader: RowReader = kind.reader(layout, ColumnMapping(options=options or {}), rules)
        self._theirs = {ours: theirs for theirs, ours in renamed.items()}
        self._asked = [self._theirs.get(name, name) for name in names]

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(self._asked)

    def read(self, index: int, item: Mapping[str, object]) -> Any:
        """The row in an item.

        Raises
        ------
        RowFault
            With the API's name of the first field that cannot be taken.
        """
        try:
            return self._reader.read(index, [_plain(name, item.get(name)) for name in self._asked])
        except RowFault as fault:
            raise RowFault(self._theirs.get(fault.field, fault.field), fault.error) from None


def event_reader(rules: ImportRules) -> ItemReader:
    return ItemReader(kind_named("events"), rules, {"customer": "customer_id"})


def order_reader(rules: ImportRules) -> ItemReader:
    # A program that leaves the customer out has more likely made a mistake than sold to a walk-in.
    return ItemReader(
        kind_named("orders"), rules, {"customer": "customer_id"}, {"without_customer": "reject"}
    )


def referral_reader(rules: ImportRules) -> ItemReader:
    return ItemReader(kind_named("referrals"), rules, {"customer": "customer_id", "referrer": "referrer_id"})


def read_event(reader: ItemReader, index: int, item: object, *, source: str) -> Item:
    """One event of a request; `source` is that of events which name none.

    Raises
    ------
    RowFault
    """
    said = checked_fields(item, EVENT_FIELDS)
    _check_event_id(said.get("event_id"))
    _check_name(said.get("name"))
    _check_properties(said.get("properties"))
    own = checked_source(said.get("source"), source)
    row = reader.read(index, said)
    if len(row.properties.encode()) > MOST_PROPERTY_BYTES:
        raise _fault(
            "properties",
            "properties.too_long",
            "属性超过 4 KiB，请只保留需要的",
            "the properties are larger than 4 KiB; keep only what is needed",
        )
    return Item(index, own, row.customer_id, row)


def read_order(reader: ItemReader, index: int, item: object, *, source: str) -> Item:
    """One order of a request.

    Raises
    ------
    RowFault
    """
    said = checked_fields(item, (*reader.fields, "source"))
    row = reader.read(index, said)
    return Item(index, checked_source(said.get("source"), source), row.customer_id, row)


def read_referral(reader: ItemReader, index: int, item: object, *, source: str) -> Item:
    """One referral of a request.

    Raises
    ------
    RowFault
    """
    said = checked_fields(item, (*reader.fields, "source"))
    row = reader.read(index, said)
    own = checked_source(said.get("source"), source)
    return Item(index, own, row.customer_id, row, referrer=row.referrer_id)


def checked_fields(item: object, known: Sequence[str]) -> dict[str, Any]:
    """The item as a mapping whose names are all known.

    Raises
    ------
    RowFault
        ``item.no_object``, ``field.unknown``.
    """
    if not isinstance(item, dict):
        raise _fault("", "item.no_object", "这一项应是 JSON 对象", "this item must be a JSON object")
    for name in item:
        if name not in known:
            said, near = shown_name(name), near_names(name, known)
            raise _fault(
                "",
                "field.unknown",
                f"不认识字段 {said}；{near.zh}",
                f"the field {said} is unknown; {near.en}",
            )
    return item


def shown_name(name: str) -> str:
    """A name that a program sent, for a sentence; what may be a person's data is masked."""
    return name if _NAME_LIKE.fullmatch(name) and not names_a_person(name) else masked(name)


def checked_source(said: object, default: str) -> str:
    """The source of an item, or the default.

    Raises
    ------
    RowFault
        ``source.refused``.
    """
    if said is None:
        return default
    if isinstance(said, str):
        name = said.strip()
        is_sound = 0 < len(name) <= LONGEST_SOURCE and name.isprintable() and not names_a_person(name)
        if is_sound and name not in OWN_SOURCES:
            return name
    raise _fault(
        "source",
        "source.refused",
        f"来源应是 1 至 {LONGEST_SOURCE} 个字符的名字，例如 website",
        f"the source must be a name of 1 to {LONGEST_SOURCE} characters, such as website",
    )


def fact_row(kind: FactKind, item: Item, profile_ids: Mapping[str, int]) -> list[object]:
    """An item as it waits for the lake; `profile_ids` has those of all keys that it names."""
    given: dict[str, object] = {"source": item.source, "profile_id": profile_ids[item.customer]}
    if item.referrer:
        given["properties"] = as_json({"referrer_profile_id": profile_ids[item.referrer]})
    values = (given[name] if name in given else getattr(item.row, name) for name in COLUMNS[kind])
    return [value if value is None or isinstance(value, int | str) else str(value) for value in values]


def _plain(name: str, value: object) -> object:
    if isinstance(value, list | dict) and name != "properties":
        raise _fault(name, "field.nested", "这里应是单个值", "a single value belongs here")
    return value


def _check_event_id(value: object) -> None:
    text = str(value)
    if isinstance(value, str) and len(text) > LONGEST_EVENT_ID:
        raise _fault(
            "event_id",
            "event_id.too_long",
            f"事件号最多 {LONGEST_EVENT_ID} 个字符",
            f"an event id has at most {LONGEST_EVENT_ID} characters",
        )
    if value is not None and names_a_person(text):
        raise _fault(
            "event_id",
            "event_id.personal",
            "事件号像手机号、邮箱或证件号；请用不指向个人的编号",
            "the event id looks like a phone number, an e-mail or an identity number; use one that names nobody",
        )


def _check_name(value: object) -> None:
    if isinstance(value, str) and len(value) <= _LONGEST_NAME and _EVENT_NAME.match(value):
        return
    raise _fault(
        "name",
        "name.refused",
        "事件名应由小写字母、数字和下划线组成，例如 page_viewed，最多 60 个字符",
        "the name must be lower-case letters, digits and underscores, such as page_viewed, at most 60 characters",
    )


def _check_properties(value: object) -> None:
    if value is None:
        return
    if not isinstance(value, dict):
        raise _fault(
            "properties",
            "properties.unreadable",
            '属性应是一层的 JSON 对象，例如 {"page": "home"}',
            'properties must be a flat JSON object, such as {"page": "home"}',
        )
    if any(isinstance(each, float) and not math.isfinite(each) for each in value.values()):
        raise _fault(
            "properties", "properties.number", "属性里有过大的数字", "a property is too large a number"
        )


def _fault(field: str, code: str, zh: str, en: str) -> RowFault:
    return RowFault(field, ZhikeError(code, zh=zh, en=en))


as_json = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))
