"""Strangers of one name and city, and a family behind one door, are never linked without a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.shops import open_shop
from zhike.customers.models import DuplicateScan, Profile, ProfileLink
from zhike.customers.records import Identifier, ProfileRecord
from zhike.customers.services import record_profiles
from zhike.customers.services.duplicates import request_scan, scan_for_duplicates
from zhike.jobs.progress import Silent

Said = dict[str, str]
AT_HOME = {"city": "杭州市", "address": "青石街7号3幢502室"}
# Every pair is to wait for a person: to say nothing would be wrong too, they may be one.
STRANGERS: dict[str, tuple[Said, Said]] = {
    "neighbouring phones": (
        {"name": "陈静", "phone": "+8613912345601", "city": "杭州市"},
        {"name": "陈静", "phone": "+8613912345602", "city": "杭州市"},
    ),
    "neighbouring phones, two sexes": (
        {"name": "王芳", "phone": "+8613711110001", "city": "上海市", "gender": "female"},
        {"name": "王芳", "phone": "+8613711110002", "city": "上海市", "gender": "male"},
    ),
    "e-mails that differ in a digit": (
        {"name": "张敏", "email": "zhangmin1@qq.com", "city": "广州市"},
        {"name": "张敏", "email": "zhangmin9@qq.com", "city": "广州市"},
    ),
    "an e-mail with a digit and one without": (
        {"name": "王伟", "email": "wangwei@163.com", "city": "北京市"},
        {"name": "王伟", "email": "wangwei1@163.com", "city": "北京市"},
    ),
    "two Annas in Berlin": (
        {"name": "Anna", "email": "anna1@web.de", "city": "Berlin"},
        {"name": "Anna", "email": "anna2@web.de", "city": "Berlin"},
    ),
    "e-mails that differ in a letter": (
        {"name": "李娜", "email": "lina@sina.com", "city": "上海市"},
        {"name": "李娜", "email": "linaa@sina.com", "city": "上海市"},
    ),
    "a father and a daughter": (
        {"name": "赵强", "phone": "+8613812340001", **AT_HOME},
        {"name": "赵倩", "phone": "+8613812340001", **AT_HOME},
    ),
    "one name and phone, two sexes": (
        {"name": "周晨", "phone": "+8613612340001", "city": "成都市", "gender": "female"},
        {"name": "周晨", "phone": "+8613612340001", "city": "成都市", "gender": "male"},
    ),
}
ONE_PERSON: dict[str, tuple[Said, Said]] = {
    "a slip in the phone, the same birthday": (
        {"name": "欧阳娜娜", "phone": "+8613712340001", "birthday": "1990-05-06", "city": "苏州市"},
        {"name": "欧阳娜娜", "phone": "+8613712340002", "birthday": "1990-05-06", "city": "苏州市"},
    ),
    "a birthday made up at the till, the same phone": (
        {"name": "司马雨薇", "phone": "+8613512340001", "birthday": "1988-02-03"},
        {"name": "司马雨薇", "phone": "+8613512340001", "birthday": "1990-01-01"},
    ),
}


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, settings: Any, db: None) -> None:
    settings.ZHIKE_HOME = open_shop(tmp_path / "shop")


def recorded(pairs: dict[str, tuple[Said, Said]]) -> dict[str, tuple[int, int]]:
    """The profiles of each pair."""
    records = [
        _record(f"{name}, {side}", said) for name, pair in pairs.items() for side, said in enumerate(pair)
    ]
    ids = iter([done.profile_id for done in record_profiles(source="web", records=records)])
    return {name: (next(ids), next(ids)) for name in pairs}


def _record(key: str, said: Said) -> ProfileRecord:
    contacts = tuple(Identifier(kind, said[kind]) for kind in ("phone", "email") if kind in said)
    personal = {field: said[field] for field in ("name", "birthday", "address") if field in said}
    attributes = {field: said[field] for field in ("city", "gender") if field in said}
    return ProfileRecord(key, identifiers=contacts, attributes=attributes, **personal)


def scan() -> DuplicateScan:
    return scan_for_duplicates(scan=request_scan(), progress=Silent())


def linked(pairs: dict[str, tuple[int, int]]) -> set[str]:
    customers = dict(Profile.objects.values_list("pk", "customer"))
    return {name for name, (one, two) in pairs.items() if customers[one] == customers[two]}


def test_only_a_person_may_link_strangers_who_look_alike() -> None:
    strangers, persons = recorded(STRANGERS), recorded(ONE_PERSON)
    scan()
    assert (linked(strangers), linked(persons)) == (set(), set(ONE_PERSON))
    waiting = set(ProfileLink.objects.filter(state="proposed").values_list("left", "right"))
    assert {name for name, pair in strangers.items() if pair not in waiting} == set()


def test_what_a_reviewer_sees_of_two_of_one_name_is_what_speaks_for_and_against_them() -> None:
    pairs = recorded(STRANGERS)
    scan()
    evidence = {
        (link.left_id, link.right_id): link.evidence
        for link in ProfileLink.objects.filter(left__in=[one for one, _ in pairs.values()])
    }
    assert evidence[pairs["e-mails that differ in a digit"]]["email"] == "other_digits"
    assert evidence[pairs["neighbouring phones, two sexes"]]["gender"] == "different"
