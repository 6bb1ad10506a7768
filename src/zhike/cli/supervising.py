"""Processes that are started again when they die, and that end together."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

log = logging.getLogger(__name__)

# Whoever lives so long was started well: what went wrong then is forgotten.
_WELL_SECONDS = 10
# At once the first time: a process that was killed should hardly be missed.
_PAUSES_SECONDS = (0, 1, 2, 4, 8)
_LOOK_EVERY_SECONDS = 0.1
_GRACE_SECONDS = 10
_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15
# Forked, everything is imported already: a start takes milliseconds instead of seconds. macOS and Windows cannot
# fork a process that has such libraries open.
CAN_FORK = sys.platform == "linux"


@dataclass(frozen=True)
class Service:
    """A process to be kept running: `work` where it can be forked, else `command`."""

    name: str
    work: Callable[[], None]
    command: Sequence[str]


class Child(Protocol):
    """What `subprocess.Popen` can do, as far as it is needed."""

    pid: int

    def poll(self) -> int | None: ...
    def send_signal(self, number: int) -> None: ...


class GaveUp(Exception):
    """A service died again and again; its name."""


class _Kept:
    """One service with the process that does it now."""

    def __init__(self, service: Service, *, forks: bool) -> None:
        self.service = service
        self._forks = forks
        self.child: Child | None = None
        self._began = 0.0
        self._start_at = 0.0
        self._deaths = 0

    def look(self) -> None:
        """Start it if it is not running and its pause is over.

        Raises
        ------
        GaveUp
        """
        now = time.monotonic()
        if self.child is not None and (code := self.child.poll()) is not None:
            self._died(code, now)
        if self.child is None and now >= self._start_at:
            self._began, self.child = now, _started(self.service, forks=self._forks)

    def _died(self, code: int, now: float) -> None:
        self.child = None
        self._deaths = 0 if now - self._began >= _WELL_SECONDS else self._deaths
        if self._deaths == len(_PAUSES_SECONDS):
            raise GaveUp(self.service.name)
        self._start_at = now + _PAUSES_SECONDS[self._deaths]
        self._deaths += 1
        log.error("the %s ended unexpectedly (%s); it is started again", self.service.name, code)


def keep_running(services: Sequence[Service], *, forks: bool = CAN_FORK) -> None:
    """Run all of them until this process is told to stop; then all of them end.

    With `forks` this process must have no threads at work and no database open: what is forked cannot use them.

    Raises
    ------
    GaveUp
        Of a service that dies again and again right after its start.
    """
    kept = [_Kept(service, forks=forks) for service in services]
    # Noted and not raised: between a start and the note of it, the new process would be forgotten.
    told: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: told.append(number))
    try:
        while not told:
            for each in kept:
                each.look()
            time.sleep(_LOOK_EVERY_SECONDS)
    finally:
        _stop([each.child for each in kept if each.child is not None])
    sys.exit(0)


def _stop(children: Sequence[Child]) -> None:
    for child in children:
        child.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + _GRACE_SECONDS
    while any(child.poll() is None for child in children) and time.monotonic() < deadline:
        time.sleep(_LOOK_EVERY_SECONDS)
    for child in children:
        if child.poll() is None:
            child.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))


def _started(service: Service, *, forks: bool) -> Child:
    return _forked(service) if forks else subprocess.Popen(service.command)


class _Forked:
    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None

    def poll(self) -> int | None:
        if self._code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self._code = os.waitstatus_to_exitcode(status) if pid else None
        return self._code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


def _forked(service: Service) -> Child:
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    # Held back until the new process has a handler of its own: by that of its parent it would go on running.
    held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    if pid := os.fork():
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
        return _Forked(pid)
    code = 1
    try:
        _end_with(parent)
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
        # What `ps -o comm` and `top` show: forked processes have one command line.
        ctypes.CDLL(None).prctl(_PR_SET_NAME, f"zhike {service.name}".encode()[:15])
        service.work()
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 0 if leaving.code is None else 1
    except KeyboardInterrupt:
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        # Not back into what the parent was doing.
        os._exit(code)


def _end_with(parent: int) -> None:
    """Be told to stop when the parent dies, however it dies; nobody would start this process again."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(0)
