"""Cohorts by the period of the first order: who came back in each period since, and what they brought."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa

from zhike.value.analysis.purchases import COHORT_MONTHS, COHORTS_COLUMNS


def cohort_cells(bought: ir.Table) -> ir.Table:
    """What `purchases` gives for cohorts, part by part, in one row a cell."""
    key, sums = COHORTS_COLUMNS[:3], COHORTS_COLUMNS[3:]
    return bought.group_by(key).aggregate(**{name: bought[name].sum() for name in sums})


def cohorts(cells: pa.Table, *, as_of: date) -> pa.Table:
    """Every period of every cohort from the first order to the one of `as_of`; nothing for those to come.

    Nobody bought in a period that `cells` do not have. Walk-in sales are nobody's first order.

    Parameters
    ----------
    cells
        `cohort_cells`, fetched.
    """
    rows = cells.to_pylist()
    made: list[dict[str, Any]] = []
    for months in COHORT_MONTHS:
        found = {(row["cohort_on"], row["period_on"]): row for row in rows if row["period_months"] == months}
        for cohort_on in sorted({cohort for cohort, _ in found}):
            made += _periods(found, cohort_on, months, as_of)
    return pa.Table.from_pylist(made, schema=_SCHEMA)


def _periods(
    found: dict[tuple[date, date], dict[str, Any]], cohort_on: date, months: int, as_of: date
) -> Iterator[dict[str, Any]]:
    customers, so_far = found[cohort_on, cohort_on]["active_count"], 0
    day, number = cohort_on, 0
    while day <= as_of:
        cell = found.get((cohort_on, day), {"active_count": 0, "revenue": 0})
        so_far += cell["revenue"]
        following = months_later(day, months)
        yield {
            "period_months": months,
            "cohort_on": cohort_on,
            "period": number,
            "period_on": day,
            "is_running": following > as_of,
            "customer_count": customers,
            "active_count": cell["active_count"],
            "revenue": cell["revenue"],
            "cumulative_revenue": so_far,
        }
        day, number = following, number + 1


def months_later(day: date, months: int) -> date:
    """The first day of the month that many months later."""
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


_SCHEMA = pa.schema(
    [
        ("period_months", pa.int32()),
        ("cohort_on", pa.date32()),
        ("period", pa.int32()),
        ("period_on", pa.date32()),
        ("is_running", pa.bool_()),
        ("customer_count", pa.int64()),
        ("active_count", pa.int64()),
        ("revenue", pa.int64()),
        ("cumulative_revenue", pa.int64()),
    ]
)
