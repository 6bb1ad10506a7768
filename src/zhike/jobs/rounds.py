"""Short work that the worker does again and again, beside the queue."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection

log = logging.getLogger(__name__)

# How long a round that is under way may take when the worker is told to stop.
_GRACE_SECONDS = 10


@dataclass(frozen=True)
class Round:
    """Work to be done every so many seconds; what one call leaves undone, the next one finds."""

    name: str
    every_seconds: float
    work: Callable[[], object]


_rounds: dict[str, Round] = {}


def register_round(round: Round) -> None:
    """Have the worker do this; called by the app of a domain when it is ready. Doing it again is harmless."""
    _rounds[round.name] = round


def registered_rounds() -> tuple[Round, ...]:
    return tuple(_rounds.values())


class RoundThreads:
    """One thread a round, so that none waits for another or for the queue."""

    def __init__(self, rounds: tuple[Round, ...]) -> None:
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._go, args=(each,), daemon=True, name=each.name) for each in rounds
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let rounds that are under way end."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(_GRACE_SECONDS)

    def _go(self, round: Round) -> None:
        # At once the first time: what a worker that died left has waited long enough.
        pause = 0.0
        while not self._stopped.wait(pause):
            pause = round.every_seconds
            try:
                round.work()
            except Exception:  # the next round may fare better; the thread must not end
                log.exception("the round %s failed; it will be tried again", round.name)
            finally:
                connection.close()
