"""Imports and checks as pages show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from zhike.accounts.selectors import User
from zhike.collect.imports.dialects import column_title, reading_text
from zhike.collect.imports.kinds import kind_named
from zhike.collect.imports.repairs import REPAIRS
from zhike.collect.models import ImportRun, ImportUndo, Upload
from zhike.collect.rejected import first_rejects
from zhike.collect.selectors.columns import QUESTION, field_text
from zhike.collect.selectors.kinds import kind_as_defined
from zhike.collect.selectors.reasons import reason_text, repairs_for
from zhike.collect.selectors.visible import runs_for
from zhike.jobs.selectors import worker_is_alive
from zhike.jobs.tracking import JobState
from zhike.kernel.home import Home
from zhike.kernel.words import Text
from zhike.pages.charts import Colour

CANCELLED = "import.cancelled"
_STATES: dict[str, tuple[Text, Colour]] = {
    JobState.QUEUED: (Text("排队中", "queued"), "slate"),
    JobState.RUNNING: (Text("进行中", "running"), "blue"),
    JobState.DONE: (Text("完成", "done"), "green"),
    JobState.FAILED: (Text("失败", "failed"), "red"),
    JobState.INTERRUPTED: (Text("中断", "cut off"), "orange"),
}
_IS_CANCELLED: tuple[Text, Colour] = (Text("已取消", "cancelled"), "grey")
_IS_UNDONE: tuple[Text, Colour] = (Text("已撤销", "taken back"), "amber")
_UNDO_TEXTS: dict[str, Text] = {
    JobState.QUEUED: Text("等待撤销", "waiting to be taken back"),
    JobState.RUNNING: Text("正在撤销", "being taken back"),
}
_PARTS = (
    ("inserted", Text("新增", "new")),
    ("updated", Text("更新", "updated")),
    ("unchanged", Text("未变", "unchanged")),
    ("duplicates", Text("文件内重复", "repeated in the file")),
    ("rejected", Text("拒绝", "rejected")),
    ("skipped", Text("空行", "blank")),
)


@dataclass(frozen=True, slots=True)
class Part:
    """How many records became what; the parts add up to the records."""

    name: str
    text: Text
    count: int


@dataclass(frozen=True, slots=True)
class RunLine:
    """One import or check.

    `error` is None unless it went wrong; `can_undo` says that nobody took it back, not that it is still possible.
    `is_cancelled_too_late` says that somebody wanted it to end when its rows were being kept already.
    """

    id: int
    kind: str
    kind_text: Text
    source: str
    file_name: str
    short_hash: str
    sha256: str
    by: str
    is_check: bool
    state: str
    state_text: Text
    colour: Colour
    queued_at: datetime
    finished_at: datetime | None
    records: int
    parts: tuple[Part, ...]
    rejected: int
    has_rejects_file: bool
    error: Text | None
    is_over: bool
    is_done: bool
    can_undo: bool
    undone_at: datetime | None
    undone_by: str
    undo_reason: str
    upload_id: int | None
    read_as: Text
    walk_ins: int
    is_cancelled_too_late: bool

    @property
    def changed(self) -> int:
        return sum(part.count for part in self.parts if part.name in ("inserted", "updated"))


@dataclass(frozen=True, slots=True)
class RunWait:
    """How far a run, or the undo of it, is; `share` is None while the end is not in sight."""

    line: RunLine
    text: Text
    stage: Text | None
    share: float | None
    done: int
    can_cancel: bool
    is_being_cancelled: bool
    worker_is_silent: bool


@dataclass(frozen=True, slots=True)
class UndoLine:
    """One request to take a run back; `error` is None unless it went wrong."""

    is_done: bool
    removed: int
    restored: int
    error: Text | None


@dataclass(frozen=True, slots=True)
class RejectRow:
    number: int
    column: str
    reason: Text


@dataclass(frozen=True, slots=True)
class RejectGroup:
    """The rejected records with one code: the first of them, and repairs that may help."""

    code: str
    text: Text
    count: int
    first: tuple[RejectRow, ...]
    repairs: tuple[tuple[str, Text], ...]


@dataclass(frozen=True, slots=True)
class MappedColumn:
    title: str
    field: str
    words: tuple[tuple[str, str], ...]


def run_count(user: User) -> int:
    return runs_for(user).count()


def run_lines(user: User, *, offset: int, size: int) -> tuple[RunLine, ...]:
    """Newest first."""
    return tuple(map(run_line, runs_for(user)[offset : offset + size]))


def run_line(run: ImportRun) -> RunLine:
    kind = kind_named(run.kind)
    state_text, colour = _state(run)
    is_done = run.state == JobState.DONE
    return RunLine(
        id=run.pk,
        kind=run.kind,
        kind_text=kind.text,
        source=run.source,
        file_name=run.file_name,
        short_hash=run.sha256[:8],
        sha256=run.sha256,
        by=str(run.user) if run.user else "",
        is_check=run.is_dry_run,
        state=run.state,
        state_text=state_text,
        colour=colour,
        queued_at=run.queued_at,
        finished_at=run.finished_at,
        records=run.records,
        parts=_parts(run),
        rejected=run.rejected,
        has_rejects_file=bool(run.rejects_file),
        error=Text(run.error_zh, run.error_en) if run.error_code else None,
        is_over=run.state not in (JobState.QUEUED, JobState.RUNNING),
        is_done=is_done,
        can_undo=is_done and not run.is_dry_run and run.undone_at is None,
        undone_at=run.undone_at,
        undone_by=str(run.undone_by) if run.undone_by else "",
        undo_reason=run.undo_reason,
        upload_id=run.upload_id,
        read_as=reading_text(run.read_as),
        walk_ins=run.walk_ins,
        is_cancelled_too_late=run.state == JobState.DONE and run.cancel_asked_at is not None,
    )


def run_wait(run: ImportRun) -> RunWait | None:
    """None once the run is over, and what was asked to be taken back is."""
    line = run_line(run)
    if not line.is_over:
        return _wait(line, run, line.state_text, can_cancel=run.cancel_asked_at is None)
    undo = run.undos.filter(state__in=_UNDO_TEXTS).first()
    return None if undo is None else _wait(line, undo, _UNDO_TEXTS[undo.state], can_cancel=False)


def _wait(line: RunLine, work: ImportRun | ImportUndo, text: Text, *, can_cancel: bool) -> RunWait:
    return RunWait(
        line=line,
        text=text,
        stage=Text(work.stage_zh, work.stage_en) if work.stage_en else None,
        share=min(work.done / work.total, 1.0) if work.total else None,
        done=work.done,
        can_cancel=can_cancel,
        is_being_cancelled=isinstance(work, ImportRun) and not can_cancel,
        worker_is_silent=work.state == JobState.QUEUED and not worker_is_alive(),
    )


def newest_undo(run: ImportRun) -> UndoLine | None:
    """What became of the last request to take a run back."""
    undo = run.undos.first()
    if undo is None:
        return None
    return UndoLine(
        is_done=undo.state == JobState.DONE,
        removed=undo.removed,
        restored=undo.restored,
        error=Text(undo.error_zh, undo.error_en) if undo.error_code else None,
    )


def newest_check(upload: Upload) -> ImportRun | None:
    """The last check of an upload, whatever became of it."""
    return upload.runs.select_related("user", "undone_by", "upload").filter(is_dry_run=True).first()


def same_file(run_of: Upload) -> ImportRun | None:
    """An import of this very file that is still in force; of any source until it is decided."""
    of_source = {"source": run_of.source} if run_of.source else {}
    return ImportRun.objects.filter(
        **of_source,
        kind=run_of.kind,
        sha256=run_of.sha256,
        is_dry_run=False,
        state=JobState.DONE,
        undone_at=None,
    ).first()


def reject_groups(*, home: Home, run: ImportRun, with_contacts: bool) -> tuple[RejectGroup, ...]:
    """The rejected records by code, the most frequent first; the reasons may quote cells."""
    first = first_rejects(home, run.pk) if with_contacts else {}
    by_count = sorted(run.reasons.items(), key=lambda each: (-each[1], each[0]))
    return tuple(
        RejectGroup(
            code,
            reason_text(code),
            count,
            tuple(
                RejectRow(number, str(column_title(column)), Text(zh, en))
                for number, column, zh, en in first.get(code, ())
            ),
            tuple((name, REPAIRS[name].text) for name in repairs_for(code) if name not in run.repairs),
        )
        for code, count in by_count
    )


def mapped_columns(run: ImportRun) -> tuple[MappedColumn, ...]:
    """Which columns of the file were taken for what, and how words were translated."""
    kind, said = kind_as_defined(run.kind), run.mapping
    named = [*said.get("columns", {}).items()]
    named += [(QUESTION + code, title) for code, title in said.get("questions", {}).items()]
    values: Mapping[str, Mapping[str, str]] = said.get("values", {})
    return tuple(
        MappedColumn(
            str(column_title(title)),
            field_text(kind, name),
            tuple(values.get(name.removeprefix(QUESTION), {}).items()),
        )
        for name, title in named
    )


def repairs_of(names: list[str]) -> tuple[tuple[str, Text], ...]:
    return tuple((name, REPAIRS[name].text) for name in names if name in REPAIRS)


def _state(run: ImportRun) -> tuple[Text, Colour]:
    if run.undone_at is not None:
        return _IS_UNDONE
    return _IS_CANCELLED if run.error_code == CANCELLED else _STATES[run.state]


def _parts(run: ImportRun) -> tuple[Part, ...]:
    counts = {name: int(getattr(run, name)) for name, _ in _PARTS}
    # Repeats are among the unchanged: apart, the parts add up to the records.
    counts["unchanged"] -= counts["duplicates"]
    return tuple(Part(name, text, counts[name]) for name, text in _PARTS)
