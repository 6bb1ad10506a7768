"""What is known of a buyer on a day, as the numbers that churn is told from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhike.lake.arrays import numpy_column
from zhike.value.analysis.drawing import is_drawn
from zhike.value.analysis.features import counted_lines, counted_orders, feature_windows, profiled_buyers
from zhike.value.analysis.purchases import PEOPLE, purchases

MOST_CATEGORIES = 3
_SEPARATOR = "; "
_WINDOWS = ("30d", "90d", "previous_90d", "365d")
_COUNTS = tuple(f"order_count_{name}" for name in _WINDOWS)
INPUTS = (
    "recency_days",
    "tenure_days",
    "order_days",
    "order_count",
    *_COUNTS,
    "spend_amount",
    "spend_amount_365d",
    "discount_amount",
    "weekend_count",
    "category_count",
)
"""Days, counts and minor units of each buyer."""

Floats = npt.NDArray[np.float64]
Columns = Mapping[str, npt.NDArray[Any]]


def churn_inputs(features: ir.Table) -> ir.Table:
    """`customer_id` and `INPUTS` of every buyer who may be profiled, from `customer_features`."""
    buyers = profiled_buyers(features)
    names = buyers.favourite_categories
    separators = (names.length() - names.replace(_SEPARATOR, "").length()) // len(_SEPARATOR)
    return buyers.select(
        "customer_id",
        *(name for name in INPUTS if name != "category_count"),
        category_count=(separators + 1).fill_null(0).cast("int64"),
    )


def known_buyers(features: ir.Table, *, until: date) -> ir.Table:
    """`customer_id, first_order_on` of the buyers who may be profiled and ordered until a day."""
    is_known = (features.first_order_on <= ibis.literal(until)) & ~features.no_profiling
    return features.filter(is_known).select("customer_id", "first_order_on")


def sampled(buyers: ir.Table, people: ir.Table, *, share: float) -> ir.Table:
    """`customer_id` of about that share of the buyers: always the same ones, whatever else is in the shop."""
    drawn = people.filter(is_drawn(people.person_id, share))
    return buyers.semi_join(drawn, "customer_id").select("customer_id")


def sample_orders(orders: ir.Table, sample: ir.Table, profiles: ir.Table, *, as_of: date) -> ir.Table:
    """The orders of some customers that count on `as_of`, in the columns that `purchases` wants."""
    members = profiles.semi_join(sample, "customer_id").select("profile_id", "customer_id")
    joined = counted_orders(orders, as_of=as_of).join(members, "profile_id")
    return joined.select(
        "ordered_on",
        "net_amount",
        person_id=joined.customer_id,
        discount_amount=joined.discount_amount.fill_null(0),
    )


def first_category_days(
    order_lines: ir.Table,
    orders: ir.Table,
    products: ir.Table,
    sample: ir.Table,
    profiles: ir.Table,
    *,
    as_of: date,
) -> ir.Table:
    """`customer_id, first_on`: one row for each category that some customers ever bought."""
    members = profiles.semi_join(sample, "customer_id").select("profile_id", "customer_id")
    named = products.filter(products.category.notnull()).select("source", "product_id", "category")
    lines = counted_lines(order_lines.semi_join(members, "profile_id"), orders, as_of=as_of)
    firsts = (
        lines.join(named, ["source", "product_id"])
        .join(members, "profile_id")
        .group_by(["customer_id", "category"])
        .aggregate(first_on=ibis._.ordered_on.min())
    )
    return firsts.select("customer_id", "first_on")


@dataclass(frozen=True)
class Sample:
    """Everything that a sample of buyers did until the end of a closed month.

    `orders` as `sample_orders`, `categories` as `first_category_days`.
    """

    orders: pa.Table
    categories: pa.Table

    @property
    def first_order_on(self) -> date | None:
        first: date | None = pc.min(self.orders["ordered_on"]).as_py()
        return first

    def buyers_on(self, day: date) -> tuple[npt.NDArray[np.int64], dict[str, npt.NDArray[Any]]]:
        """The customers with an order by that day, rising, and their `INPUTS` on it."""
        past = self.orders.filter(pc.less_equal(self.orders["ordered_on"], pa.scalar(day)))
        every = feature_windows(day)
        people = purchases(past, windows={name: every[name] for name in _WINDOWS})[PEOPLE]
        number = (day - date(1970, 1, 1)).days
        firsts, lasts = (_day_numbers(people, name) for name in ("first_order_on", "last_order_on"))
        customers = numpy_column(people, "person_id").astype(np.int64)
        found = {name: numpy_column(people, name) for name in INPUTS if name in people.column_names}
        found["recency_days"], found["tenure_days"] = number - lasts, number - firsts
        found["category_count"] = self._categories_on(day, customers)
        return customers, found

    def buyers_within(self, after: date, until: date) -> npt.NDArray[np.int64]:
        """The customers with an order after a day and until another, rising."""
        days = self.orders["ordered_on"]
        is_within = pc.and_(pc.greater(days, pa.scalar(after)), pc.less_equal(days, pa.scalar(until)))
        return np.unique(numpy_column(self.orders.filter(is_within), "person_id")).astype(np.int64)

    def _categories_on(self, day: date, customers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        known = self.categories.filter(pc.less_equal(self.categories["first_on"], pa.scalar(day)))
        owners = numpy_column(known, "customer_id")
        owners = owners[np.isin(owners, customers)]
        counts = np.bincount(np.searchsorted(customers, owners), minlength=len(customers))
        return np.minimum(counts, MOST_CATEGORIES)


def _day_numbers(table: pa.Table, name: str) -> npt.NDArray[np.int64]:
    days = pa.table({name: table[name].cast(pa.int32())})
    return numpy_column(days, name).astype(np.int64)


def columns_of(inputs: pa.Table) -> dict[str, npt.NDArray[Any]]:
    """The `INPUTS` of rows that `churn_inputs` gave."""
    return {name: numpy_column(inputs, name) for name in INPUTS}


def usual_gap_of_shop(inputs: Columns) -> float:
    """The median of the mean gaps of those who came back, in days; 30 where nobody did."""
    repeated = inputs["order_days"] > 1
    between = (inputs["tenure_days"] - inputs["recency_days"])[repeated]
    return float(np.median(between / (inputs["order_days"][repeated] - 1))) if repeated.any() else 30.0


def usual_gaps(inputs: Columns, shop_gap: float) -> Floats:
    """The usual gap of each buyer in days: the own gaps and, with the weight of one, the shop's."""
    between = inputs["tenure_days"] - inputs["recency_days"]
    gaps: Floats = (between + shop_gap) / inputs["order_days"]
    return gaps


FEATURES = (
    "recency_days",
    "recency_ratio",
    "tenure_days",
    "order_days",
    "order_count_30d",
    "order_count_90d",
    "order_count_365d",
    "trend_90d",
    "usual_gap_days",
    "average_order_amount",
    "spend_amount_365d",
    "discount_share",
    "weekend_share",
    "category_count",
)
"""The columns of `feature_matrix`."""

GROUPS: dict[str, tuple[str, ...]] = {
    "quiet": ("recency_days", "recency_ratio"),
    "tenure": ("tenure_days",),
    "frequency": ("order_days", "order_count_30d", "order_count_90d", "order_count_365d"),
    "trend": ("trend_90d",),
    "rhythm": ("usual_gap_days",),
    "spend": ("average_order_amount", "spend_amount_365d"),
    "discount": ("discount_share",),
    "weekend": ("weekend_share",),
    "categories": ("category_count",),
}
"""Code of a reason → the features that speak of it."""


def feature_matrix(inputs: Columns, shop_gap: float) -> Floats:
    """One row a buyer, one column a feature; days, counts and amounts as log(1 + x), so that none dwarfs the rest."""
    gaps = usual_gaps(inputs, shop_gap)
    recent, before = inputs["order_count_90d"], inputs["order_count_previous_90d"]
    orders = inputs["order_count"]
    listed = inputs["spend_amount"] + inputs["discount_amount"]
    spend = np.maximum(inputs["spend_amount"], 0)
    columns = (
        np.log1p(inputs["recency_days"]),
        np.log1p(inputs["recency_days"] / np.maximum(gaps, 1.0)),
        np.log1p(inputs["tenure_days"]),
        np.log1p(inputs["order_days"]),
        *(np.log1p(inputs[f"order_count_{days}d"]) for days in (30, 90, 365)),
        np.log1p(recent) - np.log1p(before),
        np.log1p(gaps),
        np.log1p(spend / orders),
        np.log1p(np.maximum(inputs["spend_amount_365d"], 0)),
        np.clip(inputs["discount_amount"] / np.maximum(listed, 1), 0.0, 1.0),
        inputs["weekend_count"] / orders,
        inputs["category_count"],
    )
    # Columns stand together: they are read one by one.
    matrix: Floats = np.stack([np.asarray(column, dtype=np.float64) for column in columns]).T
    return matrix
