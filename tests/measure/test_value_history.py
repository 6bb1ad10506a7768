"""A month of the history is what a refresh of that day would have published."""

from __future__ import annotations

import random
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.shops import Order, add_orders, open_shop, published, refresh
from zhike.customers.services.consents import set_no_profiling
from zhike.kernel.home import Home
from zhike.lake.snapshots import open_lake
from zhike.value.analysis.history import month_ends

pytestmark = pytest.mark.django_db

AS_OF = date(2026, 6, 10)
BY_SCORE = ("tier", "score_band")


def orders_of(seed: int, people: int = 40) -> list[Order]:
    """Some people with refunds in the same month, months later, in part and in full, and cancelled orders."""
    chance = random.Random(seed)
    orders = []
    for _ in range(people * 4):
        day = AS_OF - timedelta(days=chance.randrange(0, 400))
        order = Order(f"C{chance.randrange(people)}", day, chance.randrange(0, 9_000))
        what = chance.randrange(8)
        if what < 2:
            order.refund = order.amount if what else order.amount // 3
            order.refunded_on = day + timedelta(days=chance.choice((-3, 0, 5, 40, 90, 300)))
        elif what == 2:
            order.status = "cancelled"
        orders.append(order)
    return orders


def as_published_then(home: Home, day: date) -> dict[object, dict[str, Any]]:
    """Everybody with an order that counts on a day, from a refresh of that day."""
    run = refresh(home, as_of=day)
    snapshot = open_lake(home.lake).snapshot(run.snapshot_id)
    overview = snapshot.rows(snapshot.table("customer_overview"))
    scores = {row["customer_id"]: row for row in snapshot.rows(snapshot.table("rfm_scores"))}
    nothing = dict.fromkeys(("r_score", "f_score", "m_score", "rfm_segment"))
    return {
        row["customer_id"]: {
            **{
                name: row[name] for name in ("order_count", "spend_amount", "recency_days", "lifecycle_stage")
            },
            **{name: scores.get(row["customer_id"], nothing)[name] for name in nothing},
            **{name: row[name] for name in BY_SCORE},
        }
        for row in overview
        if row["order_count"] and not row["no_profiling"]
    }


def in_history(home: Home, day: date) -> dict[object, dict[str, Any]]:
    rows = [row for row in published(home, "value_history") if row["month_end"] == day]
    return {row.pop("customer_id"): {k: v for k, v in row.items() if k != "month_end"} for row in rows}


def without_score(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in BY_SCORE}


LOOK_BACK = "[value]\nrfm_look_back_days = 45\n"
FIXED = """[value]
rfm_method = "fixed"
[lifecycle]
at_risk_days = 20
dormant_days = 40
lost_days = 80
"""


# With other settings only the newest of the four and the oldest: each costs a refresh. The last as in a shop that is
# too large for more than one month at once.
@pytest.mark.parametrize(
    ("seed", "sections", "which", "rows_at_once"),
    [
        (1, "", (-4, -3, -2, -1), None),
        (3, LOOK_BACK, (-4, -1), None),
        (4, FIXED, (-4, -1), 1),
    ],
)
def test_every_month_equals_what_a_refresh_of_that_day_publishes(
    seed: int,
    sections: str,
    which: tuple[int, ...],
    rows_at_once: int | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if rows_at_once is not None:
        monkeypatch.setattr(import_module("zhike.pipeline.stages.history"), "ROWS_AT_ONCE", rows_at_once)
    home = open_shop(tmp_path / "shop", sections=sections)
    customers = add_orders(home, orders_of(seed))
    set_no_profiling(customer_id=next(iter(customers.values())), is_refused=True)
    refresh(home, as_of=AS_OF)
    known = [month_ends(AS_OF)[place] for place in which]
    months = {day: in_history(home, day) for day in known}
    tiers = []
    for day in known:
        then = as_published_then(home, day)
        tiers += [(each["tier"], then[id]["tier"]) for id, each in months[day].items()]
        assert {id: without_score(each) for id, each in months[day].items()} == {
            id: without_score(each) for id, each in then.items()
        }, day
        assert all(each["tier"] and each["score_band"] for each in months[day].values())
    # The score rests on one model for all months and on tenths; a refresh of that day has its own, and percents.
    assert sum(mine == then for mine, then in tiers) / len(tiers) > 0.85


def test_what_is_carried_over_equals_what_is_computed_anew(tmp_path: Path) -> None:
    home = open_shop(tmp_path / "shop")
    add_orders(home, orders_of(5))
    names = ("value_history", "value_history_cuts", "movements", "cohorts")

    def rows(name: str) -> list[str]:
        return sorted(map(repr, published(home, name)))

    def files() -> list[str]:
        manifest = open_lake(home.lake).manifests_current()
        assert manifest is not None
        return [file.path for file in manifest.tables["value_history"].files]

    refresh(home, as_of=AS_OF)
    first = files()
    # An order of the running month leaves the history as it is, one of the past does not.
    for later, day, is_carried in ((1, AS_OF, True), (2, AS_OF - timedelta(days=60), False)):
        add_orders(home, [Order("C3", day, 700, order_id=f"new{later}")])
        refresh(home, as_of=AS_OF + timedelta(days=later))
        assert (files() == first) is is_carried
        patched = {name: rows(name) for name in names}
        refresh(home, as_of=AS_OF + timedelta(days=later), is_full=True)
        first = files()
        assert {name: rows(name) for name in names} == patched
