"""Where the past is cut: what a forecast may know, and what it is held against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from zhike.kernel.errors import UsageError

HOLDOUT_MONTHS = (3, 2, 1)
"""Closed months held out: the longest that the history is long enough for."""

LEAST_HISTORY = 2
"""What is known is at least so many times as long as the months held out; on demand, as long as the holdout."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Split:
    """Days up to `known_until` may be known, the days after it until `until` are forecast.

    The rule of RFM cells learns from an earlier split: what was known at the end of `learnt_until` against the days
    from there to `known_until`, as many as are held out, or half of a shorter history.
    """

    first_day: date
    known_until: date
    until: date

    @property
    def holdout_days(self) -> int:
        return (self.until - self.known_until).days

    @property
    def calibration_days(self) -> int:
        return (self.known_until - self.first_day).days + 1

    @property
    def learnt_until(self) -> date:
        return self.known_until - timedelta(days=self.learnt_days)

    @property
    def learnt_days(self) -> int:
        return max(1, min(self.holdout_days, self.calibration_days // 2))


def closed_months_split(first_day: date, as_of: date) -> Split | None:
    """Hold out up to three calendar months that ended before the month of `as_of`; None for too short a history.

    So the split, and with it everything computed from it, stays the same for a month.
    """
    until = as_of.replace(day=1) - _DAY
    for months in HOLDOUT_MONTHS:
        split = Split(first_day, _months_before(until, months), until)
        if split.calibration_days >= LEAST_HISTORY * split.holdout_days:
            return split
    return None


def split_until(first_day: date, until: date, holdout_days: int) -> Split:
    """Hold out so many days that end with `until`.

    Raises
    ------
    UsageError
        ``backtest.no_holdout`` below one day, ``backtest.short_history`` where fewer days lie before them.
    """
    if holdout_days < 1:
        raise UsageError(
            "backtest.no_holdout",
            zh=f"留出天数为 {holdout_days}，至少要 1 天，例如 --holdout-days 90",
            en=f"{holdout_days} days cannot be held out; use at least 1, for instance --holdout-days 90",
        )
    split = Split(first_day, until - timedelta(days=holdout_days), until)
    if split.calibration_days < holdout_days:
        most = max(((until - first_day).days + 1) // 2, 0)
        raise UsageError(
            "backtest.short_history",
            zh=f"首单在 {first_day}，到 {until} 为止的历史最多可留出 {most} 天（此前的历史至少要一样长），"
            f"而要求留出 {holdout_days} 天；请减小 --holdout-days，或选更晚的 --until",
            en=f"the first order is of {first_day}: until {until} at most {most} days can be held out (as many "
            f"must lie before them), not {holdout_days}; use a smaller --holdout-days or a later --until",
        )
    return split


def _months_before(last_day: date, months: int) -> date:
    """The last day of the month so many months before that of `last_day`."""
    day = last_day
    for _ in range(months):
        day = day.replace(day=1) - _DAY
    return day
