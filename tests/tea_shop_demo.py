"""The tea shop as `zhike demo` leaves it: loaded once for all tests of a run, in a folder that they only read."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from zhike.collect.samples.tea_shop import TeaShop, generate


@cache
def tea_shop() -> TeaShop:
    """What the sample is made of, once a process: making it takes seconds."""
    return generate()


def run_demo(folder: Path, *options: str, scratch: Path | None = None) -> subprocess.CompletedProcess[str]:
    """`zhike demo --no-serve` in a process of its own; its temporary files go to `scratch`."""
    command = [sys.executable, "-m", "zhike", "--dir", str(folder), "--lang", "en", "demo", "--no-serve"]
    environment = {**os.environ, **({"TMPDIR": str(scratch)} if scratch else {})}
    return subprocess.run([*command, *options], capture_output=True, text=True, check=False, env=environment)


def loaded_tea_shop(factory: pytest.TempPathFactory) -> Path:
    """The folder with the shop in ``shop``, what was printed in ``said.txt`` and an empty ``scratch``."""
    own = factory.getbasetemp()
    # Workers of a parallel run share the folder above.
    root = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "tea-shop"
    root.mkdir(exist_ok=True)
    with (root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (root / "said.txt").exists():
            _load(root, ["--sample", "tea-shop", "--owner-email", "alice@example.com"])
    return root


def _load(root: Path, options: Sequence[str]) -> None:
    scratch = root / "scratch"
    scratch.mkdir(exist_ok=True)
    done = run_demo(root / "shop", *options, scratch=scratch)
    assert done.returncode == 0, done.stderr
    (root / "said.txt").write_text(done.stdout, encoding="utf-8")
