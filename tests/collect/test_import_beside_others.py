"""While a large file of customers is brought in, others write to the database as well."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from zhike.kernel.home import BusinessSettings, create_home

# A process of its own, for the database of the tests is in memory.
_CHILD = """
import sqlite3, sys
from pathlib import Path
from zhike.kernel.home import open_home
from zhike.web.boot import boot

folder, is_dry_run, breaks = Path(sys.argv[1]), sys.argv[2] == "dry", sys.argv[2] == "breaks"
home = open_home(folder / "home")
boot(home)
from django.conf import settings
from django.core.management import call_command
settings.MIGRATION_MODULES = {name.rpartition(".")[2]: None for name in settings.INSTALLED_APPS}
call_command("migrate", run_syncdb=True, verbosity=0)

from zhike.collect.imports.destinations import profiles
from zhike.collect.imports.destinations.destination import WRITING
from zhike.collect.services import import_file
from zhike.customers.models import PersonalField, ProfileRevision

profiles._AT_ONCE = 10
written = []

class Writer:
    def report(self, stage, done, total, message=""):
        if stage == WRITING:
            other = sqlite3.connect(home.database, timeout=0)
            with other:
                other.execute("INSERT INTO customers_tag (name, is_automatic, made_at) VALUES (?, 0, '2026-01-01')", [str(done)])
            other.close()
            written.append(done)
            if breaks and done == 30:
                raise OSError("the disk is full")

try:
    import_file(home=home, kind="customers", file=folder / "people.csv", progress=Writer(), is_dry_run=is_dry_run)
except OSError:
    pass
names = PersonalField.objects.filter(field="name").count()
print(written, names, ProfileRevision.objects.count())
"""


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("whole", "[10, 20, 30, 40, 50] 50 50"),
        ("dry", "[10, 20, 30, 40, 50] 0 0"),
        ("breaks", "[10, 20, 30] 0 0"),
    ],
)
def test_somebody_else_can_write_between_any_two_chunks(tmp_path: Path, how: str, told: str) -> None:
    """Another connection that waits for nothing; and what an import wrote before it broke off is taken back."""
    create_home(tmp_path / "home", BusinessSettings())
    rows = (f"c{n},{'张王李赵'[n % 4]}伟,139{n:08d}\n" for n in range(50))
    (tmp_path / "people.csv").write_text("customer_id,name,phone\n" + "".join(rows))
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(tmp_path), how],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.stdout.strip() == told, done.stderr
