"""`zhike doctor`: is everything well, and if not, what to do."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from zhike.kernel.errors import ZhikeError
from zhike.kernel.home import Home
from zhike.kernel.words import Text
from zhike.pipeline import catalog as _every_table  # noqa: F401 - importing registers

if TYPE_CHECKING:
    from zhike.lake.snapshots import Lake


@dataclass(frozen=True)
class Finding:
    """One check: `level` is ok, note (works, but know this) or problem."""

    check: Text
    level: str
    text: Text


_MARKS = {"ok": "OK ", "note": "-- ", "problem": "!! "}
_LEAST_FREE_GB = 1


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="print as JSON")
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Check settings, database, lake, worker and disk. Exits with 1 if something needs doing."""
    findings = [_made(check, ctx.obj) for check in CHECKS]
    if as_json:
        click.echo(json.dumps([_plain(finding) for finding in findings], ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            click.echo(f"{_MARKS[finding.level]}{finding.check}: {finding.text}")
    ctx.exit(1 if any(finding.level == "problem" for finding in findings) else 0)


def _made(check: Callable[[Home], Finding], home: Home) -> Finding:
    try:
        return check(home)
    except ZhikeError as error:
        return Finding(Text("检查", "Check"), "problem", error.text)


def _plain(finding: Finding) -> dict[str, str]:
    return {"check": finding.check.en, "level": finding.level, "zh": finding.text.zh, "en": finding.text.en}


def _settings(home: Home) -> Finding:
    from zhike.segments.settings import LifecycleSettings
    from zhike.tiers.settings import TierSettings
    from zhike.value.settings import ValueSettings
    from zhike.web.display import DisplaySettings

    business = home.business()
    home.section("value", ValueSettings)
    home.section("lifecycle", LifecycleSettings)
    home.section("tiers", TierSettings)
    home.section("display", DisplaySettings)
    said = f"{business.name}, {business.currency}, {business.time_zone}"
    return Finding(Text("设置", "Settings"), "ok", Text(said, said))


def _database(home: Home) -> Finding:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    check = Text("数据库", "Database")
    if waiting:
        return Finding(
            check,
            "problem",
            Text(
                f"有 {waiting} 个升级步骤待执行：zhike manage migrate",
                f"{waiting} migrations wait: zhike manage migrate",
            ),
        )
    said = f"SQLite {sqlite3.sqlite_version}"
    return Finding(check, "ok", Text(said, said))


def _snapshot(home: Home) -> Finding:
    from zhike.lake.snapshots import open_lake

    lake = open_lake(home.lake)
    check, current = Text("快照", "Snapshot"), lake.current()
    if current is None:
        said = Text(
            "还没有快照：先 zhike import orders 文件，再 zhike refresh",
            "none yet: zhike import orders FILE, then zhike refresh",
        )
        return Finding(check, "note", said)
    newest = max(lake.manifests.ids())
    if current.id != newest and not _is_whole(lake, newest):
        said = Text(
            f"第 {newest} 号快照已损坏，正在使用第 {current.id} 号；请运行 zhike refresh",
            f"snapshot {newest} is damaged, {current.id} is in force; run zhike refresh",
        )
        return Finding(check, "problem", said)
    said = Text(
        f"第 {current.id} 号，业务日期 {current.as_of}", f"number {current.id}, business date {current.as_of}"
    )
    return Finding(check, "ok", said)


def _is_whole(lake: Lake, id: int) -> bool:
    try:
        lake.snapshot(id)
    except (ZhikeError, ValueError, KeyError, TypeError):
        return False
    return True


def _facts(home: Home) -> Finding:
    from zhike.lake import catalog
    from zhike.lake.snapshots import open_lake

    deltas = open_lake(home.lake).deltas
    found = [pinned for table in catalog.tables("fact") if (pinned := deltas.pinned(table.name))]
    said = ", ".join(f"{pinned.name} {pinned.rows:,}" for pinned in found) or "0"
    return Finding(Text("事实表", "Facts"), "ok", Text(said, said))


def _worker(home: Home) -> Finding:
    from zhike.jobs.selectors import worker_is_alive

    check = Text("后台进程", "Worker")
    if worker_is_alive():
        return Finding(check, "ok", Text("正在运行", "running"))
    return Finding(
        check,
        "note",
        Text("没有运行；zhike up 会同时启动", "not running; zhike up starts it beside the pages"),
    )


def _disk(home: Home) -> Finding:
    free = shutil.disk_usage(home.path).free / 2**30
    said = Text(f"剩余 {free:.1f} GB", f"{free:.1f} GB free")
    return Finding(Text("磁盘", "Disk"), "ok" if free >= _LEAST_FREE_GB else "problem", said)


CHECKS: tuple[Callable[[Home], Finding], ...] = (_settings, _database, _facts, _snapshot, _worker, _disk)
