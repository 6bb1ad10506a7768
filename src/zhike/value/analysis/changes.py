"""Who must be summed up again since an earlier snapshot: whose orders, profiles or windows changed."""

from __future__ import annotations

from datetime import date, timedelta
from functools import reduce

import ibis
import ibis.expr.types as ir

from zhike.value.analysis.features import feature_windows
from zhike.value.analysis.purchases import COHORTS_COLUMNS, DAYS_COLUMNS, Window
from zhike.value.schema import SUMMED

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
_OF_PROFILES = ("profile_id", "customer_id")


def profiles_of_changed_orders(gone: ir.Table, come: ir.Table) -> ir.Table:
    """`profile_id` of the orders that are not on both sides with all that counts; walk-in sales have none."""
    return _profiles_of(gone, come, _OF_ORDERS)


def profiles_of_changed_lines(gone: ir.Table, come: ir.Table) -> ir.Table:
    """`profile_id` of the order lines that are not the same on both sides."""
    return _profiles_of(gone, come, _OF_LINES)


def profiles_that_moved(before: ir.Table, now: ir.Table) -> ir.Table:
    """`profile_id` of profiles that are new, gone or of another customer."""
    return _profiles_of(before, now, _OF_PROFILES)


def changed_orders_before(gone: ir.Table, come: ir.Table, day: date) -> ir.Table:
    """The orders, walk-in sales included, that are not on both sides and dated before a day."""
    changed = _differing(gone, come, _OF_ORDERS)
    return changed.filter(changed.ordered_on < ibis.literal(day))


def changed_lines_before(gone: ir.Table, come: ir.Table, day: date) -> ir.Table:
    """The order lines that are not on both sides and dated before a day."""
    changed = _differing(gone, come, _OF_LINES)
    return changed.filter(changed.ordered_on < ibis.literal(day))


def changed_profiles(before: ir.Table, now: ir.Table, day: date) -> ir.Table:
    """The profiles known before that are of another customer now, or whose owner changed their mind about profiling.

    So is a new profile of a known customer, for it may refuse for all; a new one of a new customer is no change: its
    orders, if it has any before that day, are. `day` is not looked at.
    """
    columns = ("profile_id", "customer_id", "no_profiling")
    was, became = before.select(*columns), now.select(*columns)
    joined = became.anti_join(was, "profile_id").semi_join(was, "customer_id")
    return ibis.union(was.difference(became), joined)


def profiles_in_moved_windows(orders: ir.Table, *, before: date, now: date) -> ir.Table:
    """`profile_id` of those with an order that enters or leaves a window, or begins or ends to count, between two dates.

    Parameters
    ----------
    before, now
        The business dates of the two snapshots, the earlier first.
    """
    days = _moved_days(feature_windows(before), feature_windows(now))
    moved = [orders.ordered_on.between(ibis.literal(w.first_day), ibis.literal(w.last_day)) for w in days]
    moved.append((orders.refunded_on > ibis.literal(before)) & (orders.refunded_on <= ibis.literal(now)))
    is_moved = reduce(lambda one, other: one | other, moved)
    return orders.filter(is_moved & orders.profile_id.notnull()).select("profile_id").distinct()


def profiles_of_new_lines(order_lines: ir.Table, *, before: date, now: date) -> ir.Table:
    """`profile_id` of those with order lines of the days after `before` until `now`."""
    day = order_lines.ordered_on
    return order_lines.filter((day > ibis.literal(before)) & (day <= ibis.literal(now))).select("profile_id")


def whole_customers(changed: ir.Table, *maps: ir.Table) -> ir.Table:
    """`profile_id` of all profiles that are one customer with a changed one, in any of the maps."""
    with_others = [changed.select("profile_id")]
    for profiles in maps:
        touched = profiles.semi_join(changed, "profile_id").select("customer_id").distinct()
        with_others.append(profiles.semi_join(touched, "customer_id").select("profile_id"))
    return ibis.union(*with_others, distinct=True)


def carried_sums(overview: ir.Table, people: ir.Table, changed: ir.Table) -> ir.Table:
    """What `purchases` summed up for people who did not change, read off an earlier `customer_overview`.

    Parameters
    ----------
    overview
        Of the earlier snapshot.
    people
        As they are now.
    changed
        `customer_id` of those to leave out.
    """
    kept = overview.filter(overview.order_count > 0).anti_join(changed, "customer_id")
    joined = kept.drop("no_profiling").join(people, "customer_id")
    return joined.select("person_id", "first_order_on", "last_order_on", *SUMMED)


def days_patched(before: ir.Table, taken: ir.Table, given: ir.Table) -> ir.Table:
    """Sums of days with those of some people taken out and their new ones put in.

    All three have the columns `DAYS_COLUMNS`, days repeated or not; days without any order are left out.
    """
    sums = DAYS_COLUMNS[1:]
    negative = taken.select("day", **{name: -taken[name] for name in sums})
    every = ibis.union(before.select(*DAYS_COLUMNS), negative, given.select(*DAYS_COLUMNS))
    patched = every.group_by("day").aggregate(**{name: every[name].sum() for name in sums})
    return patched.filter(patched.order_count > 0)


def cohorts_patched(before: ir.Table, taken: ir.Table, given: ir.Table) -> ir.Table:
    """Sums of cohorts with those of some people taken out and their new ones put in.

    All three have the columns `COHORTS_COLUMNS`; cells where nobody ordered are left out.
    """
    key, sums = COHORTS_COLUMNS[:3], COHORTS_COLUMNS[3:]
    negative = taken.select(*key, **{name: -taken[name] for name in sums})
    every = ibis.union(before.select(*COHORTS_COLUMNS), negative, given.select(*COHORTS_COLUMNS))
    patched = every.group_by(key).aggregate(**{name: every[name].sum() for name in sums})
    return patched.filter(patched.active_count > 0)


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
