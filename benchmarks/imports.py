"""A file of orders, brought in whole, against bare DuckDB turning the same file into Parquet.

Three cases, each in a process of its own, one after the other on one data folder: the first import, in which every
customer is new; other orders of the customers that are known by then, which is every day's case; and the first file
once more, of which nothing is new.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measuring import Measured, in_a_process, medians

COLUMNS = (
    *("order_id", "customer_id", "ordered_at", "amount", "status"),
    *("refund_amount", "discount_amount", "channel", "store"),
)
THREADS = 2
_STATUSES = np.array(["completed", "paid", "cancelled", "refunded"])
_CHANNELS = np.array(["wechat", "tmall", "store", "douyin"])
_STORES = np.array(["", "徐汇店", "静安店", "Pudong"])
_BAD = ("no-amount", "no-day", "no-id")
_LINES_AT_ONCE = 200_000


@dataclass(frozen=True)
class Case:
    """One import and the floor of the same file, and how many rows were good or bad in it."""

    name: str
    floor: Measured
    ours: Measured
    rows: int

    @property
    def share(self) -> float:
        """Our rows a second as a share of the floor's."""
        return self.floor.seconds / self.ours.seconds

    @property
    def cpu_share(self) -> float:
        """The same by the time of the processors: what else the machine does matters less."""
        cpu_seconds: float = self.floor.result["cpu_seconds"] / self.ours.result["cpu_seconds"]
        return cpu_seconds


def write_orders(file: Path, *, rows: int, customers: int, bad_share: float, seed: int) -> None:
    """A file of about 75 bytes a row; the order ids of two seeds have nothing in common."""
    draw = np.random.default_rng(seed)
    with file.open("w", encoding="utf-8", newline="") as out:
        out.write(",".join(COLUMNS) + "\n")
        for first in range(0, rows, _LINES_AT_ONCE):
            count = min(_LINES_AT_ONCE, rows - first)
            out.writelines(_lines(draw, seed, first, count, customers, bad_share))


def _lines(
    draw: np.random.Generator, seed: int, first: int, count: int, customers: int, bad_share: float
) -> Iterator[str]:
    buyers = draw.integers(0, customers, count)
    moments = np.datetime64("2023-01-01", "s") + draw.integers(0, 3 * 365 * 86400, count)
    texts = np.datetime_as_string(moments)
    amounts = draw.integers(100, 100_000, count)
    states = draw.choice(4, count, p=[0.7, 0.25, 0.03, 0.02])
    discounts = np.where(draw.random(count) < 0.3, amounts // 10, 0)
    channels, stores = draw.integers(0, 4, count), draw.integers(0, 4, count)
    is_bad = draw.random(count) < bad_share
    for place in range(count):
        order, amount = f"{seed}{first + place:09}", int(amounts[place])
        day, units = texts[place].replace("T", " "), f"{amount // 100}.{amount % 100:02}"
        if is_bad[place]:
            fault = _BAD[place % len(_BAD)]
            order = "" if fault == "no-id" else order
            day = "x" if fault == "no-day" else day
            units = "" if fault == "no-amount" else units
        off = f"{discounts[place] // 100}.{discounts[place] % 100:02}" if discounts[place] else ""
        buyer = f"C{buyers[place]:07}"
        yield (
            f"{order},{buyer},{day},{units},{_STATUSES[states[place]]},,{off},"
            f"{_CHANNELS[channels[place]]},{_STORES[stores[place]]}\n"
        )


def prepare_floor(file: Path, out: Path) -> Callable[[], dict[str, float]]:
    """Bare DuckDB: the file read with the types that it finds, written as Parquet."""
    import duckdb

    database = duckdb.connect(config={"threads": THREADS})
    database.execute("SET enable_progress_bar = false")

    def run() -> dict[str, float]:
        before = time.process_time()
        copy = f"COPY (FROM read_csv('{file}', ignore_errors = true)) TO '{out}' (FORMAT parquet, COMPRESSION snappy)"
        (count,) = database.execute(copy).fetchone() or (0,)
        out.unlink()
        return {"records": count, "cpu_seconds": time.process_time() - before}

    return run


def prepare_import(folder: Path, file: Path) -> Callable[[], dict[str, float]]:
    """`zhike import orders` without the command around it."""
    from zhike.kernel.home import BusinessSettings, create_home
    from zhike.web.boot import boot

    home = create_home(folder, BusinessSettings(name="Bench", time_zone="Asia/Shanghai"))
    boot(home)
    from django.core.management import call_command

    from zhike.collect.services import import_orders
    from zhike.jobs.progress import Silent
    from zhike.lake.snapshots import open_lake

    call_command("migrate", verbosity=0)
    with open_lake(home.lake).reading_facts() as facts:
        # Compiling a first query loads half of what the comparison needs.
        facts.fetch(facts.table("orders").limit(0))

    def run() -> dict[str, float]:
        before = time.process_time()
        report = import_orders(home=home, file=file, progress=Silent())
        names = ("records", "inserted", "updated", "unchanged", "rejected")
        counts = {name: getattr(report, name) for name in names}
        return counts | {"cpu_seconds": time.process_time() - before}

    return run


def measure(
    folder: Path, *, rows: int, customers: int, bad_share: float = 0.0, rounds: int = 3
) -> list[Case]:
    """The three cases on a fresh data folder; the floor is the median of some rounds around each import."""
    room = folder / f"imports-{rows}-{customers}-{bad_share}"
    room.mkdir(parents=True, exist_ok=True)
    files = [room / "first.csv", room / "second.csv"]
    for seed, file in enumerate(files, 1):
        if not file.exists():
            write_orders(file, rows=rows, customers=customers, bad_share=bad_share, seed=seed)
    home = room / "home"
    shutil.rmtree(home, ignore_errors=True)
    names = {"customers all new": files[0], "customers known": files[1], "the same file again": files[0]}
    cases = [_case(name, home, file, rows, rounds) for name, file in names.items()]
    shutil.rmtree(home, ignore_errors=True)
    return cases


def _case(name: str, home: Path, file: Path, rows: int, rounds: int) -> Case:
    out: Any = file.with_suffix(".parquet")
    before = [in_a_process(prepare_floor, file, out) for _ in range(rounds // 2 + 1)]
    ours = in_a_process(prepare_import, home, file)
    after = [in_a_process(prepare_floor, file, out) for _ in range(rounds // 2)]
    return Case(name, medians([*before, *after]), ours, rows)
