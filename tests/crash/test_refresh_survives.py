"""A refresh that dies, at whatever point, leaves the snapshot before in force and nothing broken behind."""

from __future__ import annotations

import os
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import pytest

from zhike.kernel.home import BusinessSettings, Home, create_home
from zhike.lake.snapshots import Lake

HEADER = "order_id,customer_id,ordered_at,amount\n"


def zhike(home: Path, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "zhike", "--dir", str(home), "--lang", "en", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]


def orders_file(folder: Path, name: str, customers: range) -> Path:
    start = date(2024, 1, 1)
    lines = [
        f"{name}-{c}-{d},{c},{start + timedelta(days=d)},{10 + c % 7}.50\n"
        for c in customers
        for d in range(c % 9, 90, 10)
    ]
    file = folder / f"{name}.csv"
    file.write_text(HEADER + "".join(lines))
    return file


@pytest.fixture
def home(tmp_path: Path, prepared: Path) -> Home:
    """A shop with one snapshot and newer orders that wait for the next; each test has its own copy."""
    return Home(Path(shutil.copytree(prepared, tmp_path / "shop")))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    made = create_home(folder / "shop", BusinessSettings())
    assert zhike(made.path, "manage", "migrate", "-v", "0").returncode == 0
    for name, customers in (("first", range(300)), ("second", range(300, 400))):
        done = zhike(made.path, "import", "orders", str(orders_file(folder, name, customers)))
        assert done.returncode == 0, done.stderr
        if name == "first":
            assert zhike(made.path, "refresh").returncode == 0
    return made.path


def customers_in_force(home: Home) -> int:
    lake = Lake(home.lake)
    snapshot = lake.current()
    assert snapshot is not None
    table = snapshot.table("customer_features")
    return int(snapshot.rows(table.aggregate(n=table.count()))[0]["n"])


def test_a_refresh_killed_in_any_stage_leaves_the_snapshot_before_in_force(home: Home) -> None:
    """Kill it right as each of several stages begins; then an ordinary refresh must finish the job."""
    command = [sys.executable, "-m", "zhike", "--dir", str(home.path), "--lang", "en", "refresh"]
    for stage in (1, 2, 3, 5):
        running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert running.stderr is not None
        for line in running.stderr:
            if re.match(rf"\[{stage}/", line):
                running.send_signal(signal.SIGKILL)
                break
        assert running.wait() == -signal.SIGKILL
        assert customers_in_force(home) == 300
    done = zhike(home.path, "refresh")
    assert done.returncode == 0, done.stderr
    assert customers_in_force(home) == 400
    states = zhike(home.path, "manage", "shell", "-v", "0", "-c", _STATES).stdout.split()
    assert states.count("interrupted") == 4
    assert "running" not in states


_STATES = (
    "from zhike.pipeline.models import RefreshRun; print(*RefreshRun.objects.values_list('state', flat=True))"
)


def test_a_refresh_that_cannot_write_fails_and_leaves_the_snapshot_before_in_force(home: Home) -> None:
    """The system refuses to let any file grow past 40 kB, as a full disk would."""

    def no_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))

    failed = zhike(home.path, "refresh", preexec_fn=no_room)
    assert failed.returncode != 0
    assert customers_in_force(home) == 300
    assert zhike(home.path, "refresh").returncode == 0
    assert customers_in_force(home) == 400


def stop_between_writes(process: subprocess.Popen[str], home: Home) -> None:
    """Stop a process where it holds the lock of the refresh, but not that of the database."""
    while process.poll() is None:
        os.kill(process.pid, signal.SIGSTOP)
        database = sqlite3.connect(home.database, timeout=0, isolation_level=None)
        try:
            database.execute("BEGIN IMMEDIATE")
            database.execute("ROLLBACK")
            return
        except sqlite3.OperationalError:
            os.kill(process.pid, signal.SIGCONT)
            time.sleep(0.01)
        finally:
            database.close()


def test_two_refreshes_at_once_end_in_one_snapshot_and_one_refusal(home: Home) -> None:
    command = [sys.executable, "-m", "zhike", "--dir", str(home.path), "--lang", "en", "refresh"]
    first = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert first.stderr is not None
    first.stderr.readline()
    stop_between_writes(first, home)
    second = zhike(home.path, "refresh")
    os.kill(first.pid, signal.SIGCONT)
    first.communicate()
    assert second.returncode == 1
    assert "busy" in second.stderr
    assert first.returncode == 0
    assert customers_in_force(home) == 400
