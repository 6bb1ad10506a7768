"""R × F and R × M as heat grids, best at the upper left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.utils.translation import gettext as _

from zhike.pages import formats
from zhike.pages.heat_grids import HeatCell, HeatGrid, HeatRow
from zhike.value.selectors.people import people_href
from zhike.value.selectors.published import RfmCell
from zhike.value.selectors.scales import Scale, Step


def rfm_grids(
    cells: Sequence[RfmCell], recency: Scale, frequency: Scale, monetary: Scale
) -> tuple[HeatGrid, HeatGrid]:
    """R × F and R × M: buyers in each cell, and their share of all spend."""
    return (
        _grid(cells, recency, frequency, title=_("Recency × frequency")),
        _grid(cells, recency, monetary, title=_("Recency × spend")),
    )


def _grid(cells: Sequence[RfmCell], recency: Scale, other: Scale, *, title: str) -> HeatGrid:
    letter = other.letter.lower()
    customers: defaultdict[tuple[int, int], int] = defaultdict(int)
    spend: defaultdict[tuple[int, int], int] = defaultdict(int)
    for cell in cells:
        place = cell.r, getattr(cell, letter)
        customers[place] += cell.customers
        spend[place] += cell.spend
    total = sum(spend.values())
    rows = tuple(
        HeatRow(
            name=row.bounds,
            cells=tuple(
                _cell(
                    row,
                    column,
                    letter,
                    customers[row.score, column.score],
                    spend[row.score, column.score],
                    total,
                )
                for column in other.steps
            ),
        )
        for row in recency.steps
    )
    return HeatGrid(
        title=title,
        row_title=recency.name,
        column_title=other.name,
        columns=tuple(step.bounds for step in other.steps),
        rows=rows,
    )


def _cell(row: Step, column: Step, letter: str, customers: int, spend: int, total: int) -> HeatCell:
    if not (customers or (row.is_possible and column.is_possible)):
        # Equal cut points leave a score that no value gets: not the same as a cell that happens to be empty.
        return HeatCell(value=None)
    return HeatCell(
        value=customers,
        text=formats.count(customers),
        note=formats.percent(spend / total) if customers and total > 0 else "",
        href=people_href(r=row.score, **{letter: column.score}) if customers else "",
    )
