"""`[lifecycle]` of zhike.toml."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LifecycleSettings:
    """After how many quiet days a customer changes stage.

    `new_days` counts from the first order, the others from the last. 0 takes them from the shop's own
    rhythm (see `zhike.segments.analysis.lifecycle`).
    """

    new_days: int = 30
    at_risk_days: int = 0
    dormant_days: int = 0
    lost_days: int = 0

    def __post_init__(self) -> None:
        given = (self.at_risk_days, self.dormant_days, self.lost_days)
        if any(given) and not 0 < given[0] < given[1] < given[2]:
            raise ValueError(
                "at_risk_days < dormant_days < lost_days 须同时给出且递增 / must be given together and rise"
            )
