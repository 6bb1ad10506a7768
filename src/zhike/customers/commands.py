"""`zhike export`."""

from __future__ import annotations

from pathlib import Path

import click

from zhike.kernel.home import Home
from zhike.kernel.words import Text


@click.command("export")
@click.argument("table")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="where to; the ending .xlsx, .csv or .parquet names the format",
)
@click.option("--without-keys", is_flag=True, help="leave out the column with the sources' own customer ids")
@click.pass_obj
def export(home: Home, table: str, out: Path, without_keys: bool) -> None:
    """Write a TABLE of the current snapshot to a file.

    `zhike tables` lists the tables. Amounts are decimals; tables of customers get the sources' own
    customer ids as their last column.
    """
    # Imported here: models can be imported only once Django is up, and --help needs no data folder.
    from zhike.customers.exports import export_table

    rows = export_table(home=home, table_name=table, out=out, with_keys=not without_keys)
    click.echo(Text("{rows:,} 行 → {out}", "{rows:,} rows → {out}").format(rows=rows, out=out))
