"""Profiles that arrive by HTTP: read by the rules of the customer import, with consents and own attributes beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from django.db import transaction

from zhike.collect.imports import cells
from zhike.collect.imports.kinds import ImportRules, RowFault, kind_named
from zhike.collect.imports.kinds.customers import profile_record
from zhike.collect.imports.kinds.faults import Faults
from zhike.collect.intake.attributes import ordinary_attributes
from zhike.collect.intake.receiving import Receipt, import_rules
from zhike.collect.intake.rows import ItemReader, Rejected, known_fields, read_item
from zhike.customers.records import (
    CONSENT_CHANNELS,
    PURPOSES,
    ConsentChannel,
    ConsentGiven,
    ProfileRecord,
    Purpose,
)
from zhike.customers.services import record_profiles
from zhike.kernel.errors import ZhikeError
from zhike.kernel.home import Home

_MORE_FIELDS = ("source", "attributes", "consents")
_CONSENT_FIELDS = ("purpose", "channel", "is_granted", "given_at", "text_version")
_LONGEST_VERSION = 60


def receive_profiles(*, home: Home, source: str, items: Sequence[object]) -> Receipt:
    """Record the profiles that are good; those that say nothing new count as duplicates."""
    rules = import_rules(home)
    reader = ItemReader(kind_named("customers"), rules, {"key": "customer_id"})
    hidden = {"", *reader.fields, *_MORE_FIELDS}
    records: dict[str, list[ProfileRecord]] = {}
    rejected = []
    for index, item in enumerate(items):
        try:
            own, record = _read(reader, rules, index, item, source)
            records.setdefault(own, []).append(record)
        except RowFault as fault:
            rejected.append(Rejected.of(index, fault, hidden=hidden))
    with transaction.atomic():
        recorded = [
            each for own, those in records.items() for each in record_profiles(source=own, records=those)
        ]
    repeats = sum(each.verdict == "unchanged" for each in recorded)
    return Receipt(len(recorded) - repeats, repeats, tuple(rejected))


def _read(
    reader: ItemReader, rules: ImportRules, index: int, item: object, source: str
) -> tuple[str, ProfileRecord]:
    found = Faults()
    said = known_fields(item, (*reader.fields, *_MORE_FIELDS), found)
    tags = said.get("tags")
    if isinstance(tags, list) and all(isinstance(tag, str) for tag in tags):
        said = {**said, "tags": ";".join(tags)}
    attributes = _attributes(said.get("attributes"), found)
    consents: tuple[ConsentGiven, ...] = ()
    with found.noting():
        consents = _consents(said.get("consents"), rules)
    own, row = read_item(reader, index, said, source, found)
    record = profile_record(row.record)
    return own, replace(
        record,
        attributes={**record.attributes, **attributes},
        consents=(*record.consents, *consents),
    )


def _attributes(said: object, found: Faults) -> dict[str, Any]:
    if said is None:
        return {}
    if isinstance(said, dict):
        return ordinary_attributes(said, found)
    found.note(
        "attributes",
        _refused(
            "attributes", "自定义属性应是“代码: 值”的对象", "attributes must be an object of code and value"
        ),
    )
    return {}


def _consents(said: object, rules: ImportRules) -> tuple[ConsentGiven, ...]:
    if said is None:
        return ()
    if not isinstance(said, list) or not all(isinstance(each, dict) for each in said):
        raise RowFault(
            "consents", _refused("consents", "授权应是对象的列表", "consents must be a list of objects")
        )
    return tuple(_consent(each, rules) for each in said)


def _consent(said: Mapping[str, Any], rules: ImportRules) -> ConsentGiven:
    purpose, channel = said.get("purpose"), said.get("channel") or ""
    version, is_granted = said.get("text_version") or "", said.get("is_granted")
    is_known = purpose in PURPOSES and channel in CONSENT_CHANNELS and set(said) <= set(_CONSENT_FIELDS)
    is_known = is_known and isinstance(version, str) and len(version) <= _LONGEST_VERSION
    if not is_known or not isinstance(is_granted, bool):
        raise RowFault(
            "consents",
            _refused(
                "consents",
                f"每条授权要有 purpose（{'、'.join(PURPOSES)}）、is_granted（true 或 false）、given_at，"
                "可有 channel（sms、email、wechat、phone）与 text_version",
                f"a consent has purpose ({', '.join(PURPOSES)}), is_granted (true or false) and given_at, "
                "and may have channel (sms, email, wechat, phone) and text_version",
            ),
        )
    given_at = _given_at(said.get("given_at"), rules)
    return ConsentGiven(cast(Purpose, purpose), cast(ConsentChannel, channel), is_granted, given_at, version)


def _given_at(said: object, rules: ImportRules) -> datetime:
    try:
        return cells.moment(said, zone=rules.zone, now=rules.now)[0]
    except ZhikeError as error:
        raise RowFault("consents", error) from None


def _refused(field: str, zh: str, en: str) -> ZhikeError:
    return ZhikeError(f"{field}.refused", zh=zh, en=en)
