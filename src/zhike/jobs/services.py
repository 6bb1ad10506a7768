"""The life of a row of tracked work, and the worker's sign of life."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext

from zhike.jobs.models import WorkerHeartbeat
from zhike.jobs.tracking import JobState, TrackedWork
from zhike.kernel import clock
from zhike.kernel.errors import ZhikeError
from zhike.kernel.words import Text

log = logging.getLogger(__name__)
# Pages ask for progress less often.
_SECONDS_BETWEEN = 0.2


class RowProgress:
    """Writes progress into a row of tracked work, so that pages can show it: each stage, its end, and now and then between."""

    def __init__(self, work: TrackedWork) -> None:
        self._work = work
        self._next_at = 0.0

    def report(self, stage: Text, done: int, total: int, message: str = "") -> None:
        is_same = (self._work.stage_zh, self._work.total) == (stage.zh, total)
        if is_same and done < total and time.monotonic() < self._next_at:
            return
        self._next_at = time.monotonic() + _SECONDS_BETWEEN
        self._work.stage_zh, self._work.stage_en = stage.zh, stage.en
        self._work.done, self._work.total = done, total
        self._work.save(update_fields=["stage_zh", "stage_en", "done", "total"])


@contextmanager
def tracked(work: TrackedWork, *, under: AbstractContextManager[object] | None = None) -> Iterator[None]:
    """Mark queued work as running, then done or failed; errors are kept in the row and raised on.

    `under`, such as the lock of the work, is entered before and left after: whoever holds that lock can be sure
    that other rows that say running were cut off.

    Raises
    ------
    ZhikeError
        ``job.taken`` if somebody else took it from the queue.
    """
    with ExitStack() as held:
        try:
            held.enter_context(under or nullcontext())
        except ZhikeError as error:
            _claim(work)
            _fail(work, error)
            raise
        _claim(work)
        try:
            yield
        except BaseException as error:
            _fail(work, error)
            raise
        work.state, work.finished_at = JobState.DONE, clock.now()
        work.save(update_fields=["state", "finished_at"])


def mark_interrupted(kind: type[TrackedWork], *, but: int | None = None) -> int:
    """Call only while nobody else can be at such work: rows still running were cut off by a crash.

    `but` is the caller's own row.
    """
    return (
        kind._default_manager.filter(state=JobState.RUNNING)
        .exclude(pk=but)
        .update(
            state=JobState.INTERRUPTED,
            finished_at=clock.now(),
            error_code="job.interrupted",
            error_zh="进程中断，没有完成；之前的结果仍然有效，可重新开始",
            error_en="The process was cut off before the end; the earlier results stay in force, start it again",
        )
    )


def beat_heart() -> None:
    """Note that the worker is alive."""
    life = {"beaten_at": clock.now(), "host": socket.gethostname(), "pid": os.getpid()}
    WorkerHeartbeat.objects.update_or_create(pk=1, defaults=life)


def _claim(work: TrackedWork) -> None:
    # Conditional, so that of two processes that see the same row only one gets it.
    waiting = type(work)._default_manager.filter(pk=work.pk, state=JobState.QUEUED)
    if not waiting.update(state=JobState.RUNNING, started_at=clock.now()):
        raise ZhikeError(
            "job.taken", zh="这项任务已由另一个进程执行", en="another process has taken this work"
        )
    work.refresh_from_db(fields=["state", "started_at"])


def _fail(work: TrackedWork, error: BaseException) -> None:
    if isinstance(error, ZhikeError):
        code, said = error.code, error.text
    else:
        log.exception("work failed")
        what = f"{type(error).__name__}: {error}"
        code, said = "internal", Text(zh=f"内部错误：{what}", en=f"internal error: {what}")
    work.state, work.finished_at = JobState.FAILED, clock.now()
    work.error_code, work.error_zh, work.error_en = code, said.zh, said.en
    work.save(update_fields=["state", "finished_at", "error_code", "error_zh", "error_en"])
