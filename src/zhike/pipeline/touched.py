"""Whose sums over the orders are no longer those of the snapshot before, and which orders tell the new ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from zhike.lake.snapshots import Draft, Snapshot
from zhike.value.analysis import changes, features


@dataclass(frozen=True, slots=True)
class Touched:
    """Everything that must be brought up to date.

    `profiles` and `customers` have the ids of all who changed, as they were and as they are; `people` are they as they
    are, as `features.people`. `orders_before` and `orders_now`, as `features.person_orders`, are the orders to take out
    of the sums and those to put in. They are all orders of a person, but for those in `summed`
    (`changes.summed_before`): of them only what changed, and what stands for the rest.
    """

    profiles: ir.Table
    customers: ir.Table
    people: ir.Table
    summed: ir.Table
    orders_before: ir.Table
    orders_now: ir.Table


@dataclass(frozen=True, slots=True)
class _Found:
    """`profile_id` of all who changed, and of those among them all of whose orders have to be read again.

    `added` and `moved` are the orders that are new, and those that time moved across a border, if there can be any.
    """

    changed: list[ir.Table]
    again: list[ir.Table]
    added: ir.Table | None = None
    moved: ir.Table | None = None


def touched(draft: Draft, before: Snapshot, as_of: date) -> Touched:
    """What changed since the snapshot before."""
    found = _found(draft, before, as_of)
    maps = _maps_of(draft, before, [*found.changed, *found.again])
    merged = [draft.keep("merged_of_touched", features.merged_profiles(each)) for each in maps]
    people = draft.keep("touched_people", features.people(maps[-1], merged[-1]))
    overview = before.table("customer_overview")
    summed = draft.keep("summed_before", changes.summed_before(overview, people))
    again = _again(draft, found, maps, people, summed)
    parts = _Parts([], [], [changes.standing_orders(summed)])
    if again is not None:
        theirs = _people_of(people, maps[-1], again)
        summed = draft.keep("summed_in_part", summed.anti_join(theirs, "person_id"))
        parts = _Parts(*_orders_of(draft, again), [changes.standing_orders(summed)])
    for orders, given in ((found.moved, (parts.before, parts.now)), (found.added, (parts.now,))):
        if orders is not None:
            rest = orders if again is None else orders.anti_join(again, "profile_id")
            for each in given:
                each.append(rest)
    return Touched(
        ibis.union(*(each.select("profile_id") for each in maps), distinct=True)
        if len(maps) > 1
        else maps[0],
        draft.keep("touched_customers", _customers(maps)),
        people,
        summed,
        _union([*_person_orders(parts.before, merged[0], before.as_of), *parts.standing]),
        _union([*_person_orders(parts.now, merged[-1], as_of), *parts.standing]),
    )


@dataclass(frozen=True, slots=True)
class _Parts:
    """Orders that counted before and that may count now, and those that stand for others."""

    before: list[ir.Table]
    now: list[ir.Table]
    standing: list[ir.Table]


def _person_orders(orders: list[ir.Table], merged: ir.Table, as_of: date) -> list[ir.Table]:
    return [features.person_orders(_union(orders), merged, as_of=as_of)] if orders else []


def _union(tables: list[ir.Table]) -> ir.Table:
    return ibis.union(*tables) if len(tables) > 1 else tables[0]


def _customers(maps: list[ir.Table]) -> ir.Table:
    return _union([each.select("customer_id") for each in maps]).distinct()


def _found(draft: Draft, before: Snapshot, as_of: date) -> _Found:
    orders, lines, profiles = (draft.swapped(name) for name in ("orders", "order_lines", "profiles"))
    changed: list[ir.Table] = []
    again: list[ir.Table] = []
    added = moved = None
    if orders.come_rows:
        new = changes.added_orders(orders.gone, orders.come) if orders.gone_rows else orders.come
        added = draft.keep("added_orders", new.filter(new.profile_id.notnull()).select(*features.COUNTED))
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
    return _Found(changed, again, added, moved)


def _maps_of(draft: Draft, before: Snapshot, found: list[ir.Table]) -> list[ir.Table]:
    """The profiles of all customers who have one of those found: as they were, and as they are; once if that is the same."""
    swapped, now = draft.swapped("profiles"), draft.table("profiles")
    name, changed = "touched_profiles", _union(found or [now.limit(0).select("profile_id")])
    if not swapped.gone_rows and not swapped.come_rows:
        return [draft.keep(name, changes.whole_customers(changed, now))]
    maps = [before.table("profiles"), now]
    whole = _closed(draft, draft.keep(name, changed), maps)
    return [draft.keep(name, changes.whole_customers(whole, each)) for each in maps]


def _closed(draft: Draft, profiles: ir.Table, maps: list[ir.Table]) -> ir.Table:
    """`profile_id` of all who are one customer with one of those, in any of the maps, and so on."""
    while True:
        whole = [changes.whole_customers(profiles, each).select("profile_id") for each in maps]
        wider = draft.keep("whole_customers", ibis.union(profiles, *whole, distinct=True))
        # People who were merged or parted bring others with them.
        if len(maps) == 1 or draft.count(wider) == draft.count(profiles):
            return wider
        profiles = wider


def _again(
    draft: Draft, found: _Found, maps: list[ir.Table], people: ir.Table, summed: ir.Table
) -> ir.Table | None:
    """`profile_id` of all profiles of those all of whose orders have to be read; None where there are none."""
    again = list(found.again)
    if found.added is not None:
        older = changes.customers_with_older_orders(found.added, maps[-1], people, summed)
        again.append(maps[-1].semi_join(older, "customer_id").select("profile_id"))
    if not again:
        return None
    first = draft.keep("read_again", _union(again).distinct())
    return _closed(draft, first, maps) if draft.count(first) else None


def _people_of(people: ir.Table, profiles: ir.Table, of: ir.Table) -> ir.Table:
    return people.semi_join(profiles.semi_join(of, "profile_id"), "customer_id").select("person_id")


def _orders_of(draft: Draft, profiles: ir.Table) -> tuple[list[ir.Table], list[ir.Table]]:
    """Their orders in the snapshot before, and now; those in files of both are looked for once."""
    swapped = draft.swapped("orders")
    theirs = [
        each.select(*features.COUNTED).semi_join(profiles, "profile_id")
        for each in (swapped.same, swapped.gone, swapped.come)
    ]
    same = draft.keep("orders_of_changed", theirs[0])
    return [same, theirs[1]], [same, theirs[2]]
