"""Rows of a data frame as the orders of a shop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhike.analyst.amounts import minor_amounts
from zhike.analyst.columns import OrderColumns, order_columns
from zhike.analyst.days import AsOf, business_date, calendar_days
from zhike.analyst.frames import Frame
from zhike.analyst.refunds import refunded_orders
from zhike.kernel.errors import UsageError
from zhike.kernel.words import Text

Integers = npt.NDArray[np.int64]

_LATER = Text(
    "{count} 行在业务日期 {as_of} 之后，未计入", "{count} rows after the business date {as_of} are left out"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """How a data frame is to be read; see `zhike.rfm` for each."""

    customer: str | None = None
    date: str | None = None
    amount: str | None = None
    order: str | None = None
    as_of: AsOf = None
    time_zone: str = ""
    decimals: int = 2


@dataclass(frozen=True)
class Orders:
    """Orders until `as_of` in the columns of the fact `orders` that count, one row an order.

    `profile_id` n is the customer `customers[n - 1]`; customers are sorted. `notes` say what was left out.
    """

    facts: pa.Table
    customers: pa.Array
    columns: OrderColumns
    as_of: date
    decimals: int
    notes: tuple[Text, ...]


def read_orders(given: Any, reading: Reading) -> Orders:
    """The orders of a data frame; a row below 0 is a refund (`refunds.refunded_orders`).

    Raises
    ------
    UsageError
        ``frame.empty``, ``rows.gaps``, ``as_of.before_first_order``, and what `Frame`, `order_columns`,
        `calendar_days`, `minor_amounts` and `business_date` refuse.
    """
    frame = Frame(given)
    columns = order_columns(
        frame, customer=reading.customer, date=reading.date, amount=reading.amount, order=reading.order
    )
    rows = _plain(frame.columns(columns.all))
    _refuse_gaps(rows, columns)
    customers, codes = _coded(rows[columns.customer])
    days = calendar_days(rows[columns.date], columns.date, time_zone=reading.time_zone)
    bought = pa.table(
        {
            "profile_id": codes,
            "day": days.cast(pa.int32()).cast(pa.int64()),
            "amount": minor_amounts(rows[columns.amount], columns.amount, decimals=reading.decimals),
        }
    )
    if columns.order:
        bought = _of_lines(bought.append_column("order", pa.array(_coded(rows[columns.order])[1])))
    as_of = _checked_as_of(days, reading)
    until = bought.filter(pc.field("day") <= (as_of - date(1970, 1, 1)).days)
    later = bought.num_rows - until.num_rows
    facts, lost = refunded_orders(until)
    notes = ((_LATER.format(count=later, as_of=as_of),) if later else ()) + lost
    return Orders(facts, customers, columns, as_of, reading.decimals, notes)


def _plain(rows: pa.Table) -> pa.Table:
    """Codes and views of text as plain text, NaN as a gap."""
    if rows.num_rows == 0:
        raise UsageError(
            "frame.empty",
            zh="数据表没有任何行，无法计算；请检查筛选条件",
            en="the data frame has no rows, so there is nothing to compute; check how it was filtered",
        )
    columns = {}
    for name, column in zip(rows.column_names, rows.columns, strict=True):
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
            column = column.cast(pa.string())
        if pa.types.is_floating(column.type):
            column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
        columns[name] = column
    return pa.table(columns)


def _refuse_gaps(rows: pa.Table, columns: OrderColumns) -> None:
    for name in columns.all:
        column = rows[name]
        is_gap = pc.is_null(column)
        if name in (columns.customer, columns.order) and pa.types.is_string(column.type):
            is_gap = pc.or_(is_gap, pc.fill_null(pc.equal(pc.utf8_trim_whitespace(column), ""), False))
        count = pc.sum(is_gap).as_py() or 0
        if count:
            first = pc.index(is_gap, True).as_py()
            raise UsageError(
                "rows.gaps",
                zh=f"列“{name}”有 {count} 行为空（第一处在第 {first} 行，从 0 起）；请先去掉这些行或补上值，"
                f'例如 df.dropna(subset=["{name}"])',
                en=f"the column “{name}” is empty in {count} rows (first in row {first}, from 0); drop or fill them "
                f'first, for instance by df.dropna(subset=["{name}"])',
            )


def _coded(column: pa.ChunkedArray) -> tuple[pa.Array, Integers]:
    """The values sorted, and the place of each row's value among them, from 1."""
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.unify_dictionaries().combine_chunks()
    values = encoded.dictionary
    order = pc.sort_indices(values).to_numpy()
    places = np.empty(len(values), dtype=np.int64)
    places[order] = np.arange(1, len(values) + 1)
    return values.take(pa.array(order)), places[encoded.indices.to_numpy(zero_copy_only=False)]


def _of_lines(lines: pa.Table) -> pa.Table:
    """One row an order of a customer: its lines added up, on its first day."""
    summed = lines.group_by(["profile_id", "order"]).aggregate([("amount", "sum"), ("day", "min")])
    return pa.table(
        {"profile_id": summed["profile_id"], "day": summed["day_min"], "amount": summed["amount_sum"]}
    )


def _checked_as_of(days: pa.ChunkedArray, reading: Reading) -> date:
    span = pc.min_max(days).as_py()
    as_of = business_date(reading.as_of, span["max"])
    if as_of < span["min"]:
        raise UsageError(
            "as_of.before_first_order",
            zh=f"业务日期 {as_of} 早于第一笔订单（{span['min']}），请选 {span['min']} 或之后",
            en=f"the business date {as_of} is before the first order ({span['min']}); choose {span['min']} or later",
        )
    return as_of
