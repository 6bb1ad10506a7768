"""`zhike demo`: a sample shop from nothing to a page in one command."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zhike.cli.folders import prepare
from zhike.cli.serving import become_web_and_worker
from zhike.collect.samples import COMPLETE_JOURNEY
from zhike.kernel import money
from zhike.kernel.errors import UsageError
from zhike.kernel.home import BusinessSettings, Home, create_home
from zhike.kernel.words import Text

if TYPE_CHECKING:
    from zhike.collect.samples.tea_shop.loading import Brought
    from zhike.jobs.progress import Progress

DEFAULT_FOLDERS = {"complete-journey": "zhike-demo", "tea-shop": "zhike-demo-tea-shop"}


@click.command("demo")
@click.option(
    "--sample",
    type=click.Choice(list(DEFAULT_FOLDERS)),
    default="complete-journey",
    show_default=True,
    help="an American grocer's year, or two years of a tea shop that does not exist, in three sources",
)
@click.option("--no-serve", is_flag=True, help="load and refresh only")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--owner-email", default="")
@click.option("--owner-password", default="", help="made up and printed once if not given")
@click.pass_context
def demo(
    ctx: click.Context,
    sample: str,
    no_serve: bool,
    host: str,
    port: int,
    owner_email: str,
    owner_password: str,
) -> None:
    """Load a sample shop, refresh, and serve it.

    The Complete Journey has 2,469 customers and 155,848 orders and needs the extra “demo”; the tea shop, with records of
    one person in several sources, needs nothing. The folder is --dir, or zhike-demo (zhike-demo-tea-shop) in this
    folder. Running it again loads nothing twice.
    """
    home = _folder_of(sample, ctx.meta.get("dir"))
    prepare(home, owner_email=owner_email, owner_password=owner_password)
    load_and_refresh(home, sample)
    _print_summary(home, sample)
    if not no_serve:
        become_web_and_worker(home, host=host, port=port)


def load_and_refresh(home: Home, sample: str) -> None:
    """Bring the sample in unless it is there; refresh unless a snapshot is in force."""
    # Imported here: models can be imported only once Django is up.
    from zhike.jobs.progress import TerminalProgress
    from zhike.lake.snapshots import open_lake
    from zhike.pipeline.services import request_refresh, run_refresh

    with TerminalProgress() as progress:
        loaded = _load(home, sample, progress)
        if loaded or open_lake(home.lake).current() is None:
            run = request_refresh(as_of=_business_date_of(sample, home))
            run_refresh(home=home, run=run, progress=progress)


def _folder_of(sample: str, named: str | None) -> Home:
    """The data folder of a sample, made if need be.

    Raises
    ------
    UsageError
        ``sample.other_shop``: a sample among a shop's own orders could not be told from them again.
    """
    business = _business_of(sample)
    home = create_home(Path(named or DEFAULT_FOLDERS[sample]), business)
    there = home.business()
    if not there.is_sample or (there.currency, there.time_zone) != (business.currency, business.time_zone):
        raise UsageError(
            "sample.other_shop",
            zh=f"{home.path} 里已经是另一家店“{there.name}”；请用 --dir 另指定一个文件夹",
            en=f"{home.path} is the folder of another shop, “{there.name}”; name another folder by --dir",
        )
    return home


def _business_of(sample: str) -> BusinessSettings:
    if sample == "complete-journey":
        return COMPLETE_JOURNEY
    from zhike.collect.samples.tea_shop import TEA_SHOP

    return TEA_SHOP


def _business_date_of(sample: str, home: Home) -> date | None:
    """The day after the last one of the tea shop: on a later day it would look like a shop that closed."""
    if sample == "complete-journey":
        return None
    from zhike.collect.samples.tea_shop.loading import last_day
    from zhike.kernel import clock

    return last_day(clock.today(home.business().zone)) + timedelta(days=1)


def _load(home: Home, sample: str, progress: Progress) -> bool:
    """Whether anything was brought in."""
    if sample == "complete-journey":
        from zhike.collect.samples import complete_journey

        return complete_journey.load(home=home, progress=progress)
    from zhike.collect.samples.tea_shop import loading

    brought = loading.load(home=home, progress=progress)
    if brought is not None:
        _print_brought(home, brought)
    return brought is not None


def _print_brought(home: Home, brought: Sequence[Brought]) -> None:
    for each in brought:
        click.echo("".join(map(str, _said_of(each))))
    if any(each.report.rejected for each in brought):
        click.echo(
            Text(
                "要得到拒绝的记录及原因：zhike --dir {folder} import rejects 编号 --out FILE.csv，或在“导入”页下载",
                "to have rejected records and reasons: zhike --dir {folder} import rejects NUMBER --out FILE.csv, or the page “Import”",
            ).format(folder=home.path)
        )


def _said_of(brought: Brought) -> Iterator[Text]:
    """What was read of a file, what became of it, and what had been left out of it."""
    report = brought.report
    head = Text(
        "{file}：{records:,} 条，新增 {inserted:,}", "{file}: {records:,} records, {inserted:,} inserted"
    )
    yield head.format(file=report.file.name, records=report.records, inserted=report.inserted)
    if report.rejected:
        rejected = Text("，拒绝 {n:,}（{codes}）", ", {n:,} rejected ({codes})")
        codes = ", ".join(f"{code} {count:,}" for code, count in report.reasons.items())
        yield rejected.format(n=report.rejected, codes=codes)
    if brought.delivery.left_out:
        left_out = Text("；另有 {n:,} 条不知是谁的，没有导入", "; {n:,} of nobody that is known left out")
        yield left_out.format(n=brought.delivery.left_out)


def _print_summary(home: Home, sample: str) -> None:
    from zhike.lake.snapshots import open_lake

    snapshot = open_lake(home.lake).current()
    assert snapshot is not None
    if sample == "tea-shop":
        _print_people()
    orders = snapshot.table("customer_features")
    totals = snapshot.rows(
        orders.aggregate(
            customers=(orders.order_count > 0).sum(),
            orders=orders.order_count.sum(),
            spend=orders.spend_amount.sum(),
        )
    )[0]
    business = home.business()
    said = Text(
        "{customers:,} 位买过的客户 · {orders:,} 笔订单 · 销售额 {symbol}{spend:,} · 业务日期 {as_of}",
        "{customers:,} customers who bought · {orders:,} orders · sales {symbol}{spend:,} · business date {as_of}",
    )
    click.echo(
        said.format(
            customers=totals["customers"],
            orders=totals["orders"],
            symbol=money.symbol(business.currency),
            spend=money.decimal_amount(int(str(totals["spend"])), business.currency),
            as_of=snapshot.as_of,
        )
    )


def _print_people() -> None:
    """How many persons the search for duplicates took the records for."""
    from zhike.customers.selectors import profile_map
    from zhike.customers.selectors.links import newest_scan, proposed_count

    scan, profiles = newest_scan(), profile_map()
    assert scan is not None
    said = Text(
        "{records:,} 条来源记录 · {people:,} 位客户（合并 {linked:,} 对，待审核 {proposed:,} 对）",
        "{records:,} records · {people:,} customers ({linked:,} pairs linked, {proposed:,} to review)",
    )
    click.echo(
        said.format(
            records=profiles.num_rows,
            people=len(profiles["customer_id"].unique()),
            linked=scan.linked,
            proposed=proposed_count(),
        )
    )
