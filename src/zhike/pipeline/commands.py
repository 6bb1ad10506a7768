"""`zhike refresh`."""

from __future__ import annotations

import json
from datetime import date, datetime

import click

from zhike.kernel.home import Home
from zhike.kernel.words import Text


@click.command("refresh")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="business date; default today, or the day after old data end",
)
@click.option(
    "--engine",
    metavar="URL",
    default="",
    help="duckdb, spark://HOST:PORT or spark://local; default is the setting [refresh] engine",
)
@click.option(
    "--full", is_flag=True, help="sum up everyone's orders again, not only those of customers who changed"
)
@click.option("--json", "as_json", is_flag=True, help="print the run as JSON")
@click.pass_obj
def refresh(home: Home, as_of: datetime | None, engine: str, full: bool, as_json: bool) -> None:
    """Compute everything from the facts and publish one snapshot.

    A date before the current snapshot makes a historical one, which never becomes current.
    """
    from zhike.jobs.progress import TerminalProgress
    from zhike.pipeline.selectors import run_report
    from zhike.pipeline.services import request_refresh, run_refresh

    with TerminalProgress() as progress:
        requested = request_refresh(as_of=as_of.date() if as_of else None, is_full=full)
        run = run_refresh(home=home, run=requested, progress=progress, engine_url=engine)
    report = run_report(home=home, run=run)
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False, indent=2))
        return
    _print_report(report, historical=run.is_historical, as_of=run.as_of)


def _print_report(report: dict[str, object], *, historical: bool, as_of: date | None) -> None:
    kind = Text("历史快照", "Historical snapshot") if historical else Text("快照", "Snapshot")
    said = Text(
        "{kind}已发布：业务日期 {as_of}，用时 {seconds} 秒",
        "{kind} published: business date {as_of}, {seconds} s",
    )
    click.echo(said.format(kind=kind, as_of=as_of, seconds=report["seconds"]))
    tables = report["tables"]
    assert isinstance(tables, dict)
    for name, rows in tables.items():
        click.echo(f"  {name:<20} {rows:>12,}")
