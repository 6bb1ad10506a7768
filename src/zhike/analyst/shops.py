"""A shop's snapshots, read only: beside a running web server and worker, without Django."""

from __future__ import annotations

import re
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from os import PathLike
from pathlib import Path
from typing import Any

import duckdb
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from zhike.analyst.bilingual import bilingual
from zhike.analyst.frames import Frame
from zhike.analyst.rows import Selection
from zhike.analyst.tables import ShopTable, TableList
from zhike.kernel.errors import UsageError, ZhikeError
from zhike.kernel.home import BusinessSettings, Home, open_home
from zhike.kernel.money import minor_digits
from zhike.lake import catalog
from zhike.lake.engines import WORKER_BUDGET
from zhike.lake.engines.selecting import SelectingEngine
from zhike.lake.manifests import Manifest
from zhike.lake.snapshots import Lake, Snapshot
from zhike.pipeline import catalog as _every_table  # noqa: F401 - importing registers
from zhike.value.analysis.features import counted_orders

_UNREADABLE = (OSError, ValueError, KeyError, TypeError)


@dataclass(frozen=True, slots=True)
class SnapshotInfo:
    """One published snapshot; a historical one looks at a day before the current one."""

    id: int
    as_of: date
    created_at: datetime
    is_historical: bool
    is_open: bool


class Shop:
    """One snapshot of one shop. It stays as it is while others are published; nothing is ever written.

    Attributes
    ----------
    name, currency
        Of the business.
    snapshot_id, as_of, created_at
        Which snapshot, the business date it looks from, and when it was computed (UTC).
    """

    def __init__(self, home: Home, lake: Lake, manifest: Manifest) -> None:
        self._home, self._lake, self._manifest = home, lake, manifest
        self._business: BusinessSettings = home.business()
        # Not below the data folder, where nothing may be written; DuckDB makes it when it needs it.
        spill = Path(tempfile.gettempdir()) / f"zhike-{uuid.uuid4().hex[:12]}"
        self._engine = SelectingEngine(WORKER_BUDGET, spill)
        self._snapshot = Snapshot(manifest, lake.deltas, self._engine)

    @property
    def name(self) -> str:
        return self._business.name

    @property
    def currency(self) -> str:
        return self._business.currency

    @property
    def snapshot_id(self) -> int:
        return self._snapshot.id

    @property
    def as_of(self) -> date:
        return self._snapshot.as_of

    @property
    def created_at(self) -> datetime:
        return self._snapshot.created_at

    def tables(self) -> TableList:
        """Every table of the snapshot with its grain: facts as they were pinned, and what was computed."""
        return TableList(self._described(t) for t in catalog.tables() if self._has(t))

    @bilingual
    def table(self, name: str) -> ShopTable:
        """A table by name.

        Raises
        ------
        UsageError
            ``table.unknown``, with near names.
        ZhikeError
            ``table.not_in_snapshot``, ``table.older_columns`` where another version of Zhike computed it.
        """
        declared = catalog.table(name)
        if not self._has(declared):
            raise ZhikeError(
                "table.not_in_snapshot",
                zh=f"第 {self.snapshot_id} 号快照没有表 {name}，它由更早的版本生成；请运行 zhike refresh",
                en=f"snapshot {self.snapshot_id} has no table {name}, for an older version made it; run zhike refresh",
            )
        return self._described(declared)

    @bilingual
    def orders(self) -> Selection:
        """The orders that count, as `zhike.rfm` and the others take them: `customer_id, ordered_on, amount`.

        Amounts are net of refunds, in major units. Left out are cancelled and wholly refunded orders, walk-in sales, and
        customers who refused to be profiled.
        """
        with self._telling():
            known = (self._bound(catalog.table(name)) for name in ("orders", "profiles"))
            rows = self._snapshot.fetch(_orders_to_score(*known, as_of=self.as_of))
        major = pc.divide(rows["amount"].cast(pa.float64()), 10.0 ** minor_digits(self.currency))
        return Selection(rows.set_column(rows.column_names.index("amount"), "amount", major))

    @bilingual
    def sql(self, query: str, /, **frames: Any) -> Selection:
        """The rows of one SELECT in the SQL of DuckDB, over the tables of the snapshot by name.

        Parameters
        ----------
        frames
            Your own data frames, to be known under these names: ``shop.sql("… JOIN mine USING …", mine=df)``.

        Raises
        ------
        UsageError
            ``sql.not_a_select``, ``sql.refused``.
        """
        own = {name: _whole(frame) for name, frame in frames.items()}
        words = set(re.findall(r"\w+", query.casefold())) - own.keys()
        named = [t for t in catalog.tables() if t.name in words and self._has(t)]
        with self._telling():
            return Selection(self._engine.select(query, {t.name: self._bound(t) for t in named}, own))

    def snapshots(self) -> tuple[SnapshotInfo, ...]:
        """All snapshots that can be read, oldest first."""
        return tuple(
            SnapshotInfo(m.id, m.as_of, m.created_at, m.historical, m.id == self.snapshot_id)
            for m in _readable(self._lake)
        )

    @bilingual
    def at(self, snapshot: int | date | str) -> Shop:
        """The same shop at another snapshot: by number, or the newest one with that business date.

        Raises
        ------
        ZhikeError
            ``snapshot.missing``, ``snapshot.damaged``, ``snapshot.no_such_date`` with the dates that there are.
        """
        if isinstance(snapshot, int):
            return Shop(self._home, self._lake, _checked(self._lake, snapshot))
        day = str(snapshot)[:10]
        known = list(_readable(self._lake))
        for manifest in reversed(known):
            if manifest.as_of.isoformat() == day:
                return Shop(self._home, self._lake, _checked(self._lake, manifest.id))
        days = ", ".join(sorted({manifest.as_of.isoformat() for manifest in known}))
        raise ZhikeError(
            "snapshot.no_such_date",
            zh=f"没有业务日期为 {day} 的快照；有：{days}。zhike refresh --as-of {day} 可以计算它",
            en=f"there is no snapshot with the business date {day}; there are: {days}. "
            f"zhike refresh --as-of {day} computes one",
        )

    @bilingual
    def newest(self) -> Shop:
        """The same shop at the snapshot now in force."""
        return Shop(self._home, self._lake, _current(self._home, self._lake))

    def close(self) -> None:
        """Give back memory; the shop cannot be read any more."""
        self._engine.close()

    def __enter__(self) -> Shop:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Shop({self.name!r}, as_of={self.as_of}, snapshot_id={self.snapshot_id}, currency={self.currency!r})"

    def _has(self, table: catalog.Table) -> bool:
        # A fact that nobody brought in is empty; a computed table that is missing is unknown.
        return table.kind == "fact" or table.name in self._manifest.tables

    def _described(self, table: catalog.Table) -> ShopTable:
        pinned = self._manifest.tables.get(table.name)
        return ShopTable(table, pinned.rows if pinned else 0, minor_digits(self.currency), self._read)

    @bilingual
    def _read(self, table: catalog.Table, limit: int | None) -> pa.Table:
        with self._telling():
            bound = self._bound(table)
            return self._snapshot.fetch(bound if limit is None else bound.limit(limit))

    def _bound(self, table: catalog.Table) -> ir.Table:
        if table.name in self._manifest.tables and self._snapshot.lacks(table.name):
            raise ZhikeError(
                "table.older_columns",
                zh=f"第 {self.snapshot_id} 号快照的表 {table.name} 缺少现在的列，它由更早的版本生成；请运行 zhike refresh",
                en=f"the table {table.name} of snapshot {self.snapshot_id} lacks columns of today, for an older version "
                "made it; run zhike refresh",
            )
        return self._snapshot.table(table.name)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """What went wrong with the files of the snapshot, as a sentence."""
        try:
            yield
        except (OSError, duckdb.Error, pa.ArrowException) as error:
            if self.snapshot_id not in self._lake.manifests.ids():
                raise ZhikeError(
                    "snapshot.gone",
                    zh=f"第 {self.snapshot_id} 号快照已被更新的快照取代并清理；请用 shop.newest() 或重新 zhike.open",
                    en=f"snapshot {self.snapshot_id} was cleared away after newer ones; use shop.newest() or zhike.open again",
                ) from error
            # Says which file is damaged, if one is.
            _checked(self._lake, self.snapshot_id)
            raise


@bilingual
def open_shop(folder: str | PathLike[str]) -> Shop:
    """The shop in a data folder, at the snapshot now in force.

    Parameters
    ----------
    folder
        What `zhike init` made. Its web server and worker may be running.

    Raises
    ------
    UsageError
        ``home.no_folder``, ``home.missing`` for a folder that is no shop, and what its settings have wrong.
    ZhikeError
        ``snapshot.none`` before the first refresh, ``snapshot.damaged`` where none is whole.
    """
    path = Path(folder).expanduser()
    if not path.is_dir():
        raise UsageError(
            "home.no_folder",
            zh=f"没有文件夹 {path}（当前目录是 {Path.cwd()}）",
            en=f"there is no folder {path} (this directory is {Path.cwd()})",
        )
    home = open_home(path)
    lake = Lake(home.lake)
    return Shop(home, lake, _current(home, lake))


def _current(home: Home, lake: Lake) -> Manifest:
    manifest = lake.manifests_current()
    if manifest is not None:
        return manifest
    for id in reversed(lake.manifests.ids()):
        # Says what is damaged.
        _checked(lake, id)
    raise ZhikeError(
        "snapshot.none",
        zh=f"{home.path} 还没有计算过，没有可看的表；先运行 zhike --dir {home.path} refresh",
        en=f"nothing was computed in {home.path} yet, so there are no tables; run zhike --dir {home.path} refresh first",
    )


def _orders_to_score(orders: ir.Table, profiles: ir.Table, *, as_of: date) -> ir.Table:
    counted = counted_orders(orders.filter(orders.profile_id.notnull()), as_of=as_of)
    # Whoever refused in one source has refused in all.
    refusing = profiles.filter(profiles.no_profiling).select("customer_id")
    owners = profiles.select("profile_id", "customer_id").anti_join(refusing, "customer_id")
    joined = counted.select("profile_id", "ordered_on", amount=counted.net_amount).join(owners, "profile_id")
    return joined.select("customer_id", "ordered_on", "amount")


def _checked(lake: Lake, id: int) -> Manifest:
    """The manifest of a snapshot all files of which are there; `Lake.snapshot` says what is not."""
    try:
        return lake.snapshot(id).manifest
    except _UNREADABLE as error:
        raise ZhikeError(
            "snapshot.damaged",
            zh=f"第 {id} 号快照的清单读不出来：{error}",
            en=f"the manifest of snapshot {id} is unreadable: {error}",
        ) from error


def _readable(lake: Lake) -> Iterator[Manifest]:
    for id in lake.manifests.ids():
        try:
            yield lake.manifests.read(id)
        except _UNREADABLE:
            # Damaged, or cleared away since it was listed.
            continue


def _whole(frame: Any) -> pa.Table:
    given = Frame(frame)
    return given.columns(given.names)
