"""`make crash`: 1,000 random sequences of merging and taking back, and 40 of them with whole refreshes; see `merging_sequences.py`."""

from __future__ import annotations

import pytest

from tests.customers.merging_sequences import check_sequence, check_tables, published_tables
from tests.customers.test_merge_and_unmerge_every_table import home, profiles  # noqa: F401 - fixtures
from zhike.accounts.models import User
from zhike.kernel.home import Home


@pytest.mark.parametrize("hundred", range(10))
def test_a_hundred_sequences_leave_the_map_as_it_was(
    hundred: int,
    profiles: list[int],  # noqa: F811
    alice: User,
) -> None:
    stood = [check_sequence(100 * hundred + number, profiles, alice) for number in range(100)]
    assert sum(map(bool, stood)) > 70


@pytest.mark.parametrize("ten", range(4))
def test_after_ten_sequences_every_published_table_is_as_it_was(
    ten: int,
    home: Home,  # noqa: F811
    profiles: list[int],  # noqa: F811
    alice: User,
) -> None:
    before = published_tables(home)
    for number in range(10):
        check_tables(10_000 + 10 * ten + number, home, profiles, alice, before)
