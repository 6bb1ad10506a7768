"""`zhike demo`: the Complete Journey, whole, with its known figures."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from zhike.lake.snapshots import Lake, Snapshot


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "shop"
    _demo(folder, "--owner-email", "alice@example.com", "--owner-password", "tea-leaf-9182")
    return folder


def _demo(folder: Path, *options: str) -> str:
    command = [
        sys.executable,
        "-m",
        "zhike",
        "--dir",
        str(folder),
        "--lang",
        "en",
        "demo",
        "--no-serve",
        *options,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def snapshot(demo: Path) -> Snapshot:
    found = Lake(demo / "lake").current()
    assert found is not None
    return found


def test_all_of_the_sample_is_in_the_lake(snapshot: Snapshot) -> None:
    rows = snapshot.manifest.rows
    assert (rows["order_lines"], rows["orders"], rows["products"]) == (1_469_307, 155_848, 92_331)
    assert rows["events"] == 6_589 + 2_102
    assert rows["profiles"] == 2_469
    profiles = snapshot.table("profiles")
    assert snapshot.rows(profiles.aggregate(n=profiles.attributes.count())) == [{"n": 801}]


def test_its_sums_are_the_published_ones(snapshot: Snapshot) -> None:
    orders = snapshot.table("orders")
    total = orders.aggregate(
        amount=orders.amount.sum(), first=orders.ordered_on.min(), last=orders.ordered_on.max()
    )
    assert snapshot.rows(total) == [
        {"amount": 459_603_958, "first": date(2017, 1, 1), "last": date(2018, 1, 1)}
    ]
    features = snapshot.table("customer_features")
    spend = features.aggregate(amount=features.spend_amount.sum(), orders=features.order_count.sum())
    assert snapshot.rows(spend) == [{"amount": 459_603_958, "orders": 155_848}]


def test_old_data_are_looked_at_on_the_day_after_the_last_order(snapshot: Snapshot) -> None:
    assert snapshot.as_of == date(2018, 1, 2)


def test_line_numbers_count_from_one_within_each_order(snapshot: Snapshot) -> None:
    lines = snapshot.table("order_lines")
    by_order = lines.group_by("order_id").aggregate(n=lines.count(), last=lines.line_number.max())
    assert snapshot.rows(by_order.filter(by_order.n != by_order.last)) == []


def test_the_lake_holds_no_key_of_the_source(snapshot: Snapshot) -> None:
    for name in ("profiles", "customer_overview"):
        assert "source_key" not in snapshot.table(name).columns


def test_again_loads_nothing_twice_and_says_no_password(demo: Path) -> None:
    said = _demo(demo)
    assert "2,469 customers" in said
    assert "155,848 orders" in said
    assert "$4,596,039.58" in said
    assert "2018-01-02" in said
    assert "shown only once" not in said
    assert Lake(demo / "lake").manifests.ids() == [1]
