"""山月茶坊, a tea shop that does not exist: two years of one shop in three systems, and the truth behind them.

`generate` gives what a user would have, as exports and, with `TeaShop.write`, as files; nothing in it is a real
person's. A loader reads `TeaShop.exports` in their order: profiles come before orders, orders before lines.
"""

from zhike.collect.samples.tea_shop.shop import LAST_DAY, SEED, SIZE, TeaShop, generate
from zhike.collect.samples.tea_shop.truth import ProfileKey, Scores, TruePerson, Truth, pairwise_scores
from zhike.kernel.home import BusinessSettings

TEA_SHOP = BusinessSettings(name="山月茶坊", currency="CNY", time_zone="Asia/Shanghai", is_sample=True)
"""The business of this sample."""

__all__ = [
    "LAST_DAY",
    "SEED",
    "SIZE",
    "TEA_SHOP",
    "ProfileKey",
    "Scores",
    "TeaShop",
    "TruePerson",
    "Truth",
    "generate",
    "pairwise_scores",
]
