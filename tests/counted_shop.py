"""A shop whose every figure can be counted from its orders; the conftest of a folder makes it a fixture."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction

from tests.shops import SOURCE, Order, add_orders, open_shop, refresh
from zhike.kernel.home import Home

AS_OF = date(2026, 6, 30)
PROSPECTS = 4


def counted_orders() -> list[Order]:
    """120 customers over two years, each with a rhythm and a size; some stop, one order is refunded."""
    chance = random.Random(20260630)
    orders = []
    for number in range(120):
        day = AS_OF - timedelta(days=chance.randrange(1, 700))
        gap, size = chance.choice((9, 30, 75)), chance.choice((2_000, 8_000, 30_000))
        for _ in range(chance.randrange(1, 30)):
            orders.append(Order(f"C{number}", day, size + chance.randrange(size)))
            day += timedelta(days=chance.randrange(1, 2 * gap))
            if day > AS_OF:
                break
    orders += [Order("C0", AS_OF, 5_000, status="refunded"), Order("C1", AS_OF, 9_900, status="cancelled")]
    return orders


@pytest.fixture(scope="session")
def _built(tmp_path_factory: Any, django_db_setup: None, django_db_blocker: Any) -> Home:
    from zhike.customers.services import register_profiles

    home = open_shop(tmp_path_factory.mktemp("counted") / "shop")
    # Pages read the lake; the rows in the database are taken back so that no other test meets them.
    with django_db_blocker.unblock(), transaction.atomic():
        add_orders(home, counted_orders())
        register_profiles(source=SOURCE, source_keys=[f"P{number}" for number in range(PROSPECTS)])
        refresh(home, as_of=AS_OF)
        transaction.set_rollback(True)
    return home


@pytest.fixture
def counted_shop(_built: Home, settings: Any) -> Home:
    """The pages show this shop."""
    settings.ZHIKE_HOME = _built
    return _built


@pytest.fixture
def empty_shop(tmp_path: Any, settings: Any) -> Home:
    """The pages show a shop without an order."""
    settings.ZHIKE_HOME = open_shop(tmp_path / "empty")
    return settings.ZHIKE_HOME  # type: ignore[no-any-return]


def listed(client: Any, href: str) -> int:
    """How many customers the list behind a link shows."""
    answer = client.get(href)
    assert answer.status_code == 200, href
    return int(answer.context["page"].paging.total)
