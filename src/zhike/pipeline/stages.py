"""The stages of a refresh, in order: each describes tables and hands them to the draft to run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import ibis.expr.types as ir
import pyarrow as pa

from zhike.kernel.words import Text
from zhike.lake.snapshots import Draft
from zhike.measure.analysis import kpis
from zhike.pipeline import catalog  # noqa: F401 - every table must be known
from zhike.pipeline.overview import customer_overview
from zhike.segments.analysis import lifecycle, membership
from zhike.segments.analysis.lifecycle import LifecycleThresholds
from zhike.segments.settings import LifecycleSettings
from zhike.tiers.analysis.membership import tier_members
from zhike.tiers.settings import TierSettings
from zhike.value.analysis import aggregates, clv, features, parameters, rfm
from zhike.value.analysis.scores import value_scores
from zhike.value.settings import ValueSettings


@dataclass
class Refresh:
    """What the stages share: the draft, the settings, and what earlier stages leave for later ones."""

    draft: Draft
    value_settings: ValueSettings
    lifecycle_settings: LifecycleSettings
    tier_settings: TierSettings
    profile_map_mark: str
    read_profile_map: Callable[[], pa.Table]
    days: ir.Table = field(init=False)
    thresholds: LifecycleThresholds = field(init=False)
    parameter_rows: list[parameters.Row] = field(default_factory=list)

    @property
    def as_of(self) -> date:
        return self.draft.as_of


@dataclass(frozen=True)
class Stage:
    """One step of the refresh; `run` returns the rows that it made."""

    name: str
    text: Text
    run: Callable[[Refresh], int]


def _profiles(refresh: Refresh) -> int:
    return refresh.draft.copy_fact("profiles", refresh.profile_map_mark, refresh.read_profile_map)


def _features(refresh: Refresh) -> int:
    draft, as_of = refresh.draft, refresh.as_of
    orders, profiles = draft.table("orders"), draft.table("profiles")
    refresh.days = draft.keep("customer_days", features.customer_days(orders, profiles, as_of=as_of))
    favourites = features.favourite_categories(
        draft.table("order_lines"), orders, draft.table("products"), profiles, as_of=as_of
    )
    return draft.produce(
        "customer_features", features.customer_features(refresh.days, profiles, favourites, as_of=as_of)
    )


def _rfm(refresh: Refresh) -> int:
    draft = refresh.draft
    inputs = rfm.rfm_inputs(
        draft.table("customer_features"),
        refresh.days,
        as_of=refresh.as_of,
        look_back_days=refresh.value_settings.rfm_look_back_days,
    )
    fitted = rfm.fit_rfm(draft.fetch(inputs), refresh.value_settings)
    refresh.parameter_rows += parameters.rfm_parameter_rows(fitted, refresh.value_settings)
    return draft.produce("rfm_scores", rfm.rfm_scores(inputs, fitted, as_of=refresh.as_of))


def _clv(refresh: Refresh) -> int:
    draft = refresh.draft
    table = draft.table("customer_features")
    inputs = draft.fetch(clv.clv_inputs(table))
    fitted = clv.fit_clv(inputs, refresh.value_settings)
    refresh.parameter_rows += parameters.clv_parameter_rows(fitted)
    by_history = None
    if fitted.orders is not None:
        histories = inputs.group_by(list(clv.INPUTS[:3])).aggregate([])
        by_history = draft.load("order_forecasts", clv.order_forecasts(histories, fitted))
    return draft.produce("clv_forecasts", clv.clv_forecasts(table, by_history, fitted, as_of=refresh.as_of))


def _value(refresh: Refresh) -> int:
    draft = refresh.draft
    tables = (draft.table(name) for name in ("customer_features", "rfm_scores", "clv_forecasts"))
    return draft.produce("value_scores", value_scores(*tables, as_of=refresh.as_of))


def _tiers(refresh: Refresh) -> int:
    scores = refresh.draft.table("value_scores")
    return refresh.draft.produce(
        "tier_members", tier_members(scores, refresh.tier_settings, as_of=refresh.as_of)
    )


def _overview(refresh: Refresh) -> int:
    draft = refresh.draft
    table = draft.table("customer_features")
    refresh.thresholds = lifecycle.fit_lifecycle(
        draft.fetch(lifecycle.lifecycle_inputs(table)), refresh.lifecycle_settings
    )
    refresh.parameter_rows += lifecycle.lifecycle_parameter_rows(refresh.thresholds)
    overview = customer_overview(
        table,
        draft.table("rfm_scores"),
        draft.table("clv_forecasts"),
        draft.table("tier_members"),
        refresh.thresholds,
    )
    return draft.produce("customer_overview", overview)


def _segments(refresh: Refresh) -> int:
    draft = refresh.draft
    overview = draft.table("customer_overview")
    draft.produce("segment_summaries", membership.segment_summaries(overview))
    return draft.produce("segment_members", membership.segment_members(overview))


def _summaries(refresh: Refresh) -> int:
    draft = refresh.draft
    overview = draft.table("customer_overview")
    rows = draft.produce("rfm_cells", aggregates.rfm_cells(overview))
    rows += draft.produce("clv_deciles", aggregates.clv_deciles(overview))
    rows += draft.produce("alive_value_cells", aggregates.alive_value_cells(overview))
    return rows + draft.produce_rows("model_parameters", parameters.parameter_table(refresh.parameter_rows))


def _kpis(refresh: Refresh) -> int:
    draft = refresh.draft
    rows = draft.produce("kpi_daily", kpis.kpi_daily(refresh.days, draft.table("customer_features")))
    daily = draft.table("kpi_daily")
    return rows + draft.produce("kpi_periods", kpis.kpi_periods(refresh.days, daily, as_of=refresh.as_of))


STAGES = (
    Stage("profiles", Text("读取客户档案", "Profiles"), _profiles),
    Stage("features", Text("计算客户特征", "Features"), _features),
    Stage("rfm", Text("RFM 打分", "RFM scores"), _rfm),
    Stage("clv", Text("预测客户价值", "CLV forecasts"), _clv),
    Stage("value", Text("价值分", "Value scores"), _value),
    Stage("tiers", Text("客户分级", "Tiers"), _tiers),
    Stage("overview", Text("客户总览", "Customer overview"), _overview),
    Stage("segments", Text("客户分群", "Segments"), _segments),
    Stage("summaries", Text("汇总", "Summaries"), _summaries),
    Stage("kpis", Text("经营指标", "KPIs"), _kpis),
)
