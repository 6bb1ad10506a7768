"""The search links what is certain, proposes what is likely, and leaves people's decisions alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.shops import open_shop
from zhike.customers.models import DuplicateScan, Identity, Profile, ProfileLink, SharedIdentifier
from zhike.customers.records import Identifier, ProfileRecord
from zhike.customers.selectors import profile_map
from zhike.customers.services import decide_link, record_profiles
from zhike.customers.services.duplicates import request_scan, scan_for_duplicates, undo_scan
from zhike.jobs.progress import Silent

MOBILE, OTHER_MOBILE = "+8613917264530", "+8613917264531"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, settings: Any, db: None) -> None:
    settings.ZHIKE_HOME = open_shop(tmp_path / "shop")


def somebody(
    key: str,
    source: str = "web",
    *,
    name: str | None = None,
    phone: str | None = None,
    birthday: str | None = None,
    address: str | None = None,
    **more: Any,
) -> int:
    identifiers = [Identifier("phone", phone)] if phone else []
    identifiers += [Identifier(kind, value) for kind, value in more.pop("keys", {}).items()]
    record = ProfileRecord(
        key, name=name, identifiers=tuple(identifiers), birthday=birthday, address=address, attributes=more
    )
    return record_profiles(source=source, records=[record])[0].profile_id


def scan() -> DuplicateScan:
    return scan_for_duplicates(scan=request_scan(), progress=Silent())


def are_one(*profiles: int) -> bool:
    return Profile.objects.filter(pk__in=profiles).values("customer").distinct().count() == 1


def test_one_account_of_a_platform_is_one_person(db: None) -> None:
    one = somebody("a", keys={"unionid": "u1"})
    two = somebody("b", "wechat", keys={"unionid": "u1", "openid": "o1"})
    other = somebody("c", "wechat", keys={"unionid": "u2"})
    assert (scan().linked, are_one(one, two), are_one(one, other)) == (1, True, False)


@pytest.mark.parametrize("spelled", ["张伟", "章伟", "Zhang Wei", "Wei Zhang", None])
def test_the_same_phone_and_a_name_that_fits_are_one_person(spelled: str | None) -> None:
    one, two = somebody("a", name="张伟", phone=MOBILE), somebody("b", "till", name=spelled, phone=MOBILE)
    scan()
    assert are_one(one, two)


@pytest.mark.parametrize("name", ["李娜", "张倩", "张"])
def test_a_family_that_shares_a_phone_is_not_linked_by_itself(name: str) -> None:
    one = somebody("a", name="张伟", phone=MOBILE, birthday="1962-11-23")
    two = somebody("b", "till", name=name, phone=MOBILE, birthday="1990-05-07")
    scan()
    assert not are_one(one, two)


@pytest.mark.parametrize("more", [{"birthday": "05-07"}, {"gender": "female"}, {"city": "上海市"}])
def test_who_left_no_name_and_differs_otherwise_is_not_linked(more: dict[str, str]) -> None:
    one = somebody("a", name="张伟", phone=MOBILE, birthday="1962-11-23", gender="male", city="深圳市")
    two = somebody("b", "wechat", phone=MOBILE, **more)
    scan()
    assert not are_one(one, two)


def test_who_left_no_name_at_a_shared_phone_is_left_to_the_reviewers() -> None:
    father, daughter = somebody("a", name="张伟", phone=MOBILE), somebody("b", name="张倩", phone=MOBILE)
    nameless = somebody("o", "wechat", phone=MOBILE)
    scan()
    assert not are_one(father, nameless) and not are_one(daughter, nameless)


def test_a_near_miss_in_the_phone_waits_for_review_with_its_evidence() -> None:
    one = somebody("a", name="欧阳娜娜", phone=MOBILE, birthday="1990-05-06")
    two = somebody("b", "till", name="欧阳娜娜", phone=OTHER_MOBILE)
    found = scan()
    assert (found.linked, found.proposed) == (0, 1)
    pair = ProfileLink.objects.get()
    assert (pair.left_id, pair.right_id, pair.state) == (one, two, "proposed")
    assert {name: pair.evidence[name] for name in ("name", "phone", "birthday")} == {
        "name": "exact",
        "phone": "one_digit",
        "birthday": "missing",
    }
    assert 0.5 <= (pair.score or 0) < 0.999


def test_name_birthday_and_address_are_enough_without_a_contact() -> None:
    where = {"city": "深圳市", "address": "青石街7号3幢502室"}
    one = somebody("a", name="欧阳娜娜", birthday="1990-05-06", **where)
    two = somebody("b", "till", name="欧阳娜娜", birthday="1990-05-06", **where)
    scan()
    assert are_one(one, two)


@pytest.mark.parametrize("phone", ["+8613800138000", "+8613800000000"])
def test_placeholder_numbers_are_no_evidence(phone: str) -> None:
    one, two = somebody("a", name="张伟", phone=phone), somebody("b", "till", name="张伟", phone=phone)
    assert scan().linked == 0
    assert not are_one(one, two)


def test_a_number_that_the_shop_called_shared_is_no_evidence() -> None:
    one, two = somebody("a", name="张伟", phone=MOBILE), somebody("b", "till", name="张伟", phone=MOBILE)
    index = Identity.objects.filter(kind="phone").values_list("value_index", flat=True)[0]
    SharedIdentifier.objects.create(kind="phone", value_index=index, reason="the shop's own number")
    scan()
    assert not are_one(one, two)


def test_a_second_search_finds_nothing_new_and_a_decision_stands() -> None:
    somebody("a", name="张伟", phone=MOBILE)
    somebody("b", "till", name="张伟", phone=MOBILE)
    assert scan().linked == 1
    decide_link(link_id=ProfileLink.objects.get().pk, state="never", actor=None)
    again = scan()
    assert (again.linked, again.proposed) == (0, 0)
    assert ProfileLink.objects.get().state == "never"


def test_a_search_that_is_taken_back_leaves_everybody_as_before() -> None:
    for number in range(6):
        somebody(f"a{number}", name="张伟", phone=f"+861391726453{number}")
        somebody(f"b{number}", "till", name="张伟", phone=f"+861391726453{number}")
    before = profile_map()
    found = scan()
    assert found.linked == 6
    assert undo_scan(scan=found, actor=None) == 6
    assert profile_map().equals(before)


def test_a_shop_without_people_has_no_duplicates() -> None:
    assert (scan().records, DuplicateScan.objects.get().state) == (0, "done")
