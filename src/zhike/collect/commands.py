"""`zhike import`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zhike.kernel.home import Home
from zhike.kernel.words import Text

if TYPE_CHECKING:
    from zhike.collect.imports.report import ImportReport

DONE_WITH_REJECTS = 3

_COUNTS = {
    "inserted": Text("新增", "inserted"),
    "updated": Text("更新", "updated"),
    "unchanged": Text("未变", "unchanged"),
    "rejected": Text("拒绝", "rejected"),
    "skipped": Text("空行", "blank"),
}


@click.group("import")
def import_group() -> None:
    """Bring data in from files."""


@import_group.command("orders")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--mapping", type=click.Path(path_type=Path), help='TOML file: [columns] order_id = "…", [values.status]'
)
@click.option(
    "--source", default="orders", show_default=True, help="where the order and customer ids come from"
)
@click.option("--json", "as_json", is_flag=True, help="print the report as JSON")
@click.pass_obj
def import_orders(home: Home, file: Path, mapping: Path | None, source: str, as_json: bool) -> None:
    """Bring in orders from a CSV or Parquet FILE.

    Needed columns: order_id, customer_id, ordered_at, amount. The same file again changes nothing. Records
    that cannot be taken are kept in a file of rejects, and the exit code is 3.
    """
    from zhike.collect import services
    from zhike.jobs.progress import TerminalProgress

    with TerminalProgress() as progress:
        report = services.import_orders(
            home=home, file=file, mapping=mapping, source=source, progress=progress
        )
    if as_json:
        click.echo(json.dumps(report.as_dict(), ensure_ascii=False, indent=2))
    else:
        _print_report(report)
    if report.rejected:
        click.get_current_context().exit(DONE_WITH_REJECTS)


def _print_report(report: ImportReport) -> None:
    head = Text("{records:,} 条记录（{read_as}）", "{records:,} records ({read_as})")
    click.echo(head.format(records=report.records, read_as=report.read_as))
    for name, text in _COUNTS.items():
        click.echo(f"  {text!s:<12} {getattr(report, name):>12,}")
    if report.ignored_columns:
        said = Text("未使用的列：{names}", "columns not used: {names}")
        click.echo(said.format(names=", ".join(report.ignored_columns)))
    if report.rejects_file is not None:
        said = Text("拒绝的记录及原因：{file}", "rejected records and reasons: {file}")
        click.echo(said.format(file=report.rejects_file))
        for code, count in report.reasons.items():
            click.echo(f"  {code:<24} {count:>12,}")
