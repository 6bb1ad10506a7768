"""From orders to a published snapshot, and what happens when something is wrong."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.shops import Order, add_orders, open_shop, published, refresh
from zhike.jobs.tracking import JobState
from zhike.kernel import clock
from zhike.kernel.errors import UsageError, ZhikeError
from zhike.kernel.home import Home
from zhike.lake import catalog
from zhike.lake.snapshots import open_lake
from zhike.pipeline.models import RefreshRun
from zhike.segments.models import SegmentChange
from zhike.tiers.models import TierChange

pytestmark = pytest.mark.django_db

START = date(2024, 1, 1)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_shop(tmp_path / "shop")


def regulars(customers: int, *, every: int = 9, until: int = 200) -> list[Order]:
    """Customers who buy at their own rhythm and of whom every third stops half-way."""
    return [
        Order(f"C{c}", START + timedelta(days=d), 1000 + 137 * ((c * 31 + d * 7) % 50))
        for c in range(customers)
        for d in range(c % 20, until // (2 if c % 3 == 0 else 1), every + c % 7)
    ]


def test_a_refresh_publishes_every_table_of_the_catalog(home: Home) -> None:
    add_orders(home, regulars(40))
    run = refresh(home)
    snapshot = open_lake(home.lake).current()
    assert snapshot is not None
    assert run.snapshot_id == snapshot.id
    assert run.state == JobState.DONE
    for table in catalog.tables("published"):
        rows = snapshot.fetch(snapshot.table(table.name))
        assert rows.schema.equals(table.arrow_schema()), table.name
        keys = rows.select(list(table.key)).to_pylist()
        assert len({tuple(k.values()) for k in keys}) == len(keys), table.name


def test_the_sums_of_all_views_agree(home: Home) -> None:
    add_orders(home, regulars(60))
    refresh(home)
    buyers = [r for r in published(home, "customer_features") if r["order_count"]]
    spend = sum(r["spend_amount"] for r in buyers)
    for name in ("rfm_cells", "clv_deciles"):
        rows = published(home, name)
        assert sum(r["customer_count"] for r in rows) == len(buyers)
        assert sum(r["spend_amount"] for r in rows) == spend
    for family in ("rfm:", "class:", "stage:"):
        rows = [r for r in published(home, "segment_summaries") if str(r["segment"]).startswith(family)]
        assert sum(r["customer_count"] for r in rows) == len(buyers)
    assert sum(r["revenue"] for r in published(home, "kpi_daily")) == spend
    sizes = [r["customer_count"] for r in published(home, "clv_deciles")]
    assert max(sizes) - min(sizes) <= 1


def test_old_data_are_looked_at_on_the_day_after_the_last_order(home: Home) -> None:
    add_orders(home, [Order("A", START, 100)])
    assert refresh(home).as_of == START + timedelta(days=1)


def test_fresh_data_are_looked_at_today(home: Home) -> None:
    today = clock.today(home.business().zone)
    add_orders(home, [Order("A", today - timedelta(days=30), 100)])
    assert refresh(home).as_of == today


def test_a_cancelled_order_does_not_set_the_business_date(home: Home) -> None:
    add_orders(
        home, [Order("A", START, 100), Order("A", START + timedelta(days=50), 100, status="cancelled")]
    )
    assert refresh(home).as_of == START + timedelta(days=1)


def test_without_orders_the_refresh_says_what_to_do(home: Home) -> None:
    with pytest.raises(ZhikeError) as refused:
        refresh(home)
    assert refused.value.code == "orders.none"
    run = RefreshRun.objects.get()
    assert (run.state, run.error_code) == (JobState.FAILED, "orders.none")
    assert run.error_zh
    assert run.error_en


def test_a_date_before_the_first_order_is_refused_with_that_date(home: Home) -> None:
    add_orders(home, [Order("A", START, 100)])
    with pytest.raises(UsageError, match="2024-01-01") as refused:
        refresh(home, as_of=START - timedelta(days=1))
    assert refused.value.code == "as_of.before_first_order"
    assert open_lake(home.lake).current() is None


def test_a_shop_with_three_customers_gets_an_answer_by_the_rule_that_says_so(home: Home) -> None:
    add_orders(
        home,
        [Order(c, START + timedelta(days=d), 1000) for c, d in (("A", 0), ("A", 20), ("B", 3), ("C", 9))],
    )
    refresh(home)
    forecasts = published(home, "clv_forecasts")
    assert {f["method"] for f in forecasts} == {"rule"}
    assert all(f["probability_alive"] is None and f["clv_365d"] > 0 for f in forecasts)
    notes = [
        r["note_zh"] for r in published(home, "model_parameters") if r["model"] == "clv" and r["note_zh"]
    ]
    assert "10" in str(notes[0])


def test_a_shop_of_identical_one_time_buyers_gets_an_answer(home: Home) -> None:
    add_orders(home, [Order(f"C{n}", START, 1000) for n in range(50)])
    refresh(home)
    assert len(published(home, "clv_forecasts")) == 50


def test_a_shop_that_never_charged_anything_gets_an_answer(home: Home) -> None:
    add_orders(home, [Order(f"C{n}", START + timedelta(days=d), 0) for n in range(40) for d in (0, 5 + n)])
    refresh(home)
    assert {f["clv_365d"] for f in published(home, "clv_forecasts")} == {0.0}


def test_the_past_can_be_looked_at_without_disturbing_the_present(home: Home) -> None:
    add_orders(home, regulars(40))
    present = refresh(home)
    past = refresh(home, as_of=START + timedelta(days=60))
    assert past.is_historical
    current = open_lake(home.lake).current()
    assert current is not None
    assert current.id == present.snapshot_id
    assert not SegmentChange.objects.exists()
    seen = open_lake(home.lake).snapshot(past.snapshot_id)
    table = seen.table("customer_features")
    assert seen.rows(table.aggregate(last=table.last_order_on.max()))[0]["last"] <= START + timedelta(days=60)


def test_the_first_snapshot_makes_no_change_rows_and_neither_does_an_unchanged_one(home: Home) -> None:
    add_orders(home, regulars(40))
    refresh(home)
    refresh(home)
    assert not SegmentChange.objects.exists()
    assert not TierChange.objects.exists()


def test_whoever_moves_between_two_snapshots_leaves_a_row(home: Home) -> None:
    ids = add_orders(home, regulars(40))
    refresh(home)
    before = {r["customer_id"]: r for r in published(home, "customer_overview")}
    add_orders(
        home,
        [Order("C3", START + timedelta(days=205), 900_000), Order("NEW", START + timedelta(days=205), 10)],
    )
    run = refresh(home)
    after = {r["customer_id"]: r for r in published(home, "customer_overview")}
    moved = {c for c, row in after.items() if c in before and row["tier"] != before[c]["tier"]}
    changes = TierChange.objects.filter(snapshot_id=run.snapshot_id)
    assert {c.customer_id for c in changes if c.tier_before} == moved
    assert (
        SegmentChange.objects.get(
            segment="rfm:" + str(after[ids["C3"]]["rfm_segment"]), customer_id=ids["C3"]
        ).direction
        == "entered"
    )
    left = SegmentChange.objects.filter(customer_id=ids["C3"], direction="left", segment__startswith="rfm:")
    assert [c.segment for c in left] == ["rfm:" + str(before[ids["C3"]]["rfm_segment"])]


def test_changes_that_a_crash_left_unwritten_are_completed_by_the_next_start(home: Home) -> None:
    from zhike.pipeline.services import complete_interrupted_work

    add_orders(home, regulars(40))
    refresh(home)
    add_orders(home, [Order("NEW", START + timedelta(days=205), 10)])
    run = refresh(home)
    wanted = set(SegmentChange.objects.values_list("segment", "customer_id", "direction"))
    assert wanted
    SegmentChange.objects.all().delete()
    RefreshRun.objects.filter(pk=run.pk).update(
        state=JobState.RUNNING, snapshot_id=None, changes_recorded=False
    )
    complete_interrupted_work(home=home)
    assert set(SegmentChange.objects.values_list("segment", "customer_id", "direction")) == wanted
    run.refresh_from_db()
    assert run.state == JobState.DONE


def test_a_run_that_was_cut_off_is_not_left_running(home: Home) -> None:
    from zhike.pipeline.services import complete_interrupted_work

    dead = RefreshRun.objects.create(state=JobState.RUNNING)
    complete_interrupted_work(home=home)
    dead.refresh_from_db()
    assert dead.state == JobState.INTERRUPTED


def test_rfm_can_look_back_over_a_part_of_the_life_only(tmp_path: Path) -> None:
    home = open_shop(tmp_path / "short", sections="[value]\nrfm_look_back_days = 30\n")
    add_orders(
        home, [Order("A", START, 100), Order("B", START + timedelta(days=50), 100), Order("B", START, 900)]
    )
    refresh(home)
    (only,) = published(home, "rfm_scores")
    assert (only["order_count"], only["spend_amount"]) == (1, 100)
    totals = {r["spend_amount"] for r in published(home, "customer_features")}
    assert totals == {100, 1000}


def test_periods_know_whether_the_data_reach_back_far_enough(home: Home) -> None:
    add_orders(
        home,
        [
            Order("A", START, 100),
            Order("A", START + timedelta(days=40), 300),
            Order("B", START + timedelta(days=41), 50),
        ],
    )
    refresh(home)
    periods = {(r["period_days"], r["period"]): r for r in published(home, "kpi_periods")}
    current = periods[30, "current"]
    assert (current["revenue"], current["buyer_count"], current["new_buyer_count"]) == (350, 2, 1)
    assert current["has_data"]
    assert not periods[30, "last_year"]["has_data"]
