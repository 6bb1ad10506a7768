"""How large a market a city is, by the yearly ranking of the press; source and year are in `city_tiers.csv`."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources

from zhike.customers.normal.divisions import divisions
from zhike.customers.normal.writing import folded
from zhike.kernel.words import Text

CITY_TIERS: dict[str, Text] = {
    "tier_1": Text("一线", "tier 1"),
    "new_tier_1": Text("新一线", "new tier 1"),
    "tier_2": Text("二线", "tier 2"),
    "tier_3": Text("三线", "tier 3"),
    "tier_4": Text("四线", "tier 4"),
    "tier_5": Text("五线", "tier 5"),
}


def city_tier(city: str) -> str | None:
    """The tier of a city by its full or short name, one of `CITY_TIERS`; None for what the ranking leaves out.

    >>> city_tier("成都市"), city_tier("成都"), city_tier("香港特别行政区"), city_tier("海南")
    ('new_tier_1', 'new_tier_1', None, None)
    """
    plain = folded(city)
    if plain in _tiers():
        return _tiers()[plain]
    bearers = divisions().by_name.get(plain, ())
    cities = [one for one in bearers if one.level == "city"]
    # 海南 means the province, not the prefecture of that name in 青海; 吉林 the city, which lies in 吉林.
    provinces = {one.code for one in bearers if one.level == "province"}
    if len(cities) != 1 or (provinces and cities[0].parent_code not in provinces):
        return None
    return _tiers().get(cities[0].name)


def cities_of_tier(tier: str) -> tuple[str, ...]:
    """The full names of the cities of a tier."""
    return tuple(city for city, of in _tiers().items() if of == tier)


@cache
def _tiers() -> dict[str, str]:
    text = resources.files(__package__).joinpath("city_tiers.csv").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {row["city"]: row["tier"] for row in csv.DictReader(lines)}
