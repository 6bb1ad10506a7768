"""People who came in by the API, a form or a till are searched for duplicates without anybody asking for it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.shops import open_shop
from zhike.customers.models import DuplicateScan
from zhike.customers.records import Identifier, ProfileRecord
from zhike.customers.selectors.unsearched import is_search_due
from zhike.customers.services import record_profiles
from zhike.customers.services.duplicates import request_scan, scan_for_duplicates
from zhike.customers.tasks import queue_scan_if_due
from zhike.jobs.progress import Silent
from zhike.jobs.rounds import registered_rounds
from zhike.kernel import clock

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, settings: Any, db: None) -> None:
    settings.ZHIKE_HOME = open_shop(tmp_path / "shop")


def arrives(key: str, *, name: str = "张伟", phone: str = "+8613917264530") -> None:
    record = ProfileRecord(key, name=name, identifiers=(Identifier("phone", phone),))
    record_profiles(source="web", records=[record])


def due_after(minutes: int) -> bool:
    return is_search_due(clock.now() + minutes * MINUTE)


def test_whoever_arrives_is_searched_once_it_is_quiet_and_then_never_again_for_nothing() -> None:
    assert not due_after(600)
    arrives("a")
    assert (due_after(0), due_after(2)) == (False, True)
    scan_for_duplicates(scan=request_scan(), progress=Silent())
    assert not due_after(600)
    # The same record again says nothing new.
    arrives("a")
    assert not due_after(600)
    arrives("b")
    assert (due_after(2), due_after(15)) == (False, True)


def test_a_search_that_waits_or_runs_already_is_enough() -> None:
    arrives("a")
    waiting = request_scan()
    assert not due_after(60)
    DuplicateScan.objects.filter(pk=waiting.pk).update(state="running", started_at=clock.now())
    arrives("b")
    assert not due_after(60)


def test_a_search_that_was_cut_off_does_not_hold_back_the_next_for_ever() -> None:
    arrives("a")
    DuplicateScan.objects.create(state="running", started_at=clock.now() - timedelta(days=1))
    assert due_after(2)


def test_the_worker_looks_again_and_again_and_queues_one_search(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "duplicates" in {round.name for round in registered_rounds()}
    arrives("a")
    later = clock.now() + 2 * MINUTE
    monkeypatch.setattr(clock, "now", lambda: later)
    assert queue_scan_if_due() is not None
    assert queue_scan_if_due() is None
    assert DuplicateScan.objects.get().state == "queued"
