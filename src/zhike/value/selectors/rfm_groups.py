"""The table of groups: who is in each, what they brought, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from zhike.kernel.words import Text
from zhike.lake import catalog
from zhike.pages.charts import Colour
from zhike.value.advice import CLASS_WORDS, SEGMENT_WORDS, GroupWords
from zhike.value.analysis.rfm import rfm_segment_of
from zhike.value.selectors.people import people_href
from zhike.value.selectors.published import GroupSummary

_SCORES = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group; shares are of all buyers and of all spend, None where there is no spend."""

    code: str
    name: str
    colour: Colour
    href: str
    scores: str
    words: GroupWords
    customers: int
    share: float | None
    spend: int
    spend_share: float | None
    average_order: int | None
    median_recency_days: float | None
    clv_365d: float | None


@dataclass(frozen=True, slots=True)
class GroupTable:
    """Rows best first; groups of nobody are rows too. The sums are those of all rows."""

    rows: tuple[GroupRow, ...]
    customers: int
    spend: int
    average_order: int | None
    clv_365d: float


def segment_table(summaries: Mapping[str, GroupSummary]) -> GroupTable:
    """The eleven groups."""
    scores = {code: _scores_of(code) for code in SEGMENT_WORDS}
    return _table("rfm_segment", summaries, SEGMENT_WORDS, scores)


def class_table(summaries: Mapping[str, GroupSummary]) -> GroupTable:
    """The eight classes of the Chinese practice."""
    return _table("rfm_class", summaries, CLASS_WORDS, {})


def _table(
    column_name: str,
    summaries: Mapping[str, GroupSummary],
    words: Mapping[str, GroupWords],
    scores: Mapping[str, str],
) -> GroupTable:
    column = catalog.table("rfm_scores").column(column_name)
    customers = sum(group.customers for group in summaries.values())
    spend = sum(group.spend for group in summaries.values())
    orders = sum(group.orders for group in summaries.values())
    rows = tuple(
        _row(
            summaries.get(code) or GroupSummary(code, 0, 0, 0, 0, None, None),
            name=label,
            colour=cast(Colour, column.colours.get(code, "grey")),
            href=_href(column_name, code),
            words=words[code],
            scores=scores.get(code, ""),
            customers=customers,
            spend=spend,
        )
        for code, label in column.labels.items()
    )
    return GroupTable(
        rows=rows if customers else (),
        customers=customers,
        spend=spend,
        average_order=round(spend / orders) if orders else None,
        clv_365d=sum(group.clv_365d or 0.0 for group in summaries.values()),
    )


def _row(
    group: GroupSummary,
    *,
    name: Text,
    colour: Colour,
    href: str,
    words: GroupWords,
    scores: str,
    customers: int,
    spend: int,
) -> GroupRow:
    return GroupRow(
        code=group.code,
        name=str(name),
        colour=colour,
        href=href,
        scores=scores,
        words=words,
        customers=group.customers,
        share=group.customers / customers if customers else None,
        spend=group.spend,
        spend_share=group.spend / spend if spend > 0 else None,
        average_order=group.average_order,
        median_recency_days=group.median_recency_days,
        clv_365d=group.clv_365d,
    )


def _href(column_name: str, code: str) -> str:
    return people_href(rfm_class=code) if column_name == "rfm_class" else people_href(segment=f"rfm:{code}")


def _scores_of(segment: str) -> str:
    """The scores of a group's cells: R 4–5 · F 2–3."""
    cells = [(r, f) for r in _SCORES for f in _SCORES if rfm_segment_of(r, f) == segment]
    return f"R {_range([r for r, _ in cells])} · F {_range([f for _, f in cells])}"


def _range(scores: list[int]) -> str:
    low, high = min(scores), max(scores)
    return str(low) if low == high else f"{low}–{high}"
