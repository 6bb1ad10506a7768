"""`zhike up` starts what dies again, gives up on what dies at once, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

_HEAD = """
import os, signal, sys, time
from zhike.cli import supervising
from zhike.cli.supervising import GaveUp, Service, keep_running
supervising._PAUSES_SECONDS = (0, 0, 0)
def wait():
    os.write(1, f"began {os.getpid()}\\n".encode())  # at once, or the lines of two services may mingle
    time.sleep(120)
"""


def started(*lines: str) -> subprocess.Popen[str]:
    code = "\n".join([_HEAD, *lines])
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


def began(process: subprocess.Popen[str]) -> int:
    """The number of the process that begins next."""
    assert process.stdout is not None
    word, pid = process.stdout.readline().split()
    assert word == "began"
    return int(pid)


def test_a_service_that_is_killed_is_started_again_and_ends_with_the_others() -> None:
    running = started('keep_running([Service("web", wait, []), Service("worker", wait, [])])')
    first, second = began(running), began(running)
    os.kill(second, signal.SIGKILL)
    third = began(running)
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=60)
    assert running.returncode == 0
    assert not [pid for pid in (first, second, third) if os.path.exists(f"/proc/{pid}")]


def test_who_is_told_to_stop_while_a_service_starts_waits_for_its_end() -> None:
    running = started(
        "def ends_slowly():",
        "    signal.signal(signal.SIGTERM, lambda *_: (time.sleep(1), sys.exit(0)))",
        "    wait()",
        "forked = supervising._forked",
        "def noted_late(service):",
        "    child = forked(service)",
        "    time.sleep(1)",
        "    return child",
        "supervising._forked = noted_late",
        'keep_running([Service("web", ends_slowly, [])])',
    )
    service = began(running)
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=60)
    assert running.returncode == 0
    assert not os.path.exists(f"/proc/{service}")


def test_services_end_when_whoever_started_them_is_killed() -> None:
    running = started('keep_running([Service("worker", wait, [])])')
    began(running)
    running.kill()
    # The pipe ends once no process has it open any more.
    assert running.communicate(timeout=60)[0] == ""


def test_a_service_that_dies_again_and_again_is_given_up() -> None:
    running = started(
        "try:",
        '    keep_running([Service("worker", lambda: sys.exit(3), []), Service("web", lambda: time.sleep(120), [])])',
        "except GaveUp as error:",
        '    print("gave up on", error)',
    )
    assert running.communicate(timeout=60)[0] == "gave up on worker\n"
