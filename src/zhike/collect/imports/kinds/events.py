"""Events: one record something that a customer did."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

from zhike.collect.imports import cells
from zhike.collect.imports.kinds.happenings import (
    CUSTOMER_ID,
    EVENT_CONFLICT,
    STAGED_EVENTS,
    EventRow,
    code_text,
    event_row,
)
from zhike.collect.imports.kinds.kind import CellReader, Field, FieldReaders, ImportRules, Kind, moment_reader
from zhike.collect.imports.mapping import ColumnMapping, Layout
from zhike.collect.imports.records import folded, shown
from zhike.collect.schema import EVENTS
from zhike.customers.normal import names_a_person
from zhike.kernel.errors import ZhikeError
from zhike.kernel.words import Text

EVENT_FIELDS = (
    Field(
        "event_id",
        Text("事件号", "event id"),
        "id",
        True,
        ("事件号", "事件编号", "事件id", "event id"),
        samples=("E1", "E2"),
    ),
    CUSTOMER_ID,
    Field(
        "occurred_at",
        Text("发生时间", "time it happened"),
        "date",
        True,
        ("发生时间", "事件时间", "时间", "event time", "timestamp", "time"),
        samples=("2026-11-20 10:30", "2026-11-21 09:00"),
        loose_aliases=("日期", "date"),
    ),
    Field(
        "name",
        Text("事件名", "event name"),
        "",
        True,
        ("事件名", "事件", "事件名称", "event", "event name"),
        samples=("page_viewed", "cart_added"),
    ),
    Field(
        "properties",
        Text(
            "属性（JSON，不含个人信息和长文本）", "properties as JSON, without personal data and long texts"
        ),
        aliases=("属性", "事件属性", "event properties"),
        samples=('{"page": "home"}', '{"product_id": "P01"}'),
    ),
)


class EventReader:
    """Turns the cells of a record into an `EventRow`."""

    def __init__(self, layout: Layout, mapping: ColumnMapping, rules: ImportRules) -> None:
        readers: dict[str, CellReader] = {
            "event_id": cells.open_id,
            "customer_id": cells.id_text,
            "occurred_at": moment_reader(rules),
            "name": code_text,
            "properties": _properties,
        }
        self._fields = FieldReaders(EVENT_FIELDS, layout, readers, rules)

    def read(self, number: int, values: Sequence[object]) -> EventRow:
        known = self._fields.known(values)
        return event_row(
            number,
            customer_id=known["customer_id"],
            event_id=known["event_id"],
            occurred=known["occurred_at"],
            name=known["name"],
            properties=known["properties"] or {},
        )


_BETWEEN_WORDS = re.compile(r"[\W_]+")


def _properties(value: object) -> dict[str, Any]:
    """A flat JSON object of short values."""
    if cells.is_nothing(value):
        return {}
    try:
        said = value if isinstance(value, dict) else json.loads(str(value), parse_constant=_no_number)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or any(isinstance(each, dict | list) for each in said.values()):
        raise ZhikeError(
            "properties.unreadable",
            zh='properties 应是一层的 JSON 对象，例如 {"page": "home"}',
            en='properties must be a flat JSON object, such as {"page": "home"}',
        )
    for name, each in said.items():
        _refuse_text(name, each)
    return said


def _no_number(text: str) -> float:
    raise ValueError(text)


def _refuse_text(name: str, value: object) -> None:
    text = str(value)
    if len(name) > 60 or len(text) > cells.LONGEST_TEXT or "\0" in name + text:
        raise ZhikeError(
            "properties.too_long",
            zh=f"属性“{shown(name)}”过长；最多 {cells.LONGEST_TEXT} 个字符，长文本不进数据湖",
            en=f"the property “{shown(name)}” is too long; {cells.LONGEST_TEXT} characters are the most",
        )
    is_personal = _BETWEEN_WORDS.sub("", folded(name)).lower() in _personal_names()
    if names_a_person(text) or names_a_person(name) or is_personal:
        raise ZhikeError(
            "properties.personal",
            zh=f"属性“{shown(name) if not names_a_person(name) else '…'}”是姓名、联系方式、地址之类，或像手机号、邮箱、证件号；个人信息请作为客户资料导入",
            en="a property is called or looks like a name, an address, a phone number, an e-mail or an identity number; "
            "import such data as customers",
        )


@cache
def _personal_names() -> frozenset[str]:
    file = resources.files("zhike.collect.imports.kinds") / "personal_names.toml"
    said = tomllib.loads(file.read_text("utf-8"))
    return frozenset(said["zh"]) | frozenset(said["en"])


EVENTS_KIND = Kind(
    "events",
    Text("行为事件", "events"),
    EVENT_FIELDS,
    EventReader,
    STAGED_EVENTS,
    ("event_id",),
    "event_id",
    EVENT_CONFLICT,
    table=EVENTS,
)
