"""Sending events to a real server while its processes are killed: is anything lost, is anything there twice.

    python -m benchmarks.intake --seconds 60

Makes a data folder in a temporary folder, starts `zhike up`, sends 2,000 events a second in batches of 100, kills with
SIGKILL the worker, the web server, both, and at last everything with the process that starts them again, waits until the
lake stands still, and counts. `zhike up` starts the first three again, this program the last. A batch that got no answer is
sent again as it was, as a program would. Linux only.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, Queue

from zhike.collect import schema as _facts  # noqa: F401 - importing registers
from zhike.kernel.home import BusinessSettings, Home, create_home
from zhike.lake.snapshots import Lake

BATCH = 100
SENDERS = 4
CUSTOMERS = 5_000
GOAL_SECONDS = 10


@dataclass
class Load:
    """What was sent and what the server said."""

    url: str
    token: str
    queue: Queue[list[dict[str, object]]] = field(default_factory=Queue)
    sent: int = 0
    accepted: int = 0
    duplicates: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    slowest_answer: float = 0.0
    acknowledged: dict[str, float] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    is_over: threading.Event = field(default_factory=threading.Event)

    def send_all(self) -> None:
        """Until the queue is empty and nothing more will come."""
        while not (self.is_over.is_set() and self.queue.empty()):
            try:
                events = self.queue.get(timeout=0.2)
            except Empty:
                continue
            while not self._send(events):
                time.sleep(0.3)

    def _send(self, events: list[dict[str, object]]) -> bool:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        body = json.dumps({"events": events}).encode()
        began = time.monotonic()
        try:
            asked = urllib.request.Request(self.url, body, headers)
            with urllib.request.urlopen(asked, timeout=30) as answer:
                said = json.load(answer)
        except (OSError, ValueError) as error:
            with self.lock:
                self.failures[str(error)] += 1
            return False
        now = time.monotonic()
        with self.lock:
            self.slowest_answer = max(self.slowest_answer, now - began)
            self.accepted += said["accepted"]
            self.duplicates += said["duplicates"]
            self.acknowledged.update((str(event["event_id"]), now) for event in events)
        return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rate", type=int, default=2_000)
    parser.add_argument("--calm", action="store_true", help="kill nothing")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="zhike-intake-") as folder:
        home = create_home(Path(folder) / "shop", BusinessSettings())
        _zhike(home, "manage", "migrate", "-v", "0")
        token = _token(home)
        port = _free_port()
        server = _Server(home, port)
        try:
            _run(home, port, token, server, chosen)
        finally:
            server.end()


# When in tenths of the run, and who dies.
KILLS = {2: ("worker",), 4: ("web",), 6: ("web", "worker"), 8: ("up",)}


class _Server:
    """`zhike up` in a group of its own, with what is killed of it."""

    def __init__(self, home: Home, port: int) -> None:
        self._home, self._port = home, port
        self._running = _started(home, port)

    def kill(self, who: tuple[str, ...]) -> None:
        if "up" in who:
            _kill(self._running)
            self._running = _started(self._home, self._port)
            return
        for pid, name in _children(self._running.pid):
            if name.removeprefix("zhike ") in who:
                os.kill(pid, signal.SIGKILL)

    def end(self) -> None:
        _kill(self._running)


def _children(parent: int) -> list[tuple[int, str]]:
    """Numbers and names of the processes that this one started."""
    command = ["ps", "-o", "pid=,comm=", "--ppid", str(parent)]
    lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    return [(int(pid), name) for pid, _, name in (line.strip().partition(" ") for line in lines)]


def _run(home: Home, port: int, token: str, server: _Server, chosen: argparse.Namespace) -> None:
    load = Load(f"http://127.0.0.1:{port}/api/v1/events", token)
    senders = [threading.Thread(target=load.send_all) for _ in range(SENDERS)]
    for sender in senders:
        sender.start()
    seen = _Arrivals(home)
    watcher = threading.Thread(target=seen.watch, daemon=True)
    watcher.start()
    kills = {} if chosen.calm else {chosen.seconds * tenth // 10: who for tenth, who in KILLS.items()}
    began = time.monotonic()
    killed = []
    for second in range(chosen.seconds):
        for _ in range(chosen.rate // BATCH):
            load.queue.put(_events(load.sent))
            load.sent += BATCH
        if second in kills:
            killed.append((time.monotonic(), kills[second]))
            # Beside this loop: whoever sends does not wait for the server to be started again.
            threading.Thread(target=server.kill, args=(kills[second],)).start()
        time.sleep(max(0.0, began + second + 1 - time.monotonic()))
    load.is_over.set()
    for sender in senders:
        sender.join()
    last_answer = time.monotonic() - began
    _wait_until_still(seen, load.sent)
    seen.is_over.set()
    watcher.join()
    _report(load, seen, home, last_answer)
    _report_kills(load, seen, killed)


def _report_kills(load: Load, seen: _Arrivals, killed: list[tuple[float, tuple[str, ...]]]) -> None:
    """The slowest event of those that were answered from ten seconds before a kill to ten after it."""
    for at, who in killed:
        near = [
            seen.at[key] - answered
            for key, answered in load.acknowledged.items()
            if key in seen.at and -10 < answered - at < 10
        ]
        print(f"killed {' and '.join(who):<16} slowest {max(near, default=0.0):.1f} s")


class _Arrivals:
    """When each event was first seen in the lake; looks at new files of the newest version."""

    def __init__(self, home: Home) -> None:
        self.lake = Lake(home.lake)
        self.at: dict[str, float] = {}
        self.known: set[str] = set()
        self.is_over = threading.Event()

    def watch(self) -> None:
        while not self.is_over.wait(0.3):
            self.look()

    def look(self) -> None:
        import pyarrow.parquet as pq

        pinned = self.lake.deltas.pinned("events")
        now = time.monotonic()
        for file in pinned.files if pinned else ():
            if file.path not in self.known:
                self.known.add(file.path)
                ids = pq.read_table(self.lake.deltas.path("events") / file.path, columns=["event_id"])
                for event_id in ids["event_id"].to_pylist():
                    self.at.setdefault(event_id, now)


def _wait_until_still(seen: _Arrivals, sent: int) -> None:
    deadline = time.monotonic() + 120
    while len(seen.at) < sent and time.monotonic() < deadline:
        time.sleep(0.5)


def _report(load: Load, seen: _Arrivals, home: Home, last_answer: float) -> None:
    with Lake(home.lake).reading_facts() as facts:
        rows = facts.fetch(facts.table("events").select("event_id"))["event_id"].to_pylist()
    counts = Counter(rows)
    delays = sorted(seen.at[key] - load.acknowledged[key] for key in seen.at if key in load.acknowledged)
    print(f"sent                  {load.sent}")
    print(f"acknowledged          {len(load.acknowledged)}, the last after {last_answer:.1f} s")
    print(f"accepted              {load.accepted}; told again as duplicates {load.duplicates}")
    print(f"requests without an answer {dict(load.failures)}; slowest answer {load.slowest_answer:.2f} s")
    print(f"in the lake           {len(rows)}")
    print(f"lost                  {len(set(load.acknowledged) - set(counts))}")
    print(f"duplicates            {sum(count - 1 for count in counts.values())}")
    if delays:
        half, most = delays[len(delays) // 2], delays[len(delays) * 99 // 100]
        late = sum(delay > GOAL_SECONDS for delay in delays)
        print(f"answer to lake        median {half:.1f} s, 99 % {most:.1f} s, slowest {delays[-1]:.1f} s")
        print(f"later than {GOAL_SECONDS} s       {late}")


def _events(first: int) -> list[dict[str, object]]:
    now = datetime.now(UTC).isoformat()
    return [
        {
            "event_id": f"E{number}",
            "name": "page_viewed",
            "occurred_at": now,
            "customer": f"C{number % CUSTOMERS}",
            "properties": {"page": "home", "position": number % 7},
        }
        for number in range(first, first + BATCH)
    ]


def _token(home: Home) -> str:
    code = (
        "import sys; from pathlib import Path; from zhike.kernel.home import open_home; from zhike.web.boot import boot; "
        "boot(open_home(Path(sys.argv[1]))); from zhike.accounts.services import create_api_key; "
        "print(create_api_key(actor=None, name='load', scopes=['events']).token)"
    )
    made = subprocess.run(
        [sys.executable, "-c", code, str(home.path)], capture_output=True, text=True, check=True
    )
    return made.stdout.strip()


def _zhike(home: Home, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "zhike", "--dir", str(home.path), *arguments], check=True)


def _started(home: Home, port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "zhike", "--dir", str(home.path), "up", "--port", str(port)]
    # A group of its own, so that web and worker can be killed together.
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2)
        except OSError:
            time.sleep(0.2)
        else:
            return running
    raise SystemExit("the server did not start")


def _kill(running: subprocess.Popen[bytes]) -> None:
    """All processes of the group, with SIGKILL."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGKILL)
    running.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
