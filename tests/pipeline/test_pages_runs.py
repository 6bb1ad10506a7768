"""The pages of refreshes: what happened, what is happening, starting one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django_tasks_db.models import DBTaskResult

from tests.counted_shop import counted_orders
from tests.shops import add_orders, open_shop, refresh
from zhike.jobs.models import WorkerHeartbeat
from zhike.jobs.services import beat_heart
from zhike.jobs.tracking import JobState
from zhike.kernel import clock
from zhike.kernel.errors import ZhikeError
from zhike.kernel.home import Home
from zhike.lake.snapshots import open_lake
from zhike.pipeline.models import RefreshRun

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_shop")]


def test_starting_makes_exactly_one_queued_run_and_one_task(alice_client: Any, alice: Any) -> None:
    answer = alice_client.post("/runs/start/")
    run = RefreshRun.objects.get()
    assert answer.status_code == 302
    assert answer.url == f"/runs/{run.pk}/"
    assert run.state == JobState.QUEUED
    assert run.requested_by == alice
    assert DBTaskResult.objects.get().args_kwargs["args"] == [run.pk]


def test_starting_twice_waits_for_the_same_run(alice_client: Any) -> None:
    first, second = (alice_client.post("/runs/start/").url for _ in range(2))
    assert first == second
    assert RefreshRun.objects.count() == DBTaskResult.objects.count() == 1


def test_a_refresh_is_started_by_post_only(alice_client: Any) -> None:
    assert alice_client.get("/runs/start/").status_code == 405
    assert not RefreshRun.objects.exists()


def test_a_past_business_date_is_asked_for(alice_client: Any) -> None:
    alice_client.post("/runs/start/", {"as_of": "2026-01-31"})
    assert RefreshRun.objects.get().requested_as_of.isoformat() == "2026-01-31"


@pytest.mark.parametrize("as_of", ["tomorrow", "2026-02-31", "0", "31.01.2026"])
def test_what_is_no_date_starts_nothing(alice_client: Any, as_of: str) -> None:
    answer = alice_client.post("/runs/start/", {"as_of": as_of})
    assert answer.status_code == 422
    assert "日期请写成" in answer.content.decode()
    assert not RefreshRun.objects.exists()
    assert not DBTaskResult.objects.exists()


def test_a_future_date_starts_nothing(alice_client: Any) -> None:
    future = (clock.now() + timedelta(days=3)).date()
    answer = alice_client.post("/runs/start/", {"as_of": future.isoformat()})
    assert answer.status_code == 422
    assert f"{future} 还没到" in answer.content.decode()
    assert not RefreshRun.objects.exists()


def test_a_failed_run_shows_its_sentence_in_the_language_of_the_page(
    alice_client: Any,
    empty_shop: Home,
) -> None:
    with pytest.raises(ZhikeError):
        refresh(empty_shop)
    run = RefreshRun.objects.get()
    assert run.error_zh in alice_client.get(f"/runs/{run.pk}/").content.decode()
    assert run.error_zh in alice_client.get("/runs/").content.decode()
    alice_client.cookies["zhike_language"] = "en"
    page = alice_client.get(f"/runs/{run.pk}/").content.decode()
    assert run.error_en in page
    assert run.error_zh not in page


def test_a_finished_run_shows_its_stages_and_tables(tmp_path: Path, settings: Any, alice_client: Any) -> None:
    settings.ZHIKE_HOME = home = open_shop(tmp_path / "shop")
    add_orders(home, counted_orders())
    run = refresh(home)
    page = alice_client.get(f"/runs/{run.pk}/").context["page"]
    assert [stage.rows for stage in page.stages] == [stage.rows for stage in run.stages.all()]
    assert sum(stage.share for stage in page.stages) == pytest.approx(1)
    snapshot = open_lake(home.lake).current()
    assert snapshot is not None
    assert {table.name: table.rows for table in page.tables} == snapshot.manifest.rows
    assert page.progress is None


def test_progress_is_polled_until_the_run_is_over(alice_client: Any) -> None:
    run = RefreshRun.objects.create(
        state=JobState.RUNNING, stage_zh="RFM 打分", stage_en="RFM scores", done=2, total=10
    )
    page = alice_client.get(f"/runs/{run.pk}/").content.decode()
    assert f'hx-get="/runs/{run.pk}/progress/"' in page
    answer = alice_client.get(f"/runs/{run.pk}/progress/")
    assert "RFM 打分" in answer.content.decode()
    assert "20%" in answer.content.decode()
    assert "HX-Refresh" not in answer.headers
    RefreshRun.objects.filter(pk=run.pk).update(state=JobState.DONE)
    assert alice_client.get(f"/runs/{run.pk}/progress/").headers["HX-Refresh"] == "true"
    assert "hx-get" not in alice_client.get(f"/runs/{run.pk}/").content.decode()


def test_a_silent_worker_is_named_with_the_way_out(alice_client: Any) -> None:
    run = RefreshRun.objects.create()
    paths = ("/runs/", f"/runs/{run.pk}/", f"/runs/{run.pk}/progress/")
    for path in paths:
        assert "zhike worker --dir" in alice_client.get(path).content.decode()
    beat_heart()
    for path in paths:
        assert "zhike worker --dir" not in alice_client.get(path).content.decode()
    WorkerHeartbeat.objects.update(beaten_at=clock.now() - timedelta(seconds=61))
    for path in paths:
        assert "zhike worker --dir" in alice_client.get(path).content.decode()


def test_many_runs_come_in_pages(alice_client: Any) -> None:
    RefreshRun.objects.bulk_create(RefreshRun(state=JobState.DONE) for _ in range(60))
    first, last = (alice_client.get(f"/runs/?page={page}").context["page"] for page in (1, 3))
    assert len(first.runs) == 25
    assert len(last.runs) == 10
    assert first.runs[0].id > last.runs[-1].id


def test_the_list_asks_as_often_for_fifty_runs_as_for_one(
    alice_client: Any, alice: Any, django_assert_max_num_queries: Any
) -> None:
    RefreshRun.objects.bulk_create(RefreshRun(state=JobState.DONE, requested_by=alice) for _ in range(50))
    with django_assert_max_num_queries(10):
        alice_client.get("/runs/")


def test_a_run_that_is_not_there_is_not_found(alice_client: Any) -> None:
    assert alice_client.get("/runs/999/").status_code == 404
    assert alice_client.get("/runs/999/progress/").status_code == 404


def test_charlie_sees_and_starts_nothing(charlie_client: Any) -> None:
    run = RefreshRun.objects.create(state=JobState.DONE)
    for path in ("/runs/", f"/runs/{run.pk}/", f"/runs/{run.pk}/progress/"):
        answer = charlie_client.get(path)
        assert answer.status_code == 302
        assert answer.url.startswith("/sign-in/")
    assert charlie_client.post("/runs/start/").status_code == 302
    assert RefreshRun.objects.count() == 1
