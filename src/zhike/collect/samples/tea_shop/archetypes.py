"""The seven kinds of customers, and how each of them buys."""

from __future__ import annotations

from dataclasses import dataclass

from zhike.collect.samples.tea_shop.seasons import Mood

# Taste for 绿茶 红茶 乌龙 普洱 白茶 花茶 茶具 礼盒 零食, in this order.
Taste = tuple[float, float, float, float, float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Archetype:
    """How a kind of customer buys.

    Parameters
    ----------
    share
        Of all persons.
    orders_yearly, evenness
        Mean of the gamma-distributed rate of a person, and its shape.
    drop_out, certainty
        Mean of the beta-distributed chance to be lost after a purchase, and the sum of its two shapes.
    lines, quantity
        Mean number beyond the first, of the lines of an order and of the pieces of a line.
    price_band
        Mean, from 0 (cheapest third) to 2.
    coupon_affinity
        Chance to use a coupon while a campaign runs.
    sources
        Weight of website, wechat and counter as the first source.
    """

    code: str
    share: float
    mood: Mood
    orders_yearly: float
    evenness: float
    drop_out: float
    certainty: float
    lines: float
    quantity: float
    price_band: float
    coupon_affinity: float
    sources: tuple[float, float, float]
    taste: Taste


ARCHETYPES = (
    Archetype(
        "loyal_drinker", 0.230, "daily", 20.5, 3.5, 0.016, 20, 0.8, 0.25, 0.75, 0.35, (0.25, 0.30, 0.45),
        (3, 2, 2.5, 2, 1.5, 1.2, 0.35, 0.1, 0.9),
    ),
    Archetype(
        "gift_buyer", 0.165, "gift", 5.0, 1.8, 0.19, 6, 0.5, 0.6, 1.3, 0.35, (0.45, 0.25, 0.30),
        (1.5, 0.8, 0.8, 0.8, 0.6, 0.4, 0.8, 6, 0.8),
    ),
    Archetype(
        "bargain_hunter", 0.145, "bargain", 7.0, 1.8, 0.19, 5, 1.4, 0.5, 0.25, 0.92, (0.65, 0.30, 0.05),
        (2, 2, 1.5, 1.2, 1, 2, 0.8, 0.4, 1.5),
    ),
    Archetype(
        "explorer", 0.115, "daily", 7.0, 1.2, 0.42, 5, 0.9, 0.15, 0.6, 0.5, (0.30, 0.45, 0.25),
        (1, 1, 1.2, 1, 1, 1.2, 1.2, 0.3, 1.2),
    ),
    Archetype(
        "corporate", 0.014, "corporate", 5.0, 2.0, 0.06, 10, 0.6, 5.0, 0.9, 0.1, (0.80, 0.05, 0.15),
        (1, 0.8, 0.5, 0.6, 0.3, 0.2, 0.3, 3, 0.2),
    ),
    Archetype(
        "lapsed", 0.101, "daily", 17.0, 2.0, 0.15, 12, 0.7, 0.2, 0.7, 0.4, (0.35, 0.30, 0.35),
        (2.5, 2, 2, 1.5, 1, 1.2, 0.4, 0.2, 0.8),
    ),
    Archetype(
        "one_time", 0.230, "daily", 3.0, 1.0, 0.97, 40, 0.4, 0.15, 0.6, 0.45, (0.40, 0.25, 0.35),
        (1.5, 1, 1, 0.6, 0.6, 1.5, 1, 1.5, 1.5),
    ),
)  # fmt: skip
"""A line a kind of customer."""
