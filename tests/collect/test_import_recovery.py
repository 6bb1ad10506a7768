"""What a worker does at its start with imports and undos that were cut off."""

from __future__ import annotations

from typing import Any

import pytest

from tests.collect.conftest import HEADER, Shop
from tests.collect.wizards import ORDERS, Wizard
from zhike.collect import tasks, undoing
from zhike.collect.models import ImportRun, ImportUndo
from zhike.collect.undoing import request_undo, run_undo
from zhike.jobs.progress import Silent
from zhike.kernel.home import Home
from zhike.lake.snapshots import open_lake


class Killed(BaseException):
    """Stands for the death of the process: nothing after it runs."""


def cut_off(work: ImportRun | ImportUndo) -> None:
    """As the process left the row when it died."""
    type(work)._default_manager.filter(pk=work.pk).update(state="running", error_code="", finished_at=None)


def test_an_import_from_a_page_that_was_cut_off_is_begun_anew(
    alice_client: Any, home: Home, settings: Any
) -> None:
    settings.ZHIKE_HOME = home
    wizard = Wizard(alice_client)
    upload = wizard.uploaded(ORDERS)
    wizard.checked(upload)
    alice_client.post(wizard.at(upload, "import"))
    run = ImportRun.objects.get(state="queued")
    cut_off(run)
    tasks.take_up_what_was_cut_off(home=home)
    run.refresh_from_db()
    assert (run.state, run.restart_count, run.error_code) == ("queued", 1, "")
    assert wizard.work().inserted == 9


def test_what_is_cut_off_again_and_again_is_left_to_a_person(
    alice_client: Any, home: Home, settings: Any
) -> None:
    settings.ZHIKE_HOME = home
    wizard = Wizard(alice_client)
    upload = wizard.uploaded(ORDERS)
    wizard.checked(upload)
    alice_client.post(wizard.at(upload, "import"))
    run = ImportRun.objects.get(state="queued")
    for state in ("queued", "queued", "interrupted"):
        cut_off(run)
        tasks.take_up_what_was_cut_off(home=home)
        run.refresh_from_db()
        assert run.state == state


def test_while_an_import_runs_a_worker_that_starts_touches_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "LOCK_WAIT_SECONDS", 0)
    run = ImportRun.objects.create(kind="orders", source="orders", file_name="x.csv", state="running")
    with open_lake(shop.home.lake).locked("facts"):
        tasks.take_up_what_was_cut_off(home=shop.home)
    run.refresh_from_db()
    assert run.state == "running"


def test_an_undo_that_was_cut_off_after_the_lake_was_written_is_finished(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.ZHIKE_HOME = shop.home
    shop.bring_text(f"{HEADER}\nA1,c1,2024-10-31,12\nA2,c2,2024-10-31,13\n")
    second = shop.bring_text(f"{HEADER}\nA2,c2,2024-10-31,14\nA3,c3,2024-10-31,15\n", "second.csv").run_id
    undo = request_undo(run=ImportRun.objects.get(pk=second), user=None)

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(undoing, "_note_undone", die)
        with pytest.raises(Killed):
            run_undo(home=shop.home, undo=undo, progress=Silent())
    cut_off(undo)
    version = shop.version()
    tasks.take_up_what_was_cut_off(home=shop.home)
    undo.refresh_from_db()
    assert undo.state == "queued"
    tasks.undo_import.func(undo.pk)
    undo.refresh_from_db()
    assert (undo.state, undo.removed, undo.restored) == ("done", 1, 1)
    assert {key: row["amount"] for key, row in shop.orders().items()} == {"A1": 1200, "A2": 1300}
    assert shop.version() == version, "nothing is written a second time"
    assert ImportRun.objects.get(pk=second).undone_at is not None


def test_an_undo_of_customers_tells_how_far_it_is(shop: Shop) -> None:
    rows = "".join(f"c{n},1390000{n:04d}\n" for n in range(1_200))
    run = shop.bring_kind("customers", f"customer_id,phone\n{rows}").run_id
    undo = request_undo(run=ImportRun.objects.get(pk=run), user=None)
    told: list[tuple[int, int]] = []

    class Telling:
        def report(self, stage: object, done: int, total: int, message: str = "") -> None:
            told.append((done, total))

    run_undo(home=shop.home, undo=undo, progress=Telling())
    assert told == [(500, 1_200), (1_000, 1_200), (1_200, 1_200)]


@pytest.mark.parametrize("trouble", [OSError("disk full"), KeyboardInterrupt()], ids=["an error", "Ctrl-C"])
def test_what_fails_after_the_rows_are_in_the_lake_does_not_make_the_import_fail(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, trouble: BaseException
) -> None:
    save = ImportRun.save

    def failing_once(self: ImportRun, **options: Any) -> None:
        if options.get("update_fields") == ["version_after"]:
            monkeypatch.setattr(ImportRun, "save", save)
            raise trouble
        save(self, **options)

    monkeypatch.setattr(ImportRun, "save", failing_once)
    report = shop.bring_text(f"{HEADER}\nA1,c1,2024-10-31,12\nA2,c2,2024-10-31,x\n")
    assert (report.inserted, report.rejected) == (1, 1) and report.rejects_file.is_file()
    run = ImportRun.objects.get()
    assert (run.state, run.inserted, run.rejected) == ("done", 1, 1)
    assert run.version_after == shop.version() > 0
    assert shop.orders().keys() == {"A1"}


def test_what_fails_before_that_leaves_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    save = ImportRun.save

    def failing(self: ImportRun, **options: Any) -> None:
        if options.get("update_fields") == ["version_before"]:
            raise OSError("disk full")
        save(self, **options)

    monkeypatch.setattr(ImportRun, "save", failing)
    with pytest.raises(OSError, match="disk full"):
        shop.bring_text(f"{HEADER}\nA1,c1,2024-10-31,12\n")
    run = ImportRun.objects.get()
    assert (run.state, run.inserted, shop.version()) == ("failed", 0, -1)
