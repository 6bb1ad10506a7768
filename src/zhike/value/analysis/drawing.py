"""Samples of customers, always the same ones, and their rows without a join of everybody's."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

# Knuth's multiplicative hash: ids in a row are spread evenly, and every engine computes the same.
_FACTOR, _BITS, _RANGE = 2_654_435_761, 2**31, 2**32


def is_drawn(ids: ir.IntegerColumn, share: float) -> ir.BooleanColumn:
    """True for about that share of the ids, for all from 1 on."""
    # Not remainders: the same numbers take three times as long.
    mixed = ((ids & (_BITS - 1)) * _FACTOR) & (_RANGE - 1)
    drawn: ir.BooleanColumn = mixed < int(_RANGE * min(share, 1.0))
    return drawn


def rows_of_drawn(rows: ir.Table, merged: ir.Table, share: float) -> ir.Table:
    """All rows of the persons who are drawn, and a few of others.

    Parameters
    ----------
    rows
        With a `profile_id`.
    merged
        `merged_profiles`.
    """
    if share >= 1:
        return rows
    # Their number tells of most rows whose they are; what a join of all would cost is ten times as much.
    further = merged.filter(is_drawn(merged.person_id, share) & ~is_drawn(merged.profile_id, share))
    return ibis.union(rows.filter(is_drawn(rows.profile_id, share)), rows.semi_join(further, "profile_id"))
