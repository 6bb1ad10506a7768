"""`[tiers]` of zhike.toml."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TierSettings:
    """Lowest value scores (0–100) of the high and of the middle tier."""

    high_from: float = 70.0
    middle_from: float = 40.0

    def __post_init__(self) -> None:
        if not 0 < self.middle_from < self.high_from <= 100:
            raise ValueError(
                "须满足 0 < middle_from < high_from ≤ 100 / 0 < middle_from < high_from ≤ 100 must hold"
            )
