"""One way to report progress, and where it can go: the terminal, the log, a database row."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Protocol, Self

from zhike.kernel.words import Text

log = logging.getLogger("zhike.progress")


class Progress(Protocol):
    """Told at every step of long work. `total` 0 means unknown."""

    def report(self, stage: Text, done: int, total: int, message: str = "") -> None: ...


class LogProgress:
    """One log line a stage."""

    def report(self, stage: Text, done: int, total: int, message: str = "") -> None:
        log.info("%s %s/%s %s", stage.en, done, total or "?", message)


class Silent:
    def report(self, stage: Text, done: int, total: int, message: str = "") -> None:
        pass


class Several:
    """Hands every report on to several."""

    def __init__(self, targets: Sequence[Progress]) -> None:
        self._targets = targets

    def report(self, stage: Text, done: int, total: int, message: str = "") -> None:
        for target in self._targets:
            target.report(stage, done, total, message)


class TerminalProgress(AbstractContextManager["TerminalProgress"]):
    """A bar on a terminal's standard error; plain lines where it is no terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars

        self._console = Console(stderr=True)
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._bar = self._bars.add_task("", total=None)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def report(self, stage: Text, done: int, total: int, message: str = "") -> None:
        self._bars.update(self._bar, description=str(stage), completed=done, total=total or None)
        if not self._console.is_terminal:
            self._console.print(f"[{done}/{total or '?'}] {stage} {message}".rstrip(), highlight=False)
