"""A tiny shop whose customers differ in everything a filter can ask for."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.shops import SOURCE, Order, add_orders, open_shop, published, refresh
from zhike.kernel.home import Home

AS_OF = date(2026, 6, 30)


@dataclass(frozen=True)
class Shop:
    """A refreshed shop: its folder, its customers by source key, its overview as plain rows."""

    home: Home
    ids: dict[str, int]
    overview: list[dict[str, Any]]


def days_before(days: int) -> date:
    return AS_OF - timedelta(days=days)


def orders() -> list[Order]:
    made = [
        # k0 … k29: further back, rarer and smaller with the number.
        Order(
            f"k{number}", days_before(3 + 9 * number + 20 * turn), 5_000 + 997 * number + 10_000 * (turn % 3)
        )
        for number in range(30)
        for turn in range(1 + (30 - number) // 5)
    ]
    made += [
        Order("regular", days_before(2), 10_050, discount=450, order_id="R-1"),
        Order("regular", days_before(40), 20_000, refund=5_000, refunded_on=days_before(30), order_id="R-2"),
        Order("regular", days_before(41), 77_700, status="cancelled", order_id="R-3"),
        Order(
            "regular", days_before(60), 33_300, status="refunded", refunded_on=days_before(50), order_id="R-4"
        ),
        Order("prospect", days_before(9), 4_400, status="cancelled", order_id="P-1"),
        Order("=cmd()", days_before(5), 1_200, order_id="X-1"),
    ]
    return made


# The lake of the shop by the ids that the database gave out: the same ids, the same lake, no second refresh.
_lakes: dict[tuple[tuple[str, int], ...], Path] = {}


@pytest.fixture
def shop(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, settings: Any, db: None) -> Shop:
    """The refreshed shop; pages read it."""
    from zhike.customers.models import Profile
    from zhike.customers.services import register_profiles

    home = open_shop(tmp_path / "shop")
    # First of all: names and keys are sealed with the keys of the folder in force.
    settings.ZHIKE_HOME = home
    profile_ids = register_profiles(source=SOURCE, source_keys=[order.customer for order in orders()])
    customers = dict(Profile.objects.filter(source=SOURCE).values_list("pk", "customer_id"))
    ids = {key: customers[profile_id] for key, profile_id in profile_ids.items()}
    mark = (*profile_ids.items(), *ids.items())
    if mark in _lakes:
        shutil.copytree(_lakes[mark], home.lake)
    else:
        add_orders(home, orders())
        _add_lines_and_events(home, profile_ids["regular"], profile_ids["k1"])
        refresh(home, as_of=AS_OF)
        _lakes[mark] = tmp_path_factory.mktemp("customers") / "lake"
        shutil.copytree(home.lake, _lakes[mark])
    set_profile_attributes(profile_ids["regular"])
    return Shop(home, ids, published(home, "customer_overview"))


def set_profile_attributes(profile_id: int) -> None:
    from zhike.customers import services

    services.set_profile_attributes(attributes={profile_id: {"age": "25-34", "favourite_colour": "green"}})


def _add_lines_and_events(home: Home, profile_id: int, referred_id: int) -> None:
    from zhike.collect.schema import EVENTS, ORDER_LINES, PRODUCTS
    from zhike.lake.snapshots import open_lake

    deltas = open_lake(home.lake).deltas
    product = {"source": SOURCE, "product_id": "T1", "name": "龙井茶", "category": "茶叶 & 茶具"}
    line = {
        "source": SOURCE,
        "order_id": "R-1",
        "line_number": 1,
        "profile_id": profile_id,
        "ordered_on": days_before(2),
        "product_id": "T1",
        "quantity": 2,
        "amount": 10_050,
        "discount_amount": 450,
    }
    event = {
        "source": SOURCE,
        "event_id": "E1",
        "profile_id": profile_id,
        "occurred_at": datetime.combine(days_before(3), time(2), UTC),
        "occurred_on": days_before(3),
        "name": "campaign_contacted",
        "properties": json.dumps({"campaign_id": "春茶"}, ensure_ascii=False),
    }
    referred = {
        **event,
        "event_id": "E2",
        "profile_id": referred_id,
        "name": "referred",
        "properties": json.dumps({"referrer_profile_id": profile_id}),
    }
    for table, rows in ((PRODUCTS, [product]), (ORDER_LINES, [line]), (EVENTS, [event, referred])):
        deltas.append(table, pa.Table.from_pylist(rows, schema=table.arrow_schema()))
