"""Costs of products: a new one holds from its day on, and what was sold before keeps the cost it had."""

from __future__ import annotations

import json
from datetime import date

import pytest

from zhike.collect.imports.kinds.product_costs import costs_after
from zhike.collect.undoing import undo_import
from zhike.jobs.progress import Silent

PLAIN = "product_id,name,cost\nP1,龙井,18.50\nP2,茶杯,36\n"


def costs(shop, product: str = "P1") -> tuple[int | None, dict[str, int] | None]:
    row = next(row for row in shop.facts("products") if row["product_id"] == product)
    return row["cost"], row["dated_costs"] and json.loads(row["dated_costs"])


def test_a_new_cost_holds_from_the_day_of_its_import_and_the_old_one_is_kept(shop):
    shop.bring_kind("products", PLAIN)
    assert costs(shop) == (1850, None)
    dearer = shop.bring_kind("products", PLAIN.replace("18.50", "19"))
    assert (dearer.updated, dearer.unchanged) == (1, 1)
    newest, dated = costs(shop)
    assert newest == 1900
    assert dated is not None
    assert (dated[""], len(dated)) == (1850, 2)
    assert costs(shop, "P2") == (3600, None)
    undo_import(home=shop.home, run_id=dearer.run_id, progress=Silent())
    assert costs(shop) == (1850, None)


def test_a_file_may_say_from_which_day_its_costs_hold(shop):
    shop.bring_kind("products", PLAIN)
    dated = "product_id,name,cost,cost_from\nP1,龙井,17,2026-01-01\nP2,茶杯,36,\n"
    assert shop.bring_kind("products", dated).updated == 1
    assert costs(shop) == (1700, {"": 1850, "2026-01-01": 1700})
    assert shop.bring_kind("products", dated).unchanged == 2
    shop.bring_kind("products", dated.replace("2026", "2025").replace("17,", "16,"))
    assert costs(shop) == (1700, {"": 1850, "2025-01-01": 1600, "2026-01-01": 1700})


def test_a_file_without_costs_leaves_those_that_are_known(shop):
    shop.bring_kind("products", PLAIN)
    shop.bring_kind("products", "product_id,name\nP1,明前龙井\n")
    assert costs(shop) == (1850, None)
    assert {row["name"] for row in shop.facts("products")} == {"明前龙井", "茶杯"}


def test_a_file_may_set_costs_right_for_all_time(shop):
    shop.bring_kind("products", "product_id,cost,cost_from\nP1,18.50,2025-01-01\n")
    mapping = shop.file('[options]\ncosts = "always"\n', "always.toml")
    shop.bring_kind("products", "product_id,cost\nP1,20\n", mapping=mapping)
    assert costs(shop) == (2000, None)


HISTORY = """product_id,name,cost,cost_from
P1,龙井,17,
P2,茶杯,36,2026-02-01
P1,龙井,18.50,2026-03-01
P1,龙井,,
P1,龙井,16,2025-01-01
P2,茶杯,36,2026-02-01
"""


def test_one_file_may_hold_the_costs_of_several_days(shop):
    shop.bring_kind("products", "product_id,name,cost,cost_from\nP1,龙井,15,2024-01-01\n")
    told = shop.bring_kind("products", HISTORY)
    assert (told.inserted, told.updated, told.unchanged, told.duplicates) == (1, 1, 4, 4)
    days = {"": 1700, "2024-01-01": 1500, "2025-01-01": 1600, "2026-03-01": 1850}
    assert costs(shop) == (1850, days)
    assert costs(shop, "P2") == (3600, {"2026-02-01": 3600})
    again = shop.bring_kind("products", HISTORY.replace(",\n", ", \n"))
    assert (again.updated, again.unchanged) == (0, 6)


def test_two_costs_of_one_day_contradict_each_other(shop):
    told = shop.bring_kind(
        "products",
        HISTORY + "P1,龙井,18,2026-03-01\nP1,绿茶,20,2026-05-01\nP2,茶杯,30,\nP2,茶杯,31,\n",
        is_dry_run=True,
    )
    assert told.reasons == {"product.conflict": 3}
    reasons = {each.number: each.reason.en for each in told.first_rejects["product.conflict"]}
    # The row with the cost of that day, the first row of the product, the cost without a day.
    assert [reasons[number].split(" ")[1] for number in sorted(reasons)] == ["4", "2", "10"]
    assert "another cost of the same day" in reasons[8]


@pytest.mark.parametrize(
    ("before", "cost", "after"),
    [
        ({}, None, {}),
        ({"": 5}, 5, {"": 5}),
        ({"": 5, "2026-01-01": 6}, 5, {"": 5, "2026-01-01": 6, "2026-11-22": 5}),
    ],
)
def test_a_cost_that_is_known_already_makes_no_history(before, cost, after):
    assert costs_after(before, cost, None, today=date(2026, 11, 22)) == after
