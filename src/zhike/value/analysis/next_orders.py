"""When each customer is expected to order next, and to buy again what they buy again and again."""

from __future__ import annotations

from datetime import date, timedelta
from enum import Enum

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhike.lake.arrays import numpy_column
from zhike.value.analysis.features import counted_lines, counted_orders
from zhike.value.analysis.gaps import GapModel, next_gaps, series_of

NEXT_ORDERS = "next_orders"
BY_CUSTOMER = "next_orders_by_customer"
RESTOCK_DAYS = 30
RESTOCK_SEPARATOR = "; "
WINDOW_SHARE = 0.8
LIKELY_ALIVE_BELOW = 0.5
WHOLE_SHOP = ""
_EPOCH = date(1970, 1, 1)


def order_days_of_likely(orders: ir.Table, profiles: ir.Table, scores: ir.Table, *, as_of: date) -> ir.Table:
    """`customer_id, item, ordered_on` of the orders of those who are likely to come again; the item is 0."""
    joined = counted_orders(orders, as_of=as_of).join(_members(profiles, scores), "profile_id")
    return joined.select("customer_id", "ordered_on", item=ibis.literal(0, "int64"))


def category_days_of_likely(
    facts: tuple[ir.Table, ir.Table, ir.Table],
    categories: ir.Table,
    profiles: ir.Table,
    scores: ir.Table,
    *,
    as_of: date,
) -> ir.Table:
    """The same of each category; the item is its number.

    Parameters
    ----------
    facts
        `order_lines`, `orders` and `products`.
    categories
        `category, item`.
    """
    order_lines, orders, products = facts
    items = products.join(categories, "category").select("source", "product_id", "item")
    members = _members(profiles, scores)
    lines = counted_lines(order_lines.semi_join(members, "profile_id"), orders, as_of=as_of)
    joined = lines.join(items, ["source", "product_id"]).join(members, "profile_id")
    return joined.select("customer_id", "ordered_on", "item").distinct()


def _members(profiles: ir.Table, scores: ir.Table) -> ir.Table:
    likely = scores.filter(scores.lost_probability < LIKELY_ALIVE_BELOW)
    return profiles.semi_join(likely, "customer_id").select("profile_id", "customer_id")


def numbered_categories(names: list[str]) -> pa.Table:
    """`category, item` with the numbers from 0 in the order of the names."""
    ordered = sorted(set(names))
    return pa.table(
        {"category": pa.array(ordered, pa.string()), "item": pa.array(range(len(ordered)), pa.int64())}
    )


def next_orders(
    sums: pa.Table, *, fitted: GapModel, names: list[str], as_of: date, within_days: int
) -> dict[str, pa.Table]:
    """Expected days for series of purchases; of each alone, so that any parts of them may be given.

    Whoever has been quiet for some days will not come before today: the belief about the gap is narrowed to gaps
    longer than those. An expected day that is more than `within_days` away is not given: whoever orders nothing
    for so long counts as lost.

    Parameters
    ----------
    sums
        As `gap_sums` gives them.
    names
        The category of each item; one empty name for orders as a whole.

    Returns
    -------
    dict
        `NEXT_ORDERS`: the columns of the table of that name but `as_of`.
    """
    expected = next_gaps(series_of(sums), fitted)
    last = numpy_column(sums, "last_day").astype(np.int64)
    quiet = (as_of - _EPOCH).days - last
    # A gap of n days may be anything from n − ½ to n + ½; today still counts.
    passed = expected.share_shorter(np.maximum(quiet - 0.5, 0.0))
    tail = (1 - WINDOW_SHARE) / 2

    def gap(share: float) -> npt.NDArray[np.float64]:
        return np.maximum(np.rint(expected.quantile(passed + share * (1 - passed))), quiet)

    middle = gap(0.5)
    is_far = middle > quiet + within_days

    def day(gap: npt.NDArray[np.float64]) -> pa.Array:
        return pa.array((last + gap).astype(np.int32), mask=is_far).cast(pa.date32())

    categories = pa.array(names, pa.string()).take(sums["item"].combine_chunks())
    found = {
        "customer_id": sums["customer_id"],
        "category": categories,
        "expected_on": day(middle),
        "earliest_on": day(gap(tail)),
        "latest_on": day(gap(1 - tail)),
        "gap_count": sums["gap_count"],
        "usual_gap_days": pa.array(expected.median_days),
        "is_overdue": pa.array(passed > 1 - tail),
    }
    return {NEXT_ORDERS: pa.table(found)}


class NoDay(Enum):
    """Why a customer has no day of the next order."""

    ONE_DAY = "one_day"
    LIKELY_LOST = "likely_lost"
    TOO_FAR = "too_far"


def why_no_day(*, order_days: int, lost_probability: float | None) -> NoDay:
    """The reason where `next_orders` gives no day: the rule that this module follows, read backwards."""
    if order_days < 2:
        return NoDay.ONE_DAY
    is_likely_lost = lost_probability is not None and lost_probability >= LIKELY_ALIVE_BELOW
    return NoDay.LIKELY_LOST if is_likely_lost else NoDay.TOO_FAR


def worth_listing(rows: ir.Table, *, as_of: date) -> ir.Table:
    """Of `next_orders`, what `by_customer` says of a customer: orders as a whole, and the categories due soon."""
    until = ibis.literal(as_of + timedelta(days=RESTOCK_DAYS))
    found = rows.filter((rows.category == WHOLE_SHOP) | (rows.expected_on <= until))
    return found.select("customer_id", "category", "expected_on", "earliest_on", "latest_on", "is_overdue")


def by_customer(rows: pa.Table, *, as_of: date) -> dict[str, pa.Table]:
    """One row a customer: when any order is expected, and the categories due within `RESTOCK_DAYS`, the first due first.

    Parameters
    ----------
    rows
        As `worth_listing` gives them, all of a customer in one part.

    Returns
    -------
    dict
        `BY_CUSTOMER`: `customer_id, next_order_on, next_order_from_on, next_order_until_on, next_order_days,
        is_overdue, restock_categories`.
    """
    by_day = [("customer_id", "ascending"), ("expected_on", "ascending"), ("category", "ascending")]
    is_whole = pc.equal(rows["category"], WHOLE_SHOP)
    lists = _restock_lists(rows.filter(pc.invert(is_whole)).sort_by(by_day))
    whole = rows.filter(is_whole).join(lists, "customer_id", join_type="left outer").combine_chunks()
    day = whole["expected_on"].cast(pa.int32()).cast(pa.int64())
    found = {
        "customer_id": whole["customer_id"],
        "next_order_on": whole["expected_on"],
        "next_order_from_on": whole["earliest_on"],
        "next_order_until_on": whole["latest_on"],
        "next_order_days": pc.subtract(day, (as_of - _EPOCH).days),
        "is_overdue": whole["is_overdue"],
        "restock_categories": whole["restock_categories"],
    }
    return {BY_CUSTOMER: pa.table(found)}


def _restock_lists(due: pa.Table) -> pa.Table:
    """`customer_id, restock_categories` of rows that stand by customer."""
    owners = numpy_column(due, "customer_id").astype(np.int64)
    starts = np.flatnonzero(np.diff(owners, prepend=-1))
    # Where the separator stands in a name, the list must not part it there.
    names = pc.replace_substring(due["category"], RESTOCK_SEPARATOR, RESTOCK_SEPARATOR.strip())
    lists = pa.ListArray.from_arrays(
        pa.array(np.append(starts, len(owners)), pa.int32()), names.combine_chunks()
    )
    return pa.table(
        {
            "customer_id": pa.array(owners[starts]),
            "restock_categories": pc.binary_join(lists, RESTOCK_SEPARATOR),
        }
    )
