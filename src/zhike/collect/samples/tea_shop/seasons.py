"""How much each day draws each kind of buyer."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from typing import Literal

from zhike.collect.samples.tea_shop.lunar import solar_day

Mood = Literal["daily", "gift", "bargain", "corporate"]
MOODS: tuple[Mood, ...] = ("daily", "gift", "bargain", "corporate")
_WEEKEND = {"daily": 1.35, "gift": 1.2, "bargain": 1.0, "corporate": 0.35}
_WEEKEND_DAYS = (5, 6)


@dataclass(frozen=True, slots=True)
class Season:
    """A stretch of days on which people buy more, or less; `factors` by mood, in the order of `MOODS`."""

    code: str
    first_on: date
    last_on: date
    factors: tuple[float, float, float, float]
    coupon: str | None = None
    discount: float = 0.0

    def __contains__(self, on: date) -> bool:
        return self.first_on <= on <= self.last_on


def seasons_of(year: int) -> Iterator[Season]:
    """All seasons that lie in a year of our calendar."""

    def days(first: tuple[int, int], last: tuple[int, int]) -> tuple[date, date]:
        return date(year, *first), date(year, *last)

    yield Season("spring_tea", *days((3, 20), (4, 30)), (1.25, 1.2, 1.0, 1.0))
    yield Season("618", *days((6, 1), (6, 16)), (1.05, 1.0, 3.0, 1.0), "TEA618", 0.10)
    yield Season("618", *days((6, 17), (6, 18)), (1.8, 1.3, 30.0, 1.0), "TEA618", 0.18)
    yield Season("summer", *days((7, 5), (8, 25)), (0.85, 0.6, 0.7, 0.8))
    yield Season("double_11", *days((11, 1), (11, 9)), (1.1, 1.0, 3.5, 1.0), "D11", 0.12)
    yield Season("double_11", *days((11, 10), (11, 11)), (2.2, 1.8, 40.0, 1.2), "D11", 0.20)
    yield Season("double_12", *days((12, 10), (12, 12)), (1.3, 1.2, 12.0, 1.0), "D12", 0.15)
    yield from _lunar_seasons(year)


def _lunar_seasons(year: int) -> Iterator[Season]:
    spring, boats, moon = solar_day(year, 1, 1), solar_day(year, 5, 5), solar_day(year, 8, 15)

    def around(feast: date, before: int, after: int) -> tuple[date, date]:
        return feast + timedelta(days=before), feast + timedelta(days=after)

    yield Season("new_year_gifts", *around(spring, -26, -4), (1.3, 9.0, 2.5, 5.0), "NIANHUO", 0.08)
    yield Season("new_year_rest", *around(spring, -2, 6), (0.35, 0.4, 0.3, 0.05))
    yield Season("dragon_boat", *around(boats, -12, -1), (1.05, 4.5, 1.1, 2.0))
    yield Season("mid_autumn", *around(moon, -20, -1), (1.1, 9.0, 1.4, 6.0), "ZHONGQIU", 0.05)


class Calendar:
    """The weight of every day for every mood, 1 on an average day, from `first_on` to `last_on`."""

    def __init__(self, first_on: date, last_on: date) -> None:
        self.first_on = first_on
        self.days = (last_on - first_on).days + 1
        self.seasons = [
            season for year in range(first_on.year, last_on.year + 1) for season in seasons_of(year)
        ]
        self._on_sale = {
            season.first_on + timedelta(days=number): season
            for season in self.seasons
            if season.coupon
            for number in range((season.last_on - season.first_on).days + 1)
        }
        self._sums = {mood: list(accumulate(self.weights(mood))) for mood in MOODS}

    def weights(self, mood: Mood) -> list[float]:
        """One weight a day; the mean is 1."""
        weekday = self.first_on.weekday()
        weights = [
            _WEEKEND[mood] if (weekday + day) % 7 in _WEEKEND_DAYS else 1.0 for day in range(self.days)
        ]
        for season in self.seasons:
            first = max((season.first_on - self.first_on).days, 0)
            end = min((season.last_on - self.first_on).days + 1, self.days)
            for day in range(first, end):
                weights[day] *= season.factors[MOODS.index(mood)]
        # Summed exactly: how NumPy adds up depends on the processor.
        mean = math.fsum(weights) / self.days
        return [weight / mean for weight in weights]

    def sale_on(self, on: date) -> Season | None:
        """The campaign with a coupon that runs on a day."""
        return self._on_sale.get(on)

    def waited(self, mood: Mood, day: int, effort: float) -> int:
        """The day on which `effort` average days have passed since `day`; `self.days` if later than the last."""
        sums = self._sums[mood]
        return bisect_left(sums, sums[day] + effort)
