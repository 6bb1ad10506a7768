"""`zhike tables`: every table there is, because every schema is imported here."""

from __future__ import annotations

import json

import click

from zhike.collect import schema as _collect  # noqa: F401 - importing registers
from zhike.customers import schema as _customers  # noqa: F401
from zhike.kernel.words import Text
from zhike.lake.catalog import Table
from zhike.lake.catalog import tables as registered_tables
from zhike.measure import schema as _measure  # noqa: F401
from zhike.pipeline import schema as _pipeline  # noqa: F401
from zhike.segments import schema as _segments  # noqa: F401
from zhike.tiers import schema as _tiers  # noqa: F401
from zhike.value import schema as _value  # noqa: F401


@click.command("tables")
@click.option("--json", "as_json", is_flag=True, help="print as JSON")
def tables(as_json: bool) -> None:
    """List the tables with grain, key, columns and units."""
    described = [_described(table) for table in registered_tables()]
    if as_json:
        click.echo(json.dumps(described, ensure_ascii=False, indent=2))
        return
    for table in registered_tables():
        kind = Text("事实", "fact") if table.kind == "fact" else Text("发布", "published")
        click.echo(f"{table.name}  [{kind}]  {table.grain}  ({', '.join(table.key)})")
        for column in table.columns:
            alias = f" = {column.alias}" if column.alias else ""
            click.echo(f"    {column.name:<24} {column.type:<10} {column.unit:<12} {column.text}{alias}")


def _described(table: Table) -> dict[str, object]:
    return {
        "name": table.name,
        "kind": table.kind,
        "grain": {"zh": table.grain.zh, "en": table.grain.en},
        "key": list(table.key),
        "columns": [
            {
                "name": column.name,
                "type": column.type,
                "unit": column.unit,
                "alias": column.alias,
                "zh": column.text.zh,
                "en": column.text.en,
            }
            for column in table.columns
        ],
    }
