"""Reads of runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from zhike.jobs.selectors import worker_is_alive
from zhike.jobs.tracking import JobState
from zhike.kernel.home import Home
from zhike.kernel.words import Text
from zhike.lake import catalog
from zhike.lake.snapshots import open_lake
from zhike.pages.charts import Colour
from zhike.pipeline.models import RefreshRun
from zhike.pipeline.stages import STAGES

_STATES: dict[str, tuple[Text, Colour]] = {
    JobState.QUEUED: (Text("排队中", "Queued"), "slate"),
    JobState.RUNNING: (Text("进行中", "Running"), "blue"),
    JobState.DONE: (Text("完成", "Done"), "green"),
    JobState.FAILED: (Text("失败", "Failed"), "red"),
    JobState.INTERRUPTED: (Text("中断", "Interrupted"), "orange"),
}


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run in a list; `seconds` is None until it has ended, `error` None unless it went wrong."""

    id: int
    state: str
    state_text: Text
    colour: Colour
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    requested_by: str
    requested_as_of: date | None
    as_of: date | None
    seconds: float | None
    snapshot_id: int | None
    is_historical: bool
    error: Text | None

    @property
    def is_over(self) -> bool:
        return self.state not in (JobState.QUEUED, JobState.RUNNING)


@dataclass(frozen=True, slots=True)
class StageRow:
    """One stage; `share` is its part of the time of all."""

    text: Text
    seconds: float
    share: float
    rows: int


@dataclass(frozen=True, slots=True)
class TableRow:
    """A table of the snapshot."""

    name: str
    grain: Text
    is_fact: bool
    rows: int


@dataclass(frozen=True, slots=True)
class RunProgress:
    """How far a run is; `share` is None while the number of stages is not known."""

    run: RunSummary
    stage: Text | None
    share: float | None
    worker_is_silent: bool


def run_report(*, home: Home, run: RefreshRun) -> dict[str, Any]:
    """`run_id, as_of, recomputed_customers (None for all), seconds, stages[{name, seconds, rows}], tables{name: rows}` of a finished run."""
    assert run.snapshot_id is not None and run.started_at and run.finished_at
    manifest = open_lake(home.lake).manifests.read(run.snapshot_id)
    return {
        "run_id": run.pk,
        "snapshot_id": run.snapshot_id,
        "historical": run.is_historical,
        "recomputed_customers": run.recomputed,
        "as_of": manifest.as_of.isoformat(),
        "seconds": round((run.finished_at - run.started_at).total_seconds(), 3),
        "stages": [
            {"name": stage.name, "seconds": round(stage.seconds, 3), "rows": stage.rows}
            for stage in run.stages.all()
        ],
        "tables": manifest.rows,
    }


def run_count() -> int:
    return RefreshRun.objects.count()


def run_summaries(*, offset: int, size: int) -> tuple[RunSummary, ...]:
    """Newest first."""
    runs = RefreshRun.objects.select_related("requested_by")[offset : offset + size]
    return tuple(_summary(run) for run in runs)


def run_summary(id: int) -> RunSummary | None:
    run = RefreshRun.objects.select_related("requested_by").filter(pk=id).first()
    return _summary(run) if run else None


def newest_run() -> RunSummary | None:
    """The newest run that was asked for today's figures: a look at the past is nobody's concern later."""
    run = RefreshRun.objects.filter(requested_as_of=None).first()
    return _summary(run) if run else None


def run_progress(id: int) -> RunProgress | None:
    run = RefreshRun.objects.select_related("requested_by").filter(pk=id).first()
    if run is None:
        return None
    return RunProgress(
        run=_summary(run),
        stage=Text(zh=run.stage_zh, en=run.stage_en) if run.stage_en else None,
        share=run.done / run.total if run.total else None,
        worker_is_silent=worker_is_silent(),
    )


def run_stages(id: int) -> tuple[StageRow, ...]:
    """In the order in which they ran."""
    texts = {stage.name: stage.text for stage in STAGES}
    run = RefreshRun.objects.get(pk=id)
    stages = list(run.stages.all())
    total = sum(stage.seconds for stage in stages)
    return tuple(
        StageRow(
            text=texts.get(stage.name) or Text(zh=stage.name, en=stage.name),
            seconds=stage.seconds,
            share=stage.seconds / total if total else 0.0,
            rows=stage.rows,
        )
        for stage in stages
    )


def snapshot_tables(*, home: Home, snapshot_id: int) -> tuple[TableRow, ...]:
    """The tables that a snapshot names; nothing if it is no longer kept."""
    manifests = open_lake(home.lake).manifests
    if snapshot_id not in manifests.ids():
        return ()
    rows = manifests.read(snapshot_id).rows
    known = (table for table in catalog.tables() if table.name in rows)
    return tuple(TableRow(table.name, table.grain, table.kind == "fact", rows[table.name]) for table in known)


def worker_is_silent() -> bool:
    """No sign of life within the last minute: what is queued now waits."""
    return not worker_is_alive()


def _summary(run: RefreshRun) -> RunSummary:
    text, colour = _STATES.get(run.state, (Text(zh=run.state, en=run.state), "grey"))
    return RunSummary(
        id=run.pk,
        state=run.state,
        state_text=text,
        colour=colour,
        queued_at=run.queued_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        requested_by=str(run.requested_by) if run.requested_by else "",
        requested_as_of=run.requested_as_of,
        as_of=run.as_of,
        seconds=_seconds(run),
        snapshot_id=run.snapshot_id,
        is_historical=run.is_historical,
        error=Text(zh=run.error_zh, en=run.error_en) if run.error_en else None,
    )


def _seconds(run: RefreshRun) -> float | None:
    if run.started_at is None or run.finished_at is None:
        return None
    return (run.finished_at - run.started_at).total_seconds()
