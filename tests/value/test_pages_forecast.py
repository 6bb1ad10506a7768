"""The page of what is to come."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.counted_shop import listed
from tests.shops import Order, add_orders, open_shop, refresh
from zhike.value.selectors import ForecastPage

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(counted_shop: Any, alice_client: Any) -> ForecastPage:
    return alice_client.get("/value/forecast/").context["page"]  # type: ignore[no-any-return]


def test_the_bands_count_every_buyer_once(page: ForecastPage) -> None:
    assert sum(row.customers for row in page.risks) == page.scored == 120
    assert sum(row.share for row in page.risks) == pytest.approx(1)


def test_every_number_of_people_leads_to_as_many_people(page: ForecastPage, alice_client: Any) -> None:
    linked = [(row.customers, row.href) for row in page.risks]
    linked += [
        (int(kpi.value.replace(",", "")), kpi.href) for kpi in page.kpis if "≈" not in kpi.value and kpi.href
    ]
    linked += [(row.customers, row.href) for row in page.restock]
    assert len(linked) >= 7
    for count, href in linked:
        assert listed(alice_client, href) == count, href


def test_the_demand_chart_joins_what_was_sold_and_what_is_expected(page: ForecastPage) -> None:
    assert page.demand_chart is not None
    sold, expected, low, high = page.demand_chart.series
    known = [place for place, value in enumerate(sold.values) if value is not None]
    ahead = [place for place, value in enumerate(expected.values) if value is not None]
    assert ahead == list(range(known[-1], known[-1] + 9))
    for place in ahead[1:]:
        assert low.values[place] <= expected.values[place] <= high.values[place]  # type: ignore[operator]


def test_an_unknown_category_shows_the_whole_shop(counted_shop: Any, alice_client: Any) -> None:
    answer = alice_client.get("/value/forecast/?category=%F0%9F%8D%B5")
    assert answer.status_code == 200
    assert answer.context["page"].demand_chart is not None


def test_a_young_shop_is_told_what_is_missing(tmp_path: Path, settings: Any, alice_client: Any) -> None:
    settings.ZHIKE_HOME = home = open_shop(tmp_path / "young")
    day = date(2026, 6, 1)
    add_orders(home, [Order(f"C{n}", day + timedelta(days=n), 1_000) for n in range(5)])
    refresh(home, as_of=day + timedelta(days=6))
    answer = alice_client.get("/value/forecast/")
    page = answer.context["page"]
    assert page.is_rule
    assert page.reason is not None
    assert str(page.reason) in answer.content.decode()
    assert page.demand_chart is None
    assert page.models == ()


def test_a_shop_without_a_snapshot_says_so(empty_shop: Any, alice_client: Any) -> None:
    assert alice_client.get("/value/forecast/").status_code == 200


def test_a_stranger_sees_nothing(counted_shop: Any, charlie_client: Any) -> None:
    assert charlie_client.get("/value/forecast/").status_code == 302
