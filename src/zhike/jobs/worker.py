"""The worker process: runs queued tasks and the rounds, and shows that it is alive."""

from __future__ import annotations

import logging
import threading

from django.core.management import call_command
from django.db import Error, connection

from zhike.jobs.recovery import recover_interrupted_work
from zhike.jobs.rounds import RoundThreads, registered_rounds
from zhike.jobs.services import beat_heart

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 10


def run_worker() -> None:
    """Work until told to stop."""
    threading.Thread(target=_keep_beating, daemon=True).start()
    rounds = RoundThreads(registered_rounds())
    rounds.start()
    try:
        # The rounds are under way meanwhile: what arrives waits for nothing that a crash left.
        recover_interrupted_work()
        call_command("db_worker", interval=1, startup_delay=False, verbosity=0)
    finally:
        rounds.stop()


def _keep_beating() -> None:
    stopped = threading.Event()
    while not stopped.wait(0):
        try:
            beat_heart()
        except Error:
            # A busy database must not end the sign of life; the next beat tries again.
            log.warning("the heartbeat could not be written", exc_info=True)
        finally:
            connection.close()
        stopped.wait(HEARTBEAT_SECONDS)
