"""Who changed since an earlier snapshot, and what came to their sums: by orders, profiles or windows."""

from __future__ import annotations

from datetime import date, timedelta
from functools import reduce

import ibis
import ibis.expr.types as ir

from zhike.value.analysis.features import SUMMED_COLUMNS, feature_windows
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
_OF_PROFILES = ("profile_id", "customer_id", "no_profiling")
_ORDER_KEY = ("source", "order_id")
_BOUGHT = ("first_order_on", "last_order_on", *SUMMED)


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


def summed_before(overview: ir.Table, people: ir.Table) -> ir.Table:
    """`person_id`, `first_order_on`, `last_order_on` and `SUMMED` of some people in an earlier `customer_overview`.

    Only of those who had an order that counted then. `people` as `features.people` gives them.
    """
    buyers = overview.filter(overview.order_count > 0)
    joined = buyers.select("customer_id", *_BOUGHT).join(
        people.select("customer_id", "person_id"), "customer_id"
    )
    return joined.select("person_id", *_BOUGHT)


def customers_with_older_orders(
    added: ir.Table, profiles: ir.Table, people: ir.Table, summed: ir.Table
) -> ir.Table:
    """`customer_id` of those with a new order before the last one known: whether that day is new nobody remembers.

    Parameters
    ----------
    added
        As `added_orders`.
    profiles, people
        `profile_id, customer_id`, and `features.people`.
    summed
        `summed_before`.
    """
    lasts = people.join(summed, "person_id").select("customer_id", "last_order_on")
    orders = added.join(profiles, "profile_id").select("customer_id", "ordered_on")
    joined = orders.join(lasts, "customer_id")
    return joined.filter(joined.ordered_on < joined.last_order_on).select("customer_id")


def standing_orders(summed: ir.Table) -> ir.Table:
    """Nothing spent on the first and on the last day known, in the columns of `features.person_orders`.

    They stand for the orders that are not read: whether a day, a month or a cohort of theirs is new can be told.
    """
    nothing = ibis.literal(0, "int64")
    first, last = (
        summed.select(ordered_on=day, net_amount=nothing, person_id="person_id", discount_amount=nothing)
        for day in ("first_order_on", "last_order_on")
    )
    return ibis.union(first, last)


def sums_with_added(
    given: ir.Table, summed: ir.Table, taken: ir.Table, *, before: date, now: date
) -> ir.Table:
    """Sums of people, where those in `summed` had only part of their orders read.

    Parameters
    ----------
    given, taken
        Sums over the part read and `standing_orders`, as it counts now and as it counted before: as `purchases` gives
        them for people. Whoever is not in `summed` had all orders read: `given` is theirs.
    summed
        `summed_before`.
    before, now
        The business dates of the two snapshots, the earlier first.
    """
    stood = _standing_crossed(summed, before, now)
    known = {f"old_{name}": summed[name] - stood.get(name, 0) for name in SUMMED}
    old = summed.select(old_id="person_id", **known)
    part = taken.select(part_id="person_id", **{f"part_{name}": name for name in SUMMED})
    both = old.join(part, old.old_id == part.part_id)
    joined = given.left_join(both, given.person_id == both.old_id)
    added = {
        name: joined[name] + (joined[f"old_{name}"] - joined[f"part_{name}"]).fill_null(0) for name in SUMMED
    }
    return joined.select("person_id", "first_order_on", "last_order_on", **added)


def _standing_crossed(summed: ir.Table, before: date, now: date) -> dict[str, ir.IntegerValue]:
    """By how many `standing_orders` each count of a window grew between two dates: they are no orders."""
    if before == now:
        return {}

    def within(window: Window) -> ir.IntegerValue:
        ends = (ibis.literal(window.first_day), ibis.literal(window.last_day))
        first, last = (summed[name].between(*ends).cast("int64") for name in _BOUGHT[:2])
        return first + last

    was, became = feature_windows(before), feature_windows(now)
    return {f"order_count_{name}": within(became[name]) - within(was[name]) for name in was}


def carried_customers(overview: ir.Table, changed: ir.Table) -> ir.Table:
    """The columns of `features.summed_customers` of those who did not change, from an earlier `customer_overview`.

    `changed` has the `customer_id` of those to leave out.
    """
    return overview.select(*SUMMED_COLUMNS).anti_join(changed, "customer_id")


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
