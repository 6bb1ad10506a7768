"""What sources say about people is kept sealed, changes only by what is said, and can be taken back."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.shops import open_shop
from zhike.customers.models import ConsentEntry, Identity, Profile
from zhike.customers.records import ConsentGiven, Identifier, ProfileRecord
from zhike.customers.selectors import person_of, profile_keys
from zhike.customers.services import record_profiles, register_profiles, undo_profiles
from zhike.kernel.home import Home

PHONE = Identifier("phone", "+8613900001234")
WANG = ProfileRecord(
    "K1",
    name="王小明",
    identifiers=(PHONE,),
    birthday="1990-05-06",
    attributes={"city": "深圳市"},
    tags=("茶友",),
)
AGREED = ConsentGiven("marketing", "sms", True, datetime(2026, 1, 2, tzinfo=UTC), "v1")


@pytest.fixture
def home(tmp_path: Path, settings: Any, db: None) -> Home:
    settings.ZHIKE_HOME = open_shop(tmp_path / "shop")
    return settings.ZHIKE_HOME


def record(*records: ProfileRecord, batch: str = "") -> list[str]:
    return [each.verdict for each in record_profiles(source="web", records=list(records), batch=batch)]


def shown(is_masked: bool = False) -> dict[str, str]:
    customer = Profile.objects.get().customer_id
    return {name: each.value for name, each in person_of(customer, is_masked=is_masked).first.items()}


def test_a_record_is_inserted_once_and_then_unchanged(home: Home) -> None:
    assert record(WANG) == ["inserted"]
    assert record(WANG, WANG) == ["unchanged", "unchanged"]
    assert shown() == {"name": "王小明", "phone": "+8613900001234", "birthday": "1990-05-06"}


def test_what_is_left_open_overwrites_nothing(home: Home) -> None:
    record(WANG)
    assert record(ProfileRecord("K1", attributes={"gender": "male", "city": None})) == ["updated"]
    assert shown()["name"] == "王小明"
    assert Profile.objects.get().attributes == {"city": "深圳市", "gender": "male"}


def test_an_older_way_of_saying_the_same_is_unchanged(home: Home) -> None:
    record(WANG)
    assert record(ProfileRecord("K1", name="王小明")) == ["unchanged"]


def test_a_new_phone_takes_the_place_of_the_old_one(home: Home) -> None:
    record(WANG)
    card = Identifier("member_card", "007")
    assert record(ProfileRecord("K1", identifiers=(Identifier("phone", "+8613900009999"), card))) == [
        "updated"
    ]
    assert (shown()["phone"], shown()["member_card"]) == ("+8613900009999", "007")
    assert Identity.objects.count() == 2


def test_a_key_known_from_orders_gets_its_content_as_new(home: Home) -> None:
    ids = register_profiles(source="web", source_keys=["K1"])
    assert record(WANG) == ["inserted"]
    assert Profile.objects.get().pk == ids["K1"]


def test_a_batch_that_is_taken_back_leaves_what_was_there(home: Home) -> None:
    record(WANG, batch="import-1")
    record(
        ProfileRecord(
            "K1", name="王晓明", identifiers=(Identifier("email", "w@example.com"),), consents=(AGREED,)
        ),
        ProfileRecord("K1", name="王大明"),
        batch="import-2",
    )
    assert shown()["name"] == "王大明"
    assert undo_profiles(batch="import-2") == 1
    assert shown() == {"name": "王小明", "phone": "+8613900001234", "birthday": "1990-05-06"}
    assert not ConsentEntry.objects.filter(undone_at=None).exists()
    assert record(WANG) == ["unchanged"]
    assert undo_profiles(batch="import-1") == 1
    assert shown() == {}
    assert profile_keys([Profile.objects.get().pk]) == {Profile.objects.get().pk: ("web", "K1")}


def test_the_same_consent_is_recorded_once(home: Home) -> None:
    for _ in range(2):
        record(ProfileRecord("K1", consents=(AGREED, AGREED)))
    record(ProfileRecord("K1", name="王", consents=(AGREED,)))
    assert ConsentEntry.objects.count() == 1


def test_nothing_that_names_a_person_is_readable_in_the_database(tmp_path: Path, home: Home) -> None:
    record(
        WANG,
        ProfileRecord("MEMBER-90210"),
        ProfileRecord("openid-o6_bmjrPTlm6", name="Zhang Wei", address="青石街 7 号"),
    )
    record(ProfileRecord("K1", name="王小明明"), batch="b")
    dump = dump_of_test_database()
    for plain in ("王小明", "13900001234", "Zhang", "o6_bmjrPTlm6", "青石街", "1990-05-06", "MEMBER-90210"):
        assert not is_readable(plain, dump)
    assert is_readable("深圳市", dump)  # the search itself finds what is there


def is_readable(plain: str, dump: str) -> bool:
    """As it is, as JSON writes it, or in the hex of a binary column."""
    written = (plain, json.dumps(plain)[1:-1], plain.encode().hex().upper())
    return any(each in dump for each in written)


def dump_of_test_database() -> str:
    from django.db import connection

    assert isinstance(connection.connection, sqlite3.Connection)
    return "\n".join(connection.connection.iterdump())


def test_contacts_are_masked_unless_asked_for(home: Home) -> None:
    record(WANG)
    assert shown(is_masked=True) == {"name": "王**", "phone": "139****1234", "birthday": "****"}
