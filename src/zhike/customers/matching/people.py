"""The table that records are compared in: one row a profile, plain values, in memory only."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache

import pyarrow as pa

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

_NOT_IN_FORMS = ("gender", "city")

OPENED = pa.schema(
    [("profile_id", pa.int64()), ("form", pa.string())]
    + [(name, pa.string()) for name in ("source", *_NOT_IN_FORMS)]
)
"""A profile with its `comparison_form` and what is not in it."""


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


def people_sql(opened: str) -> str:
    """`SCHEMA`, in DuckDB's words, of a table of `OPENED`: one row a profile that says something."""
    of_forms = [name for name in _COLUMNS if name not in _NOT_IN_FORMS]
    told = f"from_json(form, '{json.dumps(dict.fromkeys(of_forms, 'VARCHAR'))}') AS told"
    columns = ", ".join(f"told.{name}" if name in of_forms else name for name in SCHEMA.names)
    return f"SELECT {columns} FROM (SELECT *, {told} FROM {opened} WHERE form <> '')"


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
