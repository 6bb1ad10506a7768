"""The orders a back-test reads: of those who were customers before the split, a sample of them in a large shop."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from zhike.value.analysis.backtest.split import Split
from zhike.value.analysis.drawing import is_drawn, rows_of_drawn
from zhike.value.analysis.features import person_orders

MOST_CUSTOMERS = 100_000
"""More would change no figure that anybody reads."""

LEAST_CUSTOMERS = 100
"""Fewer tell more of chance than of methods."""

_COUNTED = 16
COUNTED_SHARE = 1 / _COUNTED
"""Of the persons whose orders `known_customers` looks at."""


def bought_span(orders: ir.Table) -> ir.Table:
    """`first`: the day of the first order of a customer, whether it was refunded later or not. One row."""
    named = orders.filter(orders.profile_id.notnull() & (orders.status != "cancelled"))
    return named.aggregate(first=named.ordered_on.min())


def known_customers(orders: ir.Table, split: Split) -> ir.Table:
    """`profiles`: about how many customers there were before the holdout, by counting one in sixteen; one row.

    `orders` are all, or those of at least `COUNTED_SHARE` of the persons, as `drawing.rows_of_drawn`. Nothing later
    than the split is looked at, so that the sample does not change with new customers.
    """
    named = orders.filter(
        orders.profile_id.notnull() & (orders.ordered_on <= ibis.literal(split.known_until))
    )
    some = named.filter(is_drawn(named.profile_id, COUNTED_SHARE))
    return some.aggregate(profiles=some.profile_id.nunique() * _COUNTED)


def split_orders(
    orders: ir.Table,
    merged: ir.Table,
    everyone: ir.Table,
    split: Split,
    *,
    known: int,
    most: int = MOST_CUSTOMERS,
) -> ir.Table:
    """`person_id, ordered_on, net_amount` of the orders that count until the end of the holdout.

    Orders before the split are as they were known then: a refund after it has not happened yet. Whoever refused
    to be profiled is left out.

    Parameters
    ----------
    merged, everyone
        `merged_profiles` and `people`.
    known
        As `known_customers` counts; about `most` of more are drawn, always the same.
    """
    share = most / max(known, 1)
    drawn = rows_of_drawn(orders, merged, share)
    known_on = ibis.ifelse(drawn.ordered_on <= split.known_until, split.known_until, split.until)
    both = person_orders(drawn, merged, as_of=known_on).select("person_id", "ordered_on", "net_amount")
    refusing = everyone.filter(everyone.no_profiling).select("person_id")
    return both.filter(is_drawn(both.person_id, share)).anti_join(refusing, "person_id")
