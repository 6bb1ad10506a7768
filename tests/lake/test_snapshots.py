"""Nothing is visible until the manifest is, and what is visible is whole."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import ibis
import pyarrow as pa
import pytest

from zhike.kernel.errors import UsageError, ZhikeError
from zhike.kernel.words import Text
from zhike.lake import catalog
from zhike.lake.catalog import Column, Table
from zhike.lake.snapshots import Changed, Lake

NUMBERS = Table(
    "test_numbers",
    "published",
    Text("每个数一行", "one row a number"),
    ("number",),
    (Column("number", "int64", Text("数", "number")), Column("twice", "int64", Text("两倍", "twice"))),
)
FACTS = Table(
    "test_facts",
    "fact",
    Text("每个数一行", "one row a number"),
    ("number",),
    (Column("number", "int64", Text("数", "number")),),
)


@pytest.fixture(autouse=True)
def _tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "_tables", {})
    catalog.register(NUMBERS, FACTS)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def add(lake: Lake, *numbers: int) -> None:
    lake.deltas.append(FACTS, pa.table({"number": list(numbers)}))


def publish(lake: Lake, as_of: date = date(2026, 1, 1)) -> int:
    with lake.draft() as draft:
        facts = draft.table("test_facts")
        draft.produce("test_numbers", facts.select(number=facts.number, twice=facts.number * 2))
        return draft.publish(as_of=as_of).id


def numbers(lake: Lake) -> list[int]:
    snapshot = lake.current()
    assert snapshot is not None
    return sorted(row["number"] for row in snapshot.rows(snapshot.table("test_numbers")))


def test_before_the_first_refresh_there_is_no_snapshot(lake: Lake) -> None:
    assert lake.current() is None


def test_a_draft_is_invisible_until_it_is_published(lake: Lake) -> None:
    add(lake, 1)
    publish(lake)
    add(lake, 2)
    with lake.draft() as draft:
        facts = draft.table("test_facts")
        draft.produce("test_numbers", facts.mutate(twice=facts.number * 2))
        assert numbers(lake) == [1]
        draft.publish(as_of=date(2026, 1, 2))
    assert numbers(lake) == [1, 2]


def test_readers_keep_the_versions_that_their_snapshot_pins(lake: Lake) -> None:
    add(lake, 1)
    publish(lake)
    before = lake.current()
    assert before is not None
    add(lake, 2)
    publish(lake)
    assert before.rows(before.table("test_facts")) == [{"number": 1}]
    assert numbers(lake) == [1, 2]


def test_a_historical_snapshot_is_never_current(lake: Lake) -> None:
    add(lake, 1)
    first = publish(lake)
    past = publish(lake, date(2025, 1, 1))
    current = lake.current()
    assert current is not None
    assert current.id == first
    assert lake.snapshot(past).as_of == date(2025, 1, 1)
    assert lake.manifests.read(publish(lake)).previous_id == first


@pytest.mark.parametrize("harm", ["truncate", "remove", "empty"])
def test_a_damaged_file_brings_the_snapshot_before_back(lake: Lake, harm: str) -> None:
    add(lake, 1)
    publish(lake)
    add(lake, 2)
    newest = lake.manifests.read(publish(lake))
    file = lake.deltas.path("test_numbers") / newest.tables["test_numbers"].files[0].path
    if harm == "remove":
        file.unlink()
    else:
        os.truncate(file, 0 if harm == "empty" else file.stat().st_size // 2)
    assert numbers(Lake(lake.root)) == [1]
    with pytest.raises(ZhikeError, match=r"damaged|不完整"):
        lake.snapshot(newest.id)


@pytest.mark.parametrize("content", ["", "{", '{"id": 2}', "null"])
def test_an_unreadable_manifest_brings_the_snapshot_before_back(lake: Lake, content: str) -> None:
    add(lake, 1)
    publish(lake)
    (lake.manifests.root / "00000002.json").write_text(content)
    assert numbers(Lake(lake.root)) == [1]


def test_an_unfinished_manifest_is_not_a_snapshot(lake: Lake) -> None:
    add(lake, 1)
    publish(lake)
    (lake.manifests.root / "00000002.draft").write_text(json.dumps({}))
    assert numbers(Lake(lake.root)) == [1]
    assert publish(lake) == 2


def test_an_empty_newest_commit_is_refused_instead_of_hiding_rows(lake: Lake) -> None:
    add(lake, 1)
    add(lake, 2)
    log = lake.deltas.path("test_facts") / "_delta_log"
    newest = sorted(log.glob("*.json"))[-1]
    newest.write_bytes(b"")
    with pytest.raises(ZhikeError) as refused:
        lake.deltas.pinned("test_facts")
    assert refused.value.code == "lake.empty_commit"


def test_pruning_keeps_every_file_that_a_kept_snapshot_names(lake: Lake) -> None:
    add(lake, 1)
    ids = [publish(lake) for _ in range(4)]
    past = publish(lake, date(2025, 1, 1))
    lake.prune(keep=2)
    assert lake.manifests.ids() == [*ids[-2:], past]
    for id in lake.manifests.ids():
        snapshot = lake.snapshot(id)
        assert snapshot.rows(snapshot.table("test_numbers")) == [{"number": 1, "twice": 2}]
    files = list(lake.deltas.path("test_numbers").glob("*.parquet"))
    assert len(files) == 3


def test_litter_of_a_killed_write_is_swept_and_nothing_else(lake: Lake) -> None:
    add(lake, 1)
    publish(lake)
    litter = lake.deltas.path("test_numbers") / "part-dead.parquet"
    litter.write_bytes(b"PAR1 cut off")
    lake.prune(keep=5)
    assert not litter.exists()
    assert numbers(lake) == [1]


def test_an_upsert_replaces_by_key_and_adds_the_rest(lake: Lake) -> None:
    lake.deltas.append(NUMBERS, pa.table({"number": [1, 2], "twice": [2, 4]}))
    lake.deltas.upsert(NUMBERS, pa.table({"number": [2, 3], "twice": [40, 6]}))
    pinned = lake.deltas.pinned("test_numbers")
    assert pinned is not None
    assert pinned.rows == 3


def test_a_second_process_is_told_that_the_lake_is_busy(lake: Lake) -> None:
    with lake.locked("refresh"):
        other = Lake(lake.root)
        with pytest.raises(ZhikeError) as refused, other.locked("refresh"):
            pass
    assert refused.value.code == "lake.busy"
    with lake.locked("refresh"):
        pass


def test_a_full_disk_is_noticed_before_anything_is_written(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(lake, 1)
    publish(lake)
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 1000})())
    with pytest.raises(ZhikeError) as refused:
        publish(lake)
    assert refused.value.code == "disk.full"
    assert numbers(lake) == [1]


def test_asking_for_a_table_out_of_order_names_the_table(lake: Lake) -> None:
    with lake.draft() as draft, pytest.raises(ZhikeError) as refused:
        draft.table("test_numbers")
    assert refused.value.code == "stage.order"
    assert "test_numbers" in str(refused.value)


def test_an_unknown_table_is_refused_with_near_names(lake: Lake) -> None:
    with pytest.raises(UsageError) as refused:
        catalog.table("test_number")
    assert "test_numbers" in refused.value.text.en


def test_a_fact_copied_from_the_database_is_read_only_when_it_changed(lake: Lake) -> None:
    reads = []

    rows = {"": [1, 2, 3], "a": [2, 4]}

    def read(since: str) -> Changed:
        reads.append(since)
        gone = [3] if since else []
        return Changed(pa.table({"number": rows[since]}), pa.table({"number": rows[since] + gone}))

    def copied(mark: str, *, is_full: bool = False) -> list[int]:
        with lake.draft() as draft:
            draft.copy_fact("test_facts", mark, read, is_full=is_full)
            return sorted(draft.fetch(draft.table("test_facts"))["number"].to_pylist())

    assert copied("a") == copied("a") == [1, 2, 3]
    assert copied("b") == copied("b") == [1, 2, 4]
    assert copied("b", is_full=True) == [1, 2, 3]
    assert reads == ["", "a", ""]


def test_sums_of_integers_stay_integers(lake: Lake) -> None:
    add(lake, 2**60, 2**60)
    publish(lake)
    snapshot = lake.current()
    assert snapshot is not None
    facts = snapshot.table("test_facts")
    assert snapshot.rows(facts.aggregate(total=facts.number.sum())) == [{"total": 2**61}]


@pytest.mark.parametrize("rows", [0, 1, 2_500_000])
def test_rows_that_share_a_value_come_in_one_part_and_none_is_lost(lake: Lake, rows: int) -> None:
    parts: list[set[int]] = []

    def function(part: pa.Table) -> dict[str, pa.Table]:
        groups = part.group_by("group").aggregate([("number", "count")])
        parts.append(set(groups["group"].to_pylist()))
        return {"groups": groups}

    with lake.draft() as draft:
        numbers = ibis.range(0, rows).unnest().name("number").as_table()
        made = draft.fold(numbers.mutate(group=numbers.number % 1000), "group", function)
        counts = draft.fetch(made["groups"]).to_pydict()
    assert sum(counts["number_count"]) == rows
    assert len(counts["group"]) == len(set(counts["group"])) == min(rows, 1000)
    assert sum(len(part) for part in parts) == min(rows, 1000)
    assert (len(parts) > 1) == (rows > 100_000)


def test_a_column_that_a_release_before_did_not_write_is_empty(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(lake, 1)
    publish(lake)
    thrice = Column("thrice", "float64", Text("三倍", "thrice"))
    monkeypatch.setitem(catalog._tables, "test_numbers", replace(NUMBERS, columns=(*NUMBERS.columns, thrice)))
    snapshot = Lake(lake.root).current()
    assert snapshot is not None
    assert snapshot.rows(snapshot.table("test_numbers")) == [{"number": 1, "twice": 2, "thrice": None}]
    assert snapshot.lacks("test_numbers")
