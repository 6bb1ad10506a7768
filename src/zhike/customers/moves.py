"""Who was in which group when, and who went from one to another: described on the tables of a snapshot."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import ibis.expr.types as ir

from zhike.kernel.words import Text

GROUPINGS = {"rfm": "rfm_segment", "stage": "lifecycle_stage", "tier": "tier", "score": "score_band"}
"""What people move between: the name in addresses → the column of `value_history` and of `customer_overview`."""

NOWHERE = "none"
"""Stands in an address for being in no group: not there yet, or no longer."""

NOW = "now"

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_FORM = Text(
    "应写 分组:原组:现组:日期:日期，分组为 rfm、stage、tier 或 score，例如 rfm:at_risk:loyal:2026-05-31:now",
    "write grouping:group:group:date:date with rfm, stage, tier or score, such as rfm:at_risk:loyal:2026-05-31:now",
)
_SENTENCE = Text("{since} 至 {until}：从 {before} 到 {after}", "{since} to {until}: from {before} to {after}")
_IN_NO_GROUP = Text("（无）", "nowhere")


@dataclass(frozen=True, slots=True)
class Move:
    """From one group to another, ``none`` for no group; from the end of a closed month to another or, with None, to now."""

    grouping: str
    before: str
    after: str
    since: date
    until: date | None

    def __str__(self) -> str:
        """As it stands in an address: ``rfm:at_risk:champions:2026-05-31:now``."""
        return f"{self.grouping}:{self.before}:{self.after}:{self.since}:{self.until or NOW}"


def move_of(value: str, labels: Mapping[str, Mapping[str, Text]]) -> Move | Text:
    """A move from its form in an address, or what should have been written; `labels` by grouping and code."""
    grouping, *rest = value.split(":")
    if grouping not in GROUPINGS or len(rest) != 4:
        return _FORM
    before, after, since, until = rest
    known = [*labels[grouping], NOWHERE]
    if before not in known or after not in known:
        return Text("可用：" + ", ".join(known), "known: " + ", ".join(known))
    first, last = day_of(since), day_of(until)
    if first is None or (last is None and until != NOW):
        return _FORM
    return Move(grouping, before, after, first, last)


def sentence_of(move: Move, labels: Mapping[str, Text]) -> Text:
    """A move in words."""
    return _SENTENCE.format(
        since=move.since,
        until=move.until or Text("现在", "now"),
        before=labels.get(move.before, _IN_NO_GROUP),
        after=labels.get(move.after, _IN_NO_GROUP),
    )


def day_of(value: str) -> date | None:
    """A day written as 2026-05-31; None for anything else."""
    try:
        return date.fromisoformat(value) if _DATE.match(value) else None
    except ValueError:
        return None


def groups_at(history: ir.Table, overview: ir.Table, grouping: str, day: date | None) -> ir.Table:
    """`customer_id, group` of everybody in a group at the end of a closed month, or now.

    Prospects, who never ordered, are in none.
    """
    column = GROUPINGS[grouping]
    if day is None:
        there = overview.filter(overview[column].notnull() & (overview.order_count > 0))
    else:
        there = history.filter((history.month_end == day) & history[column].notnull())
    return there.select("customer_id", group=there[column])


def moved(history: ir.Table, overview: ir.Table, move: Move) -> ir.IntegerColumn:
    """`customer_id` of those who made a move."""
    was = groups_at(history, overview, move.grouping, move.since)
    became = groups_at(history, overview, move.grouping, move.until)
    if move.before == NOWHERE:
        found = became.filter(became.group == move.after).anti_join(was, "customer_id")
    elif move.after == NOWHERE:
        found = was.filter(was.group == move.before).anti_join(became, "customer_id")
    else:
        found = was.filter(was.group == move.before).semi_join(
            became.filter(became.group == move.after), "customer_id"
        )
    column: ir.IntegerColumn = found.customer_id
    return column
