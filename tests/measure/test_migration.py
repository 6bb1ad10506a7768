"""The page of migration: its matrix adds up to the groups of both dates, and every flow leads to its people."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.counted_shop import listed
from tests.shops import published
from zhike.customers.moves import GROUPINGS
from zhike.measure.selectors import MigrationPage

pytestmark = pytest.mark.django_db

ADDRESSES = (
    "/value/migration/",
    "/value/migration/?by=stage",
    "/value/migration/?from=2025-12-31&to=2026-04-30&flows=all",
    "/value/migration/?from=2026-03-31&by=stage&flows=all",
    "/value/migration/?by=tier&flows=all",
    "/value/migration/?from=2026-02-28&to=2026-05-31&by=score&flows=all",
)


def page_at(client: Any, address: str) -> MigrationPage:
    return client.get(address).context["page"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_sums_of_the_matrix_are_the_groups_of_both_dates(
    address: str, counted_shop: Any, alice_client: Any
) -> None:
    page = page_at(alice_client, address)
    column = GROUPINGS[page.grouping]
    history = published(counted_shop, "value_history")
    before = Counter(row[column] for row in history if row["month_end"] == page.since)
    after = Counter(row[column] for row in history if row["month_end"] == page.until)
    if page.until is None:
        overview = published(counted_shop, "customer_overview")
        after = Counter(row[column] for row in overview if row[column] and row["order_count"])
    assert page.matrix is not None and page.movement is not None
    assert sorted(row.total for row in page.matrix.rows[: len(before)]) == sorted(before.values())
    assert sorted(page.matrix.column_totals[: len(after)]) == sorted(after.values())
    assert page.matrix.total == sum(row.total for row in page.matrix.rows)
    moved = page.movement
    assert page.matrix.total == moved.better + moved.worse + moved.stayed + moved.came + moved.went


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_flow_leads_to_its_people(address: str, counted_shop: Any, alice_client: Any) -> None:
    page = page_at(alice_client, address)
    assert page.matrix is not None and page.flows is not None
    cells = [(cell.count, cell.href) for row in page.matrix.rows for cell in row.cells if cell.count]
    flows = [(flow.value, flow.href) for flow in page.flows.flows]
    assert set(flows) <= set(cells) and cells
    for count, href in cells:
        assert listed(alice_client, href) == count, href


def test_a_flow_of_nobody_and_a_thin_one_are_not_drawn(counted_shop: Any, alice_client: Any) -> None:
    page = page_at(alice_client, "/value/migration/?from=2025-12-31")
    assert page.flows is not None and page.matrix is not None
    assert all(flow.value and flow.value >= 0.01 * page.matrix.total for flow in page.flows.flows)
    drawn = {flow.source for flow in page.flows.flows} | {flow.target for flow in page.flows.flows}
    assert {node.key for node in page.flows.nodes} == drawn


def test_the_list_says_in_words_who_moved(counted_shop: Any, alice_client: Any) -> None:
    page = page_at(alice_client, "/value/migration/?by=stage&from=2026-03-31&to=2026-05-31")
    assert page.matrix is not None
    href = next(cell.href for row in page.matrix.rows for cell in row.cells if cell.kind == "worse")
    html = alice_client.get(href).content.decode()
    assert "2026-03-31 至 2026-05-31：从" in html


@pytest.mark.parametrize(
    "address", ["?from=2026-03-30", "?from=2026-05-31&to=2026-04-30", "?from=x", "?to=2026-05-31"]
)
def test_dates_without_a_history_and_a_span_backwards_are_refused_with_the_way_out(
    address: str, counted_shop: Any, alice_client: Any
) -> None:
    answer = alice_client.get(f"/value/migration/{address}")
    assert answer.status_code == 400
    assert "2026-05-31" in answer.content.decode()


@pytest.mark.parametrize(
    "value", ["rfm:x:loyal:2026-05-31:now", "tier:a:b:c:d", "rfm:loyal", "stage:new:new:x:now"]
)
def test_a_movement_that_is_not_understood_is_a_problem_of_the_list(
    value: str, counted_shop: Any, alice_client: Any
) -> None:
    answer = alice_client.get("/customers/", {"moved": value})
    assert answer.status_code == 400 and answer.context["page"].problems


def test_the_panel_of_the_rfm_page_says_what_the_page_of_migration_says(
    counted_shop: Any, alice_client: Any
) -> None:
    panel = alice_client.get("/value/movement/").context["page"]
    page = page_at(alice_client, "/value/migration/")
    assert panel.movement == page.movement and panel.since == page.since


def test_the_trend_of_a_customer_adds_up_to_what_they_spent(counted_shop: Any, alice_client: Any) -> None:
    from zhike.lake.snapshots import open_lake
    from zhike.measure.selectors import trend

    snapshot = open_lake(counted_shop.lake).current()
    assert snapshot is not None
    for customer in {row["customer_id"] for row in published(counted_shop, "value_history")}:
        rows = [r for r in published(counted_shop, "value_history") if r["customer_id"] == customer]
        rows.sort(key=lambda row: row["month_end"])  # type: ignore[arg-type,return-value]
        chart, steps = trend(snapshot, customer)  # type: ignore[arg-type]
        first, last = rows[0], rows[-1]
        if chart is not None:
            assert sum(v or 0 for v in chart.series[0].values) == last["spend_amount"] - first["spend_amount"]  # type: ignore[operator]
        assert steps and steps[-1].month_end == first["month_end"]
        break
