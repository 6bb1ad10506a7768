"""The table that records are compared in: one row a profile, plain values, in memory only."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache

import pyarrow as pa
import pyarrow.json as pj

from zhike.customers.normal import birthday, is_placeholder_email, is_placeholder_phone, occurrence_in
from zhike.customers.normal import name as full_name
from zhike.customers.normal.pinyins import pinyin_of
from zhike.kernel.errors import ZhikeError

KEYS = ("unionid", "external_userid", "openid", "member_card")
"""Identifiers of one platform: whoever has an equal one is the same account. Highest priority first."""

CONTACTS = ("phone", "email")
"""Identifiers that families and offices share: equal ones are evidence, not proof."""

_COLUMNS = (
    "name",
    "latin_name",
    "turned_name",
    "family",
    "other_family",
    "gender",
    "birthday",
    "day_of_birth",
    "city",
    "address",
    *CONTACTS,
    *KEYS,
)
SCHEMA = pa.schema(
    [("profile_id", pa.int64()), ("source", pa.string()), *((name, pa.string()) for name in _COLUMNS)]
)
_HAN = re.compile(r"[\u3400-\u9fff]")
_NOT_LETTERS = re.compile(r"[^a-z]+")


_PLACEHOLDERS = {"phone": is_placeholder_phone, "email": is_placeholder_email}

FORM_VERSION = 1
"""Of what `comparison_form` gives. With another number the next search makes all forms anew."""

_PROFILES = pa.schema([SCHEMA.field(name) for name in ("profile_id", "source", "gender", "city")])
_FORMS = pa.schema([column for column in SCHEMA if column.name not in ("source", "gender", "city")])
_BLOCK_BYTES = 1 << 20


def values_to_compare(personal: Mapping[str, str], identifiers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What one profile says, by the names of personal fields and identifiers; placeholders like 13800000000 say nothing."""
    told = {
        kind: value
        for kind, value in identifiers
        if kind not in _PLACEHOLDERS or not _PLACEHOLDERS[kind](value)
    }
    return {**personal, **told}


def comparison_form(values: Mapping[str, str], *, today: date) -> str:
    """The values of one profile as they are compared: JSON by columns of `SCHEMA`, empty for one that says nothing.

    Names are read into Latin letters and birthdays into days once, when a profile changes, not at each search.
    """
    if not values:
        return ""
    name = values.get("name")
    sounds = dict(zip(("latin_name", "turned_name", "family", "other_family"), _sounds(name), strict=True))
    days = dict(zip(("birthday", "day_of_birth"), _solar(values.get("birthday"), today), strict=True))
    said = {kind: values.get(kind) for kind in ("name", "address", *CONTACTS, *KEYS)}
    form = {**said, **{column: value or None for column, value in {**sounds, **days}.items()}}
    told = {column: value for column, value in form.items() if value is not None}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def forms_table(ids: Sequence[int], forms: Sequence[bytes]) -> pa.Table:
    """Forms of profiles as columns, without those that say nothing."""
    telling = [(pk, form) for pk, form in zip(ids, forms, strict=True) if form]
    return _read_lines(_FORMS, {"profile_id": [pk for pk, _ in telling]}, [form for _, form in telling])


def profiles_table(ids: Sequence[int], sources: Sequence[str], attributes: Sequence[bytes]) -> pa.Table:
    """Profiles with their source, and what is compared of their attributes, given as JSON."""
    return _read_lines(_PROFILES, {"profile_id": ids, "source": sources}, attributes)


def people_table(profiles: Sequence[pa.Table], forms: Sequence[pa.Table]) -> pa.Table:
    """`SCHEMA`, one row a profile that is in a part of `profiles_table` and in one of `forms_table`."""
    known = pa.concat_tables([_PROFILES.empty_table(), *profiles])
    told = pa.concat_tables([_FORMS.empty_table(), *forms])
    return told.join(known, "profile_id", join_type="inner").select(SCHEMA.names).cast(SCHEMA)


def _read_lines(schema: pa.Schema, given: Mapping[str, Sequence[object]], lines: Sequence[bytes]) -> pa.Table:
    """A table of given columns and of what JSON objects, one a row, say for the others; read in memory, by all cores."""
    if not lines:
        return schema.empty_table()
    read = pa.schema([column for column in schema if column.name not in given])
    parsing = pj.ParseOptions(explicit_schema=read, unexpected_field_behavior="ignore")
    # A block must hold a whole line.
    reading = pj.ReadOptions(block_size=max(_BLOCK_BYTES, 1 + max(map(len, lines))))
    found = pj.read_json(pa.BufferReader(b"\n".join(lines)), reading, parsing)
    columns = {**given, **{name: found[name] for name in read.names}}
    return pa.table(columns, schema=schema)


@lru_cache(maxsize=100_000)
def latin_names(name: str) -> tuple[str, str, str, str]:
    """A name in small Latin letters without spaces and with its words turned round; its family name by either order.

    >>> latin_names("张伟")
    ('zhangwei', 'zhangwei', 'zhang', 'zhang')
    >>> latin_names("Wei Zhang")
    ('weizhang', 'zhangwei', 'wei', 'zhang')
    """
    if _HAN.search(name):
        person = full_name(name)
        letters = [*_sounds_of_family(person.family or ""), *map(_sound, person.given or person.full)]
        joined, family = "".join(letters), "".join(letters[: len(person.family or "")])
        return joined, joined, family or joined, family or joined
    words = [word for word in _NOT_LETTERS.split(name.lower()) if word]
    turned = [*words[1:], *words[:1]] if len(words) == 2 else words
    return "".join(words), "".join(turned), words[0] if words else "", words[-1] if words else ""


@lru_cache(maxsize=10_000)
def _sounds_of_family(name: str) -> tuple[str, ...]:
    return tuple(_NOT_LETTERS.sub("", sound) for sound in pinyin_of(family=name, given=""))


@lru_cache(maxsize=50_000)
def _sound(character: str) -> str:
    """How a character is read by itself: alike for all who write it, and found in a moment."""
    return _NOT_LETTERS.sub("", "".join(pinyin_of(family="", given=character)).lower())


def _sounds(name: str | None) -> tuple[str | None, ...]:
    try:
        return latin_names(name) if name else (None,) * 4
    except ZhikeError:
        return (None,) * 4


@lru_cache(maxsize=50_000)
def _solar(text: str | None, today: date) -> tuple[str | None, str | None]:
    """A birthday of the solar calendar, whole and as month and day; None for what is not known."""
    if not text:
        return None, None
    try:
        known = birthday(text, today=today)
    except ZhikeError:
        return None, None
    if known.year:
        day = occurrence_in(known, known.year)
        return str(day), f"{day:%m-%d}"
    # Without a year nobody knows on which day a lunar birthday fell.
    return None, None if known.is_lunar else f"{known.month:02}-{known.day:02}"
