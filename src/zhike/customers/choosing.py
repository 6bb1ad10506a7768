"""The customers that a selection asks for, as far as somebody may see them."""

from __future__ import annotations

from datetime import timedelta

import ibis.expr.types as ir

from zhike.accounts.access import Right, may
from zhike.accounts.selectors import User
from zhike.customers.filters import OVERVIEW, Selection, narrowed
from zhike.customers.moves import moved
from zhike.customers.pieces import Held, Ids, Moved, Search, is_among
from zhike.customers.selectors.finding import (
    customers_gone_since,
    customers_searched,
    database_ids,
    ids_in_sight,
)
from zhike.lake.snapshots import Snapshot

_OF_CONTACTS = ("age_band",)
_LONGEST_REFRESH = timedelta(hours=6)


def chosen_customers(snapshot: Snapshot, selection: Selection, viewer: User | None) -> ir.Table:
    """The rows of the overview; with a viewer who works with their own customers only, of these.

    Parameters
    ----------
    viewer
        None for the command line, which sees everybody.
    """
    found: dict[tuple[str, str], Ids | ir.IntegerColumn] = {}
    for piece in selection.pieces:
        if isinstance(piece, Search):
            found[piece.name, piece.value] = customers_searched(piece.value, snapshot, viewer)
        elif isinstance(piece, Held) and piece.name in _OF_CONTACTS and not _is_named(viewer):
            # Whoever sees no birthdays does not learn of them by asking.
            found[piece.name, piece.value] = ()
        elif isinstance(piece, Held):
            found[piece.name, piece.value] = database_ids(piece.name, piece.value)
        elif isinstance(piece, Moved):
            found[piece.name, piece.value] = moved(
                snapshot.table("value_history"), snapshot.table(OVERVIEW), piece.move
            )
    chosen = narrowed(_still_there(snapshot), selection, found)
    in_sight = ids_in_sight(viewer)
    return chosen if in_sight is None else chosen.filter(is_among(chosen.customer_id, in_sight))


def _still_there(snapshot: Snapshot) -> ir.Table:
    """The overview without those who went since it was computed, when the import that brought them was taken back."""
    overview = snapshot.table(OVERVIEW)
    # Whoever went while it was being computed may be in it yet.
    gone = customers_gone_since(snapshot.created_at - _LONGEST_REFRESH)
    return overview if gone is None else overview.filter(~is_among(overview.customer_id, gone))


def _is_named(viewer: User | None) -> bool:
    return viewer is None or may(viewer, Right.SEE_CONTACTS)


def chosen_ids(snapshot: Snapshot, selection: Selection, viewer: User | None) -> list[int]:
    """Their numbers, lowest first."""
    chosen = chosen_customers(snapshot, selection, viewer).select("customer_id").order_by("customer_id")
    ids: list[int] = snapshot.fetch(chosen)["customer_id"].to_pylist()
    return ids
