"""Many keys at once are sealed and found as one by one."""

from __future__ import annotations

import pyarrow as pa
import pytest
from django.db.models import F
from hypothesis import example, given, settings
from hypothesis import strategies as st

from zhike.customers.models import Customer, Profile
from zhike.customers.selectors import profile_keys
from zhike.customers.services import expect_many, register_many, register_profiles, registering
from zhike.customers.vault import Vault, key_index, key_indexes, key_prefix, open_vault
from zhike.customers.vault.keys import KeyRing
from zhike.customers.vault.many import fingerprints_of

KEYS = ["C1", "客户-2", "a@b.cn", "", "x" * 200, "\0", "C1 "]


def test_fingerprints_of_many_keys_are_those_of_each():
    vault = Vault(KeyRing({1: bytes(range(32))}, 1, bytes(range(1, 33))))
    assert key_indexes(vault, "orders", KEYS) == [key_index(vault, "orders", key) for key in KEYS]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=80), max_size=30))
@example([*KEYS, "\\x41", "%s", "'", "💰"])
@settings(deadline=None, max_examples=30)
def test_fingerprints_made_on_all_processors_are_those_of_each(keys):
    vault = Vault(KeyRing({1: bytes(range(32))}, 1, bytes(range(1, 33))))
    made = fingerprints_of(vault, key_prefix("orders"), pa.array(keys, pa.string()))
    assert made.astype(str).tolist() == [key_index(vault, "orders", key) for key in keys]


def test_values_sealed_together_open_each_at_its_own_place_with_nonces_of_their_own():
    vault = Vault(KeyRing({7: bytes(32)}, 7, bytes(32)))
    sealed = vault.seal_many(KEYS, places=map(str, range(len(KEYS))))
    assert [vault.open(each, place=str(place)) for place, each in enumerate(sealed)] == KEYS
    assert len({each[2:14] for each in sealed}) == len(KEYS)


@pytest.mark.django_db
def test_known_and_new_keys_of_one_call_get_one_profile_each(home_of_tests):
    first = register_profiles(source="till", source_keys=["a", "b"])
    both = register_profiles(source="till", source_keys=["b", "c", "a", "c"])
    assert {key: both[key] for key in first} == first
    assert len(set(both.values())) == 3 == Profile.objects.count() == Customer.objects.count()
    assert register_profiles(source="web", source_keys=["a"])["a"] not in both.values()
    assert profile_keys([both["c"]])[both["c"]] == ("till", "c")


@pytest.mark.django_db
def test_keys_of_any_length_written_together_are_read_again(home_of_tests):
    ids = register_profiles(source="till", source_keys=KEYS)
    assert {id: key for id, (_, key) in profile_keys(ids.values()).items()} == {ids[key]: key for key in KEYS}
    indexes = dict(Profile.objects.values_list("pk", "key_index"))
    assert indexes == {ids[key]: key_index(open_vault(home_of_tests), "till", key) for key in KEYS}


@pytest.mark.django_db
@pytest.mark.parametrize("at_once", [3, 1_000])
def test_very_many_keys_get_what_each_call_of_its_own_would_give(home_of_tests, monkeypatch, at_once):
    monkeypatch.setattr(registering, "_OF_MANY", at_once)
    keys, told = [f"key {number}" for number in range(200)], []
    before = register_profiles(source="till", source_keys=keys[50:60])
    expected = expect_many(source="till", source_keys=pa.array(keys))
    assert Profile.objects.count() == len(before)
    ids = register_many(expected, told=told.append).tolist()
    assert ids == expected.ids.tolist()
    assert dict(zip(keys, ids, strict=True)) == register_profiles(source="till", source_keys=keys)
    assert ids[50:60] == [before[key] for key in keys[50:60]]
    assert len(set(ids)) == 200 == Profile.objects.count() == Customer.objects.count()
    assert not Profile.objects.exclude(customer=F("home_customer")).exists()
    assert told[-1] == 200 and told == sorted(told)
    assert {key for _, key in profile_keys(ids).values()} == set(keys)


@pytest.mark.django_db
def test_what_somebody_else_registers_meanwhile_stays_theirs(home_of_tests):
    keys = ["a", "b", "c", "d"]
    expected = expect_many(source="till", source_keys=pa.array(keys))
    others = register_profiles(source="till", source_keys=["c", "e"])
    ids = register_many(expected).tolist()
    assert ids[2] == others["c"] and ids != expected.ids.tolist()
    assert len({*ids, *others.values()}) == 5 == Profile.objects.count() == Customer.objects.count()
    assert dict(zip(keys, ids, strict=True)) == register_profiles(source="till", source_keys=keys)


@pytest.mark.django_db
def test_the_order_in_which_keys_come_changes_no_id(home_of_tests):
    keys = [f"key {number}" for number in range(50)]
    ids = expect_many(source="till", source_keys=pa.array(keys)).ids
    again = expect_many(source="till", source_keys=pa.array(keys[::-1])).ids[::-1]
    assert again.tolist() == ids.tolist() and len(set(ids.tolist())) == 50


@pytest.fixture
def home_of_tests(tmp_path, settings):
    from zhike.kernel.home import BusinessSettings, create_home

    settings.ZHIKE_HOME = create_home(tmp_path / "home", BusinessSettings(name="Shop"))
    return settings.ZHIKE_HOME
