"""Sums over the orders: of everyone, or only of those who changed since the snapshot before."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial

import ibis
import ibis.expr.types as ir

from zhike.lake.snapshots import Draft, Snapshot
from zhike.value.analysis import changes, features
from zhike.value.analysis.purchases import COHORTS, DAYS, PEOPLE, Window, purchases

log = logging.getLogger(__name__)

_FACTS = ("orders", "order_lines", "products")
# Beyond these shares of the facts or the customers, starting anew is quicker.
_MOST_SWAPPED, _MOST_CHANGED = 0.5, 0.3


@dataclass(frozen=True, slots=True)
class Sums:
    """`people`, `days` and `cohorts` as `purchases` names them; `favourites` as `features.favourite_categories` does.

    `recomputed` customers were summed up from their orders, the others were carried over; None means everyone.
    """

    people: ir.Table
    days: ir.Table
    cohorts: ir.Table
    favourites: ir.Table
    recomputed: int | None = None


@dataclass(frozen=True, slots=True)
class Who:
    """The map of profiles as the stages want it."""

    profiles: ir.Table
    merged: ir.Table
    people: ir.Table


def sums(
    draft: Draft, who: Who, *, as_of: date, windows: Mapping[str, Window], is_full: bool = False
) -> Sums:
    """What everyone bought until `as_of`, carried over from the snapshot before where nothing changed.

    A customer is summed up again if an order, an order line or a profile of theirs is new, gone or other,
    or if time moved an order of theirs across the border of a window. All that depends on `as_of` itself is
    computed from these sums elsewhere, for everyone.

    Parameters
    ----------
    windows
        As `features.feature_windows`; with any further one everyone is summed up.
    is_full
        Carry nothing over.
    """
    before = None if is_full else _usable(draft, as_of, windows)
    if before is None:
        return _of_everyone(draft, who, as_of, windows)
    touched = _changed_profiles(draft, who, before, as_of)
    changed = draft.keep("changed_profiles", touched)
    customers = draft.keep(
        "changed_customers", who.profiles.semi_join(changed, "profile_id").select("customer_id").distinct()
    )
    recomputed = draft.count(customers)
    if recomputed > _MOST_CHANGED * draft.count(who.people):
        return _of_everyone(draft, who, as_of, windows)
    return _patched(draft, who, before, changed, customers, as_of, windows, recomputed)


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
        draft.count(of_changed(each.gone, each.come, day))
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
    bought = _folded(draft, draft.table("orders"), who.merged, as_of, windows)
    days = ibis.union(bought[DAYS], features.walk_in_days(draft.table("orders"), as_of=as_of))
    lines, orders, products = (draft.table(name) for name in ("order_lines", "orders", "products"))
    favourites = features.favourite_categories(lines, orders, products, who.profiles, as_of=as_of)
    kept = draft.keep("favourite_categories", favourites)
    return Sums(bought[PEOPLE], days, bought[COHORTS], kept)


def _folded(
    draft: Draft, orders: ir.Table, merged: ir.Table, as_of: date, windows: Mapping[str, Window]
) -> dict[str, ir.Table]:
    rows = features.person_orders(orders, merged, as_of=as_of)
    return draft.fold(rows, "person_id", partial(purchases, windows=windows))


def _changed_profiles(draft: Draft, who: Who, before: Snapshot, as_of: date) -> ir.Table:
    """All profiles of the customers to sum up again, as they were and as they are."""
    found: list[ir.Table] = []
    by_fact: dict[str, Callable[[ir.Table, ir.Table], ir.Table]] = {
        "orders": changes.profiles_of_changed_orders,
        "order_lines": changes.profiles_of_changed_lines,
        "profiles": changes.profiles_that_moved,
    }
    for name, of_changed in by_fact.items():
        swapped = draft.swapped(name)
        if swapped.gone_rows or swapped.come_rows:
            found.append(of_changed(swapped.gone, swapped.come))
    if before.as_of < as_of:
        span = {"before": before.as_of, "now": as_of}
        found.append(changes.profiles_in_moved_windows(draft.table("orders"), **span))
        found.append(changes.profiles_of_new_lines(draft.table("order_lines"), **span))
    if not found:
        return who.profiles.limit(0).select("profile_id")
    changed = draft.keep(
        "touched_profiles", ibis.union(*found, distinct=True) if len(found) > 1 else found[0]
    )
    maps = (before.table("profiles"), who.profiles)
    while True:
        # People who were merged or parted bring others with them.
        wider = draft.keep("touched_profiles", changes.whole_customers(changed, *maps))
        if draft.count(wider) == draft.count(changed):
            return wider
        changed = wider


def _patched(
    draft: Draft,
    who: Who,
    before: Snapshot,
    changed: ir.Table,
    customers: ir.Table,
    as_of: date,
    windows: Mapping[str, Window],
    recomputed: int,
) -> Sums:
    old_orders, orders = _orders_of(draft, changed)
    anew = _folded(draft, orders, who.merged, as_of, windows)
    taken = _folded(draft, old_orders, _merged_before(draft, who, before), before.as_of, {})
    overview = before.table("customer_overview")
    carried = changes.carried_sums(overview, who.people, customers)
    days = changes.days_patched(
        before.table("kpi_daily"),
        ibis.union(taken[DAYS], features.walk_in_days(before.table("orders"), as_of=before.as_of)),
        ibis.union(anew[DAYS], features.walk_in_days(draft.table("orders"), as_of=as_of)),
    )
    cohorts = changes.cohorts_patched(before.table("cohorts"), taken[COHORTS], anew[COHORTS])
    # Kept, for all later stages read them.
    return Sums(
        draft.keep("sums_of_people", ibis.union(carried, anew[PEOPLE].select(*carried.columns))),
        draft.keep("sums_of_days", days),
        draft.keep("sums_of_cohorts", cohorts),
        _favourites(draft, who, before, changed, customers, as_of),
        recomputed,
    )


def _orders_of(draft: Draft, changed: ir.Table) -> tuple[ir.Table, ir.Table]:
    """Their orders in the snapshot before, and now; those in files of both are looked for once."""
    swapped = draft.swapped("orders")
    theirs = [
        each.select(*features.COUNTED).semi_join(changed, "profile_id")
        for each in (swapped.same, swapped.gone, swapped.come)
    ]
    same = draft.keep("orders_of_changed", theirs[0])
    return ibis.union(same, theirs[1]), ibis.union(same, theirs[2])


def _merged_before(draft: Draft, who: Who, before: Snapshot) -> ir.Table:
    swapped = draft.swapped("profiles")
    if not swapped.gone_rows and not swapped.come_rows:
        return who.merged
    return draft.keep("old_merged_profiles", features.merged_profiles(before.table("profiles")))


def _favourites(
    draft: Draft, who: Who, before: Snapshot, changed: ir.Table, customers: ir.Table, as_of: date
) -> ir.Table:
    lines = draft.table("order_lines").semi_join(changed, "profile_id")
    anew = features.favourite_categories(
        lines, draft.table("orders"), draft.table("products"), who.profiles, as_of=as_of
    )
    overview = before.table("customer_overview")
    kept = overview.filter(overview.favourite_category.notnull()).anti_join(customers, "customer_id")
    return draft.keep("favourite_categories", ibis.union(kept.select(*anew.columns), anew))
