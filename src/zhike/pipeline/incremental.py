"""Sums over the orders: of everyone, or only of those who changed since the snapshot before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from typing import NamedTuple

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from zhike.lake.snapshots import Draft, Snapshot
from zhike.pipeline.touched import Touched, changed_orders, told, touched
from zhike.value.analysis import carried, changes, features
from zhike.value.analysis.purchases import (
    COHORTS,
    COHORTS_COLUMNS,
    DAYS,
    DAYS_COLUMNS,
    PEOPLE,
    Window,
    purchases,
)

_FACTS = ("orders", "order_lines", "products")
# Beyond these shares of the facts or the customers, starting anew is quicker.
_MOST_SWAPPED, _MOST_CHANGED = 0.5, 0.3
# People whose orders are summed up faster here than handed to the engine and back.
_FEW = 20_000
# Threads wait for each other at each call of NumPy: twice the usual rows save an eighth of the time, more leave the cache.
_ORDERS_A_PART = 200_000


@dataclass(frozen=True, slots=True)
class Sums:
    """`customers` as `features.summed_customers`, `row_count` of them; `days` and `cohorts` as `purchases` names them.

    `people`, also as `purchases` names them, where everyone was summed up. `recomputed` customers were brought up to
    date, the others were carried over; None means everyone.
    """

    customers: ir.Table
    row_count: int
    days: ir.Table
    cohorts: ir.Table
    people: ir.Table | None = None
    recomputed: int | None = None


class Who:
    """The map of profiles as the stages want it: made when first asked for, which most refreshes never do."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self.profiles = draft.table("profiles")

    @cached_property
    def merged(self) -> ir.Table:
        """`features.merged_profiles`."""
        return self._draft.keep("merged_profiles", features.merged_profiles(self.profiles))

    @cached_property
    def people(self) -> ir.Table:
        """`features.people`."""
        return self._draft.keep("people", features.people(self.profiles, self.merged))


def sums(
    draft: Draft, who: Who, *, as_of: date, windows: Mapping[str, Window], is_full: bool = False
) -> Sums:
    """What everyone bought until `as_of`, carried over from the snapshot before where nothing changed.

    A customer is brought up to date if an order, an order line or a profile is new, gone or other, or if time moved
    an order across the border of a window: by those orders alone where the sums before tell all about the others, else
    by all of them. All that depends on `as_of` itself is computed from these sums elsewhere, for everyone.

    Parameters
    ----------
    windows
        As `features.feature_windows`; with any further one everyone is summed up.
    is_full
        Carry nothing over.
    """
    before = None if is_full else _usable(draft, as_of, windows)
    found = touched(draft, before, as_of) if before else None
    if before is None or found is None:
        return _of_everyone(draft, who, as_of, windows)
    recomputed = draft.count(found.people)
    if recomputed > _MOST_CHANGED * before.manifest.tables["customer_overview"].rows:
        return _of_everyone(draft, who, as_of, windows)
    return _patched(draft, before, found, as_of, recomputed)


def past_is_unchanged(draft: Draft, day: date, *, as_of: date) -> bool:
    """Whether the facts before a day are those of the snapshot before, and it saw all of them.

    What is computed from closed months alone may then be carried over. A profile that moved, or whose owner
    refused to be profiled or no longer does, counts as a change of the past.
    """
    before = draft.before
    if before is None or not day <= before.as_of <= as_of or before.lacks("profiles"):
        return False
    swapped = {name: draft.swapped(name) for name in (*_FACTS, "profiles")}
    if swapped["products"].gone_rows or swapped["products"].come_rows:
        return False
    return not any(
        draft.count(of_changed(each.gone if each.gone_rows else None, each.come, day))
        for name, of_changed in _CHANGES_OF_THE_PAST.items()
        if (each := swapped[name]).gone_rows or each.come_rows
    )


_CHANGES_OF_THE_PAST = {
    "orders": changes.changed_orders_before,
    "order_lines": changes.changed_lines_before,
    "profiles": changes.changed_profiles,
}


def _usable(draft: Draft, as_of: date, windows: Mapping[str, Window]) -> Snapshot | None:
    """The snapshot before, if this refresh can build upon it."""
    before = draft.before
    if before is None or before.as_of > as_of or set(windows) != set(features.feature_windows(as_of)):
        return None
    known = before.manifest.tables
    if "orders" not in known or any(
        before.lacks(name) for name in ("customer_overview", "kpi_daily", "cohorts", "profiles")
    ):
        return None
    swapped = {name: draft.swapped(name) for name in _FACTS}
    if swapped["products"].gone_rows or swapped["products"].come_rows:
        # A category may have another name for everyone.
        return None
    is_much = any(
        max(each.gone_rows, each.come_rows) > _MOST_SWAPPED * max(1, known[name].rows if name in known else 0)
        for name, each in swapped.items()
        if each.gone_rows or each.come_rows
    )
    return None if is_much else before


def _of_everyone(draft: Draft, who: Who, as_of: date, windows: Mapping[str, Window]) -> Sums:
    rows = features.person_orders(draft.table("orders"), who.merged, as_of=as_of)
    lines, orders, products = (draft.table(name) for name in ("order_lines", "orders", "products"))
    # The fold leaves cores idle: Python hands out its work one call after another.
    with ThreadPoolExecutor(max_workers=1) as beside:
        liked = features.favourite_categories(lines, orders, products, who.profiles, as_of=as_of)
        favourites = beside.submit(draft.keep, "favourite_categories", liked)
        counting = beside.submit(lambda: draft.count(who.people))
        bought = draft.fold(
            rows, "person_id", partial(purchases, windows=windows), rows_a_part=_ORDERS_A_PART
        )
    days = ibis.union(bought[DAYS], features.walk_in_days(orders, as_of=as_of))
    customers = features.summed_customers(bought[PEOPLE], who.people, favourites.result())
    return Sums(customers, counting.result(), days, bought[COHORTS], bought[PEOPLE])


def _patched(draft: Draft, before: Snapshot, found: Touched, as_of: date, recomputed: int) -> Sums:
    overview, span = before.table("customer_overview"), (before.as_of, as_of)
    with ThreadPoolExecutor(max_workers=1) as beside:
        # To read so many columns takes as long as to write all the other queries, which a core alone does.
        known = beside.submit(draft.fetch, carried.known_before(overview, found.people))
        orders = changed_orders(draft, found, *span)
        favourites = _favourites(draft, found.profiles, as_of)
        days, cohorts = _days_before(draft, before, as_of), _cohorts_before(draft, before)
    added, again = told(draft, found, orders, known.result(), *span)
    of_added = _bought(draft, (added.taken, added.given), span, added.known.num_rows)
    summed = carried.sums_with_added(
        of_added.taken[PEOPLE], of_added.given[PEOPLE], added.known, favourites, *span
    )
    bought = [of_added]
    changed = [draft.load("changed_customers", summed)]
    left_out, row_count = changed[0].select("customer_id"), before.manifest.tables["customer_overview"].rows
    if again is not None:
        bought.append(_bought(draft, (again.taken, again.given), span, recomputed))
        changed.append(_anew(draft, bought[1].given[PEOPLE], again.people, favourites))
        left_out = draft.keep("left_out", ibis.union(left_out, again.customers))
        row_count += draft.count(changed[1]) - draft.count(again.customers)
    # Not kept: each stage reads a few columns, and the file has them ready.
    carried_over = carried.carried_customers(overview, left_out)
    return Sums(
        ibis.union(carried_over, *changed),
        row_count,
        draft.load("sums_of_days", _days(days, bought)),
        draft.load("sums_of_cohorts", _cohorts(cohorts, bought)),
        recomputed=recomputed,
    )


class _Bought(NamedTuple):
    """What some people bought, as `purchases`: what to take out of the sums, and what to put in."""

    taken: Mapping[str, pa.Table]
    given: Mapping[str, pa.Table]


def _bought(
    draft: Draft, sides: Iterable[pa.Table | ir.Table], span: tuple[date, date], people: int
) -> _Bought:
    return _Bought(*(_purchases(draft, rows, day, people) for rows, day in zip(sides, span, strict=True)))


def _purchases(draft: Draft, orders: pa.Table | ir.Table, day: date, people: int) -> Mapping[str, pa.Table]:
    """What some people bought, as `purchases`: at once where they are few, else in parts."""
    summed_up = partial(purchases, windows=features.feature_windows(day))
    if people <= _FEW:
        return summed_up(orders if isinstance(orders, pa.Table) else draft.fetch(orders))
    rows = draft.load("orders_of_many", orders) if isinstance(orders, pa.Table) else orders
    return {name: draft.fetch(part) for name, part in draft.fold(rows, "person_id", summed_up).items()}


def _anew(draft: Draft, bought: pa.Table, people: ir.Table, favourites: pa.Table) -> ir.Table:
    """`features.summed_customers` of those all of whose orders were read."""
    sums, known = draft.load("sums_anew", bought), draft.load("favourites", favourites)
    return draft.keep("summed_anew", features.summed_customers(sums, people, known))


class _DaysBefore(NamedTuple):
    """Sums of days in the snapshot before, and walk-in sales by day to take out of them and to put in."""

    sums: pa.Table
    gone: list[pa.Table]
    come: list[pa.Table]


def _days_before(draft: Draft, before: Snapshot, as_of: date) -> _DaysBefore:
    gone, come = _walk_ins(draft, before, as_of)
    return _DaysBefore(
        draft.fetch(before.table("kpi_daily").select(*DAYS_COLUMNS)),
        [draft.fetch(features.walk_in_days(each, as_of=before.as_of)) for each in gone],
        [draft.fetch(features.walk_in_days(each, as_of=as_of)) for each in come],
    )


def _days(before: _DaysBefore, bought: list[_Bought]) -> pa.Table:
    taken, given = _sides(bought, DAYS)
    return carried.days_patched(before.sums, [*taken, *before.gone], [*given, *before.come])


def _cohorts_before(draft: Draft, before: Snapshot) -> pa.Table:
    return draft.fetch(before.table("cohorts").select(*COHORTS_COLUMNS))


def _cohorts(before: pa.Table, bought: list[_Bought]) -> pa.Table:
    return carried.cohorts_patched(before, *_sides(bought, COHORTS))


def _sides(bought: list[_Bought], name: str) -> tuple[list[pa.Table], list[pa.Table]]:
    return [each.taken[name] for each in bought], [each.given[name] for each in bought]


def _favourites(draft: Draft, profiles: ir.Table, as_of: date) -> pa.Table:
    """`features.favourite_categories` of those who have lines, held in memory."""
    if not draft.rows("order_lines"):
        return _NO_FAVOURITES
    lines = draft.keep("lines_of_changed", draft.table("order_lines").semi_join(profiles, "profile_id"))
    if not draft.count(lines):
        # Otherwise all orders would be asked which of them do not count.
        return _NO_FAVOURITES
    orders, products, known = (draft.table(name) for name in ("orders", "products", "profiles"))
    return draft.fetch(features.favourite_categories(lines, orders, products, known, as_of=as_of))


_NO_FAVOURITES = pa.schema(
    {"customer_id": pa.int64(), "favourite_category": pa.string(), "favourite_categories": pa.string()}
).empty_table()


def _walk_ins(draft: Draft, before: Snapshot, as_of: date) -> tuple[list[ir.Table], list[ir.Table]]:
    """The orders to take walk-in sales out of, and those to put them in from."""
    if before.as_of < as_of:
        return [before.table("orders")], [draft.table("orders")]
    swapped = draft.swapped("orders")
    return (
        [swapped.gone] if swapped.gone_rows else [],
        # To ask whether there is any is soon written, to sum them up is not.
        [swapped.come] if swapped.come_rows and draft.count(features.walk_ins(swapped.come)) else [],
    )
