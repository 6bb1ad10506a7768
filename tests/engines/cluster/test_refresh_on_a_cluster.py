"""A refresh on a cluster publishes what a refresh by DuckDB does, or nothing at all."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from tests.counted_shop import AS_OF, counted_orders
from tests.engines.cluster.comparing import differences, newest_two, row_counts
from tests.engines.cluster.servers import Cluster, free_port
from tests.shops import Order, add_orders, open_shop
from tests.tea_shop_demo import loaded_tea_shop
from zhike.kernel.errors import ZhikeError
from zhike.kernel.home import Home, open_home
from zhike.kernel.words import Text
from zhike.lake.engines import spark_sessions
from zhike.lake.snapshots import open_lake

SECTIONS = "[value]\nrfm_look_back_days = 200\n"


@pytest.fixture
def shop(tmp_path: Path, db: None) -> Home:
    """120 customers; RFM looks back on a part of their lives; a few of them turn out to be the same people."""
    from zhike.customers.services.merging import merge_customers

    home = open_shop(tmp_path / "山茶 小铺", sections=SECTIONS)
    ids = add_orders(home, counted_orders())
    for one, other in (("C3", "C4"), ("C5", "C6")):
        merge_customers(customer_id=ids[one], other_id=ids[other], reason="the same phone", actor=None)
    return home


@pytest.fixture(scope="module")
def tea_shop(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Two years in three sources, with products, lines, events and people known by several records."""
    return open_home(loaded_tea_shop(tmp_path_factory) / "shop")


def refreshed(home: Home, url: str, *, as_of: date | None = AS_OF, is_full: bool = True, progress=None):  # type: ignore[no-untyped-def]
    """A finished run; a full one, for what is carried over from the snapshot before would prove nothing."""
    from zhike.jobs.progress import Silent
    from zhike.pipeline.services import request_refresh, run_refresh

    run = request_refresh(as_of=as_of, is_full=is_full)
    return run_refresh(home=home, run=run, progress=progress or Silent(), engine_url=url)


def test_every_published_table_is_the_same(shop: Home, cluster: Cluster) -> None:
    refreshed(shop, "duckdb")
    refreshed(shop, cluster.url)
    by_duckdb, by_spark = newest_two(shop)
    assert row_counts(by_spark) == row_counts(by_duckdb)
    assert differences(by_duckdb, by_spark) == []


def test_the_past_is_the_same(shop: Home, cluster: Cluster) -> None:
    refreshed(shop, "duckdb")
    past = date(2025, 9, 1)
    refreshed(shop, "duckdb", as_of=past)
    assert refreshed(shop, cluster.url, as_of=past).is_historical
    assert differences(*newest_two(shop)) == []


def test_what_changed_since_is_the_same(tmp_path: Path, db: None, cluster: Cluster) -> None:
    home = open_shop(tmp_path / "shop")
    add_orders(home, counted_orders())
    refreshed(home, "duckdb")
    add_orders(home, [Order("C7", AS_OF, 4_200, order_id="late"), Order("new", AS_OF, 900, order_id="first")])
    assert refreshed(home, cluster.url, is_full=False).recomputed == 2
    refreshed(home, "duckdb")
    assert differences(*newest_two(home)) == []


def test_a_whole_shop_is_the_same_from_the_command_line(tea_shop: Home, cluster: Cluster) -> None:
    done = _zhike(tea_shop, "refresh", "--full", "--engine", cluster.url)
    assert done.returncode == 0, done.stderr
    assert "WARN" not in done.stdout + done.stderr
    by_duckdb, by_spark = newest_two(tea_shop)
    assert row_counts(by_spark)["customer_overview"] > 4_000
    assert differences(by_duckdb, by_spark) == []


def test_the_settings_name_the_engine_of_every_refresh(
    tmp_path: Path, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = open_shop(tmp_path / "shop", sections='[refresh]\nengine = "spark://local:2"\n')
    add_orders(home, [Order("A", AS_OF, 1200), Order("B", AS_OF, 300)])
    refreshed(home, "", as_of=AS_OF)
    refresh_by_duckdb = refreshed(home, "duckdb", as_of=AS_OF)
    assert refresh_by_duckdb.snapshot_id == 2
    assert differences(*newest_two(home)) == []


def test_a_shop_without_orders_is_told_so(tmp_path: Path, db: None, cluster: Cluster) -> None:
    home = open_shop(tmp_path / "shop")
    with pytest.raises(ZhikeError) as refused:
        refreshed(home, cluster.url, as_of=None)
    assert refused.value.code == "orders.none"
    assert open_lake(home.lake).current() is None


def test_a_master_that_is_not_there_is_named_within_seconds(shop: Home) -> None:
    before = refreshed(shop, "duckdb").snapshot_id
    url = f"spark://127.0.0.1:{free_port()}"
    started = time.monotonic()
    with pytest.raises(ZhikeError) as refused:
        refreshed(shop, url)
    assert time.monotonic() - started < 30
    _assert_refused(refused.value, "engine.unreachable", url)
    _assert_in_force(shop, before)


def test_a_cluster_without_workers_is_told_so(
    shop: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = refreshed(shop, "duckdb").snapshot_id
    monkeypatch.setattr(spark_sessions, "_WORKER_SECONDS", 5.0)
    lonely = Cluster(_made(tmp_path / "lonely"), workers=0)
    try:
        with pytest.raises(ZhikeError) as refused:
            refreshed(shop, lonely.url)
    finally:
        lonely.stop()
    _assert_refused(refused.value, "engine.no_workers", lonely.url)
    _assert_in_force(shop, before)


class _Killing:
    """Progress that ends workers when a stage begins."""

    def __init__(self, cluster: Cluster, stage: str, *, all_of_them: bool) -> None:
        self._cluster, self._stage, self._all = cluster, stage, all_of_them

    def report(self, stage: Text, done: int, total: int, message: str = "") -> None:
        if stage.en == self._stage and done < total:
            for _ in range(len(self._cluster.workers) if self._all else 1):
                self._cluster.kill_worker()


@pytest.fixture
def mended(cluster: Cluster) -> Iterator[Cluster]:
    """A cluster to break: it is whole again afterwards."""
    yield cluster
    while len(cluster.workers) < 2:
        cluster.start_worker()


def test_a_worker_that_dies_on_the_way_changes_nothing(shop: Home, mended: Cluster) -> None:
    refreshed(shop, "duckdb")
    refreshed(shop, mended.url, progress=_Killing(mended, "Scores and tiers", all_of_them=False))
    assert len(mended.workers) == 1
    assert differences(*newest_two(shop)) == []


def test_when_all_workers_die_the_snapshot_before_stays(
    shop: Home, mended: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = refreshed(shop, "duckdb").snapshot_id
    monkeypatch.setattr(spark_sessions, "_LOST_SECONDS", 5.0)
    with pytest.raises(ZhikeError) as refused:
        refreshed(shop, mended.url, progress=_Killing(mended, "Scores and tiers", all_of_them=True))
    _assert_refused(refused.value, "engine.lost", mended.url)
    _assert_in_force(shop, before)
    mended.start_worker()
    refreshed(shop, mended.url)
    assert differences(*newest_two(shop)) == []


def _assert_refused(error: ZhikeError, code: str, url: str) -> None:
    assert error.code == code
    for text in (error.text.zh, error.text.en):
        assert url in text


def _assert_in_force(home: Home, snapshot_id: int | None) -> None:
    from zhike.jobs.tracking import JobState
    from zhike.pipeline.models import RefreshRun

    snapshot = open_lake(home.lake).current()
    assert snapshot is not None
    assert snapshot.id == snapshot_id
    assert RefreshRun.objects.latest("pk").state == JobState.FAILED


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _zhike(home: Home, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "zhike", "--dir", str(home.path), "--lang", "en", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)
