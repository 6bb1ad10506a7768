"""Back-tests: run on any tables of orders and profiles, and read as a refresh published them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Protocol

import ibis.expr.types as ir
import pyarrow as pa

from zhike.kernel.errors import UsageError, ZhikeError
from zhike.kernel.home import Home
from zhike.lake.snapshots import Snapshot, open_lake
from zhike.value.analysis import backtest, features
from zhike.value.analysis.backtest import Backtest, Split


class Reader(Protocol):
    """A draft or a snapshot."""

    def table(self, name: str) -> ir.Table:
        """A table to describe queries on."""

    def fetch(self, expression: ir.Table) -> pa.Table:
        """Run a query."""


@dataclass(frozen=True, slots=True)
class People:
    """`merged_profiles` and `people`."""

    merged: ir.Table
    everyone: ir.Table

    @classmethod
    def of(cls, profiles: ir.Table) -> People:
        merged = features.merged_profiles(profiles)
        return cls(merged, features.people(profiles, merged))


def first_order_on(reader: Reader) -> date | None:
    """The day of the first order of a customer; None without any."""
    days = reader.fetch(backtest.bought_span(reader.table("orders")))["first"].to_pylist()
    first: date | None = days[0] if days else None
    return first


def backtest_of(
    reader: Reader, people: People, split: Split, *, drawn: Callable[[float], ir.Table] | None = None
) -> Backtest:
    """Read the orders around a split and run the back-test.

    Parameters
    ----------
    drawn
        The orders of a share of the persons, as `drawing.rows_of_drawn`, where somebody else needs them too.

    Raises
    ------
    UsageError
        ``backtest.few_customers``.
    """
    orders = reader.table("orders")
    counts = reader.fetch(backtest.known_customers(orders, split))["profiles"].to_pylist()
    known = int(counts[0]) if counts else 0
    if drawn is not None:
        orders = drawn(backtest.MOST_CUSTOMERS / max(known, 1))
    rows = backtest.split_orders(orders, people.merged, people.everyone, split, known=known)
    return backtest.run_backtest(backtest.histories_of(reader.fetch(rows), split), split)


def run_on_demand(*, home: Home, holdout_days: int | None = None, until: date | None = None) -> Backtest:
    """Back-test the current snapshot's orders now.

    Without days and date the split is that of a refresh: up to three closed months. With one of them, `until` is
    the business date unless given, and 90 days are held out.

    Raises
    ------
    ZhikeError
        ``snapshot.none``; ``orders.none`` without an order of a customer.
    UsageError
        ``backtest.short_history``, ``backtest.few_customers``, ``backtest.until_too_late``.
    """
    snapshot = open_lake(home.lake).current()
    if snapshot is None:
        raise ZhikeError(
            "snapshot.none",
            zh="还没有快照，先运行 zhike refresh",
            en="there is no snapshot yet; run zhike refresh first",
        )
    first = first_order_on(snapshot)
    if first is None:
        raise ZhikeError(
            "orders.none",
            zh="没有任何属于客户的有效订单，无法回测；先导入订单",
            en="there is no order of a customer to test with; import orders first",
        )
    split = _split(first, snapshot.as_of, holdout_days, until)
    return backtest_of(snapshot, People.of(snapshot.table("profiles")), split)


def _split(first: date, as_of: date, holdout_days: int | None, until: date | None) -> Split:
    if until is not None and until > as_of:
        raise UsageError(
            "backtest.until_too_late",
            zh=f"--until {until} 晚于快照的业务日期 {as_of}，之后的订单还不知道；请选 {as_of} 或更早",
            en=f"--until {until} is after the business date of the snapshot, {as_of}, and nothing is known of the days "
            f"between; choose {as_of} or earlier",
        )
    if holdout_days is not None or until is not None:
        return backtest.split_until(first, until or as_of, 90 if holdout_days is None else holdout_days)
    split = backtest.closed_months_split(first, as_of)
    if split is None:
        return backtest.split_until(first, as_of.replace(day=1) - timedelta(days=1), 30)
    return split


def published_rows(snapshot: Snapshot, name: str) -> list[dict[str, Any]]:
    """All rows of a small table; none where an older release published the snapshot."""
    return [] if snapshot.lacks(name) else snapshot.rows(snapshot.table(name))
