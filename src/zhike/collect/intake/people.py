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
from zhike.collect.intake.attributes import ordinary_attributes
from zhike.collect.intake.receiving import Receipt, import_rules
from zhike.collect.intake.rows import ItemReader, Rejected, checked_fields, checked_source
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
    records: dict[str, list[ProfileRecord]] = {}
    rejected = []
    for index, item in enumerate(items):
        try:
            own, record = _read(reader, rules, index, item, source)
            records.setdefault(own, []).append(record)
        except RowFault as fault:
            rejected.append(Rejected.of(index, fault, is_hidden=True))
    with transaction.atomic():
        recorded = [
            each for own, those in records.items() for each in record_profiles(source=own, records=those)
        ]
    repeats = sum(each.verdict == "unchanged" for each in recorded)
    return Receipt(len(recorded) - repeats, repeats, tuple(rejected))


def _read(
    reader: ItemReader, rules: ImportRules, index: int, item: object, source: str
) -> tuple[str, ProfileRecord]:
    said = checked_fields(item, (*reader.fields, *_MORE_FIELDS))
    tags = said.get("tags")
    if isinstance(tags, list) and all(isinstance(tag, str) for tag in tags):
        said = {**said, "tags": ";".join(tags)}
    record = profile_record(reader.read(index, said).record)
    return checked_source(said.get("source"), source), replace(
        record,
        attributes={**record.attributes, **_attributes(said.get("attributes"))},
        consents=(*record.consents, *_consents(said.get("consents"), rules)),
    )


def _attributes(said: object) -> dict[str, Any]:
    if said is None:
        return {}
    if not isinstance(said, dict):
        raise _fault(
            "attributes", "自定义属性应是“代码: 值”的对象", "attributes must be an object of code and value"
        )
    try:
        return ordinary_attributes(said)
    except ZhikeError as error:
        raise RowFault("attributes", error) from None


def _consents(said: object, rules: ImportRules) -> tuple[ConsentGiven, ...]:
    if said is None:
        return ()
    if not isinstance(said, list) or not all(isinstance(each, dict) for each in said):
        raise _fault("consents", "授权应是对象的列表", "consents must be a list of objects")
    return tuple(_consent(each, rules) for each in said)


def _consent(said: Mapping[str, Any], rules: ImportRules) -> ConsentGiven:
    purpose, channel = said.get("purpose"), said.get("channel") or ""
    version, is_granted = said.get("text_version") or "", said.get("is_granted")
    is_known = purpose in PURPOSES and channel in CONSENT_CHANNELS and set(said) <= set(_CONSENT_FIELDS)
    is_known = is_known and isinstance(version, str) and len(version) <= _LONGEST_VERSION
    if not is_known or not isinstance(is_granted, bool):
        raise _fault(
            "consents",
            f"每条授权要有 purpose（{'、'.join(PURPOSES)}）、is_granted（true 或 false）、given_at，"
            "可有 channel（sms、email、wechat、phone）与 text_version",
            f"a consent has purpose ({', '.join(PURPOSES)}), is_granted (true or false) and given_at, "
            "and may have channel (sms, email, wechat, phone) and text_version",
        )
    given_at = _given_at(said.get("given_at"), rules)
    return ConsentGiven(cast(Purpose, purpose), cast(ConsentChannel, channel), is_granted, given_at, version)


def _given_at(said: object, rules: ImportRules) -> datetime:
    try:
        return cells.moment(said, zone=rules.zone, now=rules.now)[0]
    except ZhikeError as error:
        raise RowFault("consents", error) from None


def _fault(field: str, zh: str, en: str) -> RowFault:
    return RowFault(field, ZhikeError(f"{field}.refused", zh=zh, en=en))
