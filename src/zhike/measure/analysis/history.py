"""Everybody's group and stage at the end of every closed month, by the rules and settings of today."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhike.customers.moves import groups_at
from zhike.lake.arrays import numpy_column
from zhike.measure.analysis import values_over_time as values
from zhike.measure.schema.history import RANK_CUTS
from zhike.segments.analysis.lifecycle import LifecycleThresholds, fit_lifecycle, lifecycle_stage
from zhike.segments.settings import LifecycleSettings
from zhike.tiers.analysis.membership import tier_of
from zhike.tiers.settings import TierSettings
from zhike.value.analysis.history import MEASURES, MONTHS_KEPT, cut_columns, with_scores
from zhike.value.analysis.rfm import RfmParameters, fit_rfm
from zhike.value.analysis.scores import score_band
from zhike.value.settings import ValueSettings

FITTED = (
    "month",
    "recency_days",
    "tenure_days",
    "order_days",
    "rfm_order_count",
    "rfm_spend_amount",
    "value_amount",
)
"""The columns of the states that the cut points rest on."""

CUTS = "cuts_of_months"

SUMMED_UP = ("rfm", "stage")
"""Whose movements pages want at once; the others are counted when somebody asks."""

_Columns = dict[str, npt.NDArray[Any]]
_THRESHOLDS = ("new_days", "at_risk_days", "dormant_days", "lost_days")
_LEAST_ORDER_DAYS = 3


def settings_mark(
    value: ValueSettings,
    lifecycle: LifecycleSettings,
    tiers: TierSettings,
    method: str,
    weights: Mapping[str, float],
) -> str:
    """The settings that a history rests on, the method of its values and the weights of its scores, as one text:
    others do not compare."""
    names = (
        "rfm_method",
        "rfm_look_back_days",
        "recency_thresholds_days",
        "frequency_thresholds",
        "monetary_thresholds",
        "discount_rate_yearly",
    )
    used = {name: getattr(value, name) for name in names}
    marked = {
        "months": MONTHS_KEPT,
        "value": used,
        "lifecycle": asdict(lifecycle),
        "tiers": asdict(tiers),
        "method": method,
        "weights": {name: round(weight, 6) for name, weight in weights.items()},
    }
    return json.dumps(marked, sort_keys=True)


def history_cuts(
    states: pa.Table,
    *,
    ends: Sequence[date],
    value: ValueSettings,
    lifecycle: LifecycleSettings,
    mark: str,
) -> dict[str, pa.Table]:
    """What RFM, the stages and the value score rest on in each month that somebody is there.

    Parameters
    ----------
    states
        The columns `FITTED` of `values_over_time.with_values`, of everybody in some months.
    mark
        `settings_mark`.

    Returns
    -------
    dict
        `CUTS`: the columns of `value_history_cuts` and `month`, the place in `ends`.
    """
    months, fitted, thresholds, ranks = [], [], [], []
    for month, part in _months(states):
        months.append(month)
        fitted.append(_fitted_rfm(part, value))
        thresholds.append(_fitted_stages(part, lifecycle))
        ranks.append(values.cuts_by_component(part))
    columns: dict[str, pa.Array] = {
        "month": pa.array(months, pa.int32()),
        "month_end": pa.array([ends[month] for month in months], pa.date32()),
        "buyers": pa.array([each.buyers for each in fitted], pa.int64()),
        "settings": pa.array([mark] * len(months), pa.string()),
    }
    for measure, name in zip(MEASURES, ("recency_cuts_days", "frequency_cuts", "monetary_cuts"), strict=True):
        columns |= cut_columns([getattr(each, name) for each in fitted], measure)
    for name in _THRESHOLDS:
        columns[name] = pa.array([getattr(each, name) for each in thresholds], pa.int64())
    for name in values.MEASURED:
        for place in range(RANK_CUTS):
            cuts = [each[name][place] for each in ranks]
            columns[f"{name}_rank_cut_{place + 1}"] = pa.array(cuts, pa.int64())
    return {CUTS: pa.table(columns)}


def value_history(
    states: ir.Table, cuts: ir.Table, everyone: ir.Table, tiers: TierSettings, weights: Mapping[str, float]
) -> ir.Table:
    """One row a customer and month: `values_over_time.with_values`, scored by the cut points of the month.

    Parameters
    ----------
    cuts
        `values_over_time.cuts_beside`.
    weights
        Of the value score, as `values_over_time.score_of`.
    """
    beside = cuts.drop("buyers", "settings")
    scored = with_scores(states.join(beside, "month"))
    staged = scored.mutate(no_profiling=ibis.literal(False), value_score=values.score_of(scored, weights))
    staged = staged.mutate(lifecycle_stage=lifecycle_stage(staged, staged))
    staged = staged.mutate(tier=tier_of(staged.value_score, tiers), score_band=score_band(staged.value_score))
    return staged.join(everyone.select("person_id", "customer_id"), "person_id")


def moves(before: ir.Table, after: ir.Table) -> ir.Table:
    """`group_before, group_now, customer_count`: how many went from where to where; empty where they were not there."""
    renamed = before.select(before_id="customer_id", group_before="group")
    both = after.outer_join(renamed, after.customer_id == renamed.before_id)
    return both.group_by("group_before", group_now=both.group).aggregate(customer_count=both.count())


def movements(history: ir.Table, overview: ir.Table, month_end: date) -> ir.Table:
    """`movements`: since the end of the last closed month, in the groupings `SUMMED_UP`."""
    return ibis.union(
        *(
            moves(
                groups_at(history, overview, name, month_end), groups_at(history, overview, name, None)
            ).mutate(grouping=ibis.literal(name), month_end=ibis.literal(month_end))
            for name in SUMMED_UP
        )
    )


def _months(states: pa.Table) -> Iterator[tuple[int, _Columns]]:
    columns = {name: numpy_column(states, name) for name in FITTED}
    month = columns.pop("month")
    numbers = np.flatnonzero(np.bincount(month)).tolist()
    for number in numbers:
        # Many rows come a month in a part.
        rows = np.flatnonzero(month == number) if len(numbers) > 1 else slice(None)
        yield number, {name: values[rows] for name, values in columns.items()}


def _fitted_rfm(part: _Columns, settings: ValueSettings) -> RfmParameters:
    is_scored = part["rfm_order_count"] > 0
    names = {
        "recency_days": "recency_days",
        "order_count": "rfm_order_count",
        "spend_amount": "rfm_spend_amount",
    }
    return fit_rfm(pa.table({name: part[of][is_scored] for name, of in names.items()}), settings)


def _fitted_stages(part: _Columns, settings: LifecycleSettings) -> LifecycleThresholds:
    is_regular = part["order_days"] >= _LEAST_ORDER_DAYS
    between = (part["tenure_days"] - part["recency_days"])[is_regular].astype(np.float64)
    gaps = between / (part["order_days"][is_regular] - 1)
    return fit_lifecycle(pa.table({"mean_gap_days": gaps}), settings)
