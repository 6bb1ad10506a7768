"""`zhike import`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zhike.kernel.home import Home
from zhike.kernel.words import Text

if TYPE_CHECKING:
    from zhike.collect.imports.report import ImportReport

DONE_WITH_REJECTS = 3
# Named here and not read from the registry, which needs a data folder; a test compares the two.
KINDS = {
    "customers": "customer_id; with it phone, email, name, gender, birthday, city …",
    "orders": "order_id, customer_id, ordered_at, amount",
    "order_lines": "order_id, product_id, amount; the orders must be there already",
    "products": "product_id",
    "events": "event_id, customer_id, occurred_at, name",
    "points": "customer_id, points",
    "answers": "customer_id, answered_at; questions by a mapping file",
    "reviews": "customer_id, reviewed_at, product_id, stars",
    "social": "customer_id, occurred_at, platform, action",
    "referrals": "customer_id, referrer_id, referred_at",
}

_COUNTS = {
    "inserted": Text("新增", "inserted"),
    "updated": Text("更新", "updated"),
    "unchanged": Text("未变", "unchanged"),
    "rejected": Text("拒绝", "rejected"),
    "skipped": Text("空行", "blank"),
}
_REJECTS_IN = Text("拒绝的记录及原因：{file}", "rejected records and reasons: {file}")
_REJECTS_BY = Text(
    "要得到拒绝的记录及原因：zhike import rejects {run} --out FILE.csv",
    "to have the rejected records and reasons: zhike import rejects {run} --out FILE.csv",
)
_MAY_HELP = Text("或可修复：{options}", "may be repaired by {options}")
_OR = Text(" 或 ", " or ")
_SCAN_QUEUED = Text(
    "已排队查重，由 zhike up 或 zhike worker 执行；要马上查：zhike customers scan",
    "the search for duplicates is queued for zhike up or zhike worker; to have it now: zhike customers scan",
)
_DRY_COUNTS = {**_COUNTS, "duplicates": Text("其中文件内重复", "of them repeats")}
_OPTIONS = (
    click.argument("file", type=click.Path(path_type=Path)),
    click.option("--mapping", type=click.Path(path_type=Path), help="TOML file: [columns] …, [values.…]"),
    click.option("--preset", help="the export of a known system; --mapping goes before it"),
    click.option(
        "--source",
        help="where the ids come from  [default: the preset's own, else as of the last file with this header, else orders]",
    ),
    click.option("--sheet", help="the sheet of a workbook"),
    click.option("--encoding", help="of a text file, such as big5"),
    click.option("--delimiter", help="of a text file: comma, tab, semicolon or pipe"),
    click.option(
        "--header-row",
        type=int,
        metavar="N",
        help="the row with the column names, what is above it is not read; 0: there is none, "
        "the columns are called “column 1”, “column 2” …",
    ),
    click.option("--repair", "repairs", multiple=True, help="a repair by name; may be given several times"),
    click.option("--dry-run", "is_dry_run", is_flag=True, help="check every row and keep nothing"),
    click.option(
        "--rejects",
        type=click.Path(path_type=Path),
        metavar="OUT",
        help="write the records that are not taken to this CSV file, with reasons",
    ),
    click.option("--json", "as_json", is_flag=True, help="print the report as JSON"),
)


@click.group("import")
def import_group() -> None:
    """Bring data in from files, and take it back."""


def _add(kind: str, needed: str) -> None:
    def bring(home: Home, file: Path, rejects: Path | None, as_json: bool, **told: Any) -> None:
        from zhike.collect import services
        from zhike.collect.rejected import write_rejects_out
        from zhike.collect.tasks import queue_scan_after
        from zhike.jobs.progress import TerminalProgress

        with TerminalProgress() as progress:
            report = services.import_file(home=home, kind=kind, file=file, progress=progress, **told)
        if rejects is not None and report.rejected:
            write_rejects_out(home=home, run_id=report.run_id, out=rejects)
        _print(report, rejects if report.rejected else None, told["repairs"], as_json=as_json)
        written = 0 if report.is_dry_run else report.inserted + report.updated
        if queue_scan_after(kind=kind, written=written) and not as_json:
            click.echo(_SCAN_QUEUED)
        if report.rejected:
            click.get_current_context().exit(DONE_WITH_REJECTS)

    bring.__doc__ = f"""Bring in {kind.replace("_", " ")} from a FILE: CSV, Excel, Parquet, NDJSON, or a ZIP of one.

    Needed columns: {needed}. The same file again changes nothing. Records that cannot be taken are kept sealed
    for a while and can be had as a file (--rejects, or zhike import rejects); the exit code is then 3.
    """
    command: Callable[..., None] = click.pass_obj(bring)
    for option in reversed(_OPTIONS):
        command = option(command)
    import_group.command(kind)(command)


for _kind, _needed in KINDS.items():
    _add(_kind, _needed)


@import_group.command("template")
@click.argument("name", metavar="PRESET_OR_KIND")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="the file to write: .csv or .xlsx"
)
def template(name: str, out: Path) -> None:
    """Write a file with the columns of a kind, or of the export of a system, and two sample rows."""
    from zhike.collect.imports.templates import write_template

    write_template(name, out)
    said = Text("模板已写入 {file}", "the template is in {file}")
    click.echo(said.format(file=out))


@import_group.command("rejects")
@click.argument("run", type=int)
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), metavar="FILE", help="the CSV file to write"
)
@click.pass_obj
def rejects(home: Home, run: int, out: Path) -> None:
    """Write the records that the import RUN did not take to a file, with reasons; goes on record."""
    from zhike.collect.rejected import write_rejects_out

    write_rejects_out(home=home, run_id=run, out=out)
    click.echo(_REJECTS_IN.format(file=out))


@import_group.command("undo")
@click.argument("run", type=int)
@click.option("--json", "as_json", is_flag=True, help="print what was done as JSON")
@click.pass_obj
def undo(home: Home, run: int, as_json: bool) -> None:
    """Take back what the import with the number RUN brought in."""
    from zhike.collect.undoing import undo_import
    from zhike.jobs.progress import TerminalProgress

    with TerminalProgress() as progress:
        done = undo_import(home=home, run_id=run, progress=progress)
    if as_json:
        plain = {"run_id": done.run_id, "removed": done.removed, "restored": done.restored}
        click.echo(json.dumps(plain))
        return
    said = Text(
        "已撤销第 {run} 号导入：删去 {removed:,} 条，恢复 {restored:,} 条。请运行 zhike refresh 更新结果",
        "import {run} is undone: {removed:,} removed, {restored:,} restored. Run zhike refresh to compute anew",
    )
    click.echo(said.format(run=done.run_id, removed=done.removed, restored=done.restored))


def _print(report: ImportReport, rejects: Path | None, repairs: tuple[str, ...], *, as_json: bool) -> None:
    if as_json:
        plain = report.as_dict() | {"rejects_file": None if rejects is None else str(rejects)}
        plain["repairs"] = {code: names for code in report.reasons if (names := _fitting(code, repairs))}
        click.echo(json.dumps(plain, ensure_ascii=False, indent=2))
    else:
        _print_report(report, rejects, repairs)


def _print_report(report: ImportReport, rejects: Path | None, repairs: tuple[str, ...]) -> None:
    from zhike.collect.imports.dialects import reading_text

    head = Text(
        "第 {run} 号导入：{records:,} 条记录（{read_as}），来源 {source}",
        "import {run}: {records:,} records ({read_as}) of the source {source}",
    )
    read_as = reading_text(report.read_as)
    click.echo(head.format(run=report.run_id, records=report.records, read_as=read_as, source=report.source))
    if report.is_dry_run:
        click.echo(Text("试运行：没有保存任何数据", "a dry run: nothing was kept"))
    for name, text in (_DRY_COUNTS if report.is_dry_run else _COUNTS).items():
        click.echo(f"  {text!s:<12} {getattr(report, name):>12,}")
    if report.walk_ins:
        said = Text("其中散客销售（没有客户）", "of them walk-in sales, of nobody")
        click.echo(f"  {said!s} {report.walk_ins:,}")
    _print_warnings(report)
    if report.rejected:
        click.echo((_REJECTS_BY if rejects is None else _REJECTS_IN).format(run=report.run_id, file=rejects))
        _print_reasons(report, repairs)


def _print_reasons(report: ImportReport, repairs: tuple[str, ...]) -> None:
    """The rejected by code, each with the repairs that may help."""
    for code, count in report.reasons.items():
        click.echo(f"  {code:<24} {count:>12,}")
        if names := _fitting(code, repairs):
            options = str(_OR).join(f"--repair {name}" for name in names)
            click.echo(f"    {_MAY_HELP.format(options=options)!s}")


def _fitting(code: str, asked: tuple[str, ...]) -> list[str]:
    """The repairs that may help with a code and were not asked for."""
    from zhike.collect.selectors.reasons import repairs_for

    return [name for name in repairs_for(code) if name not in asked]


def _print_warnings(report: ImportReport) -> None:
    if "(guessed" in report.read_as:
        said = Text(
            "文字编码是猜的，请核对文字；不对就用 --encoding 指定，并撤销这次导入",
            "the encoding is a guess: look at the texts; if they are wrong, undo and give --encoding",
        )
        click.echo(said)
    if report.ignored_columns:
        said = Text("未使用的列：{names}", "columns not used: {names}")
        click.echo(said.format(names=", ".join(report.ignored_columns)))
