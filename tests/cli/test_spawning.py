"""`zhike up --spawn`: the way of macOS and Windows, which cannot fork, run for real."""

from __future__ import annotations

import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path

from zhike.kernel.home import BusinessSettings, create_home


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as place:
        return int(place.getsockname()[1])


def answer(port: int) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as response:
            return str(response.status)
    except OSError:
        return ""


def commands_of(parent: int) -> set[str]:
    """What the processes below one do: the word after the data folder."""
    pids = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    lines = [Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0") for pid in pids]
    return {line[line.index(b"--dir") + 2].decode() for line in lines if b"--dir" in line}


def worker_lives(shop: Path) -> bool:
    """Whether a worker has written its heartbeat."""
    try:
        with closing(sqlite3.connect(f"file:{shop}/zhike.sqlite3?mode=ro", uri=True)) as database:
            return bool(database.execute("SELECT 1 FROM jobs_workerheartbeat").fetchone())
    except sqlite3.OperationalError:
        return False


def test_fresh_processes_serve_and_work_and_end_together(tmp_path: Path) -> None:
    home, port = create_home(tmp_path / "shop", BusinessSettings(name="山茶小铺")), free_port()
    command = [sys.executable, "-m", "zhike", "--dir", str(home.path), "up", "--port", str(port), "--spawn"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        until = time.monotonic() + 90
        while not (answer(port) and worker_lives(home.path)) and time.monotonic() < until:
            assert running.poll() is None
            time.sleep(0.2)
        assert answer(port) == "200"
        assert worker_lives(home.path)
        assert commands_of(running.pid) == {"serve", "worker"}
    finally:
        running.send_signal(signal.SIGTERM)
        said, _ = running.communicate(timeout=60)
    assert (running.returncode, said) == (0, f"http://127.0.0.1:{port}\n")
    assert answer(port) == ""
