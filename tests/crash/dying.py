"""Imports that die where they are told to, and what the data folder has afterwards.

    python -m tests.crash.dying FOLDER < jobs

A job is a line of JSON: `kind` and `file` of the import, `chunk_rows`, `death` (see `Death`) or null, `broken` (the name of
a safeguard that is taken out first) or empty, and `answer`, the file to write to. Deaths are counted, not timed: the n-th call
of a function, before it, after it, or once a file that is written in it has grown by so many bytes (the system then kills
the process in the middle of the write, whatever library writes).
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import resource
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Only what needs no Django: it starts below, on the folder of the job.
from zhike.kernel.home import Home, open_home
from zhike.web.boot import boot


@dataclass(frozen=True)
class Death:
    """`place` is `module:attribute.path`; `when` is before, after, or the bytes that may still be written."""

    place: str
    call: int = 1
    when: str = "after"


def main() -> None:
    """Do one job after the other, each in a fork: what is imported once need not be imported for every death."""
    home = open_home(Path(sys.argv[1]))
    boot(home)
    from django.db import connections

    import zhike.collect.services
    import zhike.collect.tasks
    import zhike.pipeline.tasks  # noqa: F401

    connections.close_all()
    for line in sys.stdin:
        job = json.loads(line)
        if not (pid := os.fork()):
            _one(home, job)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        sys.stdout.write(f"{status}\n")
        sys.stdout.flush()


def _one(home: Home, job: dict[str, Any]) -> None:
    """In a process of its own; the answer, or what went wrong, is written to the file `answer`."""
    answer = Path(job["answer"])
    try:
        _prepare(home, chunk_rows=job["chunk_rows"])
        if job["broken"]:
            BROKEN[job["broken"]]()
        if job["death"]:
            die_at(Death(**job["death"]), home)
        _start(home, job["kind"], Path(job["file"]))
        answer.write_text(json.dumps(contents(home, job["kind"]), default=str, sort_keys=True))
        os._exit(0)
    except BaseException:
        answer.write_text(traceback.format_exc())
        os._exit(1)


def _prepare(home: Home, *, chunk_rows: int) -> None:
    from django.conf import settings
    from django.core.management import call_command

    if not home.database.exists():
        # The tables as the models are now, without the history of migrations.
        settings.MIGRATION_MODULES = {name.rpartition(".")[2]: None for name in settings.INSTALLED_APPS}
        call_command("migrate", run_syncdb=True, verbosity=0)
    from zhike.collect.imports import blocks, named_keys, staging
    from zhike.collect.imports.destinations import facts, profiles
    from zhike.customers.services import profiles as records
    from zhike.customers.services import registering

    staging.CHUNK_ROWS = facts._ROWS_AT_ONCE = named_keys._FEWEST_TOGETHER = profiles._AT_ONCE = chunk_rows
    blocks.BLOCK_BYTES = 50 * chunk_rows
    registering._OF_MANY = records._RECORDS_AT_ONCE = max(10, chunk_rows // 10)


def _start(home: Home, kind: str, file: Path) -> None:
    """What happens after a crash: a worker starts, and a person runs the import again if it is not done."""
    from zhike.collect.models import ImportRun
    from zhike.collect.services import import_file
    from zhike.jobs.progress import Silent
    from zhike.jobs.recovery import recover_interrupted_work

    recover_interrupted_work()
    if not ImportRun.objects.filter(file_name=file.name, state="done").exists():
        import_file(home=home, kind=kind, file=file, progress=Silent())


def die_at(death: Death, home: Home) -> None:
    """Have this process die there, without another instruction of Python."""
    owner, name = _found(death.place)
    real, calls = getattr(owner, name), 0

    def dying(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls != death.call:
            return real(*arguments, **options)
        if death.when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        elif death.when != "after":
            _die_while_writing(int(death.when), home)
        result = real(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, dying)


def _die_while_writing(more: int, home: Home) -> None:
    """No file may grow beyond so many bytes; of the database, beyond what it has and so many bytes."""
    # Python ignores the signal; its default is to end the process at once.
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    limit = more if more < 100_000 else home.database.stat().st_size + more - 100_000
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))


def _found(place: str) -> tuple[Any, str]:
    module, _, path = place.partition(":")
    owner = importlib.import_module(module)
    *way, name = path.split(".")
    for step in way:
        owner = getattr(owner, step)
    return owner, name


def _without_exactly_once() -> None:
    """An import does not look at what the lake has, nor a worker for the mark of a commit."""
    from zhike.collect.imports.destinations import facts
    from zhike.lake.deltas import DeltaFolder

    known = facts.FactsDestination._known
    facts.FactsDestination._known = lambda self, rows: tuple(each[:0] for each in known(self, rows))  # type: ignore[method-assign,assignment,return-value]
    DeltaFolder.marked_version = lambda *_, **__: None  # type: ignore[method-assign,assignment]


def _without_recovery() -> None:
    """Nobody ends what was cut off."""
    from zhike.collect import services, tasks
    from zhike.collect.recovering import CutOff

    for module in (services, tasks):
        module.end_what_was_cut_off = lambda **_: CutOff((), (), ())  # type: ignore[attr-defined]


def _without_taking_back() -> None:
    """What an import that was cut off has written so far stays."""
    from zhike.collect import recovering

    recovering.undo_profiles = lambda **_: 0


BROKEN: dict[str, Callable[[], None]] = {
    "exactly_once": _without_exactly_once,
    "recovery": _without_recovery,
    "taking_back": _without_taking_back,
}


def contents(home: Home, kind: str) -> dict[str, Any]:
    """Everything that an import leaves, in a form that is the same wherever the same was brought in."""
    from zhike.customers.selectors import profile_map

    told: dict[str, Any] = {"history": _history(home), "left": _left(home), "people": _people()}
    told["profiles"] = _digest(profile_map().to_pylist())
    told["facts"] = {name: _facts(home, name) for name in ("orders",)}
    if kind == "customers":
        told["links"] = _links()
    return told


def _digest(rows: list[Any]) -> list[Any]:
    text = "\n".join(sorted(json.dumps(row, default=str, sort_keys=True, ensure_ascii=False) for row in rows))
    return [len(rows), hashlib.sha256(text.encode()).hexdigest()]


def _facts(home: Home, name: str) -> list[Any]:
    from zhike.lake.snapshots import open_lake

    with open_lake(home.lake).reading_facts() as facts:
        table = facts.fetch(facts.table(name))
    table = table.sort_by([("order_id", "ascending")]).combine_chunks()
    digest = hashlib.sha256()
    for column in table.columns:
        digest.update("\n".join(map(str, column.to_pylist())).encode())
    return [table.num_rows, len(set(table["order_id"].to_pylist())), digest.hexdigest()]


def _history(home: Home) -> dict[str, Any]:
    """The imports that are done, with counts and rejects, and what states there are besides."""
    from zhike.collect.models import ImportRun
    from zhike.collect.recovering import COUNTS
    from zhike.collect.rejected import rejected_rows

    done = ImportRun.objects.filter(state="done").order_by("pk")
    states = Counter(ImportRun.objects.values_list("state", flat=True))
    return {
        "done": [
            {
                name: getattr(run, name)
                for name in (*COUNTS, "kind", "file_name", "sha256", "reasons", "mapping")
            }
            | {"rejects": _digest(list(rejected_rows(home, run))) if run.rejects_file else None}
            | {"has_versions": [run.version_before is not None, run.version_after is not None]}
            for run in done
        ],
        "under_way": states["running"] + states["queued"],
    }


def _left(home: Home) -> dict[str, Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check")
        checked = cursor.fetchall()
    room, rejects = home.path / "tmp", home.rejects
    return {
        "tmp": [each.name for each in room.iterdir()] if room.is_dir() else [],
        "rejects": len(list(rejects.iterdir())) if rejects.is_dir() else 0,
        "database": str(checked),
    }


def _people() -> dict[str, Any]:
    from zhike.customers.models import (
        ConsentEntry,
        Customer,
        Identity,
        NameToken,
        PersonalField,
        Profile,
        ProfileTag,
    )

    return {
        "customers": Customer.objects.count(),
        "keys": _digest([*_opened(Profile.objects.all(), "source", sealed="sealed_key")]),
        "attributes": _digest(
            list(Profile.objects.values("pk", "attributes", "customer_id", "home_customer_id"))
        ),
        "fields": _digest([*_opened(PersonalField.objects.all(), "profile_id", "field")]),
        "identities": _digest([*_opened(Identity.objects.all(), "profile_id", "kind")]),
        "name_tokens": _digest(list(NameToken.objects.values("profile_id"))),
        "tags": _digest(list(ProfileTag.objects.values("profile_id", "tag__name"))),
        # In force: those of an import that was cut off stay on record, taken out of force.
        "consents": _digest(
            list(
                ConsentEntry.objects.filter(undone_at=None).values(
                    "profile_id", "purpose", "channel", "is_granted", "given_at"
                )
            )
        ),
    }


def _opened(rows: Any, *names: str, sealed: str = "sealed") -> Iterator[list[Any]]:
    from django.conf import settings

    from zhike.customers.vault import open_vault

    vault = open_vault(settings.ZHIKE_HOME)
    for row in rows:
        said = vault.open(bytes(getattr(row, sealed)), place=row.place)
        yield [*(getattr(row, name) for name in names), said]


def _links() -> list[Any]:
    """The links that a search for duplicates makes of what is there now."""
    from zhike.customers.models import DuplicateScan, ProfileLink
    from zhike.customers.services.duplicates import request_scan, scan_for_duplicates
    from zhike.jobs.progress import Silent

    if not DuplicateScan.objects.exists():
        scan_for_duplicates(scan=request_scan(), progress=Silent())
    return _digest(list(ProfileLink.objects.values("left_id", "right_id", "state", "rule")))


if __name__ == "__main__":
    main()
