"""What a row of tracked work tells of its progress."""

from __future__ import annotations

import pytest

from zhike.jobs import services
from zhike.jobs.services import RowProgress
from zhike.kernel.words import Text

READING, WRITING = Text("读取", "reading"), Text("写入", "writing")


class Row:
    """Tracked work, and what of it was written."""

    def __init__(self) -> None:
        self.stage_zh = self.stage_en = ""
        self.done = self.total = 0
        self.saved: list[tuple[str, int]] = []

    def save(self, *, update_fields: list[str]) -> None:
        assert set(update_fields) == {"stage_zh", "stage_en", "done", "total"}
        self.saved.append((self.stage_en, self.done))


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(services.time, "monotonic", lambda: now[0])
    return now


def test_a_row_is_written_now_and_then_and_at_the_ends_of_a_stage(seconds: list[float]) -> None:
    row = Row()
    progress = RowProgress(row)  # type: ignore[arg-type]
    for done in range(0, 101, 10):
        progress.report(READING, done, 100)
        seconds[0] += 0.06
    assert row.saved == [("reading", 0), ("reading", 40), ("reading", 80), ("reading", 100)]
    progress.report(WRITING, 0, 100)
    progress.report(WRITING, 1, 100)
    assert row.saved[4:] == [("writing", 0)]


def test_how_much_there_is_is_told_once_it_is_known(seconds: list[float]) -> None:
    row = Row()
    progress = RowProgress(row)  # type: ignore[arg-type]
    progress.report(READING, 0, 0)
    progress.report(READING, 1, 50)
    progress.report(READING, 2, 50)
    assert row.saved == [("reading", 0), ("reading", 1)]
