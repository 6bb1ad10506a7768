"""What only the database knows of very many customers leaves it as one text, and says what reading one by one says."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.cast import colleague
from tests.shops import open_shop
from zhike.accounts.access import Role
from zhike.customers.models import ConsentEntry, Customer, Profile
from zhike.customers.pieces import Listed
from zhike.customers.selectors.consents import is_agreed
from zhike.customers.selectors.finding import customers_agreeing, database_ids, ids_in_sight
from zhike.customers.services import PairEvidence, link_profiles, register_profiles
from zhike.kernel import clock

MANY = 20_000


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, settings: Any, db: None) -> None:
    settings.ZHIKE_HOME = open_shop(tmp_path / "shop")


def numbers(ids: Listed) -> list[int]:
    return sorted(map(int, ids.text.split(","))) if ids.text else []


def test_who_agreed_is_who_agrees_one_by_one() -> None:
    draw, now = Random(7), clock.now()
    profiles = list(register_profiles(source="web", source_keys=[f"K{n}" for n in range(60)]).values())
    link_profiles(pairs=[PairEvidence(a, a + 1, "phone") for a in profiles[:20:2]])
    moments = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 3)]
    ConsentEntry.objects.bulk_create(
        ConsentEntry(
            profile_id=draw.choice(profiles),
            purpose=draw.choice(["marketing", "marketing", "service"]),
            channel=draw.choice(["", "sms", "email"]),
            is_granted=draw.random() < 0.7,
            source="staff",
            given_at=draw.choice(moments),
            expires_at=draw.choice([None, None, now - timedelta(days=1), now + timedelta(days=1)]),
            undone_at=draw.choice([None, None, None, now]),
        )
        for _ in range(200)
    )
    customers = set(Profile.objects.values_list("customer", flat=True))
    for channel in ("sms", "email"):
        agreed = [pk for pk in customers if is_agreed(pk, purpose="marketing", channel=channel)]
        assert 0 < len(agreed) < len(customers)
        assert numbers(customers_agreeing(purpose="marketing", channel=channel)) == sorted(agreed)


def test_very_many_customers_are_named_without_an_object_for_each() -> None:
    seller = colleague(Role.SALES)
    Customer.objects.bulk_create(Customer(owner=seller) for _ in range(MANY))
    database_ids("owner", "none")
    tracemalloc.start()
    mine, of_nobody, in_sight = (
        database_ids("owner", str(seller.pk)),
        database_ids("owner", "none"),
        ids_in_sight(seller),
    )
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 60 * MANY, "as numbers in a set they would take more than a hundred bytes each"
    assert len(numbers(mine)) == MANY and mine == in_sight and numbers(of_nobody) == []
