"""The runs of all libraries, in turn."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.peers.customers import customers_file
from benchmarks.peers.environments import PEERS, NotInstalledError, interpreter_of
from benchmarks.peers.referee import Referee, Verdict

_OURS = Path(__file__).parent / "with_zhike.py"


@dataclass(frozen=True)
class Compared:
    """Runs of one library: seconds are medians, `answer` is the last run's; or why there is none."""

    name: str
    runs: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    warm_up_seconds: float = 0.0
    peak_mb: float = 0.0
    answer: dict[str, Any] | None = None
    verdict: Verdict | None = None
    reason: str = ""


def compared(folder: Path, *, customers: int, rounds: int) -> Iterator[Compared]:
    """Zhike, then every peer; one that cannot be installed or that fails gives its reason."""
    file = customers_file(folder, customers)
    installed: dict[str, Path] = {"zhike": Path(sys.executable)}
    reasons: dict[str, str] = {}
    for peer in PEERS:
        try:
            installed[peer.name] = interpreter_of(peer, folder)
        except NotInstalledError as error:
            reasons[peer.name] = f"not installed: {error}"
    answers: dict[str, list[dict[str, Any]]] = {name: [] for name in installed}
    for done in range(rounds):
        for name, script, most in _turns(rounds):
            if name in installed and name not in reasons and done < most:
                try:
                    answers[name].append(_run(installed[name], script, file))
                except subprocess.CalledProcessError as error:
                    reasons[name] = f"failed: {error.stderr.strip().splitlines()[-1:]}"
    referee = Referee(file)
    for name in ("zhike", *(peer.name for peer in PEERS)):
        if name in reasons:
            yield Compared(name, reason=reasons[name])
        else:
            yield _summed_up(name, answers[name], referee)


def _turns(rounds: int) -> Iterator[tuple[str, Path, int]]:
    yield "zhike", _OURS, rounds
    yield from ((peer.name, peer.script, min(peer.rounds, rounds)) for peer in PEERS)


def _run(python: Path, script: Path, file: Path) -> dict[str, Any]:
    hidden = {"PYTHONPATH"} if script != _OURS else set()
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    done = subprocess.run(
        [str(python), str(script), str(file)], capture_output=True, text=True, check=True, env=environment
    )
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def _summed_up(name: str, answers: list[dict[str, Any]], referee: Referee) -> Compared:
    def middle(key: str) -> float:
        return median(answer[key] for answer in answers)

    return Compared(
        name=f"{name} {answers[-1]['version']}",
        runs=len(answers),
        seconds=middle("seconds"),
        cpu_seconds=middle("cpu_seconds"),
        warm_up_seconds=middle("warm_up_seconds"),
        peak_mb=max(answer["peak_mb"] for answer in answers),
        answer=answers[-1],
        verdict=referee.of(answers[-1]),
    )
