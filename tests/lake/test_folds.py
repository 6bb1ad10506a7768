"""What a fold gives is the same in memory and in files, and no file outlives its engine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from zhike.lake.engines import WORKER_BUDGET, Budget, Engine, open_engine
from zhike.lake.engines import duckdb as engine_of_one_machine
from zhike.lake.snapshots import Lake

PARTS = 8
# No process has so high a number.
DEAD = 2**22 + 1


def halves(rows: pa.Table) -> dict[str, pa.Table]:
    numbers = rows["number"].to_numpy()
    texts = pa.array([f"#{number}" for number in numbers.tolist()], pa.string())
    odd = numbers[numbers % 2 == 1]
    return {
        "texts": pa.table({"number": numbers, "text": texts}),
        "odd": pa.table({"number": odd, "half": odd / 2}),
    }


def folded(engine: Engine) -> dict[str, list[dict[str, object]]]:
    numbers = engine.load("numbers", pa.table({"number": np.arange(1000)}))
    given = engine.fold(numbers, "number", halves, rows_a_part=1000 // PARTS)
    return {name: engine.fetch(table.order_by("number")).to_pylist() for name, table in given.items()}


@pytest.fixture
def spill(tmp_path: Path) -> Path:
    return tmp_path / "spill"


def open_one(spill: Path) -> Engine:
    return open_engine("duckdb", Budget(threads=2), spill=spill)


# 0: every part goes to a file; 6,000: the first parts were held before it became too much.
@pytest.mark.parametrize("most", [0, 6_000])
def test_much_goes_through_files_and_is_the_same(
    spill: Path, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_one(spill)
    in_memory = folded(engine)
    assert list(spill.glob("fold_*")) == []
    monkeypatch.setattr(engine_of_one_machine, "MOST_BYTES", most)
    in_files = folded(engine)
    assert len(list(spill.glob("fold_*"))) == 2 * PARTS
    engine.close()
    assert in_files == in_memory
    assert len(in_memory["texts"]) == 1000
    assert list(spill.glob("fold_*")) == []


def test_files_of_a_killed_process_go_with_the_next_refresh_and_those_of_a_living_one_stay(
    tmp_path: Path,
) -> None:
    lake = Lake(tmp_path / "lake")
    spill = lake.root / "spill"
    spill.mkdir(parents=True)
    dead, living = (spill / f"fold_{pid}_0.parquet" for pid in (DEAD, os.getpid()))
    for file in (dead, living):
        file.write_bytes(b"PAR1")
    lake.prune(keep=5)
    assert not dead.exists()
    assert living.exists()


@pytest.mark.parametrize("most", [0, engine_of_one_machine.MOST_BYTES])
def test_a_dropped_table_is_gone_with_its_files_and_the_others_stay(
    spill: Path, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_of_one_machine, "MOST_BYTES", most)
    engine = open_one(spill)
    numbers = engine.load("numbers", pa.table({"number": np.arange(1000)}))
    given = engine.fold(numbers, "number", halves, rows_a_part=1000 // PARTS)
    kept = engine.keep("some", given["texts"].filter(given["texts"].number < 10))
    for table in (given["texts"], numbers):
        engine.drop(table)
        with pytest.raises(duckdb.CatalogException):
            engine.fetch(table)
    assert (engine.fetch(kept).num_rows, engine.fetch(given["odd"]).num_rows) == (10, 500)
    assert len(list(spill.glob("fold_*"))) == (0 if most else PARTS)
    engine.drop(given["odd"])
    assert list(spill.glob("fold_*")) == []
    engine.close()


def reserved() -> int:
    """Bytes of addresses of this process."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(sys.platform != "linux", reason="addresses are counted by Linux")
def test_only_a_refresh_reserves_addresses_for_most_of_the_memory(tmp_path: Path) -> None:
    """With those of two a process may not be copied any more: no program is started by it."""
    lake, before = Lake(tmp_path), reserved()
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    readers = [open_engine("duckdb", WORKER_BUDGET, spill=tmp_path / str(number)) for number in range(3)]
    with lake.reading_facts():
        assert reserved() - before < memory / 2
    with lake.draft() as draft:
        assert draft.fetch(draft.load("one", pa.table({"number": [1]}))).num_rows == 1
        assert reserved() - before < memory * 1.5
    assert reserved() - before < memory / 2
    for reader in readers:
        reader.close()
