"""Whatever is merged and taken back, every published table equals the one before, row for row.

What is shown, and how, is told in `merging_sequences.py`: here by 60 random sequences on the map of the profiles and 3 whole
refreshes of merged and unmerged states; `make crash` does 1,000 and 40.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.customers.merging_sequences import (
    check_sequence,
    check_tables,
    hanging_on_customers,
    opened_shop,
    published_tables,
    shown_of,
)
from tests.shops import open_shop
from zhike.accounts.models import User
from zhike.customers.models import Profile, ProfileLink
from zhike.customers.records import ConsentGiven, ProfileRecord
from zhike.customers.selectors import profile_map
from zhike.customers.services import PairEvidence, link_profiles, record_profiles, unlink_operation
from zhike.kernel.home import Home


@pytest.fixture
def home(tmp_path: Path, settings: Any, db: None) -> Home:
    settings.ZHIKE_HOME = open_shop(tmp_path / "shop")
    made: Home = settings.ZHIKE_HOME
    return made


@pytest.fixture
def profiles(home: Home) -> list[int]:
    return opened_shop(home)


def test_random_sequences_leave_the_map_and_what_hangs_on_it_as_they_were(
    profiles: list[int], alice: User
) -> None:
    stood = [check_sequence(seed, profiles, alice) for seed in range(60)]
    assert sum(map(bool, stood)) > 40


def test_after_random_sequences_every_published_table_is_as_it_was(
    home: Home, profiles: list[int], alice: User
) -> None:
    before = published_tables(home)
    assert {"customer_overview", "profiles", "orders", "kpi_periods", "segment_members"} <= before.keys()
    assert published_tables(home) == before, "the same facts, map and day give the same tables"
    differing = set().union(
        *(check_tables(seed, home, profiles, alice, before) for seed in (1001, 1002, 1003))
    )
    assert {"profiles", "customer_features", "customer_overview"} <= differing, (
        "merges are seen in the tables"
    )


def test_a_link_that_is_not_taken_back_is_found(profiles: list[int], alice: User, monkeypatch: Any) -> None:
    """The comparison has teeth: with one link of many left standing it fails."""
    from tests.customers import merging_sequences

    left: list[str] = []

    def all_but_one(*, operation: str, **more: Any) -> int:
        stands = ProfileLink.objects.filter(entries__operation=operation, state="linked").exists()
        if stands and not left:
            left.append(operation)
            return 0
        return unlink_operation(operation=operation, **more)

    monkeypatch.setattr(merging_sequences, "unlink_operation", all_but_one)
    with pytest.raises(AssertionError, match="seed 5"):
        check_sequence(5, profiles, alice)


def test_what_is_added_to_a_merged_customer_stays_where_it_was_made(profiles: list[int], alice: User) -> None:
    """Consents, tags and notes hang on the profile that they came with, not on the merge."""
    one, two = profiles[5], profiles[30]
    operation = link_profiles(pairs=[PairEvidence(one, two, "phone")]).operation
    said = ConsentGiven("profiling", "", False, datetime(2026, 6, 1, tzinfo=UTC), "v2")
    record_profiles(
        source="app", records=[ProfileRecord(source_key="app2", consents=(said,), tags=("later",))]
    )
    while_merged = hanging_on_customers()
    assert Profile.objects.get(pk=one).customer_id == Profile.objects.get(pk=two).customer_id
    unlink_operation(operation=operation, actor=alice)
    apart = hanging_on_customers()
    for name in ("consents", "tags"):
        assert [row[1:] for row in sorted(apart[name], key=lambda row: str(row[1:]))] == [
            row[1:] for row in sorted(while_merged[name], key=lambda row: str(row[1:]))
        ]
    names = {
        pk: [name for name, _ in tags]
        for (_, _, tags), pk in zip(shown_of({one, two}), (one, two), strict=True)
    }
    assert "later" in names[two] and "later" not in names[one]
    assert len(set(profile_map()["customer_id"].to_pylist())) == len(profiles) - 2
