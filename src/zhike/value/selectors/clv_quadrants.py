"""Probability alive against spend: the grid and its four quadrants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from zhike.kernel.words import Text
from zhike.pages import formats
from zhike.pages.charts import Colour
from zhike.pages.heat_grids import HeatCell, HeatGrid, HeatRow
from zhike.value.selectors.people import people_href
from zhike.value.selectors.published import AliveCell

HIGH_SPEND = (1, 2, 3)
LIKELY_ALIVE = (6, 7, 8, 9, 10)
_LOW_SPEND = (4, 5, 6, 7, 8, 9, 10)
_LIKELY_GONE = (1, 2, 3, 4, 5)

# Five bands each, so that the grid fits a phone; both have a border where the quadrants meet.
_SPEND_BANDS = (
    ((1,), Text("消费前 10%", "Top 10%")),
    ((2, 3), Text("10–30%", "10–30%")),
    ((4, 5), Text("30–50%", "30–50%")),
    ((6, 7), Text("50–70%", "50–70%")),
    ((8, 9, 10), Text("70–100%", "70–100%")),
)
_ALIVE_BANDS = (
    ((10,), Text("90–100%", "90–100%")),
    ((8, 9), Text("70–90%", "70–90%")),
    ((6, 7), Text("50–70%", "50–70%")),
    ((4, 5), Text("30–50%", "30–50%")),
    ((1, 2, 3), Text("0–30%", "0–30%")),
)


@dataclass(frozen=True, slots=True)
class Quadrant:
    """One corner of the grid: who, how many, what they brought and will bring, what to do."""

    name: Text
    who: Text
    advice: Text
    colour: Colour
    href: str
    customers: int
    spend_365d: int
    clv_365d: float


_QUADRANTS: tuple[tuple[tuple[int, ...], tuple[int, ...], Text, Text, Text, Colour], ...] = (
    (
        HIGH_SPEND,
        _LIKELY_GONE,
        Text("高消费 · 可能流失", "High spend, likely gone"),
        Text("消费前 30%，活跃概率不到 50%", "Top 30% by spend, probability alive below 50%"),
        Text("先联系他们：店主电话、专属优惠", "Contact them first: a call, a personal offer"),
        "red",
    ),
    (
        HIGH_SPEND,
        LIKELY_ALIVE,
        Text("高消费 · 仍活跃", "High spend, active"),
        Text("消费前 30%，活跃概率 50% 以上", "Top 30% by spend, probability alive 50% or more"),
        Text("留住：优先服务、新品先看，不必打折", "Keep them: best service, new goods first, no discount"),
        "blue",
    ),
    (
        _LOW_SPEND,
        LIKELY_ALIVE,
        Text("消费一般 · 仍活跃", "Lower spend, active"),
        Text("消费后 70%，活跃概率 50% 以上", "Lower 70% by spend, probability alive 50% or more"),
        Text("培养：搭配推荐，提高客单价", "Grow them: suggest more for each order"),
        "teal",
    ),
    (
        _LOW_SPEND,
        _LIKELY_GONE,
        Text("消费一般 · 可能流失", "Lower spend, likely gone"),
        Text("消费后 70%，活跃概率不到 50%", "Lower 70% by spend, probability alive below 50%"),
        Text("低成本唤醒：大促时群发即可", "Wake them cheaply: broadcasts in big sales"),
        "grey",
    ),
)


def alive_grid(cells: Sequence[AliveCell]) -> HeatGrid:
    """Spend bands by bands of probability alive, best at the upper left; depth of colour = customers."""
    rows = tuple(
        HeatRow(spend_name, tuple(_cell(cells, tenths, deciles) for tenths, _name in _ALIVE_BANDS))
        for deciles, spend_name in _SPEND_BANDS
    )
    return HeatGrid(
        title=_("Probability alive × spend"),
        row_title=_("Rank by spend so far"),
        column_title=_("Probability alive"),
        columns=tuple(name for _tenths, name in _ALIVE_BANDS),
        rows=rows,
    )


def quadrants(cells: Sequence[AliveCell]) -> tuple[Quadrant, ...]:
    """The most urgent first; nothing where no probability is known."""
    if not cells:
        return ()
    return tuple(
        Quadrant(name, who, advice, colour, _href(tenths, deciles), *_sums(cells, tenths, deciles))
        for deciles, tenths, name, who, advice, colour in _QUADRANTS
    )


def high_spend_likely_gone(cells: Sequence[AliveCell]) -> Quadrant | None:
    """The quadrant with the most at stake; None where no probability is known."""
    return next(iter(quadrants(cells)), None)


def _cell(cells: Sequence[AliveCell], tenths: tuple[int, ...], deciles: tuple[int, ...]) -> HeatCell:
    customers, _spend, _clv = _sums(cells, tenths, deciles)
    href = _href(tenths, deciles) if customers else ""
    return HeatCell(value=customers, text=formats.count(customers), href=href)


def _sums(
    cells: Sequence[AliveCell], tenths: tuple[int, ...], deciles: tuple[int, ...]
) -> tuple[int, int, float]:
    inside = [cell for cell in cells if cell.alive_tenth in tenths and cell.spend_decile in deciles]
    return (
        sum(cell.customers for cell in inside),
        sum(cell.spend_365d for cell in inside),
        sum(cell.clv_365d for cell in inside),
    )


def _href(tenths: tuple[int, ...], deciles: tuple[int, ...]) -> str:
    return people_href(spend_decile=deciles, alive_tenth=tenths)
