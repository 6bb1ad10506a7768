"""`POST /api/v1/profiles`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.collect.intake.conftest import Program
from zhike.customers.models import ConsentEntry, Identity, PersonalField, Profile, ProfileTag
from zhike.customers.services.attributes import create_attribute

pytestmark = pytest.mark.django_db


def send(program: Program, *profiles: dict[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(program.post("profiles", {"profiles": profiles}).content)
    return said


@pytest.fixture(autouse=True)
def _attributes(db: None) -> None:
    teas = [{"code": code, "zh": code, "en": code} for code in ("green", "black")]
    create_attribute(
        code="favourite_tea", type="choice", label_zh="爱喝", label_en="Tea", options=teas, actor=None
    )
    create_attribute(code="visits", type="number", label_zh="次数", label_en="Visits", actor=None)
    create_attribute(
        code="illness", type="text", label_zh="病史", label_en="Illness", sensitivity="sensitive", actor=None
    )


def test_a_profile_is_recorded_with_what_hangs_on_it(program: Program) -> None:
    said = {
        "key": "C1",
        "name": "陈晓",
        "phone": "139 1234 5678",
        "city": "杭州市",
        "tags": ["老客", "爱喝茶"],
        "attributes": {"favourite_tea": "green", "visits": 3},
        "consents": [
            {
                "purpose": "marketing",
                "channel": "sms",
                "is_granted": True,
                "given_at": "2026-11-20",
                "text_version": "v2",
            }
        ],
    }
    assert send(program, said) == {"accepted": 1, "duplicates": 0, "rejected": []}
    profile = Profile.objects.get(source="website")
    assert profile.attributes["favourite_tea"] == "green" and profile.attributes["visits"] == 3
    assert PersonalField.objects.filter(profile=profile, field="name").exists()
    assert Identity.objects.filter(profile=profile, kind="phone").exists()
    assert ProfileTag.objects.filter(profile=profile).count() == 2
    consent = ConsentEntry.objects.get(profile=profile)
    assert (consent.purpose, consent.channel, consent.text_version) == ("marketing", "sms", "v2")
    assert send(program, said)["duplicates"] == 1


def test_an_unknown_attribute_is_named(program: Program) -> None:
    (refused,) = send(program, {"key": "C1"}, {"key": "C2", "attributes": {"会员等级": "x"}})["rejected"]
    assert refused["code"] == "attribute.unknown" and "会员等级" in refused["detail"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"phone": "1391234"}, "phone"),
        ({"email": "anna(at)secret.cn"}, "email"),
        ({"birthday": "secret"}, "birthday"),
        ({"gender": "kangaroo"}, "gender"),
        ({"key": None}, "key"),
        ({"attributes": {"household_comp": "13912345678"}}, "attributes"),
        ({"attributes": {"city": "文三路1号"}}, "attributes"),
        ({"attributes": {"unknown": "x"}}, "attributes"),
        ({"attributes": {"favourite_tea": "secret"}}, "attributes"),
        ({"attributes": {"visits": "secret"}}, "attributes"),
        ({"attributes": {"illness": "secret"}}, "attributes"),
        ({"consents": [{"purpose": "secret", "is_granted": True, "given_at": "2026-11-20"}]}, "consents"),
        ({"consents": [{"purpose": "marketing", "is_granted": True}]}, "consents"),
        ({"consents": [{"purpose": "marketing", "is_granted": "yes", "given_at": "2026-11-20"}]}, "consents"),
    ],
)
def test_a_bad_profile_is_refused_without_an_echo_of_what_it_says(
    program: Program, changes: dict[str, Any], field: str
) -> None:
    said = send(program, {"key": "C1", "name": "陈晓"}, {"key": "C2", "name": "林一"} | changes)
    assert said["accepted"] == 1
    (refused,) = said["rejected"]
    assert (refused["index"], refused["field"]) == (1, field)
    for secret in ("1391234", "anna", "secret", "kangaroo", "林一"):
        assert secret not in refused["detail"]


def test_all_that_is_wrong_with_a_profile_is_told_at_once(program: Program) -> None:
    bad = {
        "key": "C2",
        "phone": "1391234",
        "email": "anna(at)secret.cn",
        "attributes": {"visits": "secret", "favourite_tea": "green", "illness": "secret"},
        "consents": [{"purpose": "marketing", "is_granted": True}],
    }
    (refused,) = send(program, {"key": "C1"}, bad)["rejected"]
    told = [(each["field"], each["code"]) for each in (refused, *refused["more"])]
    assert told == [
        ("attributes", "attribute.value"),
        ("attributes", "attribute.sealed"),
        ("consents", "date.missing"),
        ("phone", "contact.phone"),
        ("email", "contact.email"),
    ]
    for secret in ("1391234", "anna", "secret"):
        assert secret not in json.dumps(refused)
