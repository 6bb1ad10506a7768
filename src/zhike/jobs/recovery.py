"""What a worker finds when it starts: work that a dead process left under way."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recovery:
    """Brings work of one kind that was cut off to an end, or has it done again.

    `work` is called at every start of a worker, also while another process is at such work: it must ask for the
    lock of that work, which the system frees when its holder dies.
    """

    name: str
    work: Callable[[], object]


_recoveries: dict[str, Recovery] = {}


def register_recovery(recovery: Recovery) -> None:
    """Have workers do this first; called by the app of a domain when it is ready. Doing it again is harmless."""
    _recoveries[recovery.name] = recovery


def recover_interrupted_work() -> None:
    """All that is registered, one after another; a failure is logged and does not keep the worker from working."""
    for each in tuple(_recoveries.values()):
        try:
            each.work()
        except Exception:  # a worker that does not start would help nobody
            log.exception("what a crash left of %s could not be finished", each.name)
