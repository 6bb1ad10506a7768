"""Received items as rows: read by the rules of the file imports, checked for what only the API asks."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, Literal

from zhike.collect.imports.kinds import ImportRules, Kind, RowFault, kind_named
from zhike.collect.imports.kinds.faults import Faults
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
# Of what may come in any number: an answer is not to be a thousand times as long as what it answers.
MOST_TOLD = 10
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
class Reason:
    """One thing that is wrong with an item; the sentence never quotes a person's data."""

    field: str
    code: str
    text: Text


@dataclass(frozen=True, slots=True)
class Rejected:
    """One item that was not taken: its place in the request, and all that is wrong with it."""

    index: int
    reasons: tuple[Reason, ...]

    @classmethod
    def of(cls, index: int, fault: RowFault, *, hidden: Container[str]) -> Rejected:
        """`hidden` are the fields whose values are not repeated."""
        return cls(index, tuple(_reason(field, error, hidden) for field, error in fault.all))


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
            With the API's names of all fields that cannot be taken.
        """
        found, values = Faults(), []
        for name in self._asked:
            value = item.get(name)
            if isinstance(value, list | dict) and name != "properties":
                found.note(name, _error("field.nested", "这里应是单个值", "a single value belongs here"))
                value = None
            values.append(value)
        row = None
        with found.noting():
            row = self._read(index, values)
        found.refuse()
        return row

    def _read(self, index: int, values: Sequence[object]) -> Any:
        try:
            return self._reader.read(index, values)
        except RowFault as fault:
            first, *more = [(self._theirs.get(field, field), error) for field, error in fault.all]
            raise RowFault(*first, *more) from None


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
    found = Faults()
    said = known_fields(item, EVENT_FIELDS, found)
    for check, field in (
        (_check_event_id, "event_id"),
        (_check_name, "name"),
        (_check_properties, "properties"),
    ):
        with found.noting():
            check(said.get(field))
    own, row = read_item(reader, index, said, source, found)
    return Item(index, own, row.customer_id, row)


def read_order(reader: ItemReader, index: int, item: object, *, source: str) -> Item:
    """One order of a request.

    Raises
    ------
    RowFault
    """
    found = Faults()
    said = known_fields(item, (*reader.fields, "source"), found)
    own, row = read_item(reader, index, said, source, found)
    return Item(index, own, row.customer_id, row)


def read_referral(reader: ItemReader, index: int, item: object, *, source: str) -> Item:
    """One referral of a request.

    Raises
    ------
    RowFault
    """
    found = Faults()
    said = known_fields(item, (*reader.fields, "source"), found)
    own, row = read_item(reader, index, said, source, found)
    return Item(index, own, row.customer_id, row, referrer=row.referrer_id)


def read_item(
    reader: ItemReader, index: int, said: Mapping[str, Any], source: str, found: Faults
) -> tuple[str, Any]:
    """The source of an item and its row.

    Raises
    ------
    RowFault
        With what was found to be wrong before, and what is wrong now.
    """
    own, row = source, None
    with found.noting():
        row = reader.read(index, said)
    with found.noting():
        own = checked_source(said.get("source"), source)
    found.refuse()
    return own, row


def known_fields(item: object, known: Sequence[str], found: Faults) -> dict[str, Any]:
    """The fields of an item whose names are known; the first of the others are noted as ``field.unknown``.

    Raises
    ------
    RowFault
        ``item.no_object``.
    """
    if not isinstance(item, dict):
        raise _fault("", "item.no_object", "这一项应是 JSON 对象", "this item must be a JSON object")
    for name in islice((name for name in item if name not in known), MOST_TOLD):
        said, near = shown_name(name), near_names(name, known)
        found.note(
            "",
            _error(
                "field.unknown",
                f"不认识字段 {said}；{near.zh}",
                f"the field {said} is unknown; {near.en}",
            ),
        )
    return {name: value for name, value in item.items() if name in known}


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
    if len(as_json(value).encode()) > MOST_PROPERTY_BYTES:
        raise _fault(
            "properties",
            "properties.too_long",
            "属性超过 4 KiB，请只保留需要的",
            "the properties are larger than 4 KiB; keep only what is needed",
        )


def _reason(field: str, error: ZhikeError, hidden: Container[str]) -> Reason:
    text = error.text
    if field in hidden:
        text = Text(zh=_QUOTED.sub("“…”", text.zh), en=_QUOTED.sub("“…”", text.en))
    return Reason(field, error.code, text)


def _error(code: str, zh: str, en: str) -> ZhikeError:
    return ZhikeError(code, zh=zh, en=en)


def _fault(field: str, code: str, zh: str, en: str) -> RowFault:
    return RowFault(field, _error(code, zh, en))


as_json = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))
