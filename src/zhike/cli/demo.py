"""`zhike demo`: a real shop from nothing to a page in one command."""

from __future__ import annotations

from pathlib import Path

import click

from zhike.cli.folders import prepare
from zhike.cli.serving import run_web_and_worker
from zhike.collect.samples import COMPLETE_JOURNEY
from zhike.kernel import money
from zhike.kernel.home import Home, create_home
from zhike.kernel.words import Text

DEFAULT_FOLDER = "zhike-demo"


@click.command("demo")
@click.option("--no-serve", is_flag=True, help="load and refresh only")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--owner-email", default="")
@click.option("--owner-password", default="", help="made up and printed once if not given")
@click.pass_context
def demo(
    ctx: click.Context, no_serve: bool, host: str, port: int, owner_email: str, owner_password: str
) -> None:
    """Load the Complete Journey (a grocer's year: 2,469 customers, 155,848 orders), refresh, and serve it.

    The folder is --dir, or zhike-demo in this folder. Running it again loads nothing twice.
    """
    folder = Path(ctx.meta.get("dir") or DEFAULT_FOLDER)
    home = create_home(folder, COMPLETE_JOURNEY)
    prepare(home, owner_email=owner_email, owner_password=owner_password)
    load_and_refresh(home)
    _print_summary(home)
    if not no_serve:
        run_web_and_worker(home, host=host, port=port)


def load_and_refresh(home: Home) -> None:
    """Bring the sample in unless it is there; refresh unless a snapshot is in force."""
    # Imported here: models can be imported only once Django is up.
    from zhike.collect.samples import complete_journey
    from zhike.jobs.progress import TerminalProgress
    from zhike.lake.snapshots import open_lake
    from zhike.pipeline.services import request_refresh, run_refresh

    with TerminalProgress() as progress:
        loaded = complete_journey.load(home=home, progress=progress)
        if loaded or open_lake(home.lake).current() is None:
            run_refresh(home=home, run=request_refresh(), progress=progress)


def _print_summary(home: Home) -> None:
    from zhike.lake.snapshots import open_lake

    snapshot = open_lake(home.lake).current()
    assert snapshot is not None
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
        "{customers:,} 位客户 · {orders:,} 笔订单 · 销售额 {symbol}{spend:,} · 业务日期 {as_of}",
        "{customers:,} customers · {orders:,} orders · sales {symbol}{spend:,} · business date {as_of}",
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
