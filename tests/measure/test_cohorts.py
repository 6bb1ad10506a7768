"""Cohorts: the table against a plain count of the orders, and its page."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.cast import client_of, colleague
from tests.counted_shop import counted_orders, listed
from tests.shops import Order, add_orders, open_shop, published, refresh
from zhike.accounts.access import Role
from zhike.measure.selectors import CohortsPage

pytestmark = pytest.mark.django_db


def start(day: date, months: int) -> date:
    return day.replace(month=(day.month - 1) // months * months + 1, day=1)


def plainly(orders: list[Order], months: int) -> dict[tuple[date, date], tuple[set[str], int]]:
    """Who of each cohort ordered in each period, and for how much, said a second time."""
    counted = [order for order in orders if order.status == "completed"]
    first: dict[str, date] = {}
    for order in sorted(counted, key=lambda order: order.day):
        first.setdefault(order.customer, start(order.day, months))
    cells: defaultdict[tuple[date, date], tuple[set[str], int]] = defaultdict(lambda: (set(), 0))
    for order in counted:
        place = first[order.customer], start(order.day, months)
        who, amount = cells[place]
        cells[place] = (who | {order.customer}, amount + order.amount)
    return cells


@pytest.mark.parametrize("months", [1, 3])
def test_every_cell_is_a_plain_count_of_the_orders(months: int, counted_shop: Any) -> None:
    expected = plainly(counted_orders(), months)
    rows = [row for row in published(counted_shop, "cohorts") if row["period_months"] == months]
    found = {(row["cohort_on"], row["period_on"]): row for row in rows}
    assert {place for place, row in found.items() if row["active_count"]} == set(expected)
    for place, row in found.items():
        who, amount = expected.get(place, (set(), 0))
        assert (row["active_count"], row["revenue"]) == (len(who), amount)
        assert row["customer_count"] == len(expected[place[0], place[0]][0])
        before = sum(n for (c, p), (_, n) in expected.items() if c == place[0] and p <= place[1])
        assert row["cumulative_revenue"] == before


def test_every_customer_is_in_one_cohort(counted_shop: Any) -> None:
    rows = [row for row in published(counted_shop, "cohorts") if row["period_months"] == 1]
    assert sum(int(row["customer_count"]) for row in rows if row["period"] == 0) == 120  # type: ignore[call-overload]


def test_the_period_of_the_business_date_is_running_even_on_its_last_day(tmp_path: Path) -> None:
    home = open_shop(tmp_path / "shop")
    add_orders(home, [Order("C1", date(2026, 4, 3), 100), Order("C1", date(2026, 5, 9), 200)])
    for day in (date(2026, 5, 9), date(2026, 5, 31)):
        refresh(home, as_of=day)
        rows = [row for row in published(home, "cohorts") if row["period_months"] == 1]
        assert [(row["period"], row["is_running"]) for row in rows] == [(0, False), (1, True)]


def test_a_refund_takes_a_customer_out_of_the_period_and_walk_ins_are_in_none(tmp_path: Path) -> None:
    home = open_shop(tmp_path / "shop")
    back = Order("C1", date(2026, 5, 9), 200, status="refunded", refunded_on=date(2026, 6, 2))
    add_orders(home, [Order("C1", date(2026, 4, 3), 100), back])
    refresh(home, as_of=date(2026, 6, 10))
    rows = [row for row in published(home, "cohorts") if row["period_months"] == 1]
    assert [(row["active_count"], row["cumulative_revenue"]) for row in rows] == [
        (1, 100),
        (0, 100),
        (0, 100),
    ]


@pytest.fixture
def page(counted_shop: Any, alice_client: Any) -> CohortsPage:
    return alice_client.get("/value/cohorts/?show=all").context["page"]  # type: ignore[no-any-return]


def test_every_cohort_leads_to_its_people(page: CohortsPage, alice_client: Any) -> None:
    assert page.retention is not None
    assert sum(row.customers or 0 for row in page.retention.rows) == 120
    for row in page.retention.rows:
        assert listed(alice_client, row.href) == row.customers, row.name
    quarters = alice_client.get("/value/cohorts/?by=quarter").context["page"]
    for row in quarters.retention.rows:
        assert listed(alice_client, row.href) == row.customers, row.name


def test_what_lies_in_the_future_is_blank_and_the_first_period_is_whole(page: CohortsPage) -> None:
    assert page.retention is not None
    for place, row in enumerate(page.retention.rows):
        assert row.cells[0].text == "100.0%"
        assert all(cell.text == "" for cell in row.cells[place + 1 :]), row.name
    assert page.retention.mean.cells[0].text == "100.0%"


def test_a_small_cohort_has_no_colour(page: CohortsPage) -> None:
    assert page.retention is not None
    assert all(cell.value is None for row in page.retention.rows if row.is_small for cell in row.cells)


def test_the_file_has_all_cohorts(counted_shop: Any, alice_client: Any) -> None:
    answer = alice_client.get("/value/cohorts/file/")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert len(rows) == 1 + len(published(counted_shop, "cohorts"))


def test_a_shop_without_orders_and_one_in_its_first_month_say_so(
    empty_shop: Any, alice_client: Any, settings: Any, tmp_path: Path
) -> None:
    assert "kz-heat" not in alice_client.get("/value/cohorts/").content.decode()
    home = open_shop(tmp_path / "young")
    add_orders(home, [Order("C1", date(2026, 5, 9), 200)])
    refresh(home, as_of=date(2026, 5, 30))
    settings.ZHIKE_HOME = home
    assert alice_client.get("/value/cohorts/").context["page"].is_too_young
    assert alice_client.get("/value/migration/").context["page"].movement is None


def test_whoever_may_not_see_numbers_is_refused(counted_shop: Any) -> None:
    assert client_of(colleague(Role.SALES)).get("/value/cohorts/").status_code == 403
