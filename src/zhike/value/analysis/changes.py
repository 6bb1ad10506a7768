"""Who changed since an earlier snapshot, and what came to their sums: by orders, profiles or windows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import reduce
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhike.lake.arrays import numpy_column
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
_EPOCH = date(1970, 1, 1)
_ORDER_KEY = ("source", "order_id")
Array = npt.NDArray[Any]
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
    given: pa.Table, summed: pa.Table, taken: pa.Table, *, before: date, now: date
) -> pa.Table:
    """Sums of people, where those in `summed` had only part of their orders read.

    In NumPy, for there are few of them and a query over so many columns takes longer to write than to run.

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
    whose = numpy_column(summed, "person_id")
    now_at, before_at = (_places_of(whose, numpy_column(each, "person_id")) for each in (given, taken))
    stood = _standing_crossed(summed, before, now)
    columns = {name: given[name] for name in ("person_id", *_BOUGHT[:2])}
    for name in SUMMED:
        sums = numpy_column(given, name).copy()
        old, part = numpy_column(summed, name), numpy_column(taken, name)[before_at]
        sums[now_at] += old - part - stood.get(name, 0)
        columns[name] = pa.array(sums)
    return pa.table(columns)


def _places_of(ids: Array, among: Array) -> Array:
    """Where each of some ids is among others, which have them all."""
    order = np.argsort(among)
    places: Array = order[np.searchsorted(among, ids, sorter=order)]
    return places


def _standing_crossed(summed: pa.Table, before: date, now: date) -> dict[str, Array]:
    """By how many `standing_orders` each count of a window grew between two dates: they are no orders."""
    if before == now:
        return {}
    ends = [numpy_column(pa.table({name: summed[name].cast(pa.int32())}), name) for name in _BOUGHT[:2]]

    def within(window: Window) -> Array:
        first, last = ((day - _EPOCH).days for day in (window.first_day, window.last_day))
        inside: Array = np.stack([(first <= end) & (end <= last) for end in ends]).sum(axis=0)
        return inside

    was, became = feature_windows(before), feature_windows(now)
    return {f"order_count_{name}": within(became[name]) - within(was[name]) for name in was}


def carried_customers(overview: ir.Table, changed: ir.Table) -> ir.Table:
    """The columns of `features.summed_customers` of those who did not change, from an earlier `customer_overview`.

    `changed` has the `customer_id` of those to leave out.
    """
    return overview.select(*SUMMED_COLUMNS).anti_join(changed, "customer_id")


def days_patched(before: pa.Table, taken: Sequence[pa.Table], given: Sequence[pa.Table]) -> pa.Table:
    """Sums of days with those of some people taken out and their new ones put in.

    All have the columns `DAYS_COLUMNS`, days repeated or not; days without any order are left out.
    """
    return _patched(before, taken, given, key=DAYS_COLUMNS[:1], sums=DAYS_COLUMNS[1:])


def cohorts_patched(before: pa.Table, taken: pa.Table, given: pa.Table) -> pa.Table:
    """Sums of cohorts with those of some people taken out and their new ones put in.

    All three have the columns `COHORTS_COLUMNS`; cells where nobody ordered are left out.
    """
    return _patched(before, [taken], [given], key=COHORTS_COLUMNS[:3], sums=COHORTS_COLUMNS[3:])


def _patched(
    before: pa.Table,
    taken: Sequence[pa.Table],
    given: Sequence[pa.Table],
    *,
    key: tuple[str, ...],
    sums: tuple[str, ...],
) -> pa.Table:
    """Sums by a key; the first of them is above nothing in every row that there is."""
    # In Arrow, for there are few of them and a query takes longer to write than to run.
    columns = (*key, *sums)
    there = before.select(columns)
    signed = [(each.select(columns).cast(there.schema), -1) for each in taken]
    signed += [(each.select(columns).cast(there.schema), 1) for each in given]
    every = [there, *(_times(each, sums, sign) for each, sign in signed)]
    summed = (
        pa.concat_tables(every).group_by(key, use_threads=False).aggregate([(name, "sum") for name in sums])
    )
    patched = summed.select([*key, *(f"{name}_sum" for name in sums)]).rename_columns(columns)
    return patched.filter(pc.greater(patched[sums[0]], 0))


def _times(rows: pa.Table, names: tuple[str, ...], sign: int) -> pa.Table:
    return pa.table(
        {name: pc.multiply(rows[name], sign) if name in names else rows[name] for name in rows.column_names}
    )


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
