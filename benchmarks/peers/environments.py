"""Environments of other libraries: each pins what the others cannot bear. Made once, in a folder of the data."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PYTHON_OF_VERSION = "import sys; print(sys.version_info >= ({}, {}))"
_VERSIONS = range(11, 20)


@dataclass(frozen=True)
class Peer:
    """A library, what to install for it, the oldest Python 3 it runs on, and how often it is measured."""

    name: str
    requirements: tuple[str, ...]
    least_python: int
    rounds: int

    @property
    def script(self) -> Path:
        return Path(__file__).parent / f"with_{self.name.replace('-', '_')}.py"


class NotInstalledError(Exception):
    """Why a library cannot be measured here."""


PEERS = (
    Peer("lifetimes", ("lifetimes==0.11.3",), 11, 3),
    Peer("pymc-marketing", ("pymc-marketing==1.3.0",), 12, 1),
    Peer("clvkit", ("clvkit==0.2.1",), 11, 1),
)


def peer_named(name: str) -> Peer:
    """One of `PEERS`."""
    return next(peer for peer in PEERS if peer.name == name)


def interpreter_of(peer: Peer, folder: Path) -> Path:
    """The Python of the peer's environment below `folder`, which is made where it is not there.

    Raises
    ------
    NotInstalledError
        With what the installer said.
    """
    home = folder / peer.name
    wanted = "\n".join((*peer.requirements, "pyarrow"))
    ready = home / "installed.txt"
    if not ready.is_file() or ready.read_text() != wanted:
        shutil.rmtree(home, ignore_errors=True)
        _run([str(_python(peer.least_python)), "-m", "venv", str(home)])
        installing = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        _run([*installing, "--disable-pip-version-check", *wanted.splitlines()])
        ready.write_text(wanted)
    return home / "bin" / "python"


def _python(least: int) -> Path:
    for candidate in _candidates(least):
        said = subprocess.run(
            [candidate, "-c", _PYTHON_OF_VERSION.format(3, least)],
            capture_output=True,
            text=True,
            check=False,
        )
        if said.stdout.strip() == "True":
            return candidate
    raise NotInstalledError(f"needs Python 3.{least} or newer, none is on this machine")


def _candidates(least: int) -> Iterator[Path]:
    yield Path(sys.executable)
    for minor in _VERSIONS[_VERSIONS.index(least) :]:
        if found := shutil.which(f"python3.{minor}"):
            yield Path(found)
        roots = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
        yield from sorted(roots.glob(f"versions/3.{minor}.*/bin/python"))


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotInstalledError((done.stderr.strip() or done.stdout.strip()).splitlines()[-1])
