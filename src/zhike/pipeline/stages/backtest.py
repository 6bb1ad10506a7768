"""Which method was best in the last closed months, and how sure the forecasts are."""

from __future__ import annotations

from zhike.kernel.errors import UsageError
from zhike.lake import catalog
from zhike.pipeline.stages.stage import Refresh
from zhike.value.analysis import backtest as backtests
from zhike.value.analysis.clv_intervals import clv_intervals, interval_inputs
from zhike.value.selectors.backtests import People, backtest_of, published_rows

_TABLES = ("backtests", "backtest_deciles")


def backtest(refresh: Refresh) -> int:
    """Only closed months are looked at: within a month the result is carried over unless the past changes."""
    draft, before = refresh.draft, refresh.draft.before
    known = published_rows(before, "backtests") if before and refresh.past_is_unchanged else []
    if before and known and known[0]["fingerprint"] == backtests.fingerprint():
        refresh.measured = backtests.measured(known)
        return sum(draft.carry(name) for name in _TABLES)
    found = _run(refresh)
    refresh.measured = found.measured if found else {}
    made = (backtests.backtest_rows, backtests.decile_rows)
    return sum(
        draft.produce_rows(name, rows(found, catalog.table(name).arrow_schema()))
        for name, rows in zip(_TABLES, made, strict=True)
    )


def _run(refresh: Refresh) -> backtests.Backtest | None:
    """None where the history is too short or the customers too few: the default model is used then."""
    first = refresh.first_order_on
    split = backtests.closed_months_split(first, refresh.as_of) if first else None
    if split is None:
        return None
    try:
        everyone = People(refresh.merged, refresh.people)
        return backtest_of(refresh.draft, everyone, split, drawn=refresh.orders_of_drawn)
    except UsageError:
        return None


def intervals(refresh: Refresh) -> int:
    """90 % intervals of the shop's and each decile's value."""
    draft = refresh.draft
    sample = interval_inputs(draft.fetch(refresh.buyers))
    totals = draft.fetch(draft.table("clv_deciles"))
    schema = catalog.table("clv_intervals").arrow_schema()
    return draft.produce_rows("clv_intervals", clv_intervals(sample, totals, refresh.models.clv, schema))
