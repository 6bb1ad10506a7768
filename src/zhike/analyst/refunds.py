"""Rows below 0: refunds, taken from the orders that they most likely belong to."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhike.kernel.words import Text
from zhike.lake.arrays import numpy_column

Integers = npt.NDArray[np.int64]

_TAKEN = Text("{count} 行负数金额按退款处理", "{count} rows below 0 are taken as refunds")
_LEFT = Text(
    "{count} 笔退款超出此前的订单金额，超出部分未计入",
    "{count} refunds are more than what was ordered before them; what is too much is left out",
)


def refunded_orders(bought: pa.Table) -> tuple[pa.Table, tuple[Text, ...]]:
    """Orders in the columns of the fact `orders`, with what was refunded of each, and notes on what was done.

    A refund belongs to an order of its customer on the same day or before: the newest of exactly its amount, or
    else the newest ones as far as it reaches. An order that is wholly refunded does not count.

    Parameters
    ----------
    bought
        `profile_id, day, amount` (days from 1970, minor units); amounts below 0 are refunds.
    """
    people, days, amounts = (numpy_column(bought, name) for name in ("profile_id", "day", "amount"))
    is_refund = amounts < 0
    book = _Book(np.zeros(len(amounts), np.int64), np.full(len(amounts), -1, np.int64))
    concerned = np.flatnonzero(np.isin(people, people[is_refund]))
    # By customer and day, orders before refunds.
    concerned = concerned[np.lexsort((is_refund[concerned], days[concerned], people[concerned]))]
    too_much = book.enter(concerned, people, days, amounts)
    facts = _facts(people, days, amounts, book).filter(pa.array(~is_refund))
    notes = (_TAKEN.format(count=int(is_refund.sum())),) if is_refund.any() else ()
    return facts, notes + ((_LEFT.format(count=too_much),) if too_much else ())


@dataclass(frozen=True, slots=True)
class _Book:
    """What was refunded of each row and on which day (-1 is never); `open` orders are those not wholly refunded."""

    refunded: Integers
    refunded_on: Integers
    open: list[int] = field(default_factory=list)

    def enter(self, rows: Integers, people: Integers, days: Integers, amounts: Integers) -> int:
        """Go through the rows in order; how many refunds were too much."""
        person, too_much = -1, 0
        for row in rows.tolist():
            if people[row] != person:
                person = people[row]
                self.open.clear()
            if amounts[row] > 0:
                self.open.append(row)
            elif amounts[row] < 0:
                too_much += self._take(-int(amounts[row]), int(days[row]), amounts) > 0
        return too_much

    def _take(self, amount: int, day: int, amounts: Integers) -> int:
        """Take a refund from the open orders; what is left of it."""
        same = (row for row in reversed(self.open) if amounts[row] == amount and not self.refunded[row])
        if (row := next(same, None)) is not None:
            self.open.remove(row)
            self._note(row, amount, day)
            return 0
        while amount and self.open:
            newest = self.open[-1]
            part = min(amount, int(amounts[newest] - self.refunded[newest]))
            self._note(newest, part, day)
            amount -= part
            if self.refunded[newest] == amounts[newest]:
                self.open.pop()
        return amount

    def _note(self, row: int, amount: int, day: int) -> None:
        self.refunded[row] += amount
        self.refunded_on[row] = day


def _facts(people: Integers, days: Integers, amounts: Integers, book: _Book) -> pa.Table:
    never = book.refunded == 0
    return pa.table(
        {
            "profile_id": people,
            "ordered_on": _dates(days),
            "amount": amounts,
            "status": pa.array(["completed"]).take(pa.array(np.zeros(len(days), np.int64))),
            "refund_amount": book.refunded,
            "refunded_on": _dates(book.refunded_on, never),
            "discount_amount": np.zeros(len(days), np.int64),
        }
    )


def _dates(days: Integers, is_gap: npt.NDArray[np.bool_] | None = None) -> pa.Array:
    return pa.array(days.astype(np.int32), pa.int32(), mask=is_gap).cast(pa.date32())
