"""What a search found is linked as columns, and comes out as if each pair had been linked by itself."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.shops import open_shop
from zhike.customers.models import LinkEntry, Profile, ProfileLink
from zhike.customers.services import (
    PairEvidence,
    link_profiles,
    propose_links,
    register_profiles,
    unlink_operation,
)
from zhike.customers.services import found_links as found
from zhike.customers.services import links as one_by_one
from zhike.customers.services.found_links import FOUND, link_found, propose_found
from zhike.customers.services.links import decide_link
from zhike.kernel.errors import UsageError

N = 8
PAIRS = st.lists(
    st.tuples(st.integers(0, N - 1), st.integers(0, N - 1)).filter(lambda ends: ends[0] < ends[1]),
    unique=True,
    max_size=7,
)
BEFORE = st.lists(st.tuples(st.sampled_from(["linked", "proposed", "unlinked", "never"]), PAIRS), max_size=3)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    settings.ZHIKE_HOME = open_shop(tmp_path / "shop")
    for module in (found, one_by_one):
        monkeypatch.setattr(module, "LARGEST_CUSTOMER", 4)


@pytest.fixture
def profiles() -> list[int]:
    return list(register_profiles(source="web", source_keys=[f"K{n}" for n in range(N)]).values())


def as_found(pairs: list[PairEvidence]) -> pa.Table:
    rows = [(each.left, each.right, each.rule, each.score, json.dumps(each.evidence)) for each in pairs]
    columns = zip(*rows, strict=True) if rows else ((),) * len(FOUND)
    return pa.table(list(map(list, columns)), schema=FOUND)


def decide(state: str, pairs: list[PairEvidence]) -> None:
    """Bring the shop into some state of before, by people's decisions and by rules."""
    if state == "linked":
        link_profiles(pairs=pairs)
        return
    propose_links(pairs=pairs)
    for link in ProfileLink.objects.filter(state="proposed") if state != "proposed" else ():
        # Those that others hold together cannot be said to be never one person.
        with suppress(UsageError):
            decide_link(link_id=link.pk, state=state, actor=None)


def outcome(act: Callable[[], Any]) -> Any:
    """What the database has after an act, which is taken back."""
    with transaction.atomic():
        said = act()
        links = ProfileLink.objects.values_list("left", "right", "state", "rule", "score")
        entries = LinkEntry.objects.values_list("link__left", "link__right", "state", "rule", "reason")
        customers = dict(Profile.objects.values_list("pk", "customer"))
        evidence = {(link.left_id, link.right_id): link.evidence for link in ProfileLink.objects.all()}
        seen = said, sorted(links), Counter(entries), customers, evidence
        transaction.set_rollback(True)
    return seen


@given(before=BEFORE, pairs=PAIRS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pairs_linked_as_columns_come_out_as_if_linked_one_by_one(
    profiles: list[int], before: list[tuple[str, list[tuple[int, int]]]], pairs: list[tuple[int, int]]
) -> None:
    def evidence(chosen: list[tuple[int, int]], rule: str) -> list[PairEvidence]:
        return [PairEvidence(profiles[a], profiles[b], rule, 0.9, {"name": "exact"}) for a, b in chosen]

    def counts(done: one_by_one.Linked) -> tuple[int, int]:
        return done.linked, done.held_back

    asked = evidence(pairs, "phone")
    with transaction.atomic():
        for state, chosen in before:
            decide(state, evidence(chosen, "email"))
        assert outcome(lambda: counts(link_found(pairs=as_found(asked)))) == outcome(
            lambda: counts(link_profiles(pairs=asked))
        )
        apart = [each for each in asked if _are_apart(each)]
        assert outcome(lambda: propose_found(pairs=as_found(asked))) == outcome(
            lambda: propose_links(pairs=apart)
        )
        transaction.set_rollback(True)


def _are_apart(pair: PairEvidence) -> bool:
    return Profile.objects.filter(pk__in=pair.pair).values("customer").distinct().count() == 2


def test_what_a_search_linked_is_one_operation_and_is_taken_back(profiles: list[int]) -> None:
    before = dict(Profile.objects.values_list("pk", "customer"))
    pairs = [PairEvidence(profiles[a], profiles[a + 1], "phone") for a in (0, 2, 3)]
    done = link_found(pairs=as_found(pairs))
    assert (done.linked, done.held_back) == (3, 0)
    assert LinkEntry.objects.filter(operation=done.operation, state="linked").count() == 3
    assert Profile.objects.values("customer").distinct().count() == N - 3
    assert unlink_operation(operation=done.operation, actor=None) == 3
    assert dict(Profile.objects.values_list("pk", "customer")) == before


def test_a_profile_that_went_away_during_the_search_is_not_linked(profiles: list[int]) -> None:
    Profile.objects.filter(pk=profiles[1]).delete()
    pairs = [PairEvidence(profiles[a], profiles[a + 1], "phone") for a in (0, 2)]
    assert link_found(pairs=as_found(pairs)).linked == 1
    assert list(ProfileLink.objects.values_list("left", "right")) == [(profiles[2], profiles[3])]


def test_a_search_that_breaks_off_leaves_nothing(
    profiles: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(found, "write_rows", broken)
    with pytest.raises(OSError, match="no space left"):
        link_found(pairs=as_found([PairEvidence(profiles[0], profiles[1], "phone")]))
    assert not ProfileLink.objects.exists() and not LinkEntry.objects.exists()
