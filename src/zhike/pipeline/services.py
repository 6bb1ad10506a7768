"""The refresh as users know it: from the newest facts to one published snapshot and its changes."""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db.models import Max
from threadpoolctl import threadpool_limits

from zhike.customers.selectors import profile_map_changes, profile_map_mark
from zhike.jobs.progress import Progress, Several
from zhike.jobs.services import RowProgress, mark_interrupted, tracked
from zhike.jobs.tracking import JobState
from zhike.kernel import clock
from zhike.kernel.errors import UsageError, ZhikeError
from zhike.kernel.home import Home
from zhike.kernel.memory import keeping_memory
from zhike.kernel.words import Text
from zhike.lake.engines import REFRESH_BUDGET, WORKER_BUDGET, Budget
from zhike.lake.manifests import Manifest
from zhike.lake.snapshots import Draft, Lake, open_lake
from zhike.pipeline.models import RefreshRun, RunStage
from zhike.pipeline.settings import RefreshSettings
from zhike.pipeline.stages import STAGES, Refresh
from zhike.segments.services import record_segment_changes
from zhike.segments.settings import LifecycleSettings
from zhike.tiers.services import record_tier_changes
from zhike.tiers.settings import TierSettings
from zhike.value.selectors.margins import with_chosen_margins
from zhike.value.selectors.score_choices import score_choice
from zhike.value.settings import ValueSettings

if TYPE_CHECKING:
    from zhike.accounts.selectors import User

log = logging.getLogger(__name__)

REFRESH_LOCK = "refresh"
SNAPSHOTS_KEPT = 5
_STALE_AFTER = timedelta(days=30)
_PUBLISHING = Text("发布", "publishing")


def request_refresh(
    *, requested_by: User | None = None, as_of: date | None = None, is_full: bool = False
) -> RefreshRun:
    """A queued run; one that is queued already and asks for the same is returned instead of a second.

    `is_full` sums up everyone's orders again, also of those who did not change since the snapshot before.
    """
    asked = {"requested_as_of": as_of, "is_full": is_full}
    queued = RefreshRun.objects.filter(state=JobState.QUEUED, **asked).first()
    return queued or RefreshRun.objects.create(requested_by=requested_by, **asked)


def run_refresh(
    *, home: Home, run: RefreshRun, progress: Progress, budget: Budget = REFRESH_BUDGET, engine_url: str = ""
) -> RefreshRun:
    """Run all stages and publish; by the engine of the settings unless another is named.

    Raises
    ------
    ZhikeError
        ``lake.busy`` while another refresh runs, ``orders.none``, ``as_of.before_first_order``, ``disk.full``,
        ``engine.unreachable`` and what else an engine says.
        The snapshot before stays in force.
    """
    lake = open_lake(home.lake)
    # The engine and the stages share the cores themselves: threads of BLAS would wait for them, spinning.
    one_thread = threadpool_limits(limits=1, user_api="blas")
    with tracked(run), lake.locked(REFRESH_LOCK), one_thread, _frozen(), keeping_memory():
        _finish_what_a_crash_left(lake, run)
        with lake.draft(budget=budget, engine_url=engine_url or _engine_of(home)) as draft:
            manifest = _publish(home, draft, run, Several([progress, RowProgress(run)]))
        run.snapshot_id, run.is_historical = manifest.id, manifest.historical
        run.save(update_fields=["snapshot_id", "is_historical"])
        _record_changes(lake, run, manifest)
        lake.prune(keep=SNAPSHOTS_KEPT)
    return run


@contextmanager
def _frozen() -> Iterator[None]:
    """Leave all objects that there are to themselves: looking for garbage among the modules takes 0.15 s each time."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def complete_interrupted_work(*, home: Home) -> None:
    """For the start of a worker: finish what a crash left, unless a refresh is running right now."""
    lake = open_lake(home.lake)
    try:
        with lake.locked(REFRESH_LOCK):
            _finish_what_a_crash_left(lake, None)
    except ZhikeError as error:
        if error.code != "lake.busy":
            raise


def _publish(home: Home, draft: Draft, run: RefreshRun, progress: Progress) -> Manifest:
    as_of = _business_date(draft, home, run.requested_as_of)
    run.as_of = as_of
    run.save(update_fields=["as_of"])
    refresh = Refresh(
        draft=draft,
        as_of=as_of,
        value_settings=with_chosen_margins(home.section("value", ValueSettings)),
        lifecycle_settings=home.section("lifecycle", LifecycleSettings),
        tier_settings=home.section("tiers", TierSettings),
        score_choice=score_choice(),
        profile_map_mark=profile_map_mark(),
        read_profile_map=profile_map_changes,
        is_full=run.is_full,
    )
    for number, stage in enumerate(STAGES):
        progress.report(stage.text, number, len(STAGES))
        started = time.perf_counter()
        rows = stage.run(refresh)
        seconds = time.perf_counter() - started
        RunStage.objects.create(run=run, name=stage.name, seconds=seconds, rows=rows)
    progress.report(_PUBLISHING, len(STAGES), len(STAGES))
    run.recomputed = refresh.recomputed
    run.save(update_fields=["recomputed"])
    given = RefreshRun.objects.aggregate(newest=Max("snapshot_id"))["newest"] or 0
    return draft.publish(as_of=as_of, after=given)


def _engine_of(home: Home) -> str:
    return home.section("refresh", RefreshSettings).engine


def _business_date(draft: Draft, home: Home, requested: date | None) -> date:
    first, last = _order_days(draft)
    if first is None or last is None:
        raise ZhikeError(
            "orders.none",
            zh="还没有任何有效订单，无法刷新。先运行 zhike import orders 文件",
            en="there is no order to work with yet; run zhike import orders FILE first",
        )
    if requested is not None:
        if requested < first:
            raise UsageError(
                "as_of.before_first_order",
                zh=f"业务日期 {requested} 早于第一笔订单（{first}），请选 {first} 或之后",
                en=f"the business date {requested} is before the first order ({first}); choose {first} or later",
            )
        return requested
    today = clock.today(home.business().zone)
    is_old = today - last > _STALE_AFTER or home.business().is_sample
    day = last + timedelta(days=1) if is_old else today
    # Without the newest orders, which were taken back, the day does not step back: nobody would see the pages without them.
    return max(day, draft.before.as_of) if draft.before else day


def _order_days(draft: Draft) -> tuple[date | None, date | None]:
    orders = draft.table("orders")
    counted = orders.filter(orders.status != "cancelled")
    span = counted.aggregate(first=counted.ordered_on.min(), last=counted.ordered_on.max())
    row = draft.fetch(span).to_pylist()[0]
    return row["first"], row["last"]


def _record_changes(lake: Lake, run: RefreshRun, manifest: Manifest) -> None:
    """Rows for everyone who changed segment or tier since the snapshot before; none for the first and for the past."""
    if manifest.previous_id is not None and manifest.previous_id in lake.manifests.ids():
        before, after = (
            lake.snapshot(id, budget=WORKER_BUDGET) for id in (manifest.previous_id, manifest.id)
        )
        record_segment_changes(before=before, after=after)
        record_tier_changes(before=before, after=after)
    run.changes_recorded = True
    run.save(update_fields=["changes_recorded"])


def _finish_what_a_crash_left(lake: Lake, running: RefreshRun | None) -> None:
    """Under the refresh lock: no other run can be going on."""
    others = RefreshRun.objects.exclude(pk=running.pk) if running else RefreshRun.objects.all()
    # A crash after the rename: the snapshot is in force although its run never heard of it.
    known = set(RefreshRun.objects.filter(snapshot_id__isnull=False).values_list("snapshot_id", flat=True))
    for id in lake.manifests.ids():
        if id in known:
            continue
        manifest = lake.manifests.read(id)
        lost = others.filter(state=JobState.RUNNING, snapshot_id=None).first() or RefreshRun()
        lost.state, lost.snapshot_id, lost.as_of = JobState.DONE, id, manifest.as_of
        lost.is_historical, lost.finished_at = manifest.historical, manifest.created_at
        lost.save()
    for run in others.filter(snapshot_id__isnull=False, changes_recorded=False).order_by("snapshot_id"):
        if run.snapshot_id in lake.manifests.ids():
            _record_changes(lake, run, lake.manifests.read(run.snapshot_id))
    mine = running.pk if running else None
    mark_interrupted(RefreshRun, but=mine)
