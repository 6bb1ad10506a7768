"""How it came about: everybody's state at the end of every closed month, and cohorts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial

import ibis.expr.types as ir
import pyarrow as pa

from zhike.lake import catalog
from zhike.measure.analysis import history as over_time
from zhike.measure.analysis import values_over_time as values
from zhike.measure.analysis.cohorts import cohort_cells
from zhike.measure.analysis.cohorts import cohorts as cohort_table
from zhike.pipeline.stages.stage import Refresh
from zhike.value.analysis.backtest import champions_of
from zhike.value.analysis.history import (
    STATES,
    base_month,
    month_ends,
    orders_over_time,
    states_of_months,
    with_rfm_counts,
)

_ROWS_A_MONTH = 500_000
ROWS_AT_ONCE = 60_000_000
_HISTORIES_A_PART = 250_000


def history(refresh: Refresh) -> int:
    draft, as_of = refresh.draft, refresh.as_of
    if _is_known(refresh):
        rows = draft.carry("value_history")
        draft.carry("value_history_cuts")
    else:
        rows = _computed(refresh)
    moved = over_time.movements(
        draft.table("value_history"), draft.table("customer_overview"), base_month(as_of)
    )
    draft.produce("movements", moved)
    return rows


def cohorts(refresh: Refresh) -> int:
    cells = refresh.draft.fetch(cohort_cells(refresh.cohorts))
    return refresh.draft.produce_rows("cohorts", cohort_table(cells, as_of=refresh.as_of))


def _computed(refresh: Refresh) -> int:
    draft, ends = refresh.draft, month_ends(refresh.as_of)
    value, lifecycle = refresh.value_settings, refresh.lifecycle_settings
    states = _valued(refresh, ends)
    # A month has to be in one part as a whole.
    fit = partial(
        over_time.history_cuts, ends=ends, value=value, lifecycle=lifecycle, mark=_settings_mark(refresh)
    )
    by_month = states.select(*over_time.FITTED)
    cuts = pa.concat_tables(
        draft.fetch(draft.fold(some, "month", fit, rows_a_part=_ROWS_A_MONTH)[over_time.CUTS])
        for some in _few_months_at_once(by_month, months=len(ends), rows=draft.count(states))
    )
    draft.produce_rows("value_history_cuts", cuts.select(catalog.table("value_history_cuts").column_names))
    scored = over_time.value_history(
        states,
        draft.load("history_cuts", values.cuts_beside(cuts)),
        refresh.people,
        refresh.tier_settings,
        refresh.models.scoring.weights,
    )
    return draft.produce("value_history", scored)


def _few_months_at_once(states: ir.Table, *, months: int, rows: int) -> Iterator[ir.Table]:
    """The states of all months, of so many together as memory has room for."""
    at_once = max(1, ROWS_AT_ONCE * months // max(1, rows))
    if at_once >= months:
        yield states
        return
    for first in range(0, months, at_once):
        yield states.filter(states.month.between(first, first + at_once - 1))


def _valued(refresh: Refresh, ends: Sequence[date]) -> ir.Table:
    """What everybody had done by the end of each month, and what was to be expected of them."""
    draft, champions = refresh.draft, champions_of(refresh.measured)
    orders = orders_over_time(draft.table("orders"), refresh.merged, refresh.people, until=ends[-1])
    fold = partial(
        states_of_months,
        ends=ends,
        look_back_days=refresh.value_settings.rfm_look_back_days,
        has_recent=values.looks_at_recent(champions),
    )
    states = with_rfm_counts(draft.fold(orders, "person_id", fold)[STATES])
    last = draft.fetch(values.last_states(states, month=len(ends) - 1))
    fitted = values.fit_values(last, refresh.value_settings, champions)
    to_come = draft.fold(
        values.histories(states),
        "history",
        partial(values.orders_to_come, fitted=fitted),
        rows_a_part=_HISTORIES_A_PART,
    )
    return values.with_values(states, to_come[values.ORDERS_TO_COME], fitted)


def _settings_mark(refresh: Refresh) -> str:
    method = champions_of(refresh.measured).value
    return over_time.settings_mark(
        refresh.value_settings,
        refresh.lifecycle_settings,
        refresh.tier_settings,
        method,
        refresh.models.scoring.weights,
    )


def _is_known(refresh: Refresh) -> bool:
    """Whether the snapshot before has this very history: the same months, facts and settings."""
    before = refresh.draft.before
    if not refresh.past_is_unchanged or before is None:
        return False
    if before.lacks("value_history") or before.lacks("value_history_cuts"):
        return False
    if before.as_of.replace(day=1) != refresh.as_of.replace(day=1):
        return False
    known = before.table("value_history_cuts").select("settings").distinct()
    return [row["settings"] for row in before.rows(known)] == [_settings_mark(refresh)]
