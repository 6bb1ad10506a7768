"""Ending an import that is under way, at the places where nothing has been kept yet."""

from __future__ import annotations

from zhike.collect.imports.destinations.destination import COMPARING
from zhike.collect.imports.staging import READING
from zhike.collect.models import ImportRun
from zhike.jobs.tracking import JobState
from zhike.kernel import clock
from zhike.kernel.errors import ZhikeError
from zhike.kernel.words import Text

CANCELLED = "import.cancelled"


class WayOut:
    """Progress that ends the import when somebody asked for it.

    Only while the file is read and compared: after that profiles are made and rows are committed, which is over
    soon and is taken back by undoing the import.
    """

    def __init__(self, run: ImportRun) -> None:
        self._run = run

    def report(self, stage: Text, done: int, total: int, message: str = "") -> None:
        """Raises ``import.cancelled``."""
        if stage not in (READING, COMPARING):
            return
        if ImportRun.objects.filter(pk=self._run.pk, cancel_asked_at__isnull=False).exists():
            raise _cancelled()


def cancel_import(*, run: ImportRun) -> None:
    """Have a waiting run end at once and a running one at its next step; what is over stays as it is."""
    error = _cancelled()
    now = clock.now()
    # Conditional: a worker that takes it from the queue at this moment finds the wish instead.
    waiting = ImportRun.objects.filter(pk=run.pk, state=JobState.QUEUED)
    ended = waiting.update(
        state=JobState.FAILED,
        finished_at=now,
        error_code=error.code,
        error_zh=error.text.zh,
        error_en=error.text.en,
    )
    if not ended:
        ImportRun.objects.filter(pk=run.pk, state=JobState.RUNNING).update(cancel_asked_at=now)


def _cancelled() -> ZhikeError:
    return ZhikeError(
        CANCELLED,
        zh="已取消，没有保留任何数据；文件还在，可以再开始",
        en="cancelled, and nothing was kept; the file is still there to start again",
    )
