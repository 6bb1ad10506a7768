"""What every customer did up to a date, from the orders that count."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from zhike.value.analysis.purchases import DAYS_COLUMNS, Window
from zhike.value.schema import SUMMED, WINDOW_DAYS

DAYS_A_YEAR = 365


COUNTED = (
    "profile_id",
    "ordered_on",
    "amount",
    "status",
    "refund_amount",
    "refunded_on",
    "discount_amount",
)
"""The columns of an order that sums are made of."""

FAVOURITES = ("favourite_category", "favourite_categories")

SUMMED_COLUMNS = (
    "customer_id",
    "no_profiling",
    "first_order_on",
    "last_order_on",
    *SUMMED,
    *FAVOURITES,
)
"""Who a customer is and what was summed up for them."""


def counted_orders(orders: ir.Table, *, as_of: date | ir.DateValue) -> ir.Table:
    """The orders that count on `as_of`, with `net_amount` in minor units.

    Cancelled orders never count. A refund counts from its day on; an order that is fully refunded by
    `as_of` leaves count and spend. The day may be another for each order.
    """
    is_counted, refunded = _counting(orders, as_of)
    return orders.filter(is_counted).mutate(net_amount=orders.amount - refunded)


def _counting(orders: ir.Table, as_of: date | ir.DateValue) -> tuple[ir.BooleanValue, ir.IntegerValue]:
    """Whether an order counts on `as_of`, and how much of it was refunded by then."""
    day = ibis.literal(as_of) if isinstance(as_of, date) else as_of
    # `refunded_on` is empty unless something was refunded, so this is false for all other orders.
    is_refunded_by_then = (orders.refunded_on <= day).fill_null(False)
    is_gone = is_refunded_by_then & (orders.refund_amount >= orders.amount)
    is_counted = (orders.ordered_on <= day) & (orders.status != "cancelled") & ~is_gone
    return is_counted, ibis.ifelse(is_refunded_by_then, orders.refund_amount, 0)


def merged_profiles(profiles: ir.Table) -> ir.Table:
    """`profile_id, person_id` of every profile that is not the first of its customer.

    A person is known here by the lowest profile id of the customer.
    """
    clusters = profiles.group_by("customer_id").aggregate(
        person_id=profiles.profile_id.min(), profile_count=profiles.count()
    )
    several = clusters.filter(clusters.profile_count > 1)
    members = profiles.join(several, "customer_id")
    return members.filter(members.profile_id != members.person_id).select("profile_id", "person_id")


def person_orders(orders: ir.Table, merged: ir.Table, *, as_of: date | ir.DateValue) -> ir.Table:
    """`person_id, ordered_on, net_amount, discount_amount` of the orders that count, as `purchases` wants them.

    Walk-in sales belong to nobody and are left out.

    Parameters
    ----------
    merged
        `merged_profiles`; whoever is not in it is a person of their own.
    """
    counted = counted_orders(orders.filter(orders.profile_id.notnull()), as_of=as_of)
    # Joining the few merged profiles, not the map of all, keeps ten million orders out of a large join.
    joined = counted.left_join(merged, "profile_id")
    return joined.select(
        "ordered_on",
        "net_amount",
        person_id=joined.person_id.coalesce(joined.profile_id),
        discount_amount=joined.discount_amount.fill_null(0),
    )


def walk_ins(orders: ir.Table) -> ir.Table:
    """The orders of nobody known."""
    return orders.filter(orders.profile_id.isnull())


def walk_in_days(orders: ir.Table, *, as_of: date) -> ir.Table:
    """Sales without a customer by day, in the columns of `purchases` for days: revenue and orders, no buyers."""
    counted = counted_orders(walk_ins(orders), as_of=as_of)
    days = counted.group_by(day="ordered_on").aggregate(
        order_count=counted.count(), revenue=counted.net_amount.sum()
    )
    return days.mutate(buyer_count=ibis.literal(0, "int64"), walk_in_revenue=days.revenue).select(
        *DAYS_COLUMNS
    )


def people(profiles: ir.Table, merged: ir.Table) -> ir.Table:
    """`person_id, customer_id, no_profiling`, one row a customer.

    Whoever refused to be profiled in one source has refused in all.
    """
    firsts = profiles.anti_join(merged, "profile_id")
    refusing = profiles.filter(profiles.no_profiling).select(refusing_id="customer_id").distinct()
    joined = firsts.left_join(refusing, firsts.customer_id == refusing.refusing_id)
    return joined.select(
        "customer_id", person_id=joined.profile_id, no_profiling=joined.refusing_id.notnull()
    )


def counted_lines(order_lines: ir.Table, orders: ir.Table, *, as_of: date) -> ir.Table:
    """The lines of the orders that count on `as_of`."""
    is_counted, _ = _counting(orders, as_of)
    not_counted = orders.filter(~is_counted).select("source", "order_id")
    return order_lines.filter(order_lines.ordered_on <= ibis.literal(as_of)).anti_join(
        not_counted, ["source", "order_id"]
    )


def favourite_categories(
    order_lines: ir.Table, orders: ir.Table, products: ir.Table, profiles: ir.Table, *, as_of: date
) -> ir.Table:
    """Up to three categories a customer by spend: `customer_id, favourite_category, favourite_categories`.

    Equal spends are ordered by the category's name, so that every engine gives the same answer.
    """
    lines = counted_lines(order_lines, orders, as_of=as_of)
    named = products.filter(products.category.notnull()).select("source", "product_id", "category")
    spends = (
        lines.join(named, ["source", "product_id"])
        .join(profiles.select("profile_id", "customer_id"), "profile_id")
        .group_by(["customer_id", "category"])
        .aggregate(amount=ibis._.amount.sum())
        .filter(ibis._.amount > 0)
    )
    by_spend = ibis.window(group_by="customer_id", order_by=[ibis.desc("amount"), "category"])
    ranked = spends.mutate(place=ibis.row_number().over(by_spend))
    first, second, third = (ranked.category.max(where=ranked.place == n) for n in range(3))
    placed = ranked.group_by("customer_id").aggregate(first=first, second=second, third=third)
    # Not a sorted string aggregate: Spark has none.
    further = (ibis.literal("; ").concat(name).fill_null("") for name in (placed.second, placed.third))
    return placed.select(
        "customer_id",
        favourite_category=placed.first,
        favourite_categories=placed.first.concat(*further),
    )


def customer_features(bought: ir.Table, everyone: ir.Table, favourites: ir.Table, *, as_of: date) -> ir.Table:
    """One row a customer, those without an order that counts included.

    Parameters
    ----------
    bought
        What `purchases` sums up for each person, with `feature_windows`.
    everyone
        `people`: each of them gets a row.
    favourites
        `favourite_categories`.
    """
    return described(summed_customers(bought, everyone, favourites), as_of=as_of)


def summed_customers(bought: ir.Table, everyone: ir.Table, favourites: ir.Table) -> ir.Table:
    """`SUMMED_COLUMNS`, one row a customer: what `customer_features` has that does not depend on its date alone."""
    joined = everyone.left_join(bought, "person_id").left_join(favourites, "customer_id")
    filled = {name: joined[name].cast("int64").fill_null(0) for name in SUMMED}
    return joined.select(**{name: filled.get(name, joined[name]) for name in SUMMED_COLUMNS})


def described(summed: ir.Table, *, as_of: date) -> ir.Table:
    """`customer_features` from `summed_customers`."""
    return summed.mutate(as_of=ibis.literal(as_of), **_ratios(summed, as_of))


def profiled_buyers(features: ir.Table) -> ir.Table:
    """Who is fitted and scored: customers with an order that counts who did not refuse to be profiled."""
    return features.filter((features.order_count > 0) & ~features.no_profiling)


def refusing_buyers(features: ir.Table) -> ir.Table:
    """Customers with an order that counts who refused to be profiled."""
    return features.filter((features.order_count > 0) & features.no_profiling)


def feature_windows(as_of: date) -> dict[str, Window]:
    """The days that `customer_features` counts, by the end of the column's name.

    The last n days (``30d``: from `as_of` − n to `as_of`), as many before them (``previous_30d``), and the
    same days a year earlier (``last_year_30d``; a whole year has only the one before). Amounts are asked of the first
    alone.
    """
    windows = {}
    for days in WINDOW_DAYS:
        shifts = {"": 0, "previous_": days + 1}
        if days < DAYS_A_YEAR:
            shifts["last_year_"] = DAYS_A_YEAR
        for name, shift in shifts.items():
            last = as_of - timedelta(days=shift)
            windows[f"{name}{days}d"] = Window(last - timedelta(days=days), last, has_amounts=not name)
    return windows


def _ratios(t: ir.Table, as_of: date) -> dict[str, ir.Value]:
    day = ibis.literal(as_of)
    orders = t.order_count.nullif(0).cast("float64")
    listed = (t.spend_amount + t.discount_amount).nullif(0).cast("float64")
    between = t.last_order_on.delta(t.first_order_on, unit="day").cast("float64")
    return {
        "recency_days": day.delta(t.last_order_on, unit="day"),
        "tenure_days": day.delta(t.first_order_on, unit="day"),
        "average_order_amount": (t.spend_amount.cast("float64") / orders).round(),
        "mean_gap_days": between / (t.order_days - 1).nullif(0).cast("float64"),
        "discount_share": t.discount_amount.cast("float64") / listed,
        "weekend_share": t.weekend_count.cast("float64") / orders,
    }
