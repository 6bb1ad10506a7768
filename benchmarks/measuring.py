"""Running a piece of work in a process of its own and timing it."""

from __future__ import annotations

import json
import multiprocessing
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Measured:
    """Seconds of the work itself, peak memory of its process in MB, and what it returned."""

    seconds: float
    peak_mb: float
    result: Any


def in_a_process(work: Callable[..., Any], *arguments: Any) -> Measured:
    """Time `work` in a fresh process, imports and start-up of which do not count."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_timed, args=(sender, work, arguments))
    process.start()
    sender.close()
    try:
        return Measured(*receiver.recv())
    finally:
        process.join()


def _timed(sender: Any, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    prepared = work(*arguments)
    started = time.perf_counter()
    result = prepared()
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    json.dumps(result, default=str)
    sender.send((seconds, peak, result))


def medians(runs: list[Measured]) -> Measured:
    """Median seconds and the highest peak of several runs, with the result of the last."""
    return Measured(median(r.seconds for r in runs), max(r.peak_mb for r in runs), runs[-1].result)
