"""Records are compared by a sealed form that is made when they change; it is never older than what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.shops import open_shop
from zhike.customers.models import ComparisonForm, DuplicateScan, Identity, Profile, SharedIdentifier
from zhike.customers.records import Identifier, ProfileRecord
from zhike.customers.services import record_profiles, undo_profiles
from zhike.customers.services.duplicates import request_scan, scan_for_duplicates
from zhike.customers.services.erasure import erase_customer
from zhike.customers.services.key_rotation import rotate_keys
from zhike.jobs.progress import Silent
from zhike.kernel.errors import ZhikeError
from zhike.kernel.home import Home

MOBILE, OTHER_MOBILE = "+8613917264530", "+8613688213377"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Any, db: None) -> Home:
    settings.ZHIKE_HOME = open_shop(tmp_path / "shop")
    return settings.ZHIKE_HOME


def somebody(key: str, *phones: str, name: str | None = "张伟", batch: str = "", **more: Any) -> int:
    identifiers = tuple(Identifier("phone", phone) for phone in phones)
    record = ProfileRecord(key, name=name, identifiers=identifiers, **more)
    return record_profiles(source=key, records=[record], batch=batch)[0].profile_id


def scan() -> DuplicateScan:
    return scan_for_duplicates(scan=request_scan(), progress=Silent())


def are_one(*profiles: int) -> bool:
    return Profile.objects.filter(pk__in=profiles).values("customer").distinct().count() == 1


def test_a_record_that_has_changed_is_compared_as_it_is_now() -> None:
    one, two = somebody("web", MOBILE), somebody("till", OTHER_MOBILE)
    assert scan().linked == 0
    somebody("till", MOBILE)
    assert scan().linked == 1 and are_one(one, two)


def test_a_record_whose_change_was_undone_is_compared_as_before() -> None:
    one, two = somebody("web", MOBILE), somebody("till", OTHER_MOBILE)
    somebody("till", MOBILE, batch="b1")
    undo_profiles(batch="b1")
    scan()
    assert not are_one(one, two)


@pytest.mark.parametrize("is_missing", [True, False])
def test_a_form_that_is_missing_or_of_another_version_is_made_by_the_search(is_missing: bool) -> None:
    one, two = somebody("web", MOBILE), somebody("till", MOBILE)
    forms = ComparisonForm.objects.filter(profile=one)
    if is_missing:
        forms.delete()
    else:
        forms.update(version=-1, sealed=ComparisonForm.objects.get(profile=two).sealed)
    assert scan().records == 2
    assert are_one(one, two)
    assert ComparisonForm.objects.values("version").distinct().count() == 1


def test_a_form_copied_to_another_record_does_not_open() -> None:
    one, two = somebody("web", MOBILE), somebody("till", OTHER_MOBILE)
    copied = ComparisonForm.objects.get(profile=one).sealed
    ComparisonForm.objects.filter(profile=two).update(sealed=copied)
    with pytest.raises(ZhikeError) as refused:
        scan()
    assert refused.value.code == "vault.sealed_elsewhere"
    assert f"customers_comparisonform.sealed:{two}" in str(refused.value)


def test_forms_are_searched_with_new_keys_too(home: Home) -> None:
    one, two = somebody("web", MOBILE), somebody("till", MOBILE)
    rotate_keys(home=home, progress=Silent())
    assert scan().linked == 1 and are_one(one, two)


def test_nothing_of_a_form_is_readable_and_who_is_erased_has_none() -> None:
    one = somebody("web", MOBILE, address="青石街7号")
    (form,) = ComparisonForm.objects.all()
    said = ("张伟", "zhangwei", MOBILE, "青石街")
    assert not any(word.encode() in bytes(form.sealed) for word in said)
    erase_customer(customer_id=Profile.objects.get(pk=one).customer_id, reason="asked")
    assert not ComparisonForm.objects.exists()
    assert scan().records == 0


def test_of_two_numbers_one_that_many_share_leaves_the_other() -> None:
    one, two = somebody("web", OTHER_MOBILE, MOBILE), somebody("till", OTHER_MOBILE, MOBILE)
    for number, kept in enumerate((MOBILE, OTHER_MOBILE)):
        shared = Identity.objects.filter(kind="phone").order_by("-pk" if number else "pk")[0]
        SharedIdentifier.objects.all().delete()
        SharedIdentifier.objects.create(kind="phone", value_index=shared.value_index, reason=f"not {kept}")
        assert scan().records == 2
    assert are_one(one, two)


def test_a_record_that_says_nothing_comparable_is_not_searched() -> None:
    somebody("web", "+8613800138000", name=None)
    assert scan().records == 0


def test_attributes_with_odd_characters_are_read() -> None:
    odd = {"city": '上\n海"市\u2028', "interests": ["茶", {"a": 1}], "note": "x" * 2_000_000}
    one = somebody("web", MOBILE, attributes=odd)
    two = somebody("till", MOBILE, name=None, attributes={"city": "上海市", "score": 1.5})
    assert scan().records == 2
    # Who left no name and lives elsewhere is not linked.
    assert not are_one(one, two)
