"""How fresh what a page shows is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Freshness:
    """The stamp in the head of every page: facts up to `as_of` (a business date), computed at a moment."""

    as_of: date
    computed_at: datetime
    is_sample: bool
    snapshot_id: int
