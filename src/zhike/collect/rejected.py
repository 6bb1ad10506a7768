"""The rejected records of imports: kept sealed, handed out on record, and forgotten after a while."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from zhike.accounts.audit.actions import Target, action
from zhike.accounts.services import record_audit
from zhike.collect.imports.report import ImportReport
from zhike.collect.imports.storage import open_private, write_private
from zhike.collect.models import ImportRun
from zhike.collect.settings import ImportSettings
from zhike.kernel import clock
from zhike.kernel.errors import UsageError
from zhike.kernel.formulas import guarded, unguarded
from zhike.kernel.home import Home

if TYPE_CHECKING:
    from zhike.accounts.selectors import User

REJECTS_TAKEN = action("import.rejects_downloaded", zh="下载拒绝的记录", en="downloaded rejected records")


def rejects_place(home: Home, run: ImportRun) -> Path | None:
    """Where the rejected records of a run lie sealed, if they are still kept."""
    place = home.rejects / run.rejects_file
    return place if run.rejects_file and place.is_file() else None


def rejects_kept_until(home: Home, run: ImportRun) -> datetime | None:
    """When the rejected records will be deleted; None where none are kept."""
    if rejects_place(home, run) is None or run.finished_at is None:
        return None
    return run.finished_at + home.section("imports", ImportSettings).rejects_for


def take_rejects(*, home: Home, run: ImportRun, user: User | None) -> BinaryIO | None:
    """The rejected records as CSV, open for reading; who took them is recorded. None if they are not kept."""
    place = rejects_place(home, run)
    if place is None:
        return None
    opened = open_private(place)
    record_audit(
        actor=user,
        action=REJECTS_TAKEN,
        object=Target("import", run.pk),
        details={"records": run.rejected},
    )
    return opened


def write_rejects_out(*, home: Home, run_id: int, out: Path, user: User | None = None) -> None:
    """Write the rejected records of a run as a plain CSV file that only its owner can read.

    Raises
    ------
    UsageError
        ``rejects.gone`` for a run that has none, or none any more.
    """
    run = ImportRun.objects.filter(pk=run_id).first()
    opened = None if run is None else take_rejects(home=home, run=run, user=user)
    if opened is None:
        raise UsageError(
            "rejects.gone",
            zh=f"没有保存第 {run_id} 号导入的拒绝记录：没有被拒绝的，或已过保存期",
            en=f"no rejected records of import {run_id} are kept: there were none, or their time is over",
        )
    handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with opened, os.fdopen(handle, "wb") as plain:
        shutil.copyfileobj(opened, plain)


def keep_first_rejects(home: Home, report: ImportReport) -> None:
    """Keep the first rejected records of every code beside the file of rejects: they may quote it."""
    if report.rejects_file is None:
        return
    said = {
        code: [[each.number, each.column, each.reason.zh, each.reason.en] for each in some]
        for code, some in report.first_rejects.items()
    }
    _write_first(home, report.run_id, said)


def first_rejects(home: Home, run_id: int) -> dict[str, list[Any]]:
    """What `keep_first_rejects` kept: by code, number, column and the reason in both languages."""
    place = _first_place(home, run_id)
    if not place.is_file():
        return {}
    with open_private(place) as opened:
        found: dict[str, list[Any]] = json.loads(opened.read())
    return found


def forget_rejects(*, home: Home, run: ImportRun) -> None:
    """Delete what is kept of the rejected records of a run; the row stays, with their numbers."""
    if run.rejects_file:
        (home.rejects / run.rejects_file).unlink(missing_ok=True)
    _first_place(home, run.pk).unlink(missing_ok=True)
    ImportRun.objects.filter(pk=run.pk).update(rejects_file="")


def forget_old_rejects(*, home: Home) -> int:
    """Delete the rejected records whose time is over; of how many runs."""
    oldest = clock.now() - home.section("imports", ImportSettings).rejects_for
    old = list(ImportRun.objects.exclude(rejects_file="").filter(finished_at__lt=oldest))
    for run in old:
        forget_rejects(home=home, run=run)
    return len(old)


def reject_names(home: Home) -> set[str]:
    """The names of all files that a run keeps in the folder of rejects."""
    runs = ImportRun.objects.exclude(rejects_file="").values_list("pk", "rejects_file")
    return {name for pk, file in runs for name in (file, _first_place(home, pk).name)}


def rejected_rows(home: Home, run: ImportRun) -> Iterator[list[str]]:
    """The rejected records of a run as their file had them, the header first; none if they are not kept."""
    place = rejects_place(home, run)
    if place is not None:
        with io.TextIOWrapper(open_private(place), encoding="utf-8-sig", newline="") as text:
            yield from ([unguarded(cell) for cell in row] for row in csv.reader(text))


def drop_rejected(*, home: Home, run: ImportRun, is_wanted: Callable[[str], bool]) -> int:
    """Write the rejected records anew without those of which a cell is wanted away; how many those were."""
    place = rejects_place(home, run)
    if place is None:
        return 0
    header, *rows = rejected_rows(home, run)
    kept = [row for row in rows if not is_wanted("\t".join(row))]
    dropped = len(rows) - len(kept)
    if not kept:
        forget_rejects(home=home, run=run)
    elif dropped:
        _replace(place, [header, *kept])
    _drop_first(home, run.pk, is_wanted)
    return dropped


def _drop_first(home: Home, run_id: int, is_wanted: Callable[[str], bool]) -> None:
    first = first_rejects(home, run_id)
    numbers = {row[0] for rows in first.values() for row in rows if is_wanted("\t".join(row[1:]))}
    if numbers:
        _write_first(
            home,
            run_id,
            {code: [row for row in rows if row[0] not in numbers] for code, rows in first.items()},
        )


def _replace(place: Path, rows: list[list[str]]) -> None:
    # Under the same name, to which it is bound, in a folder beside it.
    folder = place.parent / ".anew"
    folder.mkdir(mode=0o700, exist_ok=True)
    fresh = folder / place.name
    with write_private(fresh, is_durable=True) as raw:
        out = io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
        csv.writer(out).writerows([guarded(cell) for cell in row] for row in rows)
        out.detach()
    fresh.replace(place)
    folder.rmdir()


def _first_place(home: Home, run_id: int) -> Path:
    return home.rejects / f"{run_id}-first.json.sealed"


def _write_first(home: Home, run_id: int, said: dict[str, list[Any]]) -> None:
    with write_private(_first_place(home, run_id)) as out:
        out.write(json.dumps(said, ensure_ascii=False).encode())
