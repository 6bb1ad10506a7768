"""How everybody stood at the end of every closed month: facts cut at that day, by what is known today."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhike.lake.arrays import in_order, numpy_column
from zhike.value.analysis.rfm import Cuts, cuts_below, segment_of_scores

MONTHS_KEPT = 24
STATES = "states_of_months"
MEASURES = ("recency", "frequency", "monetary")

DAYS_A_WEEK = 7

_FIRST_WEEK = 7
_YEAR_DAYS = 365
_BITS = 12
_MOST = (1 << _BITS) - 1
_EPOCH = date(1970, 1, 1)
_NEVER = date(9999, 12, 31)
_FAR = np.int32(1 << 30)

Array = npt.NDArray[Any]


def month_ends(as_of: date, *, months: int = MONTHS_KEPT) -> tuple[date, ...]:
    """The last days of the closed months before the one of `as_of`, oldest first."""
    ends, day = [], as_of.replace(day=1)
    for _ in range(months):
        day = (day - timedelta(days=1)).replace(day=1)
        ends.append(day.replace(day=calendar.monthrange(day.year, day.month)[1]))
    return tuple(reversed(ends))


def base_month(as_of: date) -> date:
    """The month end that today is compared with: the last one, or in the first week of a month the one before."""
    return month_ends(as_of)[-1 if as_of.day > _FIRST_WEEK else -2]


def orders_over_time(orders: ir.Table, merged: ir.Table, everyone: ir.Table, *, until: date) -> ir.Table:
    """`person_id, ordered_on, amount, refunded_on, lost_amount`: what `states_of_months` folds.

    Orders that were never cancelled, of people who do not refuse to be profiled, up to `until`. From
    `refunded_on` on an order has `lost_amount` less, and if `is_lost`, it no longer counts; an order without a
    refund has a day that never comes.

    Parameters
    ----------
    merged, everyone
        As `features.person_orders` and `features.people`.
    """
    known = orders.filter(
        orders.profile_id.notnull()
        & (orders.status != "cancelled")
        & (orders.ordered_on <= ibis.literal(until))
    )
    joined = known.left_join(merged, "profile_id")
    named = joined.mutate(person_id=joined.person_id.coalesce(joined.profile_id))
    refusing = everyone.filter(everyone.no_profiling).select("person_id")
    kept = named.anti_join(refusing, "person_id")
    is_lost = kept.refunded_on.notnull() & (kept.refund_amount >= kept.amount)
    return kept.select(
        "person_id",
        "ordered_on",
        "amount",
        refunded_on=kept.refunded_on.coalesce(ibis.literal(_NEVER)),
        lost_amount=ibis.ifelse(is_lost, kept.amount, kept.refund_amount),
        is_lost=is_lost.cast("int32"),
    )


def states_of_months(
    orders: pa.Table, *, ends: Sequence[date], look_back_days: int = 0, has_recent: bool = False
) -> dict[str, pa.Table]:
    """What each person had done by the end of each month, from their first order that counts then.

    An order counts from its month on until the month in which it is refunded in full: one addition and one
    subtraction in a grid of people by months, summed along the months. That takes one pass over the orders for
    all months.

    Parameters
    ----------
    orders
        All of some people, as `orders_over_time`.
    ends
        Last days of months, oldest first.
    look_back_days
        RFM counts orders of so many days only; 0 is the whole life.
    has_recent
        Whether `history` has the orders of the last 365 days in it.

    Returns
    -------
    dict
        `STATES`: `person_id, month` (place in `ends`)`, order_count, spend_amount, recency_days, tenure_days,
        order_days, history`, and with `look_back_days` `rfm_order_count, rfm_spend_amount`, 0 for whom RFM does not
        score (`with_rfm_counts`). `history` is what a forecast of orders looks at, as one number (`histories_of` reads it).
    """
    grid = _Grid.of(orders, ends)
    order_count = grid.counts(grid.life_ends)
    spend = grid.spend(np.full_like(grid.begins, grid.months))
    people, months = np.nonzero(order_count)
    first, last, order_days = (each[people, months] for each in grid.days_of_orders())
    day = grid.ends[months]
    columns = {
        "person_id": grid.people[people],
        "month": months.astype(np.int32),
        "order_count": order_count[people, months].astype(np.int32),
        "spend_amount": spend[people, months],
        "recency_days": day - last,
        "tenure_days": day - first,
        "order_days": order_days.astype(np.int32),
    }
    recent = np.zeros(len(people), dtype=np.int64)
    if has_recent:
        leaves = np.searchsorted(grid.ends - _YEAR_DAYS, grid.days, side="right").astype(np.int32)
        recent = grid.counts(np.minimum(grid.life_ends, leaves))[people, months]
    columns["history"] = _packed(order_days, day - last, day - first, recent)
    if look_back_days:
        leaves = np.searchsorted(grid.ends - look_back_days, grid.days, side="right").astype(np.int32)
        columns["rfm_order_count"] = grid.counts(np.minimum(grid.life_ends, leaves))[people, months].astype(
            np.int32
        )
        columns["rfm_spend_amount"] = grid.spend(leaves)[people, months]
    return {STATES: pa.table(columns)}


def with_rfm_counts(states: ir.Table) -> ir.Table:
    """States with what RFM counts, which is all there was where it does not look back for some days only."""
    if "rfm_order_count" in states.columns:
        return states
    return states.mutate(rfm_order_count=states.order_count, rfm_spend_amount=states.spend_amount)


def _packed(order_days: Array, recency_days: Array, tenure_days: Array, recent: Array) -> Array:
    """Four numbers of twelve bits in one, days as whole weeks: few different ones, each forecast once."""
    parts = (order_days, recency_days // DAYS_A_WEEK, tenure_days // DAYS_A_WEEK, recent)
    packed = np.zeros(len(order_days), dtype=np.int64)
    for part in parts:
        packed = (packed << _BITS) | np.minimum(part, _MOST).astype(np.int64)
    return packed


def histories_of(packed: Array) -> tuple[Array, Array, Array, Array]:
    """Order days, recency and tenure in days (whole weeks), and the orders of the last 365 days, shape (n,)."""
    order_days, recency, tenure, recent = (packed >> (_BITS * place) & _MOST for place in (3, 2, 1, 0))
    # Two orders of one week are still some days apart.
    least = recency * DAYS_A_WEEK + np.where(order_days > 1, DAYS_A_WEEK // 2, 0)
    return order_days, recency * DAYS_A_WEEK, np.maximum(tenure * DAYS_A_WEEK, least), recent


@dataclass(frozen=True, slots=True)
class _Grid:
    """Orders by person and day, and the months (places in `ends`) in which each counts.

    An order is bought in month `begins` and refunded in month `backs`; it counts for the months before
    `life_ends`. A place equal to the number of months is after all of them.
    """

    people: Array
    ends: Array
    person: Array
    days: Array
    begins: Array
    backs: Array
    life_ends: Array
    amounts: Array
    lost: Array

    @classmethod
    def of(cls, orders: pa.Table, last_days: Sequence[date]) -> _Grid:
        ends = np.array([(day - _EPOCH).days for day in last_days], dtype=np.int32)
        people, days = numpy_column(orders, "person_id"), _days(orders, "ordered_on")
        first_day = int(days.min(initial=_FAR))
        width = int((days - first_day).max(initial=0)).bit_length()
        keys, order = in_order((people << width) | (days - first_day))
        people, days = keys >> width, ((keys & ((1 << width) - 1)) + first_day).astype(np.int32)
        begins = np.searchsorted(ends, days).astype(np.int32)
        # Refunded before it was bought, by the files: from the first day on.
        backs = np.maximum(begins, np.searchsorted(ends, _days(orders, "refunded_on")[order])).astype(
            np.int32
        )
        is_lost = numpy_column(orders, "is_lost")[order] > 0
        is_first = np.ones(len(people), dtype=bool)
        np.not_equal(people[1:], people[:-1], out=is_first[1:])
        return cls(
            people=people[is_first],
            ends=ends,
            person=np.cumsum(is_first) - 1,
            days=days,
            begins=begins,
            backs=backs,
            life_ends=np.where(is_lost, backs, np.int32(len(ends))),
            amounts=numpy_column(orders, "amount")[order],
            lost=numpy_column(orders, "lost_amount")[order],
        )

    @property
    def months(self) -> int:
        return len(self.ends)

    def counts(self, until: Array) -> Array:
        """How many orders count for each person and month, each before month `until`."""
        return self._running((self.begins, 1), (until, -1))

    def spend(self, until: Array) -> Array:
        """Their amounts less what was refunded by then, each order before month `until`."""
        lost = np.where(self.backs < until, self.lost, 0)
        return self._running((self.begins, self.amounts), (self.backs, -lost), (until, lost - self.amounts))

    def days_of_orders(self) -> tuple[Array, Array, Array]:
        """The first and the last day with an order that counts, and how many such days; by person and month."""
        is_day = np.ones(len(self.days), dtype=bool)
        is_day[1:] = (self.days[1:] != self.days[:-1]) | (self.person[1:] != self.person[:-1])
        starts = np.flatnonzero(is_day)
        person, day, begin = self.person[starts], self.days[starts], self.begins[starts]
        end = np.maximum.reduceat(self.life_ends, starts) if len(starts) else self.life_ends
        shape = (len(self.people), self.months + 1)
        first, last = np.full(shape, _FAR), np.full(shape, -_FAR)
        stays = end == self.months
        # Days rise within a person: the first of a cell is its lowest, the last its highest.
        cell, lasting = (person * shape[1] + begin)[stays], day[stays]
        is_new = np.ones(len(cell), dtype=bool)
        np.not_equal(cell[1:], cell[:-1], out=is_new[1:])
        first.reshape(-1)[cell[is_new]] = lasting[is_new]
        last.reshape(-1)[cell[np.roll(is_new, -1)]] = lasting[np.roll(is_new, -1)]
        np.minimum.accumulate(first, axis=1, out=first)
        np.maximum.accumulate(last, axis=1, out=last)
        # The few days that are taken back count only in the months between.
        spans = np.where(stays, 0, end - begin)
        whose = np.repeat(np.arange(len(starts)), spans)
        months = begin[whose] + np.arange(len(whose)) - np.repeat(np.cumsum(spans) - spans, spans)
        np.minimum.at(first, (person[whose], months), day[whose])
        np.maximum.at(last, (person[whose], months), day[whose])
        return first, last, self._summed(((begin, 1), (end, -1)), person)

    def _running(self, *steps: tuple[Array, Array | int]) -> Array:
        return self._summed(steps, self.person)

    def _summed(self, steps: Sequence[tuple[Array, Array | int]], person: Array) -> Array:
        """Amounts added to persons in months, summed up along the months."""
        width = self.months + 1
        total = np.zeros(len(self.people) * width, dtype=np.int64)
        for months, amounts in steps:
            # Most orders are never refunded: what happens after the last month is not added up.
            rows = np.flatnonzero(months < self.months)
            cells = person[rows] * width + months[rows]
            np.add.at(total, cells, amounts if isinstance(amounts, int) else amounts[rows])
        return np.cumsum(total.reshape(len(self.people), width), axis=1)[:, : self.months]


def cut_columns(cuts: Sequence[Cuts], measure: str) -> dict[str, pa.Array]:
    """`MEASURE_cut_1` … `_4`, one value for each month, from the cut points of each month; empty where there were none."""
    return {
        f"{measure}_cut_{place + 1}": pa.array([each[place] if each else None for each in cuts], pa.int64())
        for place in range(4)
    }


def with_scores(states: ir.Table) -> ir.Table:
    """States of people with the cut points of their month beside them, scored as `rfm.with_rfm` scores.

    Adds `r_score, f_score, m_score, rfm_segment`; empty for whoever has no order that RFM counts.
    """
    is_scored = states.rfm_order_count > 0
    recency, frequency, monetary = (
        tuple(states[f"{measure}_cut_{place}"] for place in range(1, 5)) for measure in MEASURES
    )
    none = ibis.null("int32")
    scored = states.mutate(
        r_score=is_scored.ifelse(5 - cuts_below(states.recency_days, recency), none).cast("int32"),
        f_score=is_scored.ifelse(1 + cuts_below(states.rfm_order_count, frequency), none).cast("int32"),
        m_score=is_scored.ifelse(1 + cuts_below(states.rfm_spend_amount, monetary), none).cast("int32"),
    )
    return scored.mutate(rfm_segment=segment_of_scores(scored))


def _days(orders: pa.Table, name: str) -> Array:
    days = orders[name].cast(pa.int32())
    return numpy_column(orders.set_column(orders.column_names.index(name), name, days), name)
