"""The reference of all tables, docs/reference/tables.md, made from the catalog.

    python scripts/table_reference.py            print it
    python scripts/table_reference.py --write    write the page
    python scripts/table_reference.py --check    exit 1 if the page differs

A test calls `check`, so a new table or column fails it until the page is written again.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from zhike.lake.catalog import Column, Table, tables
from zhike.pipeline import catalog  # noqa: F401 - importing it registers every table

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "tables.md"
HEAD = """\
# Tables · 数据表

<!-- Made by scripts/table_reference.py --write. Do not edit by hand. -->

Every table of the lake. `zhike tables` prints the same list, `zhike export TABLE --out FILE` writes a table of the
current snapshot as `.xlsx`, `.csv` or `.parquet`.

- **Facts** hold what happened, as it was brought in. **Published** tables are computed by `zhike refresh`.
- `minor_units` are whole minor units of the business currency (fen, cents); `float64` ones are expectations and may
  be fractions. Exported files have decimal amounts instead.
- `share` is 0 to 1. `timestamp` is in UTC, `date` is a calendar day in the shop's time zone.
- The key is unique: one row for each combination of its columns.

金额在表中以最小货币单位（分）存放，导出的文件里是元；比例为 0 到 1；时间戳是 UTC，日期按店铺时区。
“事实表”是导入的原始记录，“发布表”由 `zhike refresh` 计算。
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write docs/reference/tables.md")
    parser.add_argument(
        "--check", action="store_true", help="change nothing, exit 1 if the page is out of date"
    )
    asked = parser.parse_args()
    if asked.check:
        return check()
    if asked.write:
        PAGE.write_text(page(), encoding="utf-8", newline="\n")
    else:
        sys.stdout.write(page())
    return 0


def check() -> int:
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == page():
        return 0
    print(f"{PAGE} is out of date: run python scripts/table_reference.py --write", file=sys.stderr)
    return 1


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for kind, title in (("fact", "Facts · 事实表"), ("published", "Published tables · 发布表")):
        parts.append(f"## {title}\n")
        parts += ["\n".join(_section(table)) for table in tables() if table.kind == kind]
    return "\n".join(parts)


def _section(table: Table) -> Iterator[str]:
    yield f"### {table.name}\n"
    key = ", ".join(f"`{name}`" for name in table.key)
    yield f"{table.grain.en} · {table.grain.zh}. Key: {key}.\n"
    yield "| column | type | unit | meaning | 含义 |"
    yield "|---|---|---|---|---|"
    yield from (_row(column) for column in table.columns)
    yield ""
    for column in table.columns:
        if column.labels:
            codes = " · ".join(f"`{code}` {text.en} {text.zh}" for code, text in column.labels.items())
            yield f"Codes of `{column.name}`: {codes}\n"


def _row(column: Column) -> str:
    alias = f" (`{column.alias}` in conditions)" if column.alias else ""
    cells = (f"`{column.name}`", column.type, column.unit, column.text.en + alias, column.text.zh)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    sys.exit(main())
