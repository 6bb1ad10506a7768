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

    `added` and `moved` are the orders that are new, and those that time moved across a border.
    """

    changed: list[ir.Table]
    again: list[ir.Table]
    added: ir.Table
    moved: ir.Table


def touched(draft: Draft, before: Snapshot, as_of: date) -> Touched:
    """What changed since the snapshot before."""
    found = _found(draft, before, as_of)
    maps = _maps_of(draft, before, [*found.changed, *found.again])
    profiles = ibis.union(*(each.select("profile_id") for each in maps), distinct=True)
    customers = ibis.union(*(each.select("customer_id") for each in maps), distinct=True)
    merged = features.merged_profiles(maps[-1])
    people = draft.keep("touched_people", features.people(maps[-1], merged))
    summed = draft.keep(
        "summed_before", changes.summed_before(before.table("customer_overview"), people.drop("no_profiling"))
    )
    added = features.person_orders(found.added, merged, as_of=as_of)
    again = _again(draft, found, maps, people, changes.people_with_older_orders(added, summed))
    if again is None:
        moved, fresh, whole = found.moved, found.added, (found.added.limit(0),) * 3
    else:
        summed = draft.keep(
            "summed_in_part", summed.anti_join(_people_of(people, maps[-1], again), "person_id")
        )
        moved, fresh = (each.anti_join(again, "profile_id") for each in (found.moved, found.added))
        whole = _orders_of(draft, again)
    same, gone, come = whole
    standing = changes.standing_orders(summed)
    orders_before = ibis.union(same, gone, moved)
    orders_now = ibis.union(same, come, moved, fresh)
    return Touched(
        profiles,
        draft.keep("touched_customers", customers),
        people,
        summed,
        ibis.union(_person_orders(orders_before, maps[0], before.as_of), standing),
        ibis.union(_person_orders(orders_now, maps[-1], as_of), standing),
    )


def _person_orders(orders: ir.Table, profiles: ir.Table, as_of: date) -> ir.Table:
    return features.person_orders(orders, features.merged_profiles(profiles), as_of=as_of)


def _found(draft: Draft, before: Snapshot, as_of: date) -> _Found:
    orders, lines, profiles = (draft.swapped(name) for name in ("orders", "order_lines", "profiles"))
    nothing = orders.come.limit(0).select(*features.COUNTED)
    added = moved = nothing
    changed: list[ir.Table] = [nothing.select("profile_id")]
    again: list[ir.Table] = [nothing.select("profile_id")]
    if orders.come_rows:
        new = orders.come if not orders.gone_rows else changes.added_orders(orders.gone, orders.come)
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
        moved = draft.keep(
            "moved_orders", changes.moved_orders(before.table("orders"), **span).select(*features.COUNTED)
        )
        changed.append(moved.select("profile_id"))
        changed.append(changes.profiles_of_new_lines(draft.table("order_lines"), **span))
        again.append(changes.profiles_of_undone_orders(moved, **span))
    return _Found(changed, again, added, moved)


def _maps_of(draft: Draft, before: Snapshot, found: list[ir.Table]) -> list[ir.Table]:
    """The profiles of all customers who have one of those found: as they were, and as they are; once if that is the same."""
    swapped, now = draft.swapped("profiles"), draft.table("profiles")
    name, changed = "touched_profiles", ibis.union(*found, distinct=True)
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
    draft: Draft, found: _Found, maps: list[ir.Table], people: ir.Table, with_older: ir.Table
) -> ir.Table | None:
    """`profile_id` of all profiles of those all of whose orders have to be read; None where there are none."""
    theirs = maps[-1].semi_join(people.semi_join(with_older, "person_id"), "customer_id")
    first = draft.keep("read_again", ibis.union(*found.again, theirs.select("profile_id"), distinct=True))
    if not draft.count(first):
        return None
    return _closed(draft, first, maps)


def _people_of(people: ir.Table, profiles: ir.Table, of: ir.Table) -> ir.Table:
    return people.semi_join(profiles.semi_join(of, "profile_id"), "customer_id").select("person_id")


def _orders_of(draft: Draft, profiles: ir.Table) -> tuple[ir.Table, ir.Table, ir.Table]:
    """Their orders in the files of both snapshots, of the one before, and of now; those of both are looked for once."""
    swapped = draft.swapped("orders")
    same, gone, come = (
        each.select(*features.COUNTED).semi_join(profiles, "profile_id")
        for each in (swapped.same, swapped.gone, swapped.come)
    )
    return draft.keep("orders_of_changed", same), gone, come
