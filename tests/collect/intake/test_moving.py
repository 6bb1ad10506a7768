"""What was received reaches the lake exactly once, whenever the mover dies."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.collect.intake.conftest import Program, event, order
from zhike.collect.intake import moving
from zhike.collect.intake.models import ReceivedBatch
from zhike.collect.schema import EVENTS
from zhike.kernel.home import BusinessSettings, create_home
from zhike.lake import intakes
from zhike.lake.intakes import committed_number
from zhike.lake.snapshots import open_lake

_RECEIVE = """
from django.core.management import call_command
from zhike.collect.intake.receiving import receive_events
call_command("migrate", verbosity=0)
items = [
    {"event_id": f"E{n}", "name": "page_viewed", "occurred_at": "2026-11-20", "customer": f"C{n % 7}"}
    for n in range(50)
]
assert receive_events(home=home, source="website", items=items).accepted == 50
"""
_DIE = "moving._delete = lambda *_: os.kill(os.getpid(), 9)"
_FORGET_NUMBERS = "moving.committed_number = lambda *_: 0"
_FORGET_KEYS = "moving._known = lambda *_: iter(())"
_COUNT = """
with open_lake(home.lake).reading_facts() as facts:
    rows = facts.fetch(facts.table("events")).to_pylist()
from zhike.collect.intake.models import ReceivedBatch
print(len(rows), len({row["event_id"] for row in rows}), ReceivedBatch.objects.count())
"""


@pytest.fixture(scope="module")
def received(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which fifty events wait."""
    made = create_home(tmp_path_factory.mktemp("intake") / "shop", BusinessSettings())
    assert run(made.path, _RECEIVE).returncode == 0
    return made.path


def run(folder: Path, *steps: str) -> subprocess.CompletedProcess[str]:
    """Another process that works on the folder."""
    head = (
        "import os, sys; from pathlib import Path; from zhike.kernel.home import open_home; "
        "from zhike.web.boot import boot; home = open_home(Path(sys.argv[1])); boot(home); "
        "from zhike.collect.intake import moving; from zhike.lake.snapshots import open_lake"
    )
    code = "\n".join([head, *steps])
    return subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=False
    )


def test_a_mover_killed_between_the_lake_and_the_database_moves_nothing_twice(
    received: Path, tmp_path: Path
) -> None:
    """And the two guards against it have teeth: without both of them, every event is there twice."""
    import shutil

    move = "moving.move_received(home=home)"
    whole = Path(shutil.copytree(received, tmp_path / "whole"))
    assert run(whole, _DIE, move).returncode == -signal.SIGKILL
    broken = Path(shutil.copytree(whole, tmp_path / "broken"))
    counts = run(whole, _COUNT, move, move, _COUNT).stdout.splitlines()
    assert counts == ["50 50 1", "50 50 0"], "committed and still in the database, then moved once"
    assert run(broken, _FORGET_NUMBERS, _FORGET_KEYS, move, _COUNT).stdout.split() == ["100", "50", "0"]


@pytest.mark.django_db
def test_each_of_the_two_guards_is_enough(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    program.send(event(1), event(2))
    with monkeypatch.context() as patched:
        patched.setattr(moving, "_delete", lambda *_: None)
        with pytest.MonkeyPatch.context() as once:
            once.setattr(moving, "_moved", lambda lake, kind: _one_move(lake, kind))
            program.move()
    assert ReceivedBatch.objects.count() == 1
    with monkeypatch.context() as patched:
        patched.setattr(moving, "_known", lambda *_: iter(()))
        program.move()
    assert len(program.facts("events")) == 2 and not ReceivedBatch.objects.exists()


def _one_move(lake, kind) -> int:  # type: ignore[no-untyped-def]
    if not ReceivedBatch.objects.filter(kind=kind).exists():
        return 0
    moving._take(kind, 1)
    return moving._move(lake, kind, 1)


@pytest.mark.django_db
def test_a_database_from_an_older_backup_loses_nothing_that_came_after_it(program: Program) -> None:
    """Its numbers lag behind those of the lake; what is received next must not be taken for written."""
    for number in range(3):
        program.send(event(number))
        program.move()
    assert committed_number(open_lake(program.home.lake).deltas, EVENTS) == 3
    program.send(event(9))
    assert program.move() == 1 and len(program.facts("events")) == 4


@pytest.mark.django_db
def test_while_an_import_holds_the_facts_nothing_moves_and_nothing_is_lost(program: Program) -> None:
    program.send(event())
    with open_lake(program.home.lake).locked("facts"):
        assert program.move() == 0
    assert program.move() == 1


@pytest.mark.django_db
def test_many_small_files_are_put_together_and_the_old_ones_stay_on_the_disk(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intakes, "_MOST_SMALL_FILES", 3)
    for number in range(3):
        program.send(event(number))
        program.move()
    deltas = open_lake(program.home.lake).deltas
    pinned = deltas.pinned("events")
    assert pinned is not None and len(pinned.files) == 1 and pinned.rows == 3
    assert len(list(deltas.path("events").glob("*.parquet"))) == 4
    program.send(event(0), event(7))
    program.move()
    assert len(program.facts("events")) == 4


@pytest.mark.django_db
def test_an_order_again_is_unchanged_and_with_other_content_updated(program: Program) -> None:
    assert program.post("orders", {"orders": [order(1), order(2)]}).status_code == 202
    assert program.move() == 2
    program.post("orders", {"orders": [order(1)]})
    assert program.move() == 0
    program.post("orders", {"orders": [order(1, status="refunded"), order(3)]})
    program.post("orders", {"orders": [order(3, amount="5.00")]})
    assert program.move() == 2
    rows = {row["order_id"]: row for row in program.facts("orders")}
    assert [rows[f"A{n}"]["amount"] for n in (1, 2, 3)] == [12800, 12800, 500]
    assert rows["A1"]["status"] == "refunded" and rows["A1"]["refund_amount"] == 12800


@pytest.mark.django_db
def test_two_orders_of_one_number_in_a_request_contradict_each_other(program: Program) -> None:
    said = json.loads(
        program.post("orders", {"orders": [order(1), order(1), order(1, amount="9.00")]}).content
    )
    assert (said["accepted"], said["duplicates"]) == (1, 1)
    assert [(each["index"], each["code"]) for each in said["rejected"]] == [(2, "order.conflict")]


@pytest.mark.django_db
def test_an_order_follows_the_rules_of_the_file_import(program: Program) -> None:
    bad = [
        order(1, amount="-5"),
        order(2, status="交易成功"),
        order(3, currency="USD"),
        order(4, amount=None),
    ]
    said = json.loads(program.post("orders", {"orders": bad}).content)
    codes = ["money.negative", "currency.other", "money.missing"]
    assert said["accepted"] == 1 and [each["code"] for each in said["rejected"]] == codes


@pytest.mark.django_db
@pytest.mark.parametrize("amount", ["１２．５０", "12元", "1 2"])
def test_an_amount_that_a_file_could_repair_is_refused_of_a_program(program: Program, amount: str) -> None:
    said = json.loads(program.post("orders", {"orders": [order(1, amount=amount), order(2)]}).content)
    assert [each["code"] for each in said["rejected"]] == ["money.unreadable"] and said["accepted"] == 1


@pytest.mark.django_db
def test_all_that_is_wrong_with_an_order_is_told_at_once(program: Program) -> None:
    bad = order(1, amount="-5", currency="USD", ordered_at="soon")
    (refused,) = json.loads(program.post("orders", {"orders": [bad, order(2)]}).content)["rejected"]
    assert {each["field"] for each in (refused, *refused["more"])} == {"amount", "currency", "ordered_at"}
