"""`[value]` of zhike.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ValueSettings:
    """How customers are valued.

    Parameters
    ----------
    rfm_method
        ``quantile`` (cut points at 20/40/60/80 % of the buyers) or ``fixed`` (the thresholds below).
    rfm_look_back_days
        Orders within so many days count for RFM; 0 is the whole life.
    recency_thresholds_days, frequency_thresholds, monetary_thresholds
        Four rising thresholds each, for ``fixed``; monetary ones in minor units.
    clv_basis
        ``auto`` counts the value in margin where costs or margins are known; ``revenue`` never does.
    margin
        Share of the spend that stays as margin; 1 forecasts revenue.
    category_margins
        The same of categories of products, for products of which no cost was imported; below 0 where they sell at a loss.
    lost_days
        Who orders nothing for so many days counts as lost, in forecasts of churn; 0 takes them from the shop's rhythm.
    discount_rate_yearly
        A yuan in a year is worth 1 / (1 + rate) today.
    """

    rfm_method: str = "quantile"
    rfm_look_back_days: int = 0
    recency_thresholds_days: tuple[int, ...] = (30, 90, 180, 365)
    frequency_thresholds: tuple[int, ...] = (1, 2, 4, 8)
    monetary_thresholds: tuple[int, ...] = (10_000, 30_000, 100_000, 300_000)
    clv_basis: str = "auto"
    margin: float = 1.0
    discount_rate_yearly: float = 0.10
    lost_days: int = 0
    category_margins: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.rfm_method not in ("quantile", "fixed"):
            raise ValueError(
                f"rfm_method 应为 quantile 或 fixed / must be quantile or fixed, not {self.rfm_method!r}"
            )
        for name in ("recency_thresholds_days", "frequency_thresholds", "monetary_thresholds"):
            thresholds = getattr(self, name)
            if len(thresholds) != 4 or list(thresholds) != sorted(set(thresholds)):
                raise ValueError(
                    f"{name} 应为四个递增的整数 / must be four rising integers, not {thresholds!r}"
                )
        if self.clv_basis not in ("auto", "revenue"):
            raise ValueError(
                f"clv_basis 应为 auto 或 revenue / must be auto or revenue, not {self.clv_basis!r}"
            )
        if not 0 < self.margin <= 1:
            raise ValueError(f"margin 应在 0 与 1 之间 / must be above 0 and at most 1, not {self.margin!r}")
        _check_category_margins(self.category_margins)
        if not 0 <= self.discount_rate_yearly < 10:
            raise ValueError(
                f"discount_rate_yearly 应在 0 与 10 之间 / must be between 0 and 10, not {self.discount_rate_yearly!r}"
            )
        if self.lost_days and not 7 <= self.lost_days <= 3650:
            raise ValueError(
                f"lost_days 应为 0 或 7 到 3650 / must be 0 or from 7 to 3650, not {self.lost_days!r}"
            )


def _check_category_margins(shares: object) -> None:
    """TOML gives anything: a table of numbers is wanted."""
    is_table = isinstance(shares, Mapping)
    given = list(shares.values()) if isinstance(shares, Mapping) else []
    if not is_table or any(isinstance(each, bool) or not isinstance(each, int | float) for each in given):
        raise ValueError(
            'category_margins 应写成 {"绿茶" = 0.6} / must be like {"tea" = 0.6}, a share for each category'
        )
    for name, each in zip(shares, given, strict=True) if isinstance(shares, Mapping) else ():
        if not -1 <= each <= 1:
            raise ValueError(
                f"category_margins 的“{name}”应在 -1 与 1 之间 / “{name}” must be between -1 and 1, not {each!r}"
            )
