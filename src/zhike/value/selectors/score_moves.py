"""Who would move if the value score were weighed otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from zhike.kernel.words import Text
from zhike.lake import catalog
from zhike.lake.snapshots import Snapshot
from zhike.value.analysis.scores.components import COMPONENTS, column_of, shared_out
from zhike.value.selectors.backtests import published_rows

MUCH = 5
"""Points of the score that count as a move."""


@dataclass(frozen=True, slots=True)
class TierMove:
    before: Text
    after: Text
    customers: int


@dataclass(frozen=True, slots=True)
class Moves:
    """Of `customers` with a score, how many would move by `MUCH` points or more, and from tier to tier."""

    customers: int
    much: int
    mean_change: float
    tier_moves: tuple[TierMove, ...]
    to_other_tier: int


def moves(snapshot: Snapshot, weights: Mapping[str, float], with_data: tuple[str, ...]) -> Moves | None:
    """None where the snapshot is of a release that had no components, or no component with data has a weight."""
    shared = shared_out(weights, with_data)
    borders = _borders(snapshot)
    if not shared or borders is None or snapshot.lacks("customer_overview"):
        return None
    rows = snapshot.rows(_counted(snapshot.table("customer_overview"), shared, borders))
    customers = sum(row["customers"] for row in rows)
    moved = sorted(
        (row for row in rows if row["tier"] != row["tier_after"]), key=lambda row: -row["customers"]
    )
    tier = catalog.table("customer_overview").column("tier")
    return Moves(
        customers=customers,
        much=sum(row["much"] for row in rows),
        mean_change=sum(row["change"] for row in rows) / customers if customers else 0.0,
        tier_moves=tuple(
            TierMove(tier.label(row["tier"]), tier.label(row["tier_after"]), row["customers"])
            for row in moved
        ),
        to_other_tier=sum(row["customers"] for row in moved),
    )


def _borders(snapshot: Snapshot) -> tuple[float, float] | None:
    """The lowest scores of the upper two tiers, as the refresh had them."""
    found = {
        row["parameter"]: row["value"]
        for row in published_rows(snapshot, "model_parameters")
        if row["model"] == "tiers"
    }
    return (found["high_from"], found["middle_from"]) if found else None


def _counted(overview: ir.Table, weights: Mapping[str, float], borders: tuple[float, float]) -> ir.Table:
    high, middle = borders
    scored = overview.filter(overview.recency_component.notnull() & overview.value_score.notnull())
    parts: list[Any] = [
        scored[column_of(name)].fill_null(0.0) * weights[name] for name in COMPONENTS if weights[name]
    ]
    scored = scored.mutate(score_after=sum(parts, ibis.literal(0.0)).round(1))
    change = (scored.score_after - scored.value_score).abs()
    placed = scored.select(
        "tier",
        change=change,
        tier_after=ibis.cases(
            (scored.score_after >= high, "high"), (scored.score_after >= middle, "middle"), else_="low"
        ),
    )
    return placed.group_by("tier", "tier_after").aggregate(
        customers=placed.count(), much=(placed.change >= MUCH).sum(), change=placed.change.sum()
    )
