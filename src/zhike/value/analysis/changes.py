"""Who changed since an earlier snapshot: by orders, profiles or windows."""

from __future__ import annotations

from datetime import date, timedelta
from functools import reduce

import ibis
import ibis.expr.types as ir

from zhike.value.analysis.features import feature_windows
from zhike.value.analysis.purchases import Window

_OF_ORDERS = (
    "source",
    "order_id",
    "profile_id",
    "ordered_on",
    "amount",
    "status",
    "refund_amount",
    "refunded_on",
    "discount_amount",
)
_OF_LINES = ("source", "order_id", "line_number", "profile_id", "ordered_on", "product_id", "amount")
_OF_PROFILES = ("profile_id", "customer_id", "no_profiling")
_ORDER_KEY = ("source", "order_id")


def added_orders(gone: ir.Table, come: ir.Table) -> ir.Table:
    """The orders of customers that are new: their key was not among those that went."""
    return come.filter(come.profile_id.notnull()).anti_join(gone, _ORDER_KEY)


def profiles_of_replaced_orders(gone: ir.Table, come: ir.Table) -> ir.Table:
    """`profile_id` of the orders that went, or came back with other content; walk-in sales have none."""
    return _profiles_of(gone, come.semi_join(gone, _ORDER_KEY), _OF_ORDERS)


def profiles_of_changed_lines(gone: ir.Table, come: ir.Table) -> ir.Table:
    """`profile_id` of the order lines that are not the same on both sides."""
    return _profiles_of(gone, come, _OF_LINES)


def profiles_that_moved(before: ir.Table, now: ir.Table) -> ir.Table:
    """`profile_id` of profiles that are new, gone, of another customer, or whose owner thinks otherwise of profiling."""
    return _profiles_of(before, now, _OF_PROFILES)


def changed_orders_before(gone: ir.Table | None, come: ir.Table, day: date) -> ir.Table:
    """The orders, walk-in sales included, that are not on both sides and dated before a day; `gone` None: none went."""
    return _differing_before(gone, come, _OF_ORDERS, day)


def changed_lines_before(gone: ir.Table | None, come: ir.Table, day: date) -> ir.Table:
    """The order lines that are not on both sides and dated before a day; `gone` None: none went."""
    return _differing_before(gone, come, _OF_LINES, day)


def _differing_before(gone: ir.Table | None, come: ir.Table, columns: tuple[str, ...], day: date) -> ir.Table:
    changed = come if gone is None else _differing(gone, come, columns)
    return changed.filter(changed.ordered_on < ibis.literal(day))


def changed_profiles(before: ir.Table, now: ir.Table, day: date) -> ir.Table:
    """The profiles known before that are of another customer now, or whose owner changed their mind about profiling.

    So is a new profile of a known customer, for it may refuse for all; a new one of a new customer is no change: its
    orders, if it has any before that day, are. `day` is not looked at.
    """
    was, became = before.select(*_OF_PROFILES), now.select(*_OF_PROFILES)
    joined = became.anti_join(was, "profile_id").semi_join(was, "customer_id")
    return ibis.union(was.difference(became), joined)


def moved_orders(orders: ir.Table, *, before: date, now: date) -> ir.Table:
    """The orders of customers that enter or leave a window, or count otherwise, between two dates.

    Parameters
    ----------
    before, now
        The business dates of the two snapshots, the earlier first.
    """
    days = _moved_days(feature_windows(before), feature_windows(now))
    moved = [orders.ordered_on.between(ibis.literal(w.first_day), ibis.literal(w.last_day)) for w in days]
    moved.append(_refund_begins(orders, before, now))
    return orders.filter(reduce(lambda one, other: one | other, moved) & orders.profile_id.notnull())


def profiles_of_undone_orders(moved: ir.Table, *, before: date, now: date) -> ir.Table:
    """`profile_id` of the orders that a refund of all takes away between two dates."""
    is_all = moved.refund_amount >= moved.amount
    return moved.filter(_refund_begins(moved, before, now) & is_all).select("profile_id")


def refunded_between(orders: ir.Table, *, before: date, now: date) -> ir.Table:
    """The orders whose refund begins to count between two dates."""
    return orders.filter(_refund_begins(orders, before, now))


def _refund_begins(orders: ir.Table, before: date, now: date) -> ir.BooleanValue:
    day = orders.refunded_on
    return ((day > ibis.literal(before)) & (day <= ibis.literal(now))).fill_null(False)


def profiles_of_new_lines(order_lines: ir.Table, *, before: date, now: date) -> ir.Table:
    """`profile_id` of those with order lines of the days after `before` until `now`."""
    day = order_lines.ordered_on
    return order_lines.filter((day > ibis.literal(before)) & (day <= ibis.literal(now))).select("profile_id")


def whole_customers(changed: ir.Table, profiles: ir.Table) -> ir.Table:
    """The rows of a map of profiles that are of one customer with a changed one."""
    theirs = profiles.semi_join(changed, "profile_id").select("customer_id")
    return profiles.select(*_OF_PROFILES).semi_join(theirs, "customer_id")


def with_persons(profiles: ir.Table) -> ir.Table:
    """`profile_id, customer_id, person_id, no_profiling` of the profiles of whole customers, as `features` knows persons.

    Whoever refused to be profiled in one source has refused in all.
    """
    theirs = ibis.window(group_by="customer_id")
    return profiles.select(
        "profile_id",
        "customer_id",
        person_id=profiles.profile_id.min().over(theirs),
        no_profiling=profiles.no_profiling.any().over(theirs),
    )


def people_of(profiles: ir.Table) -> ir.Table:
    """`features.people` of `with_persons`."""
    firsts = profiles.filter(profiles.profile_id == profiles.person_id)
    return firsts.select("customer_id", "person_id", "no_profiling")


def merged_of(profiles: ir.Table) -> ir.Table:
    """`features.merged_profiles` of `with_persons`."""
    return profiles.filter(profiles.profile_id != profiles.person_id).select("profile_id", "person_id")


def _profiles_of(gone: ir.Table, come: ir.Table, columns: tuple[str, ...]) -> ir.Table:
    differing = _differing(gone, come, columns)
    return differing.filter(differing.profile_id.notnull()).select("profile_id").distinct()


def _differing(gone: ir.Table, come: ir.Table, columns: tuple[str, ...]) -> ir.Table:
    was, became = gone.select(*columns), come.select(*columns)
    return ibis.union(was.difference(became), became.difference(was))


def _moved_days(before: dict[str, Window], now: dict[str, Window]) -> list[Window]:
    """The days that are in a window on one date and not on the other."""
    one = timedelta(days=1)
    days = set()
    for name, old in before.items():
        new = now[name]
        days |= {Window(old.first_day, new.first_day - one), Window(old.last_day + one, new.last_day)}
    return sorted((w for w in days if w.first_day <= w.last_day), key=lambda w: w.first_day)
