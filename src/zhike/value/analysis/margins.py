"""What stays of a customer's spend after the goods are paid: from cost a product, share a category, share of the shop."""

from __future__ import annotations

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
) -> ir.Table:
    """`customer_id` and `SUMS` in minor units: of all lines, of those with a known margin, and that margin.

    The margin of a line is its amount less quantity × cost of the product; where no cost is known, the share of the
    category. It may be negative.
    """
    lines = counted_lines(order_lines, orders, as_of=as_of)
    goods = has_costs(products, shares).select("source", "product_id", "cost", "category")
    joined = lines.left_join(goods, ["source", "product_id"])
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
