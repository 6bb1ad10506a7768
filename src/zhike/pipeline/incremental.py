"""Sums over the orders: of everyone, or only of those who changed since the snapshot before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from zhike.lake.snapshots import Draft, Snapshot
from zhike.pipeline.touched import Touched, touched
from zhike.value.analysis import changes, features
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
    rows = features.person_orders(draft.table("orders"), who.merged, as_of=as_of)
    bought = draft.fold(rows, "person_id", partial(purchases, windows=windows))
    days = ibis.union(bought[DAYS], features.walk_in_days(draft.table("orders"), as_of=as_of))
    lines, orders, products = (draft.table(name) for name in ("order_lines", "orders", "products"))
    favourites = features.favourite_categories(lines, orders, products, who.profiles, as_of=as_of)
    kept = draft.keep("favourite_categories", favourites)
    customers = features.summed_customers(bought[PEOPLE], who.people, kept)
    return Sums(customers, draft.count(who.people), days, bought[COHORTS], bought[PEOPLE])


def _patched(draft: Draft, before: Snapshot, found: Touched, as_of: date, recomputed: int) -> Sums:
    given = _bought(draft, found.orders_now, as_of, recomputed)
    taken = _bought(draft, found.orders_before, before.as_of, recomputed)
    known = draft.fetch(found.summed)
    summed = changes.sums_with_added(given[PEOPLE], known, taken[PEOPLE], before=before.as_of, now=as_of)
    changed = draft.keep(
        "changed_customers",
        features.summed_customers(
            draft.load("sums_of_changed", summed), found.people, _favourites(draft, found.profiles, as_of)
        ),
    )
    overview = before.table("customer_overview")
    carried = changes.carried_customers(overview, found.customers)
    # Not kept: each stage reads a few columns, and the file has them ready.
    return Sums(
        ibis.union(carried, changed.select(*carried.columns)),
        before.manifest.tables["customer_overview"].rows
        - draft.count(found.customers)
        + draft.count(changed),
        draft.load("sums_of_days", _days(draft, before, given[DAYS], taken[DAYS], as_of)),
        draft.load("sums_of_cohorts", _cohorts(draft, before, given[COHORTS], taken[COHORTS])),
        recomputed=recomputed,
    )


def _bought(draft: Draft, orders: ir.Table, day: date, people: int) -> Mapping[str, pa.Table]:
    """What some people bought, as `purchases`: at once where they are few, else in parts."""
    summed_up = partial(purchases, windows=features.feature_windows(day))
    if people <= _FEW:
        return summed_up(draft.fetch(orders))
    return {name: draft.fetch(part) for name, part in draft.fold(orders, "person_id", summed_up).items()}


def _days(draft: Draft, before: Snapshot, given: pa.Table, taken: pa.Table, as_of: date) -> pa.Table:
    gone, come = _walk_ins(draft, before, as_of)
    return changes.days_patched(
        draft.fetch(before.table("kpi_daily").select(*DAYS_COLUMNS)),
        [taken, *(draft.fetch(features.walk_in_days(each, as_of=before.as_of)) for each in gone)],
        [given, *(draft.fetch(features.walk_in_days(each, as_of=as_of)) for each in come)],
    )


def _cohorts(draft: Draft, before: Snapshot, given: pa.Table, taken: pa.Table) -> pa.Table:
    cells = draft.fetch(before.table("cohorts").select(*COHORTS_COLUMNS))
    return changes.cohorts_patched(cells, taken, given)


def _favourites(draft: Draft, profiles: ir.Table, as_of: date) -> ir.Table:
    lines = draft.keep("lines_of_changed", draft.table("order_lines").semi_join(profiles, "profile_id"))
    if not draft.count(lines):
        # Otherwise all orders would be asked which of them do not count.
        return draft.load("no_favourites", _NO_FAVOURITES)
    orders, products, known = (draft.table(name) for name in ("orders", "products", "profiles"))
    return features.favourite_categories(lines, orders, products, known, as_of=as_of)


_NO_FAVOURITES = pa.schema(
    {"customer_id": pa.int64(), "favourite_category": pa.string(), "favourite_categories": pa.string()}
).empty_table()


def _walk_ins(draft: Draft, before: Snapshot, as_of: date) -> tuple[list[ir.Table], list[ir.Table]]:
    """The orders to take walk-in sales out of, and those to put them in from."""
    if before.as_of < as_of:
        return [before.table("orders")], [draft.table("orders")]
    swapped = draft.swapped("orders")
    return [swapped.gone] * bool(swapped.gone_rows), [swapped.come] * bool(swapped.come_rows)
