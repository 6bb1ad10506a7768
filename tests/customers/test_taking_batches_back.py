"""Taking a batch back leaves what the profile would say had the batch not been, in whatever order."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.shops import open_shop
from zhike.customers.models import Profile, ProfileRevision
from zhike.customers.records import Identifier, ProfileRecord
from zhike.customers.selectors import person_of
from zhike.customers.services import record_profiles, undo_profiles
from zhike.customers.vault import open_vault
from zhike.jobs.progress import Silent
from zhike.kernel.home import Home

SLOTS = ("name", "phone", "city")
SAID = st.dictionaries(st.sampled_from(SLOTS), st.sampled_from("12"), min_size=1)
BATCHES = ("b1", "b2", "b3")
# Batches more often than the rest, for only their order is hard.
_BATCH = st.tuples(st.just("batch"), st.sampled_from(BATCHES), SAID)
_SINGLE = st.tuples(st.just("single"), st.just(""), st.sets(st.sampled_from(SLOTS), min_size=1))
_UNDO = st.tuples(st.just("undo"), st.sampled_from(BATCHES), st.none())
STEPS = st.lists(st.one_of(_BATCH, _BATCH, _SINGLE, _UNDO), min_size=2, max_size=8)
_numbers = count(1)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Any, db: None) -> Home:
    settings.ZHIKE_HOME = open_shop(tmp_path / "shop")
    made: Home = settings.ZHIKE_HOME
    return made


def say(batch: str = "", **said: str) -> str:
    """Record the name, phone and city that are given; what became of it."""
    phone = said.get("phone")
    record = ProfileRecord(
        "K1",
        name=said.get("name"),
        identifiers=(Identifier("phone", phone),) if phone else (),
        attributes={"city": said.get("city")},
    )
    (recorded,) = record_profiles(source="web", records=[record], batch=batch)
    return recorded.verdict


def said() -> dict[str, str]:
    profile = Profile.objects.get()
    shown = person_of(profile.customer_id, is_masked=False).first
    return {**{name: each.value for name, each in shown.items()}, **profile.attributes}


def test_what_was_written_since_stays_field_by_field() -> None:
    say(name="王小明", phone="+8613900000001", city="杭州市")
    say("b1", name="王晓明", phone="+8613900000002", city="上海市")
    say(phone="+8613900000003")
    undo_profiles(batch="b1")
    assert said() == {"name": "王小明", "phone": "+8613900000003", "city": "杭州市"}


@pytest.mark.parametrize("order", [("b1", "b2"), ("b2", "b1")])
def test_two_batches_taken_back_in_either_order_leave_neither(order: tuple[str, str]) -> None:
    say(name="王小明")
    say("b1", name="王晓明", city="上海市")
    say("b2", name="王大明", phone="+8613900000002")
    undo_profiles(batch=order[0])
    left = {
        "b1": {"name": "王大明", "phone": "+8613900000002"},
        "b2": {"name": "王晓明", "city": "上海市"},
    }
    assert said() == left[order[0]]
    undo_profiles(batch=order[1])
    assert said() == {"name": "王小明"}
    assert say(name="王小明") == "unchanged"


def test_a_batch_that_made_somebody_and_is_taken_back_can_be_brought_in_anew() -> None:
    say("b1", name="王小明")
    say("b2", name="王大明")
    undo_profiles(batch="b1")
    undo_profiles(batch="b2")
    assert said() == {}
    assert say("b3", name="王小明") == "inserted"


def test_what_a_batch_wrote_over_a_stranger_s_words_in_its_middle_goes_back_to_those() -> None:
    say("b1", name="王小明")
    say(name="王晓明")
    say("b1", name="王大明")
    undo_profiles(batch="b1")
    assert said() == {"name": "王晓明"}


def test_what_a_batch_wrote_first_outlives_another_batch_that_came_before_its_second_write() -> None:
    say(name="王小明")
    say("b1", name="王晓明")
    say("b2", name="王大明", phone="+8613900000002")
    say("b1", name="王大明", city="上海市")
    undo_profiles(batch="b2")
    assert said() == {"name": "王晓明", "city": "上海市"}
    undo_profiles(batch="b1")
    assert said() == {"name": "王小明"}


def test_a_batch_of_an_earlier_version_goes_back_to_all_that_was_before(home: Home) -> None:
    say(name="王小明", phone="+8613900000001", city="杭州市")
    say("b1", name="王晓明")
    revision = ProfileRevision.objects.get()
    identifier = {"kind": "phone", "value": "+8613900000001", "is_verified": False}
    was = {
        "personal": {"name": "王小明"},
        "identifiers": [identifier],
        "attributes": {},
        "content_index": "x",
    }
    revision.sealed = open_vault(home).seal(json.dumps(was), place=revision.place)
    revision.save()
    say(city="上海市")
    undo_profiles(batch="b1")
    assert said() == {"name": "王小明", "phone": "+8613900000001"}


def test_a_batch_is_taken_back_with_the_keys_that_came_after_it(home: Home) -> None:
    from zhike.customers.services.key_rotation import rotate_keys

    say(name="王小明")
    say("b1", name="王晓明")
    rotate_keys(home=home, progress=Silent())
    undo_profiles(batch="b1")
    assert said() == {"name": "王小明"}


@dataclass
class _Model:
    """Each slot is a list of who wrote what; what stands is the last. Saying what stands is no write."""

    writes: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: {slot: [] for slot in SLOTS})

    def write(self, batch: str, said: dict[str, str]) -> None:
        for slot, value in said.items():
            if self.standing().get(slot) != value:
                self.writes[slot].append((batch, value))

    def undo(self, batch: str) -> None:
        self.writes = {slot: [one for one in those if one[0] != batch] for slot, those in self.writes.items()}

    def standing(self) -> dict[str, str]:
        return {slot: those[-1][1] for slot, those in self.writes.items() if those}


def _do(model: _Model, kind: str, batch: str, what: Any) -> None:
    if kind == "undo":
        undo_profiles(batch=batch)
        model.undo(batch)
        return
    # Of a single write each value is new: whoever writes just what a batch left cannot be told from it.
    values = what if kind == "batch" else {slot: f"own{next(_numbers)}" for slot in sorted(what)}
    say(batch, **values)
    model.write(batch, values)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, order=st.permutations(BATCHES))
def test_any_history_leaves_what_the_standing_writes_say(
    steps: list[tuple[str, str, Any]], order: list[str]
) -> None:
    model = _Model()
    with transaction.atomic():
        say(name="first")
        model.write("", {"name": "first"})
        for step in [*steps, *(("undo", batch, None) for batch in order)]:
            _do(model, *step)
            assert said() == model.standing()
        transaction.set_rollback(True)
