"""What was known of each customer at the split, and what they did after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhike.lake.arrays import numpy_column
from zhike.value.analysis.backtest.split import Split

Array = npt.NDArray[Any]
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Bought:
    """Distinct days with an order and spend in minor units of some days, one row a customer, shape (n,)."""

    order_days: Array
    spend: Array


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of customers at the end of a day, one row a customer, shape (n,).

    `tenure_days` and `recency_days` count back from that day to the first and the last order; `period` is what
    was bought in the last `period_days` days.
    """

    order_days: Array
    tenure_days: Array
    recency_days: Array
    spend: Array
    period: Bought
    period_days: int

    @property
    def customers(self) -> int:
        return len(self.order_days)


@dataclass(frozen=True, slots=True)
class Histories:
    """`known` at the split and what came `after` it; the same at the `earlier` split that rules learn from."""

    known: Known
    after: Bought
    earlier: Known
    after_earlier: Bought


def histories_of(orders: pa.Table, split: Split) -> Histories:
    """Sum up orders (`person_id, ordered_on, net_amount`) on both sides of a split; newer customers are left out."""
    book = _Book.of(orders)
    known, after = book.cut(split.known_until, split.until, split.holdout_days)
    earlier, after_earlier = book.cut(split.learnt_until, split.known_until, split.learnt_days)
    return Histories(known, after, earlier, after_earlier)


@dataclass(frozen=True, slots=True)
class _Book:
    """Days of people with their spend, by person and day; days count from 1970."""

    people: Array
    days: Array
    spend: Array

    @classmethod
    def of(cls, orders: pa.Table) -> _Book:
        at = orders.column_names.index("ordered_on")
        numbered = orders.set_column(at, "ordered_on", orders["ordered_on"].cast(pa.int32()))
        people, days = numpy_column(numbered, "person_id"), numpy_column(numbered, "ordered_on")
        order = np.lexsort((days, people))
        people, days = people[order], days[order]
        is_new = np.ones(len(people), dtype=bool)
        is_new[1:] = (people[1:] != people[:-1]) | (days[1:] != days[:-1])
        starts = np.flatnonzero(is_new)
        spent = np.append(0, np.cumsum(numpy_column(numbered, "net_amount")[order]))
        spend = spent[np.append(starts, len(people))[1:]] - spent[starts]
        return cls(people[starts], days[starts].astype(np.int64), spend)

    def cut(self, known_until: date, until: date, period_days: int) -> tuple[Known, Bought]:
        """What was known at the end of a day, and what the same people bought from there to `until`."""
        now, end = ((day - _EPOCH).days for day in (known_until, until))
        is_known = self.days <= now
        people, first, counts = np.unique(self.people[is_known], return_index=True, return_counts=True)
        days = self.days[is_known]
        known = Known(
            order_days=counts,
            tenure_days=now - days[first],
            recency_days=now - days[first + counts - 1],
            spend=self._between(people, -(2**40), now).spend,
            period=self._between(people, now - period_days, now),
            period_days=period_days,
        )
        return known, self._between(people, now, end)

    def _between(self, people: Array, after: int, until: int) -> Bought:
        """What these people, sorted, bought after one day and until another."""
        inside = np.flatnonzero((self.days > after) & (self.days <= until))
        place = np.searchsorted(people, self.people[inside])
        found = np.append(people, -1)[place] == self.people[inside]
        place, inside = place[found], inside[found]
        spend = np.bincount(place, weights=self.spend[inside], minlength=len(people))
        return Bought(np.bincount(place, minlength=len(people)), spend)
