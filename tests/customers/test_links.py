"""Customers are the connected parts of the links that stand; taking links back restores what was there."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from django.db.models import F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.shops import open_shop
from zhike.accounts.selectors import User
from zhike.customers.models import LinkEntry, Profile, ProfileLink
from zhike.customers.selectors import current_customer_id, profile_map
from zhike.customers.services import (
    PairEvidence,
    decide_link,
    link_profiles,
    propose_links,
    register_profiles,
    split_profile,
    unlink_operation,
)
from zhike.customers.services.links import LARGEST_CUSTOMER
from zhike.kernel.errors import UsageError

N = 8
OPERATIONS = st.lists(
    st.lists(st.tuples(st.integers(0, N - 1), st.integers(0, N - 1)), min_size=1, max_size=3), max_size=6
)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, settings: Any, db: None) -> None:
    settings.ZHIKE_HOME = open_shop(tmp_path / "shop")


@pytest.fixture
def profiles() -> list[int]:
    return list(register_profiles(source="web", source_keys=[f"K{n}" for n in range(N)]).values())


def link(*pairs: tuple[int, int], actor: User | None = None) -> str:
    return link_profiles(pairs=[PairEvidence(a, b, "phone") for a, b in pairs], actor=actor).operation


def start_anew() -> None:
    """Hypothesis runs many examples in one test, so each cleans up after the one before."""
    ProfileLink.objects.all().delete()
    Profile.objects.update(customer=F("home_customer"))


def clusters() -> set[frozenset[int]]:
    found: dict[int, set[int]] = {}
    for pk, customer in Profile.objects.values_list("pk", "customer_id"):
        found.setdefault(customer, set()).add(pk)
    return {frozenset(those) for those in found.values()}


def together(*groups: Iterable[int], among: list[int]) -> set[frozenset[int]]:
    grouped = {frozenset(group) for group in groups}
    rest = set(among) - {pk for group in grouped for pk in group}
    return grouped | {frozenset({pk}) for pk in rest}


def test_linked_profiles_are_one_customer_with_the_oldest_number(profiles: list[int]) -> None:
    first = Profile.objects.get(pk=profiles[0]).customer_id
    third = Profile.objects.get(pk=profiles[2]).customer_id
    link((profiles[2], profiles[1]), (profiles[0], profiles[2]))
    assert clusters() == together(profiles[:3], among=profiles)
    assert {Profile.objects.get(pk=pk).customer_id for pk in profiles[:3]} == {first}
    assert current_customer_id(third) == first


def test_an_operation_that_is_taken_back_restores_the_customers(profiles: list[int]) -> None:
    before = profile_map()
    operation = link((profiles[0], profiles[1]), (profiles[1], profiles[2]))
    assert unlink_operation(operation=operation, actor=None) == 2
    assert profile_map().equals(before)
    assert LinkEntry.objects.count() == 4


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operations=OPERATIONS, order=st.randoms(use_true_random=False))
def test_links_taken_back_in_any_order_leave_no_trace(
    profiles: list[int], operations: list[list[tuple[int, int]]], order: Any
) -> None:
    start_anew()
    before = profile_map()
    made = [link(*((profiles[a], profiles[b]) for a, b in pairs)) for pairs in operations]
    order.shuffle(made)
    for operation in made:
        unlink_operation(operation=operation, actor=None)
    assert profile_map().equals(before)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operations=OPERATIONS.filter(bool))
def test_one_link_more_and_back_changes_nothing(
    profiles: list[int], operations: list[list[tuple[int, int]]]
) -> None:
    start_anew()
    *earlier, last = operations
    for pairs in earlier:
        link(*((profiles[a], profiles[b]) for a, b in pairs))
    before = profile_map()
    unlink_operation(operation=link(*((profiles[a], profiles[b]) for a, b in last)), actor=None)
    assert profile_map().equals(before)


def test_a_pair_that_is_never_one_person_stays_apart(profiles: list[int]) -> None:
    propose_links(pairs=[PairEvidence(profiles[0], profiles[1], "splink", 0.8, {"name": "close"})])
    queued = ProfileLink.objects.get(state="proposed")
    decide_link(link_id=queued.pk, state="never", actor=None, reason="father and son")
    link((profiles[0], profiles[1]))
    link((profiles[0], profiles[2]), (profiles[2], profiles[1]))
    parts = clusters()
    assert not any({profiles[0], profiles[1]} <= part for part in parts)


def test_a_profile_that_is_split_off_leaves_the_others_together(profiles: list[int]) -> None:
    a, bridge, c = profiles[:3]
    link((a, bridge), (bridge, c))
    split_profile(profile_id=bridge, actor=None, reason="another person")
    assert clusters() == together((a, c), among=profiles)
    link((a, bridge))
    assert clusters() == together((a, c), among=profiles)


def test_there_is_nothing_to_split_off_a_customer_with_one_record(profiles: list[int]) -> None:
    with pytest.raises(UsageError) as refused:
        split_profile(profile_id=profiles[0], actor=None)
    assert refused.value.code == "profile.alone"


def test_a_customer_too_large_to_be_one_person_is_left_to_a_person() -> None:
    many = list(register_profiles(source="till", source_keys=[str(n) for n in range(40)]).values())
    done = link_profiles(pairs=[PairEvidence(many[0], other, "phone") for other in many[1:]])
    assert done.linked == LARGEST_CUSTOMER - 1
    assert done.held_back == 40 - LARGEST_CUSTOMER
    assert max(len(part) for part in clusters()) == LARGEST_CUSTOMER
    assert ProfileLink.objects.filter(state="proposed").count() == done.held_back


def test_the_ledger_names_every_decision(profiles: list[int]) -> None:
    operation = link((profiles[0], profiles[1]))
    unlink_operation(operation=operation, actor=None, reason="wrong")
    states = list(LinkEntry.objects.order_by("pk").values_list("state", "rule", "reason"))
    assert states == [("linked", "phone", ""), ("unlinked", "phone", "wrong")]


def test_what_a_person_took_back_is_not_linked_again_by_a_rule(profiles: list[int]) -> None:
    unlink_operation(operation=link((profiles[0], profiles[1])), actor=None)
    link((profiles[0], profiles[1]))
    assert clusters() == together(among=profiles)


def test_a_never_that_would_not_part_them_says_so(profiles: list[int]) -> None:
    link((profiles[0], profiles[1]), (profiles[1], profiles[2]), (profiles[0], profiles[2]))
    pair = ProfileLink.objects.get(left=profiles[0], right=profiles[1])
    with pytest.raises(UsageError) as refused:
        decide_link(link_id=pair.pk, state="never", actor=None)
    assert refused.value.code == "link.still_joined"
    assert clusters() == together(profiles[:3], among=profiles)
