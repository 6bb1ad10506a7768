"""Where an import is killed, spread over its whole way; and how a folder is brought there and back."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.crash.dying import Death
from zhike.kernel.home import BusinessSettings, create_home

_WORK = "zhike.collect.imports.work"
_FACTS = "zhike.collect.imports.destinations.facts"
_PEOPLE = "zhike.collect.imports.destinations.profiles"
_RECORDS = "zhike.customers.services.profiles"
_ROWS = "zhike.customers.services.registering"
_CONTENTS = "zhike.customers.services.profile_contents:Contents"
_DELTA = "deltalake:DeltaTable"
# More than 100,000 stands for the database and so many bytes more.
_DATABASE_GROWS = "104096"


@dataclass(frozen=True)
class Point:
    """One or more deaths, each at the next start; `scenario` names the folder and the file."""

    name: str
    scenario: str
    deaths: tuple[Death, ...]


def _point(scenario: str, name: str, place: str, call: int = 1, when: str = "after") -> Point:
    return Point(name, scenario, (Death(place, call, when),))


POINTS = (
    _point("orders", "before anything is read", f"{_WORK}:Work.run_through", when="before"),
    _point("orders", "the file has its checksum", f"{_WORK}:_checksum"),
    _point("orders", "the columns are known", f"{_WORK}:Work._opened"),
    _point("orders", "the first bad record", f"{_WORK}:RejectLog.add", 1),
    _point("orders", "many bad records later", f"{_WORK}:RejectLog.add", 150),
    _point("orders", "the first block is staged", "zhike.collect.imports.staging:_Staging.take_block", 1),
    _point("orders", "a later block is staged", "zhike.collect.imports.staging:_Staging.take_block", 3),
    _point("orders", "everything is staged", f"{_WORK}:staged_records"),
    _point("orders", "compared with the lake", f"{_FACTS}:FactsDestination.compared"),
    _point("orders", "the rejects are half written", f"{_WORK}:write_rejects", 1, "2000"),
    _point("orders", "the rejects are written", f"{_WORK}:write_rejects"),
    _point("orders", "before the first profiles", f"{_FACTS}:register_many", 1, "before"),
    _point("orders", "customers without their profiles", f"{_ROWS}:insert_columns", 4, "before"),
    _point("orders", "the database is half written", f"{_ROWS}:_expected_ids", 3, _DATABASE_GROWS),
    _point("orders", "the first profiles are made", f"{_ROWS}:_expected_ids", 1),
    _point("orders", "half of the profiles are made", f"{_ROWS}:_expected_ids", 5),
    _point("orders", "all profiles are made", f"{_FACTS}:FactsDestination._placed"),
    _point("orders", "the report is noted", "zhike.collect.services:_keep"),
    _point("orders", "the rejects are in their place", f"{_WORK}:Work._keep_rejects"),
    _point("orders", "the rows are in the table's folder", f"{_DELTA}.create_write_transaction", 1, "before"),
    _point("orders", "the entry of the log is half written", f"{_DELTA}.create_write_transaction", 1, "150"),
    _point("orders", "the lake has it, the database has not", f"{_DELTA}.create_write_transaction"),
    _point("orders", "on the disk for good", "zhike.lake.deltas:DeltaFolder.append_files"),
    _point("orders", "only the row still says running", f"{_WORK}:shutil.rmtree"),
    _point("updates", "before the merge", "zhike.lake.deltas:DeltaFolder.upsert", 1, "before"),
    _point("updates", "the merged file is half written", "deltalake.table:TableMerger.execute", 1, "3000"),
    _point("updates", "the merge is done", "deltalake.table:TableMerger.execute"),
    _point("customers", "the first chunk of customers is in", f"{_PEOPLE}:ProfilesDestination._recorded", 1),
    _point("customers", "within a chunk of customers", f"{_CONTENTS}._write_tags", 3, "before"),
    Point(
        "all chunks of customers, and again while they are taken back",
        "customers",
        (
            Death("zhike.collect.services:_keep"),
            Death(f"{_RECORDS}:_restored", 2),
        ),
    ),
)
assert len(POINTS) == 30


@dataclass(frozen=True)
class Size:
    """How large the files are, and how many rows are taken at once."""

    orders: int
    updates: int
    customers: int
    chunk_rows: int


FULL = Size(orders=200_000, updates=10_000, customers=3_000, chunk_rows=20_000)
SMALL = Size(orders=1_200, updates=200, customers=60, chunk_rows=100)


class Scenarios:
    """Data folders with something in them and a file to bring in, made once; each killing has a copy."""

    def __init__(self, folder: Path, size: Size) -> None:
        self._folder, self._size = folder, size
        self._home, self._answer = folder / "home", folder / "answer"
        self._expected: dict[str, dict[str, Any]] = {}
        _write_files(folder, size)
        create_home(self._home, BusinessSettings()).secret_key()
        shutil.copytree(self._home, folder / "empty")
        command = [sys.executable, "-m", "tests.crash.dying", str(self._home)]
        self._worker = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
        )

    def close(self) -> None:
        self._worker.kill()
        self._worker.communicate()

    def uninterrupted(self, scenario: str) -> dict[str, Any]:
        """What the folder has after an import that nobody disturbed."""
        if scenario not in self._expected:
            self._open(scenario)
            self._expected[scenario] = self._done(scenario)
        return self._expected[scenario]

    def killed(self, point: Point, *, broken: str = "") -> dict[str, Any]:
        """What the folder has after the import was killed there, and started again until it went through."""
        self._open(point.scenario)
        for death in point.deaths:
            code = self._run(point.scenario, death=death, broken=broken)
            assert code in (-signal.SIGKILL, -signal.SIGXFSZ), (point.name, self._answer.read_text())
        return self._done(point.scenario, broken=broken)

    def _open(self, scenario: str) -> None:
        """Put a fresh copy of the folder of a scenario in the place on which the worker works."""
        before = self._folder / f"before-{scenario}"
        if not before.exists():
            self._replace(self._folder / "empty")
            self._done(scenario, file=f"{scenario}-before.csv")
            shutil.copytree(self._home, before)
        self._replace(before)

    def _replace(self, by: Path) -> None:
        shutil.rmtree(self._home)
        shutil.copytree(by, self._home)

    def _done(self, scenario: str, *, file: str = "", broken: str = "") -> dict[str, Any]:
        code = self._run(scenario, file=file, broken=broken)
        assert code == 0, self._answer.read_text()
        told: dict[str, Any] = json.loads(self._answer.read_text())
        return told

    def _run(self, scenario: str, *, file: str = "", death: Death | None = None, broken: str = "") -> int:
        """How a process ended that did this; what it wrote is in the file of the answer."""
        small = {"customers": self._size.customers // 15, "updates": self._size.updates // 5}
        job = {
            "kind": "customers" if scenario == "customers" else "orders",
            "file": str(self._folder / (file or f"{scenario}.csv")),
            "chunk_rows": small.get(scenario, self._size.chunk_rows),
            "death": None if death is None else asdict(death),
            "broken": broken,
            "answer": str(self._answer),
        }
        self._answer.write_text("")
        assert self._worker.stdin is not None and self._worker.stdout is not None
        self._worker.stdin.write(json.dumps(job) + "\n")
        self._worker.stdin.flush()
        return int(self._worker.stdout.readline())


def _write_files(folder: Path, size: Size) -> None:
    head = "order_id,customer_id,ordered_at,amount\n"
    people = "customer_id,name,phone,tags\n"

    def orders(name: str, count: int, *, start: int = 0, cents: int = 0) -> None:
        rows = (f"A{n},c{n // 8},2024-10-{1 + n % 28:02d},{n % 900}.{cents:02d}\n"
                for n in range(start, start + count))  # fmt: skip
        bad = (f"B{n},c{n},2024-13-31,{n}\n" for n in range(200 if name.startswith("orders.") else 3))
        (folder / name).write_text(head + "".join(rows) + "".join(bad))

    orders("orders-before.csv", size.updates, start=10 * size.orders)
    orders("orders.csv", size.orders)
    orders("updates-before.csv", size.updates)
    orders("updates.csv", size.updates, start=size.updates // 2, cents=50)
    for name, count, word in (("before", size.customers // 3, "old"), ("", size.customers, "new")):
        rows = (
            f"c{n},{'张王李赵'[n % 4]}{'伟芳娜敏'[n // 4 % 4]}{word if n % 3 else ''},"
            f"13{800000000 + n // 2:09d},{word}|vip\n"
            for n in range(count)
        )
        bad = "bad,王五,12,x\n"
        (folder / f"customers{'-' + name if name else ''}.csv").write_text(people + "".join(rows) + bad)
