"""The table that records are compared in: one row a profile, plain values, in memory only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

import pyarrow as pa

from zhike.customers.normal import birthday, occurrence_in
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


@dataclass(slots=True)
class KnownProfile:
    """What is known of one profile, opened: `values` by the names of personal fields and identifiers."""

    profile_id: int
    source: str
    gender: str | None = None
    city: str | None = None
    values: dict[str, str] = field(default_factory=dict)


def people_table(profiles: Iterable[KnownProfile], *, today: date) -> pa.Table:
    """`SCHEMA`, one row a profile that says anything to compare."""
    rows = [_row(profile, today) for profile in profiles if profile.values]
    columns = zip(*rows, strict=True) if rows else ([] for _ in SCHEMA)
    return pa.table([pa.array(list(c), f.type) for c, f in zip(columns, SCHEMA, strict=True)], schema=SCHEMA)


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


def _row(profile: KnownProfile, today: date) -> tuple[object, ...]:
    values = profile.values
    name = values.get("name")
    sounds = _sounds(name)
    return (
        profile.profile_id,
        profile.source,
        name,
        *(sound or None for sound in sounds),
        profile.gender,
        *_solar(values.get("birthday"), today),
        profile.city,
        values.get("address"),
        *(values.get(kind) for kind in (*CONTACTS, *KEYS)),
    )


def _sounds(name: str | None) -> tuple[str | None, ...]:
    try:
        return latin_names(name) if name else (None,) * 4
    except ZhikeError:
        return (None,) * 4


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
