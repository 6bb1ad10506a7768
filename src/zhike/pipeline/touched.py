"""Whose sums over the orders are no longer those of the snapshot before, and which orders tell the new ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from zhike.lake.snapshots import Draft, Snapshot
from zhike.lake.swapped import Swapped
from zhike.value.analysis import carried, changes, features


@dataclass(frozen=True, slots=True)
class Touched:
    """Everyone whose sums must be brought up to date, and what is found of them.

    `maps` are their profiles as they were and as they are, `changes.with_persons`; one if that is the same. `again` has
    `profile_id` of those among them all of whose orders have to be read. `added` and `moved` are the orders that are
    new, and those that time moved across a border, if there can be any.
    """

    maps: list[ir.Table]
    again: list[ir.Table]
    added: ir.Table | None
    moved: ir.Table | None

    @property
    def people(self) -> ir.Table:
        """They as they are, as `features.people`."""
        return changes.people_of(self.maps[-1])

    @property
    def profiles(self) -> ir.Table:
        """`profile_id` of all of theirs, as they are."""
        return self.maps[-1].select("profile_id")


class ChangedOrders(NamedTuple):
    """Orders as `features.person_orders`: those that are new, and those that time moved, as they counted and as they count."""

    added: pa.Table
    moved_before: pa.Table
    moved_now: pa.Table


@dataclass(frozen=True, slots=True)
class Added:
    """Those whose sums take what comes to them, `known` as `carried.known_before`.

    `taken` and `given`, as `features.person_orders`, are the orders to take out of the sums and those to put in, with
    those that stand for the others.
    """

    known: pa.Table
    taken: pa.Table
    given: pa.Table


@dataclass(frozen=True, slots=True)
class Again:
    """Those all of whose orders are read again.

    `customers` has their `customer_id` as they were, `people` are they as they are, as `features.people`. `taken` and
    `given` are their orders as they counted and as they count, as `features.person_orders`.
    """

    customers: ir.Table
    people: ir.Table
    taken: ir.Table
    given: ir.Table


def touched(draft: Draft, before: Snapshot, as_of: date) -> Touched:
    """Who changed since the snapshot before."""
    orders, lines, profiles = (draft.swapped(name) for name in ("orders", "order_lines", "profiles"))
    changed: list[ir.Table] = []
    again: list[ir.Table] = []
    added = moved = None
    if orders.come_rows:
        added = _added(draft, orders)
        changed.append(added.select("profile_id"))
    if orders.gone_rows:
        again.append(changes.profiles_of_replaced_orders(orders.gone, orders.come))
    if lines.gone_rows or lines.come_rows:
        changed.append(changes.profiles_of_changed_lines(lines.gone, lines.come))
    if profiles.gone_rows or profiles.come_rows:
        again.append(changes.profiles_that_moved(profiles.gone, profiles.come))
    if before.as_of < as_of:
        span = {"before": before.as_of, "now": as_of}
        old = changes.moved_orders(before.table("orders"), **span)
        moved = draft.keep("moved_orders", old.select(*features.COUNTED))
        changed += [
            moved.select("profile_id"),
            changes.profiles_of_new_lines(draft.table("order_lines"), **span),
        ]
        again.append(changes.profiles_of_undone_orders(moved, **span))
    return Touched(_maps_of(draft, before, [*changed, *again]), again, added, moved)


def _added(draft: Draft, orders: Swapped) -> ir.Table:
    """The new orders of customers; kept where they have to be told from those that only moved to another file."""
    if not orders.gone_rows:
        return orders.come.filter(orders.come.profile_id.notnull()).select(*features.COUNTED)
    return draft.keep(
        "added_orders", changes.added_orders(orders.gone, orders.come).select(*features.COUNTED)
    )


def changed_orders(draft: Draft, found: Touched, before: date, now: date) -> ChangedOrders:
    """The orders that changed, on the business dates of the two snapshots."""
    was, became = (changes.merged_of(each) for each in (found.maps[0], found.maps[-1]))
    return ChangedOrders(
        _counted(draft, found.added, became, now),
        _counted(draft, found.moved, was, before),
        _counted(draft, found.moved, became, now),
    )


def _counted(draft: Draft, orders: ir.Table | None, merged: ir.Table, day: date) -> pa.Table:
    if orders is None:
        return carried.NO_ORDERS
    return draft.fetch(features.person_orders(orders, merged, as_of=day)).select(
        carried.NO_ORDERS.column_names
    )


def told(
    draft: Draft, found: Touched, orders: ChangedOrders, known: pa.Table, before: date, now: date
) -> tuple[Added, Again | None]:
    """What the sums of all who changed follow from: changes where those before tell all about the others, else all orders.

    Parameters
    ----------
    known
        `carried.known_before` of all who changed.
    before, now
        The business dates of the two snapshots, the earlier first.
    """
    profiles = _profiles_again(draft, found, carried.customers_with_older_orders(orders.added, known))
    again = None
    if profiles is not None:
        again = _all_orders(draft, found.maps, profiles, before, now)
        known = carried.without(known, draft.fetch(again.people))
    standing = carried.standing_orders(known)
    taken, given = (
        pa.concat_tables([standing, *(carried.of_people(each, known) for each in side)])
        for side in ([orders.moved_before], [orders.added, orders.moved_now])
    )
    return Added(known, taken, given), again


def _union(tables: list[ir.Table]) -> ir.Table:
    return ibis.union(*tables) if len(tables) > 1 else tables[0]


def _maps_of(draft: Draft, before: Snapshot, found: list[ir.Table]) -> list[ir.Table]:
    """The profiles of all customers who have one of those found: as they were, and as they are; once if that is the same."""
    swapped, now = draft.swapped("profiles"), draft.table("profiles")
    name, changed = "touched_profiles", _union(found or [now.limit(0).select("profile_id")])
    maps = [now]
    if swapped.gone_rows or swapped.come_rows:
        maps = [before.table("profiles"), now]
        changed = _closed(draft, draft.keep(name, changed), maps)
    return [draft.keep(name, changes.with_persons(changes.whole_customers(changed, each))) for each in maps]


def _closed(draft: Draft, profiles: ir.Table, maps: list[ir.Table]) -> ir.Table:
    """`profile_id` of all who are one customer with one of those, in any of the maps, and so on."""
    while True:
        whole = [changes.whole_customers(profiles, each).select("profile_id") for each in maps]
        wider = draft.keep("whole_customers", ibis.union(profiles, *whole, distinct=True))
        # People who were merged or parted bring others with them.
        if len(maps) == 1 or draft.count(wider) == draft.count(profiles):
            return wider
        profiles = wider


def _profiles_again(draft: Draft, found: Touched, older: pa.Table) -> ir.Table | None:
    """`profile_id` of all profiles of those all of whose orders have to be read; None where there are none."""
    again = list(found.again)
    if older.num_rows:
        whose = draft.load("with_older_orders", older)
        again.append(found.maps[-1].semi_join(whose, "customer_id").select("profile_id"))
    if not again:
        return None
    first = draft.keep("read_again", _union(again).distinct())
    return _closed(draft, first, found.maps) if draft.count(first) else None


def _all_orders(draft: Draft, maps: list[ir.Table], profiles: ir.Table, before: date, now: date) -> Again:
    theirs = [draft.keep("map_of_again", each.semi_join(profiles, "profile_id")) for each in maps]
    orders = _orders_of(draft, profiles)
    taken, given = (
        features.person_orders(rows, changes.merged_of(each), as_of=day)
        for rows, each, day in zip(orders, (theirs[0], theirs[-1]), (before, now), strict=True)
    )
    return Again(theirs[0].select("customer_id").distinct(), changes.people_of(theirs[-1]), taken, given)


def _orders_of(draft: Draft, profiles: ir.Table) -> tuple[ir.Table, ir.Table]:
    """Their orders in the snapshot before, and now; those in files of both are looked for once."""
    swapped = draft.swapped("orders")
    same, gone, come = (
        each.select(*features.COUNTED).semi_join(profiles, "profile_id")
        for each in (swapped.same, swapped.gone, swapped.come)
    )
    kept = draft.keep("orders_of_changed", same)
    return ibis.union(kept, gone), ibis.union(kept, come)
