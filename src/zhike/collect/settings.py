"""`[imports]` of zhike.toml."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class ImportSettings:
    """How many days files of imports are kept: uploads that nobody imported, and rejected records."""

    upload_days: int = 7
    reject_days: int = 30

    def __post_init__(self) -> None:
        if min(self.upload_days, self.reject_days) < 1:
            raise ValueError("天数至少为 1 / days must be at least 1")

    @property
    def uploads_for(self) -> timedelta:
        return timedelta(days=self.upload_days)

    @property
    def rejects_for(self) -> timedelta:
        return timedelta(days=self.reject_days)
