"""What one source says about one person, in the form in which it is recorded. Pure: no Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

IdentifierKind = Literal["phone", "email", "unionid", "openid", "external_userid", "member_card", "nickname"]
IDENTIFIER_KINDS: tuple[IdentifierKind, ...] = get_args(IdentifierKind)

PersonalFieldName = Literal["name", "birthday", "address"]
PERSONAL_FIELDS: tuple[PersonalFieldName, ...] = get_args(PersonalFieldName)

Purpose = Literal["marketing", "service", "profiling", "sensitive"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)

ConsentChannel = Literal["", "sms", "email", "wechat", "phone"]
CONSENT_CHANNELS: tuple[ConsentChannel, ...] = get_args(ConsentChannel)

Verdict = Literal["inserted", "updated", "unchanged"]

FIELDS_OF_FILES = (
    "customer_id",
    "family_name",
    "given_name",
    "phone_verified_at",
    "email_verified_at",
    "tags",
    "marketing_consent",
    "email_consent",
    "sms_consent",
    "wechat_consent",
    "phone_consent",
    "consented_at",
)
"""What else a file of customers says; no attribute may be called so."""

PLACE = ("province", "city", "district")
"""Attributes that name one place together, the largest first."""

BY_HAND = "by_hand"
"""The source of what staff typed on a customer's page, and the rule that links its record."""

ERASED = "erased"
WITHDRAWN = "withdrawn"
"""The source of profiles of whom nothing is left since what brought them was taken back."""

OWN_SOURCES = (BY_HAND, ERASED, WITHDRAWN)
"""Sources that only this program writes: what comes from elsewhere must not pass for what staff typed."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """Something by which a source knows a person.

    Parameters
    ----------
    value
        Normalised (`customers.normal`).
    verified_at
        When the person proved it to be theirs, as ISO text in UTC; empty where nobody says when.
    """

    kind: IdentifierKind
    value: str
    is_verified: bool = False
    verified_at: str = ""


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    """What a person agreed to or withdrew, for one purpose and channel (empty: all channels).

    Parameters
    ----------
    given_at
        None for a refusal whose moment nobody says: it holds from when it is recorded, unless one stands already.
    """

    purpose: Purpose
    channel: ConsentChannel
    is_granted: bool
    given_at: datetime | None
    text_version: str = ""


@dataclass(frozen=True, slots=True)
class ProfileRecord:
    """One record of one source, normalised; what is None or missing says nothing and overwrites nothing.

    Parameters
    ----------
    source_key
        The source's own id of the person.
    birthday
        Canonical text, as `str(customers.normal.birthday(…))` gives it.
    address
        What stands below the district; provinces, cities and districts are attributes.
    attributes
        Coarse facts by code: gender, province, city, occupation …; nothing that names a person.
    sealed
        Values of the attributes that a business invented and keeps sealed, by code.
    """

    source_key: str
    name: str | None = None
    identifiers: tuple[Identifier, ...] = ()
    birthday: str | None = None
    address: str | None = None
    attributes: Mapping[str, object] = field(default_factory=dict)
    consents: tuple[ConsentGiven, ...] = ()
    tags: tuple[str, ...] = ()
    sealed: Mapping[str, object] = field(default_factory=dict)

    def personal(self) -> dict[PersonalFieldName, str]:
        """The personal fields that say something."""
        given: dict[PersonalFieldName, str | None] = {
            "name": self.name,
            "birthday": self.birthday,
            "address": self.address,
        }
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a record."""

    profile_id: int
    verdict: Verdict
