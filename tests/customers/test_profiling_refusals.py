"""Whoever says no to profiling, wherever they say it, is not profiled: until they say otherwise there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.shops import open_shop
from zhike.customers.models import ConsentEntry, Customer, Profile
from zhike.customers.records import ConsentGiven, ProfileRecord
from zhike.customers.selectors.consents import REFUSING_PROFILING, refuses_profiling
from zhike.customers.selectors.lake_profiles import profile_map, profile_map_changes, profile_map_mark
from zhike.customers.services import (
    PairEvidence,
    link_profiles,
    record_profiles,
    undo_profiles,
    unlink_operation,
)
from zhike.customers.services.consents import record_consent
from zhike.customers.services.staff_consents import state_profiling
from zhike.kernel.home import Home

MOMENT = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Any, db: None) -> Home:
    settings.ZHIKE_HOME = open_shop(tmp_path / "shop")
    return settings.ZHIKE_HOME


def said(key: str, *answers: tuple[str, bool, int], batch: str = "b1", **more: Any) -> Profile:
    """A record with answers about profiling: channel, yes or no, days after the first of January."""
    given = tuple(
        ConsentGiven("profiling", channel, is_granted, MOMENT + timedelta(days=days))
        for channel, is_granted, days in answers
    )
    (made,) = record_profiles(source="web", records=[ProfileRecord(key, consents=given, **more)], batch=batch)
    return Profile.objects.get(pk=made.profile_id)


def refusing() -> set[int]:
    """By the map that the lake gets."""
    rows = profile_map().to_pylist()
    return {row["profile_id"] for row in rows if row["no_profiling"]}


@pytest.mark.parametrize(
    ("answers", "is_refused"),
    [
        ((), False),
        ((("", True, 0),), False),
        ((("", False, 0),), True),
        ((("", True, 0), ("", False, 1)), True),
        ((("", False, 0), ("", True, 1)), False),
        # The file's order says nothing, the days do.
        ((("", True, 1), ("", False, 0)), False),
        # What was said of one channel is not taken back on another.
        ((("sms", False, 0), ("email", True, 1)), True),
    ],
)
def test_the_newest_word_of_a_record_counts(
    answers: tuple[tuple[str, bool, int], ...], is_refused: bool
) -> None:
    profile = said("K1", *answers)
    said("K2", ("", True, 0))
    assert refusing() == ({profile.pk} if is_refused else set())
    assert refuses_profiling(profile.customer_id) is is_refused


def test_other_purposes_are_other_matters() -> None:
    profile = said("K1")
    record_consent(
        customer_id=profile.customer_id, purpose="marketing", channel="", is_granted=False, source="x"
    )
    assert refusing() == set() and not refuses_profiling(profile.customer_id)


def test_what_an_import_said_is_over_when_it_is_taken_back() -> None:
    profile = said("K1", name="王小明")
    said("K1", ("", False, 0), batch="b2", name="王小明")
    assert refusing() == {profile.pk}
    undo_profiles(batch="b2")
    assert refusing() == set() and not refuses_profiling(profile.customer_id)


def test_an_agreement_that_ran_out_is_no_refusal() -> None:
    customer = said("K1").customer_id
    record_consent(
        customer_id=customer, purpose="profiling", channel="", is_granted=True, source="x", expires_at=MOMENT
    )
    assert refusing() == set() and not refuses_profiling(customer)


def test_one_record_speaks_for_the_customer_and_keeps_its_word_when_they_are_parted() -> None:
    one, other = said("K1"), said("K2", ("", False, 0))
    link = link_profiles(pairs=[PairEvidence(one.pk, other.pk, "phone")])
    assert refuses_profiling(Profile.objects.get(pk=one.pk).customer_id)
    unlink_operation(operation=link.operation, actor=None)
    assert [refuses_profiling(each.customer_id) for each in (one, other)] == [False, True]
    assert refusing() == {other.pk}


def test_staff_who_were_told_otherwise_answer_the_ledger() -> None:
    profile = said("K1", ("", False, 0), ("sms", False, 0))
    state_profiling(customer_id=profile.customer_id, is_refused=False, actor=None)
    assert refusing() == set() and not refuses_profiling(profile.customer_id)
    words = ConsentEntry.objects.filter(profile=profile).order_by("pk")
    assert list(words.values_list("channel", "is_granted", "source")) == [
        ("", False, "web"),
        ("sms", False, "web"),
        ("", True, "staff"),
        ("sms", True, "staff"),
    ]
    state_profiling(customer_id=profile.customer_id, is_refused=True, actor=None)
    assert refusing() == {profile.pk} and Customer.objects.get(pk=profile.customer_id).no_profiling


def test_the_lake_is_told_of_each_word(home: Home) -> None:
    profile = said("K1")
    said("K2")
    mark = profile_map_mark()
    record_consent(
        customer_id=profile.customer_id, purpose="profiling", channel="", is_granted=False, source="x"
    )
    assert profile_map_mark() != mark
    changed = profile_map_changes(mark).rows.to_pylist()
    assert {row["profile_id"] for row in changed if row["no_profiling"]} == {profile.pk}


def test_the_map_is_the_same_in_parts(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = profile_map_mark()
    for number in range(7):
        said(f"K{number}", ("", number % 3 != 0, 0))
    whole, changed = profile_map(), profile_map_changes(mark)
    assert sorted(changed.touched["profile_id"].to_pylist()) == sorted(whole["profile_id"].to_pylist())
    assert whole["no_profiling"].to_pylist() == [True, False, False, True, False, False, True]
    monkeypatch.setattr("zhike.customers.selectors.lake_profiles._PART", 2)
    assert profile_map().equals(whole)
    again = profile_map_changes(mark)
    assert again.rows.equals(changed.rows) and again.touched.equals(changed.touched)


def test_who_refuses_is_found_without_reading_the_ledger() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {REFUSING_PROFILING}")
        plan = " ".join(str(row[-1]) for row in cursor.fetchall())
    assert "refusals_of_profiling" in plan and "SCAN later" not in plan
