"""What stays of a customer's spend after the goods are paid: from cost a product, share a category, share of the shop."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhike.lake.arrays import numpy_column
from zhike.value.analysis.features import counted_lines

SUMS = ("line_amount", "costed_amount", "costed_margin")


def has_costs(products: ir.Table, shares: Mapping[str, float]) -> ir.Table:
    """The products of which a cost, or the margin of their category, is known."""
    is_costed = products.cost.notnull()
    return products.filter(is_costed | products.category.isin(list(shares)) if shares else is_costed)


def customer_margins(
    order_lines: ir.Table,
    orders: ir.Table,
    products: ir.Table,
    profiles: ir.Table,
    *,
    shares: Mapping[str, float],
    as_of: date,
    periods: ir.Table | None = None,
) -> ir.Table:
    """`customer_id` and `SUMS` in minor units: of all lines, of those with a known margin, and that margin.

    The margin of a line is its amount less quantity × cost of the product on the day of the order; where no cost is
    known, the share of the category. It may be negative.

    Parameters
    ----------
    periods
        `cost_periods` of the products whose cost was not always the same.
    """
    lines = counted_lines(order_lines, orders, as_of=as_of)
    goods = has_costs(products, shares).select("source", "product_id", "cost", "category")
    joined = lines.left_join(goods, ["source", "product_id"])
    if periods is not None:
        joined = _with_cost_of_the_day(joined, periods)
    by_cost = joined.amount - joined.quantity * joined.cost
    by_share = (joined.amount.cast("float64") * _share(joined, shares)).round().cast("int64")
    margin = ibis.coalesce(by_cost, by_share) if shares else by_cost
    rows = joined.select("profile_id", "amount", margin=margin)
    owned = rows.join(profiles.select("profile_id", "customer_id"), "profile_id")
    is_known = owned.margin.notnull()
    return owned.group_by("customer_id").aggregate(
        line_amount=owned.amount.sum(),
        costed_amount=owned.amount.sum(where=is_known).fill_null(0),
        costed_margin=owned.margin.sum().fill_null(0),
    )


def dated_costs(products: ir.Table) -> ir.Table:
    """The products whose cost was not always the same: `source, product_id, dated_costs`."""
    return products.filter(products.dated_costs.notnull()).select("source", "product_id", "dated_costs")


def cost_periods(rows: pa.Table) -> pa.Table:
    """`source, product_id, cost_from, cost_until, dated_cost` from rows of `dated_costs`.

    From the first day until before the other; the earliest cost of a product holds for all days before as well.
    """
    found = []
    for row in rows.to_pylist():
        costs = sorted(json.loads(row["dated_costs"]).items())
        days = [date.min, *(date.fromisoformat(day) for day, _ in costs[1:]), date.max]
        for (_, cost), first, end in zip(costs, days, days[1:], strict=False):
            found.append((row["source"], row["product_id"], first, end, cost))
    columns = list(zip(*found, strict=True)) if found else [()] * len(_PERIODS)
    return pa.table(
        [pa.array(each, kind) for each, kind in zip(columns, _PERIODS.types, strict=True)], _PERIODS
    )


_PERIODS = pa.schema(
    [
        ("source", pa.string()),
        ("product_id", pa.string()),
        ("cost_from", pa.date32()),
        ("cost_until", pa.date32()),
        ("dated_cost", pa.int64()),
    ]
)


def _with_cost_of_the_day(lines: ir.Table, periods: ir.Table) -> ir.Table:
    same = [lines[name] == periods[name] for name in ("source", "product_id")]
    is_then = (lines.ordered_on >= periods.cost_from, lines.ordered_on < periods.cost_until)
    joined = lines.left_join(periods, [*same, *is_then])
    return joined.select(
        *(lines[name] for name in lines.columns if name != "cost"),
        cost=ibis.coalesce(periods.dated_cost, lines.cost),
    )


def _share(goods: ir.Table, shares: Mapping[str, float]) -> ir.FloatingValue:
    if not shares:
        return ibis.null("float64")
    return ibis.cases(*((goods.category == name, share) for name, share in sorted(shares.items())))


@dataclass(frozen=True, slots=True)
class MarginRates:
    """Of the whole shop: `rate` is the margin a unit of spend, `covered` the share of the lines with a known margin.

    `otherwise` is taken for lines without one; `order_amount` is the mean order, in minor units; `below_cost` customers
    have cost more than they paid.
    """

    rate: float
    otherwise: float
    covered: float
    order_amount: float
    below_cost: int

    def of(self, inputs: pa.Table) -> npt.NDArray[np.float64]:
        """The margin a unit of spend of each customer: that of their own lines, with one mean order at the shop's rate.

        So somebody with one cheap order is not taken to buy like that for ever; without lines it is the shop's.
        """
        bought, costed, margin = (numpy_column(inputs, name).astype(np.float64) for name in SUMS)
        own = margin + (bought - costed) * self.otherwise
        rates: npt.NDArray[np.float64] = (own + self.order_amount * self.rate) / (bought + self.order_amount)
        return rates


def fit_margins(inputs: pa.Table, margin: float) -> MarginRates | None:
    """From the sums of the buyers; None where no line has a known margin.

    Parameters
    ----------
    inputs
        `clv_inputs` with `SUMS`.
    margin
        Share of spend that stays, for lines of which nothing is known; 1, which is revenue, takes the mean of the
        others instead.
    """
    if SUMS[0] not in inputs.column_names:
        return None
    bought, costed, kept = (numpy_column(inputs, name) for name in SUMS)
    total, known = int(bought.sum()), int(costed.sum())
    if total <= 0 or known <= 0:
        return None
    otherwise = margin if margin < 1 else int(kept.sum()) / known
    orders = int(numpy_column(inputs, "order_count").sum())
    return MarginRates(
        rate=(int(kept.sum()) + (total - known) * otherwise) / total,
        otherwise=otherwise,
        covered=known / total,
        order_amount=max(1.0, total / max(1, orders)),
        below_cost=int(np.count_nonzero(kept + (bought - costed) * otherwise < 0)),
    )
