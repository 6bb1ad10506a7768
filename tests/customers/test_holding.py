"""Whoever links or parts profiles has their customers to themselves before they read what they decide by.

SQLite gives a writing transaction the whole database; for databases that do not, the rows are locked. Here such a
database is played: SQLite with a lock that is a comment, so that the order of the statements can be seen.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.shops import open_shop
from zhike.customers.models import Profile, ProfileLink
from zhike.customers.services import (
    PairEvidence,
    decide_link,
    link_profiles,
    propose_links,
    register_profiles,
    split_profile,
    unlink_operation,
)
from zhike.customers.services.merging import (
    decide_duplicate,
    merge_customers,
    split_record,
    take_back_links,
)

HELD = "/* held */"
WRITES = ("INSERT INTO", "UPDATE ")


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, settings: Any, db: None) -> None:
    settings.ZHIKE_HOME = open_shop(tmp_path / "shop")


@pytest.fixture
def locking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection.features, "has_select_for_update", True)
    monkeypatch.setattr(connection.ops, "for_update_sql", lambda **_: HELD)


def pair(a: int, b: int) -> list[PairEvidence]:
    return [PairEvidence(a, b, "phone")]


def newest_link() -> int:
    return ProfileLink.objects.latest("pk").pk


def acts(one: int, two: int, three: int) -> dict[str, Callable[[], object]]:
    """What links and parts, with one and two linked by an operation and two and three proposed."""
    operation = link_profiles(pairs=pair(one, two)).operation
    propose_links(pairs=pair(two, three))
    customer = Profile.objects.get(pk=one).customer_id
    other = Profile.objects.get(pk=three).customer_id
    said: dict[str, Any] = {"reason": "as they said", "actor": None}
    return {
        "link": lambda: link_profiles(pairs=pair(one, three)),
        "propose": lambda: propose_links(pairs=pair(one, three)),
        "unlink": lambda: unlink_operation(operation=operation, actor=None),
        "decide": lambda: decide_link(link_id=newest_link(), state="linked", actor=None),
        "split": lambda: split_profile(profile_id=two, actor=None),
        "review": lambda: decide_duplicate(link_id=newest_link(), state="linked", actor=None),
        "merge": lambda: merge_customers(customer_id=customer, other_id=other, **said),
        "take back": lambda: take_back_links(customer_id=customer, operation=operation, **said),
        "split off": lambda: split_record(customer_id=customer, profile_id=two, **said),
    }


@pytest.mark.parametrize(
    "act",
    ["link", "propose", "unlink", "decide", "split", "review", "merge", "take back", "split off"],
)
def test_customers_are_held_before_it_is_read_what_is_theirs(act: str, locking: None) -> None:
    profiles = list(register_profiles(source="web", source_keys=["a", "b", "c"]).values())
    run = acts(*profiles)[act]
    with CaptureQueriesContext(connection) as captured:
        run()
    said = [query["sql"] for query in captured]
    held = [place for place, sql in enumerate(said) if HELD in sql]
    written = [place for place, sql in enumerate(said) if any(word in sql for word in WRITES)]
    read = [place for place, sql in enumerate(said) if "home_customer_id" in sql and sql.startswith("SELECT")]
    assert held and written
    # Nothing is locked once it was begun to write, and where profiles are is read under the lock.
    assert max(held) < min(written)
    assert any(place > max(held) for place in read) or act == "propose"


def test_customers_are_held_in_the_order_of_their_numbers(locking: None) -> None:
    profiles = list(register_profiles(source="web", source_keys=["a", "b", "c"]).values())
    with CaptureQueriesContext(connection) as captured:
        link_profiles(pairs=[*pair(profiles[2], profiles[0]), *pair(profiles[1], profiles[2])])
    (held,) = (query["sql"] for query in captured if HELD in query["sql"])
    assert "ORDER BY" in held


def test_sqlite_is_asked_for_no_further_lock() -> None:
    profiles = list(register_profiles(source="web", source_keys=["a", "b"]).values())
    with CaptureQueriesContext(connection) as captured:
        link_profiles(pairs=pair(*profiles))
    assert not any('customers_customer" WHERE' in query["sql"] for query in captured)
