"""When people come, buy and stop: what no shop ever sees whole.

Each person buys by the process behind BG/NBD (Fader, Hardie and Lee 2005, section 2): exponential waits at a rate
of the person's own, and after every purchase a chance, the person's own too, to be lost for good. The
waits are counted in average days of the season that moves the person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from zhike.collect.samples.tea_shop.archetypes import ARCHETYPES, Archetype
from zhike.collect.samples.tea_shop.dice import Dice, Weighted
from zhike.collect.samples.tea_shop.seasons import Calendar

DAYS_BEFORE = 300
"""So long before the exported window do the first lives begin."""
SOURCES = ("website", "wechat", "counter")
# Who stays long is likelier to have come before the window.
_LONG_STAYERS_DROP_OUT = 0.1
_FROM_BEFORE, _LONG_STAYERS_FROM_BEFORE = 0.12, 0.36
_WEEKEND_AT_THE_COUNTER = 1.6
_FIRST_SOURCE_WEIGHT = 2.0


@dataclass(frozen=True, slots=True)
class Visit:
    """A purchase that a person means to make."""

    on: date
    source: str


@dataclass(frozen=True, slots=True)
class Life:
    """One person's whole course with the shop.

    `lost_on` is the day of the last visit if the person will never come again; None while that is open.
    `satisfaction` lies in [0, 1].
    """

    person_id: int
    archetype: Archetype
    acquired_on: date
    visits: tuple[Visit, ...]
    lost_on: date | None
    sources: tuple[str, ...]
    band: int
    satisfaction: float


def lives(*, seed: int, size: int, calendar: Calendar) -> list[Life]:
    """One life a person, numbered from 1; the archetypes are met exactly as often as their shares say."""
    dice = Dice(seed, "lives")
    kinds = _kinds(size)
    return [
        _life(dice, person_id, kind, calendar) for person_id, kind in enumerate(dice.chosen(kinds, size), 1)
    ]


def _kinds(size: int) -> list[Archetype]:
    kinds: list[Archetype] = []
    share = 0.0
    for archetype in ARCHETYPES:
        share += archetype.share
        kinds += [archetype] * (round(share * size) - len(kinds))
    return kinds


def _life(dice: Dice, person_id: int, kind: Archetype, calendar: Calendar) -> Life:
    first = _first_day(dice, kind, calendar)
    days, is_lost = _days(dice, kind, calendar, first)
    sources = _sources(dice, kind, len(days))
    visits = tuple(_visit(dice, calendar, day, sources, is_first=day == first) for day in days)
    return Life(
        person_id=person_id,
        archetype=kind,
        acquired_on=visits[0].on,
        visits=visits,
        lost_on=visits[-1].on if is_lost else None,
        sources=sources,
        band=min(max(round(dice.normal(kind.price_band, 0.6)), 0), 2),
        satisfaction=dice.beta(0.72 if not is_lost else 0.58, 6),
    )


def _first_day(dice: Dice, kind: Archetype, calendar: Calendar) -> int:
    stays_long = kind.drop_out < _LONG_STAYERS_DROP_OUT
    if dice.chance(_LONG_STAYERS_FROM_BEFORE if stays_long else _FROM_BEFORE):
        return dice.below(DAYS_BEFORE)
    day = calendar.days
    while day >= calendar.days:
        effort = dice.fraction() * (calendar.days - DAYS_BEFORE)
        day = calendar.waited(kind.mood, DAYS_BEFORE - 1, effort)
    return day


def _days(dice: Dice, kind: Archetype, calendar: Calendar, first: int) -> tuple[list[int], bool]:
    """The days of all visits up to the last day of the calendar, and whether the last one ended it."""
    mean_wait = 365 * kind.evenness / (kind.orders_yearly * dice.gamma(kind.evenness))
    drop_out = dice.beta(kind.drop_out, kind.certainty)
    days = [first]
    while not (is_lost := dice.chance(drop_out)):
        day = calendar.waited(kind.mood, days[-1], dice.exponential(mean_wait))
        if day >= calendar.days:
            break
        days.append(day)
    return days, is_lost


def _sources(dice: Dice, kind: Archetype, visits: int) -> tuple[str, ...]:
    first = dice.weighted(Weighted(dict(zip(SOURCES, kind.sources, strict=True))))
    others = dice.chosen([source for source in SOURCES if source != first], 2)
    more = 0.16 if visits == 1 else 0.34 if visits < 5 else 0.58
    if not dice.chance(more):
        return (first,)
    return (first, *others) if visits > 1 and dice.chance(0.18) else (first, others[0])


def _visit(dice: Dice, calendar: Calendar, day: int, sources: tuple[str, ...], *, is_first: bool) -> Visit:
    on = calendar.first_on + timedelta(days=day)
    if is_first or len(sources) == 1:
        return Visit(on, sources[0])
    weights = {
        source: (_FIRST_SOURCE_WEIGHT if place == 0 else 1.0)
        * (_WEEKEND_AT_THE_COUNTER if source == "counter" and on.weekday() >= 5 else 1.0)
        for place, source in enumerate(sources)
    }
    return Visit(on, dice.weighted(Weighted(weights)))
