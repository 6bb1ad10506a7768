"""What one commit did to a table of facts, and how to take it back."""

from __future__ import annotations

from pathlib import Path

import ibis.expr.types as ir
import pyarrow.compute as pc

from zhike.kernel.errors import ZhikeError
from zhike.lake.binding import read_files
from zhike.lake.catalog import Table
from zhike.lake.deltas import CommitMark, DeltaFolder, PinnedTable
from zhike.lake.engines import Budget, Engine, open_engine
from zhike.lake.snapshots import Lake

_UNDO = "zhike.undo"
_BUDGET = Budget(threads=2, memory="384MB")


def undo_commits(lake: Lake, table: Table, *, before: int, after: int, number: int) -> tuple[int, int]:
    """Make the rows that changed between two versions what they were; how many went, and how many came back.

    The rows of other commits stay as they are. The commit carries `number`: cut off after it, the same again only
    counts.

    Raises
    ------
    ZhikeError
        ``undo.gone`` if the files of those versions are no longer there, ``undo.touched`` if a row has
        changed since.
    """
    old, new = _version(lake.deltas, table, before), _version(lake.deltas, table, after)
    engine = open_engine(lake.engine_url, _BUDGET, spill=lake.root / "spill")
    try:
        changed = engine.keep("changed", _changed(engine, lake.deltas, table, old, new))
        mark = CommitMark(_UNDO, number)
        is_done = lake.deltas.marked_version(table.name, mark, after=after) is not None
        if not is_done:
            _refuse_touched(engine, lake.deltas, table, changed)
        restored = engine.fetch(changed.select(*table.column_names, "is_inserted"))
    finally:
        engine.close()
    gone = int(pc.sum(restored["is_inserted"]).as_py() or 0)
    if restored.num_rows and not is_done:
        lake.deltas.restore(table, restored, mark=mark)
    return gone, restored.num_rows - gone


def _changed(
    engine: Engine, deltas: DeltaFolder, table: Table, old: PinnedTable, new: PinnedTable
) -> ir.Table:
    """Every row that the newer version has and the older has not: as it was (null if it is new), and as it became."""
    was, became = ({file.path for file in each.files} for each in (old, new))
    # A merge rewrites whole files: what stands in files of both versions is the same.
    before = _rows(engine, deltas, table, sorted(was - became))
    later = _rows(engine, deltas, table, sorted(became - was))
    content = [name for name in table.column_names if name not in table.key]
    found = later.select(*table.key, **{f"new_{name}": later[name] for name in content}).left_join(
        before.mutate(is_old=True), table.key
    )
    is_inserted = found.is_old.isnull()
    is_other = is_inserted
    for name in content:
        is_other = is_other | ~found[name].identical_to(found[f"new_{name}"])
    kept = [*table.key, *content, *(f"new_{name}" for name in content)]
    return found.filter(is_other).select(*kept, is_inserted=is_inserted)


def _refuse_touched(engine: Engine, deltas: DeltaFolder, table: Table, changed: ir.Table) -> None:
    present = deltas.pinned(table.name)
    assert present is not None
    rows = _rows(engine, deltas, table, [file.path for file in present.files])
    content = [name for name in table.column_names if name not in table.key]
    now = rows.select(*table.key, **{f"now_{name}": rows[name] for name in content}, is_there=True)
    found = changed.left_join(now, table.key)
    is_touched = found.is_there.isnull()
    for name in content:
        is_touched = is_touched | ~found[f"new_{name}"].identical_to(found[f"now_{name}"])
    touched = engine.fetch(found.filter(is_touched).select(*table.key).limit(1))
    if touched.num_rows:
        key = ", ".join(str(value) for value in touched.to_pylist()[0].values())
        raise ZhikeError(
            "undo.touched",
            zh=f"之后的导入又改过同样的记录（例如 {key}），不能撤销；请先撤销后来的那次导入",
            en=f"a later import changed some of the same rows (such as {key}), so this one cannot be undone; undo that one first",
        )


def _rows(engine: Engine, deltas: DeltaFolder, table: Table, names: list[str]) -> ir.Table:
    folder: Path = deltas.path(table.name)
    return read_files(engine, table, [folder / name for name in names])


def _version(deltas: DeltaFolder, table: Table, number: int) -> PinnedTable:
    pinned = deltas.pinned_at(table.name, number)
    folder = deltas.path(table.name)
    if pinned is None or any(not (folder / file.path).is_file() for file in pinned.files):
        raise ZhikeError(
            "undo.gone",
            zh=f"表 {table.name} 当时的数据文件已经清理（抹除一位客户时，以前的版本全部清理），这次导入不能再撤销；"
            "要改数据，请导入更正后的文件",
            en=f"the files that {table.name} had at the time are gone (to erase a person clears all earlier versions), so the "
            "import cannot be undone any more; to change the data, import a corrected file",
        )
    return pinned
