"""Sums of an earlier snapshot with what changed since: nobody's orders are read again for what did not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhike.lake.arrays import numpy_column
from zhike.value.analysis.features import FAVOURITES, SUMMED_COLUMNS, feature_windows
from zhike.value.analysis.purchases import COHORTS_COLUMNS, DAYS_COLUMNS, Window
from zhike.value.schema import SUMMED

_EPOCH = date(1970, 1, 1)
_ENDS = ("first_order_on", "last_order_on")
# As a number of a day: before all others.
_NEVER = -(1 << 30)

Array = npt.NDArray[Any]

NO_ORDERS = pa.schema(
    {
        "person_id": pa.int64(),
        "ordered_on": pa.date32(),
        "net_amount": pa.int64(),
        "discount_amount": pa.int64(),
    }
).empty_table()
"""None, as `features.person_orders`."""


def known_before(overview: ir.Table, people: ir.Table) -> ir.Table:
    """`person_id`, `customer_id`, `no_profiling`, the days of the first and the last order, and `SUMMED`.

    Of some people, as `features.people`, in an earlier `customer_overview`. The days are empty for whoever had no order
    that counted then.
    """
    summed = overview.select("customer_id", *_ENDS, *SUMMED)
    return summed.join(people, "customer_id").select(*people.columns, *_ENDS, *SUMMED)


def customers_with_older_orders(added: pa.Table, known: pa.Table) -> pa.Table:
    """`customer_id` of those with a new order before the last one known: whether that day is new nobody remembers.

    Parameters
    ----------
    added
        New orders that count, as `features.person_orders`.
    known
        `known_before`.
    """
    added = of_people(added, known)
    places = _places_of(numpy_column(added, "person_id"), numpy_column(known, "person_id"))
    is_older = _day_numbers(added, "ordered_on") < _day_numbers(known, "last_order_on")[places]
    return known.select(["customer_id"]).take(pa.array(np.unique(places[is_older])))


def of_people(rows: pa.Table, people: pa.Table) -> pa.Table:
    """The rows of some people by `person_id`."""
    return rows.filter(pc.is_in(rows["person_id"], people["person_id"]))


def without(known: pa.Table, people: pa.Table) -> pa.Table:
    """`known_before` of all but some people by `person_id`."""
    return known.filter(pc.invert(pc.is_in(known["person_id"], people["person_id"])))


def standing_orders(known: pa.Table) -> pa.Table:
    """Nothing spent on the first and on the last day known, in the columns of `features.person_orders`.

    They stand for the orders that are not read: whether a day, a month or a cohort of theirs is new can be told.
    """
    known = known.filter(pc.is_valid(known["first_order_on"]))
    nothing = pa.array(np.zeros(known.num_rows, dtype=np.int64))
    return pa.concat_tables(
        pa.table([known["person_id"], known[day], nothing, nothing], schema=NO_ORDERS.schema) for day in _ENDS
    )


def sums_with_added(
    taken: pa.Table, given: pa.Table, known: pa.Table, favourites: pa.Table, before: date, now: date
) -> pa.Table:
    """`features.summed_customers` of people only part of whose orders were read.

    In NumPy, for there are few of them and a query over so many columns takes longer to write than to run.

    Parameters
    ----------
    taken, given
        Sums over the part read and `standing_orders`, as it counted before and as it counts now: as `purchases` gives
        them for people.
    known
        `known_before`: everyone to be in the result.
    favourites
        `features.favourite_categories` of those who have any.
    before, now
        The business dates of the two snapshots, the earlier first.
    """
    whose = numpy_column(known, "person_id")
    taken_at, given_at = (_places_of(numpy_column(each, "person_id"), whose) for each in (taken, given))
    stood = _standing_crossed(known, before, now)
    columns = {name: known[name] for name in ("customer_id", "no_profiling")}
    columns |= {name: _ends_of(given, given_at, name, len(whose)) for name in _ENDS}
    for name in SUMMED:
        sums = numpy_column(known, name) - stood.get(name, 0)
        sums[taken_at] -= numpy_column(taken, name)
        sums[given_at] += numpy_column(given, name)
        columns[name] = pa.array(sums)
    places = pc.index_in(known["customer_id"], favourites["customer_id"])
    return pa.table(columns | {name: favourites[name].take(places) for name in FAVOURITES})


def _ends_of(given: pa.Table, places: Array, name: str, people: int) -> pa.Array:
    """The first or the last day of everyone, of whom those at some places have orders."""
    days, is_empty = np.zeros(people, dtype=np.int32), np.ones(people, dtype=bool)
    days[places], is_empty[places] = _day_numbers(given, name), False
    return pa.array(days, mask=is_empty).cast(pa.date32())


def _places_of(ids: Array, among: Array) -> Array:
    """Where each of some ids is among others, which have them all."""
    order = np.argsort(among)
    places: Array = order[np.searchsorted(among, ids, sorter=order)]
    return places


def _standing_crossed(known: pa.Table, before: date, now: date) -> dict[str, Array]:
    """By how many `standing_orders` each count of a window grew between two dates: they are no orders."""
    if before == now:
        return {}
    ends = [_day_numbers(known, name) for name in _ENDS]

    def within(window: Window) -> Array:
        first, last = ((day - _EPOCH).days for day in (window.first_day, window.last_day))
        inside: Array = np.stack([(first <= end) & (end <= last) for end in ends]).sum(axis=0)
        return inside

    was, became = feature_windows(before), feature_windows(now)
    return {f"order_count_{name}": within(became[name]) - within(was[name]) for name in was}


def _day_numbers(table: pa.Table, name: str) -> Array:
    """Days counted from 1970; `_NEVER` where there is none."""
    return numpy_column(pa.table({name: pc.fill_null(table[name].cast(pa.int32()), _NEVER)}), name)


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


def cohorts_patched(before: pa.Table, taken: Sequence[pa.Table], given: Sequence[pa.Table]) -> pa.Table:
    """Sums of cohorts with those of some people taken out and their new ones put in.

    All have the columns `COHORTS_COLUMNS`; cells where nobody ordered are left out.
    """
    return _patched(before, taken, given, key=COHORTS_COLUMNS[:3], sums=COHORTS_COLUMNS[3:])


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
