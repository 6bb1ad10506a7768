"""Leaving nothing of what was in a table but its newest version: for erasing a person."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from pathlib import Path

from zhike.lake.deltas import DeltaFolder, fsync_path

_LOG = "_delta_log"
_SPILLED_BY = re.compile(r"(?:duckdb_temp|fold)_(\d+)_")


def forget_history(deltas: DeltaFolder, name: str) -> None:
    """Delete every file and every log entry that the newest version of a table does not need.

    A log entry tells the least and the greatest value of each column of its files, so order ids stand in it. The
    newest version is written down as a checkpoint first; numbers of versions and of moves go on from there.
    Nothing is left of files that a crash left half-written. Under the lock of whoever writes the table.
    """
    folder, pinned = deltas.path(name), deltas.pinned(name)
    if pinned is None:
        return
    log = folder / _LOG
    deltas._open(name).create_checkpoint()
    for file in log.iterdir():
        fsync_path(file)
    fsync_path(log)
    number = f"{pinned.version:020d}"
    kept = {f"{number}.json", "_last_checkpoint"}
    kept |= {file.name for file in log.glob(f"{number}.checkpoint*.parquet")}
    _clear(log, keep=kept)
    _clear(folder, keep={file.path for file in pinned.files})


def forget_table(deltas: DeltaFolder, name: str) -> None:
    """Delete all files of a table that no snapshot names any more; its log, which has no values, stays."""
    if deltas.path(name).is_dir():
        _clear(deltas.path(name), keep=set())


def forget_spilled(folder: Path) -> None:
    """Delete what processes that are no more had no room for in memory."""
    for file in folder.glob("*"):
        found = _SPILLED_BY.match(file.name)
        if found and not _is_alive(int(found[1])):
            with contextlib.suppress(OSError):
                file.unlink()
    # Spark works only in a refresh, and whoever forgets holds the lock of the refresh.
    shutil.rmtree(folder / "spark", ignore_errors=True)


def _clear(folder: Path, *, keep: set[str]) -> None:
    for file in folder.iterdir():
        if file.is_file() and file.name not in keep:
            file.unlink()
    fsync_path(folder)


def _is_alive(process: int) -> bool:
    if os.name == "nt":  # There an open file cannot be deleted.
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
