"""Killed at any moment and run again, an import ends where an uninterrupted one would have."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from zhike.kernel.home import BusinessSettings, create_home

# One import in a process of its own; it dies without warning where it is told to.
_CHILD = """
import json, os, sys
from pathlib import Path
from zhike.kernel.home import open_home
from zhike.web.boot import boot

folder, moment = Path(sys.argv[1]), sys.argv[2]
home = open_home(folder / "home")
boot(home)

from django.conf import settings
from django.core.management import call_command

if not home.database.exists():
    # The tables as the models are now, without the history of migrations.
    settings.MIGRATION_MODULES = {name.rpartition(".")[2]: None for name in settings.INSTALLED_APPS}
    call_command("migrate", run_syncdb=True, verbosity=0)

from zhike.collect import services
from zhike.collect.imports import staging
from zhike.collect.imports.destinations import facts
from zhike.collect.models import ImportRun
from zhike.jobs.progress import Silent
from zhike.lake.deltas import DeltaFolder
from zhike.lake.snapshots import open_lake

staging.CHUNK_ROWS = 10

def dying_after(target, name, calls):
    real, count = getattr(target, name), [0]
    def call(*arguments, **options):
        result = real(*arguments, **options)
        count[0] += 1
        if count[0] == calls:
            os._exit(9)
        return result
    setattr(target, name, call)

if moment == "reading":
    dying_after(staging._Staging, "take_block", 1)
elif moment == "registering":
    dying_after(facts, "register_profiles", 3)
elif moment == "registered":
    dying_after(facts.FactsDestination, "_placed", 2)
elif moment == "committed":
    dying_after(DeltaFolder, "upsert", 1)

def bring(name):
    return services.import_orders(home=home, file=folder / name, progress=Silent())

if open_lake(home.lake).deltas.pinned("orders") is None:
    bring("before.csv")
report = bring("orders.csv")
with open_lake(home.lake).reading_facts() as facts:
    rows = facts.fetch(facts.table("orders")).to_pylist()
left = [path.name for path in (home.path / "tmp").iterdir()]
running = ImportRun.objects.filter(state="running").count()
rows.sort(key=lambda row: row["order_id"])
print(json.dumps([rows, left, running, report.records], default=str))
"""


def imported(folder: Path, moment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _CHILD, str(folder), moment],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def make_folder(tmp_path_factory):
    def made() -> Path:
        folder = tmp_path_factory.mktemp("crash")
        create_home(folder / "home", BusinessSettings())
        header = "order_id,customer_id,ordered_at,amount\n"
        before = (f"A{n},c{n % 7},2024-10-31,{n}\n" for n in range(5))
        rows = (f"A{n},c{n % 17},2024-10-31,{n + 1}\n" for n in range(50))
        (folder / "before.csv").write_text(header + "".join(before))
        (folder / "orders.csv").write_text(header + "".join(rows) + "A1,c1,bad,1\n")
        return folder

    return made


@pytest.fixture(scope="module")
def uninterrupted(make_folder):
    done = imported(make_folder(), "never")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("moment", ["reading", "registering", "registered", "committed"])
def test_a_killed_import_run_again_ends_like_an_uninterrupted_one(make_folder, uninterrupted, moment):
    folder = make_folder()
    assert imported(folder, moment).returncode == 9
    again = imported(folder, "never")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout) == uninterrupted
    rows, left, running, records = uninterrupted
    assert (len(rows), left, running, records) == (50, [], 0, 51)
