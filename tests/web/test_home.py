"""The home page: what to do today, key figures, and the steps before there are any."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.counted_shop import AS_OF, counted_orders, listed
from tests.shops import Order, add_orders, open_shop, refresh
from zhike.jobs.tracking import JobState
from zhike.kernel import clock
from zhike.kernel.errors import ZhikeError
from zhike.kernel.home import Home
from zhike.lake.snapshots import open_lake
from zhike.measure.selectors import PeriodFigures, compared_figures, daily_figures
from zhike.pipeline.models import RefreshRun
from zhike.web.home import HomePage

pytestmark = pytest.mark.django_db
DAYS = (7, 30, 90, 365)


def counted(first: date, last: date) -> dict[str, Any]:
    """Key figures of a range of days, counted from the orders themselves."""
    # A cancelled order never counts, and one that was refunded in full no longer does.
    orders = [order for order in counted_orders() if order.status == "completed"]
    inside = [order for order in orders if first <= order.day <= last]
    buyers = [order.customer for order in inside]
    return {
        "revenue": sum(order.amount for order in inside),
        "orders": len(buyers),
        "buyers": len(set(buyers)),
        "repeat": len({name for name in buyers if buyers.count(name) >= 2}),
    }


@pytest.mark.parametrize("days", DAYS)
def test_the_figures_are_those_of_the_orders(days: int, counted_shop: Home) -> None:
    snapshot = open_lake(counted_shop.lake).current()
    assert snapshot is not None
    figures = compared_figures(snapshot, days=days)
    assert figures is not None
    expected = counted(AS_OF - timedelta(days=days), AS_OF)
    current = figures.current
    assert current.revenue == expected["revenue"]
    assert current.order_count == expected["orders"]
    assert current.buyer_count == expected["buyers"]
    assert current.repeat_buyer_count == expected["repeat"]
    assert current.repurchase_rate == pytest.approx(expected["repeat"] / expected["buyers"])
    assert current.average_order_amount == round(expected["revenue"] / expected["orders"])


def test_a_period_without_buyers_has_no_rate_and_no_average() -> None:
    nobody = PeriodFigures(date(2026, 1, 1), date(2026, 1, 31), True, 0, 0, 0, 0, 0, 0, 0)
    assert nobody.repurchase_rate is None
    assert nobody.average_order_amount is None


@pytest.mark.parametrize("days", DAYS)
def test_the_cards_compare_with_before_and_last_year(
    days: int, counted_shop: Home, alice_client: Any
) -> None:
    page: HomePage = alice_client.get(f"/?period={days}").context["page"]
    snapshot = open_lake(counted_shop.lake).current()
    assert snapshot is not None
    figures = compared_figures(snapshot, days=days)
    assert figures is not None
    compared = [each for each in (figures.previous, figures.last_year) if each]
    sales = page.kpis[0]
    assert len(sales.changes) == len(compared)
    for change, before in zip(sales.changes, compared, strict=True):
        assert change.text.rstrip("%") == f"{(figures.current.revenue / before.revenue - 1) * 100:+.1f}"
    assert bool(sales.note) == (len(compared) < 2)


@pytest.mark.parametrize("days", DAYS)
def test_the_cards_lead_to_the_people_they_count(days: int, counted_shop: Home, alice_client: Any) -> None:
    page: HomePage = alice_client.get(f"/?period={days}").context["page"]
    snapshot = open_lake(counted_shop.lake).current()
    assert snapshot is not None
    figures = compared_figures(snapshot, days=days)
    assert figures is not None
    assert listed(alice_client, page.kpis[1].href) == figures.current.buyer_count
    assert listed(alice_client, page.kpis[2].href) == figures.current.repeat_buyer_count


@pytest.mark.parametrize("days", DAYS)
def test_the_columns_sum_to_the_sales_of_the_period(days: int, counted_shop: Home, alice_client: Any) -> None:
    page: HomePage = alice_client.get(f"/?period={days}").context["page"]
    drawn = sum(int(value or 0) for series in page.revenue.series for value in series.values)
    assert drawn == counted(AS_OF - timedelta(days=days), AS_OF)["revenue"]
    assert page.is_by_week == (days >= 90)
    assert len(page.revenue.categories) == (days + 1 if days < 90 else len(set(page.revenue.categories)))


def test_the_shares_of_the_groups_sum_to_one(counted_shop: Home, alice_client: Any) -> None:
    page: HomePage = alice_client.get("/").context["page"]
    assert page.shares is not None
    for series in page.shares.series:
        assert sum(float(value or 0) for value in series.values) == pytest.approx(1)


def test_what_to_do_is_sorted_by_money_and_leads_to_the_people(counted_shop: Home, alice_client: Any) -> None:
    shown = alice_client.get("/").context["page"].todos
    assert 1 <= len(shown) <= 5
    todos = [todo for todo in shown if todo.people is not None]
    assert len(todos) >= 3
    assert [todo.money for todo in todos] == sorted((todo.money for todo in todos), reverse=True)
    for todo in todos:
        assert listed(alice_client, todo.href) == todo.people, todo.title


def test_days_are_in_order_and_new_revenue_is_part_of_revenue(counted_shop: Home) -> None:
    snapshot = open_lake(counted_shop.lake).current()
    assert snapshot is not None
    days = daily_figures(snapshot)
    assert [day.day for day in days] == sorted({day.day for day in days})
    assert all(day.new_buyer_count <= day.buyer_count for day in days)


def test_a_failed_refresh_comes_first(counted_shop: Home, alice_client: Any) -> None:
    RefreshRun.objects.create(state=JobState.FAILED, error_zh="磁盘满了", error_en="the disk is full")
    page = alice_client.get("/").context["page"]
    assert page.todos[0].advice == "磁盘满了"
    assert page.todos[0].people is None


def test_a_failed_look_at_the_past_is_no_trouble_of_today(counted_shop: Home, alice_client: Any) -> None:
    RefreshRun.objects.create(
        state=JobState.FAILED, requested_as_of=date(2020, 1, 1), error_zh="太早", error_en="early"
    )
    assert "太早" not in alice_client.get("/").content.decode()


def test_old_figures_are_named(
    counted_shop: Home, alice_client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = clock.now() + timedelta(days=3, hours=1)
    monkeypatch.setattr("zhike.web.home.today.clock.now", lambda: later)
    assert "上次计算是 3 天前" in alice_client.get("/").content.decode()


def test_orders_that_stopped_are_named(tmp_path: Path, settings: Any, alice_client: Any) -> None:
    settings.ZHIKE_HOME = home = open_shop(tmp_path / "old")
    add_orders(home, [Order("C1", date(2020, 5, 1), 1_000)])
    refresh(home)
    assert "2020-05-01" in alice_client.get("/").context["page"].todos[0].advice


def test_without_orders_the_home_page_shows_the_steps(empty_shop: Home, alice_client: Any) -> None:
    answer = alice_client.get("/")
    assert answer.context["page"].orders == 0
    assert f"zhike import orders orders.csv --dir {empty_shop.path}" in answer.content.decode()
    assert "/runs/start/" not in answer.content.decode()


def test_with_orders_but_no_snapshot_a_refresh_is_one_click_away(empty_shop: Home, alice_client: Any) -> None:
    add_orders(empty_shop, [Order("C1", date(2026, 5, 1), 1_000)])
    answer = alice_client.get("/")
    assert answer.context["page"].orders == 1
    assert 'action="/runs/start/"' in answer.content.decode()
    alice_client.post("/runs/start/")
    assert f"/runs/{RefreshRun.objects.get().pk}/" in alice_client.get("/").content.decode()


def test_a_failed_first_refresh_shows_its_sentence(empty_shop: Home, alice_client: Any) -> None:
    with pytest.raises(ZhikeError):
        refresh(empty_shop)
    assert RefreshRun.objects.get().error_zh in alice_client.get("/").content.decode()


def test_charlie_sees_nothing(counted_shop: Home, charlie_client: Any) -> None:
    answer = charlie_client.get("/")
    assert answer.status_code == 302
    assert not answer.content
