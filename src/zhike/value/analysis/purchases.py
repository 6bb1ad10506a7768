"""What each person bought, summed up in one pass over their orders in the order of time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhike.lake.arrays import at, in_order, numpy_column

PEOPLE, DAYS, COHORTS = "purchases_of_people", "purchases_of_days", "purchases_of_cohorts"
COHORT_MONTHS = (1, 3)
COHORTS_COLUMNS = ("period_months", "cohort_on", "period_on", "active_count", "revenue")
DAYS_COLUMNS = ("day", "order_count", "revenue", "buyer_count", "walk_in_revenue")
_EPOCH = date(1970, 1, 1)
_FAR = 1 << 20

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Window:
    """A closed range of days; `has_amounts` says whether what was spent in it is asked, too, beside how many orders."""

    first_day: date
    last_day: date
    has_amounts: bool = True


def purchases(orders: pa.Table, *, windows: Mapping[str, Window]) -> dict[str, pa.Table]:
    """Sums for each person and for each day.

    Sorting the orders once and reading every figure off the borders between people takes a third of the
    time of two hash aggregations: almost every (person, day) is a group of its own.

    Parameters
    ----------
    orders
        All orders that count of some people: `person_id, ordered_on, net_amount, discount_amount`, amounts
        in minor units. No gaps.
    windows
        Further ranges by name.

    Returns
    -------
    dict
        `PEOPLE`: `person_id, first_order_on, last_order_on, order_days, order_count, spend_amount,
        first_day_amount, discount_amount, weekend_count`, and for each window `order_count_NAME` (of 32 bits) and,
        where it is asked, `spend_amount_NAME`. `DAYS`: the columns `DAYS_COLUMNS`; nothing of it was walk-in sales.
        `COHORTS`: the columns `COHORTS_COLUMNS`, for months and for quarters (`period_months` 1 and 3): of those
        whose first order was in the period that begins on `cohort_on`, how many ordered in the one that begins
        on `period_on`, and for how much; only where somebody did.
    """
    by_time = _Sorted.of(orders)
    of_people = _Months.of(by_time)
    return {
        PEOPLE: _of_people(by_time, windows),
        DAYS: _of_days(by_time),
        COHORTS: pa.concat_tables(_of_cohorts(by_time, of_people, months) for months in COHORT_MONTHS),
    }


@dataclass(frozen=True, slots=True)
class _Sorted:
    """Orders by person and day; `starts` is where each person begins, `person` which of them each order is of.

    `days` count from `first_day`, which counts from 1970. `repeats` are the places of orders on the day of the
    person's order before. `spent` has one entry more than there are orders: what was spent before each place.
    `counts` are orders by day.
    """

    first_day: int
    days: Array
    amounts: Array
    discounts: Array
    people: Array
    starts: Array
    person: Array
    is_new_person: Array
    repeats: Array
    spent: Array
    counts: Array

    @classmethod
    def of(cls, orders: pa.Table) -> _Sorted:
        people, days = (
            numpy_column(orders, "person_id"),
            numpy_column(_with_day_numbers(orders), "ordered_on"),
        )
        first_day = int(days.min(initial=_FAR))
        width = int((days - first_day).max(initial=0)).bit_length()
        keys, order = in_order((people << width) | (days - first_day))
        is_new_person = _is_new(keys >> width)
        starts = np.flatnonzero(is_new_person)
        # As wide as places are: days are counted and looked up by.
        days = keys & ((1 << width) - 1)
        amounts = at(numpy_column(orders, "net_amount"), order)
        spent = np.zeros(len(keys) + 1, dtype=np.int64)
        np.cumsum(amounts, out=spent[1:])
        return cls(
            first_day=first_day,
            days=days,
            amounts=amounts,
            discounts=at(numpy_column(orders, "discount_amount"), order),
            people=keys[starts] >> width,
            starts=starts,
            person=np.repeat(np.arange(len(starts)), _ends(starts, len(keys)) - starts),
            is_new_person=is_new_person,
            repeats=np.flatnonzero(~_is_new(keys)),
            spent=spent,
            counts=np.bincount(days),
        )

    @property
    def ends(self) -> Array:
        """Where each person ends."""
        return _ends(self.starts, len(self.days))

    def per_person(self, values: Array) -> Array:
        """The sum of `values`, one an order, for each person."""
        if not len(values):
            return np.zeros(0, dtype=np.int64)
        return np.add.reduceat(values, self.starts)


def _of_people(orders: _Sorted, windows: Mapping[str, Window]) -> pa.Table:
    starts, ends, spent = orders.starts, orders.ends, orders.spent
    # Few orders are a second one on a day: only they are looked at for how many days there are, and how long the first is.
    whose = orders.person[orders.repeats]
    is_on_first_day = orders.days[orders.repeats] == orders.days[starts][whose]
    repeats, repeats_at_first = (
        np.bincount(each, minlength=len(starts)) for each in (whose, whose[is_on_first_day])
    )
    is_weekend = _is_weekend(_every_day(orders)).astype(np.int64)
    columns = {
        "person_id": orders.people,
        "first_order_on": _dates(orders.days[starts] + orders.first_day),
        "last_order_on": _dates(orders.days[ends - 1] + orders.first_day),
        "order_days": ends - starts - repeats,
        "order_count": ends - starts,
        "spend_amount": spent[ends] - spent[starts],
        "first_day_amount": spent[starts + 1 + repeats_at_first] - spent[starts],
        "discount_amount": orders.per_person(orders.discounts),
        "weekend_count": orders.per_person(at(is_weekend, orders.days)),
    }
    # Windows share borders: each is looked up once.
    borders = sorted({day for each in windows.values() for day in (each.first_day, _next(each.last_day))})
    places = dict(zip(borders, _places(orders, borders), strict=True))
    for name, window in windows.items():
        begin, end = window.first_day, _next(window.last_day)
        # Half as wide as the others: they are most of the columns, and every stage after this one reads them.
        columns[f"order_count_{name}"] = (places[end] - places[begin]).astype(np.int32)
        if window.has_amounts:
            columns[f"spend_amount_{name}"] = at(spent, places[end]) - at(spent, places[begin])
    return pa.table(columns)


def _places(orders: _Sorted, borders: list[date]) -> Iterator[Array]:
    """Where, for each person, the orders of each border's day and later begin."""
    people, spans = len(orders.starts), len(borders) + 1
    numbers = [(day - _EPOCH).days - orders.first_day for day in borders]
    # Which span between borders a day is in, looked up by day: one pass over the orders for all borders.
    span_of_day = np.searchsorted(numbers, np.arange(len(orders.counts)), side="right")
    cells = at(span_of_day * people, orders.days)
    cells += orders.person
    # Not `cumsum`, which adds number by number where this adds row by row.
    counts = np.bincount(cells, minlength=spans * people).reshape(spans, people)
    place = orders.starts
    for number in range(len(borders)):
        # Row by row: `cumsum` would add number by number.
        place = place + counts[number]
        yield place


def _of_days(orders: _Sorted) -> pa.Table:
    counts = orders.counts
    days = np.flatnonzero(counts)
    buyers = counts - np.bincount(orders.days[orders.repeats], minlength=len(counts))
    # Whole numbers below 2^53 are exact as floats: ninety million million in a currency with cents.
    revenue = np.bincount(orders.days, weights=orders.amounts, minlength=len(counts))
    return pa.table(
        {
            "day": _dates(days + orders.first_day),
            "order_count": counts[days],
            "revenue": revenue[days].astype(np.int64),
            "buyer_count": buyers[days],
            "walk_in_revenue": np.zeros(len(days), dtype=np.int64),
        }
    )


@dataclass(frozen=True, slots=True)
class _Months:
    """The months in which each person ordered, one after another, persons numbered as in `_Sorted`.

    `days` are those of the first order in it; `spent` is what was spent in it.
    """

    days: Array
    spent: Array
    person: Array
    is_new_person: Array

    @classmethod
    def of(cls, orders: _Sorted) -> _Months:
        begins = np.flatnonzero(_is_new(at(_every_month(orders), orders.days)) | orders.is_new_person)
        until = at(orders.spent, _ends(begins, len(orders.days)))
        return cls(
            days=at(orders.days, begins),
            spent=until - at(orders.spent, begins),
            person=at(orders.person, begins),
            is_new_person=at(orders.is_new_person, begins),
        )


def _of_cohorts(orders: _Sorted, of_people: _Months, months: int) -> pa.Table:
    number = _every_month(orders) // months
    # Only periods with an order get a place, so that one order dated wrongly by a century costs nothing.
    has_orders = np.bincount(number - number[:1], weights=orders.counts) > 0
    known = (np.flatnonzero(has_orders) + number[:1]) * months
    period_of_day = (np.cumsum(has_orders) - 1)[number - number[:1]]
    period = at(period_of_day, of_people.days)
    # The first order of a person is where they start.
    cell = at(period_of_day[orders.days[orders.starts]] * len(known), of_people.person) + period
    # Months are those in which somebody ordered, each once.
    once = cell if months == 1 else at(cell, np.flatnonzero(_is_new(period) | of_people.is_new_person))
    active = np.bincount(once)
    # Exact as floats, as in `_of_days`.
    revenue = np.bincount(cell, weights=of_people.spent)
    cells = np.flatnonzero(active)
    first_days = known.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    cohort, when = np.divmod(cells, max(1, len(known)))
    return pa.table(
        {
            "period_months": pa.array(np.full(len(cells), months, dtype=np.int32)),
            "cohort_on": _dates(first_days[cohort]),
            "period_on": _dates(first_days[when]),
            "active_count": active[cells],
            "revenue": revenue[cells].astype(np.int64),
        }
    )


def _every_month(orders: _Sorted) -> Array:
    """The month of each day from the first to the last with an order, counted from 1970."""
    return _every_day(orders).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _every_day(orders: _Sorted) -> Array:
    """The days from the first to the last with an order, counted from 1970."""
    return np.arange(orders.first_day, orders.first_day + len(orders.counts))


def _ends(starts: Array, length: int) -> Array:
    """Where what begins at `starts` ends."""
    return np.append(starts, length)[1:]


def _is_new(values: Array) -> npt.NDArray[np.bool_]:
    """Where a value differs from the one before it."""
    is_new = np.ones(len(values), dtype=bool)
    np.not_equal(values[1:], values[:-1], out=is_new[1:])
    return is_new


def _next(day: date) -> date:
    return day + timedelta(days=1)


def _with_day_numbers(orders: pa.Table) -> pa.Table:
    days = orders["ordered_on"].cast(pa.int32())
    return orders.set_column(orders.column_names.index("ordered_on"), "ordered_on", days)


def _is_weekend(days: Array) -> Array:
    # 1970-01-01 was a Thursday.
    return (days + 3) % 7 >= 5


def _dates(days: Array) -> pa.Array:
    return pa.array(days.astype(np.int32), pa.int32()).cast(pa.date32())
