"""The stages of a refresh, in order: each describes tables and hands them to the draft to run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import partial

import ibis.expr.types as ir
import pyarrow as pa

from zhike.kernel.words import Text
from zhike.lake.snapshots import Draft
from zhike.measure.analysis import kpis
from zhike.pipeline import catalog  # noqa: F401 - every table must be known
from zhike.pipeline.scores import Models, scored_customers
from zhike.segments.analysis import lifecycle, membership
from zhike.segments.settings import LifecycleSettings
from zhike.tiers.analysis.membership import tier_members
from zhike.tiers.settings import TierSettings
from zhike.value.analysis import aggregates, clv, features, parameters, rfm
from zhike.value.analysis.purchases import DAYS, PEOPLE, Window, purchases
from zhike.value.settings import ValueSettings


@dataclass
class Refresh:
    """What the stages share: the draft, the settings, and what earlier stages leave for later ones."""

    draft: Draft
    as_of: date
    value_settings: ValueSettings
    lifecycle_settings: LifecycleSettings
    tier_settings: TierSettings
    profile_map_mark: str
    read_profile_map: Callable[[], pa.Table]
    people: ir.Table = field(init=False)
    bought: dict[str, ir.Table] = field(init=False)
    models: Models = field(init=False)
    rfm_inputs: ir.Table | None = field(init=False)
    histories: pa.Table = field(init=False)


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
    merged = draft.keep("merged_profiles", features.merged_profiles(profiles))
    refresh.people = features.people(profiles, merged)
    refresh.bought = draft.fold(
        features.person_orders(orders, merged, as_of=as_of),
        "person_id",
        partial(purchases, windows=_windows(refresh)),
    )
    favourites = features.favourite_categories(
        draft.table("order_lines"), orders, draft.table("products"), profiles, as_of=as_of
    )
    return draft.produce(
        "customer_features",
        features.customer_features(refresh.bought[PEOPLE], refresh.people, favourites, as_of=as_of),
    )


def _windows(refresh: Refresh) -> dict[str, Window]:
    """Every range of days that some later stage counts in, so that the orders are read once."""
    return {
        **features.feature_windows(refresh.as_of),
        **rfm.rfm_windows(refresh.as_of, refresh.value_settings),
        **kpis.period_windows(refresh.as_of),
    }


def _models(refresh: Refresh) -> int:
    draft = refresh.draft
    features_table = draft.table("customer_features")
    scored, refresh.rfm_inputs = rfm.rfm_inputs(features_table), None
    if refresh.value_settings.rfm_look_back_days:
        scored = rfm.rfm_inputs_of_look_back(features_table, refresh.bought[PEOPLE], refresh.people)
        refresh.rfm_inputs = scored
    buyers = draft.fetch(clv.clv_inputs(features_table))
    refresh.models = Models(
        rfm=rfm.fit_rfm(draft.fetch(scored), refresh.value_settings),
        clv=clv.fit_clv(buyers, refresh.value_settings),
        lifecycle=lifecycle.fit_lifecycle(
            draft.fetch(lifecycle.lifecycle_inputs(features_table)), refresh.lifecycle_settings
        ),
    )
    refresh.histories = draft.fetch(clv.histories(features_table))
    rows = parameters.rfm_parameter_rows(refresh.models.rfm, refresh.value_settings)
    rows += parameters.clv_parameter_rows(refresh.models.clv)
    rows += lifecycle.lifecycle_parameter_rows(refresh.models.lifecycle)
    return draft.produce_rows("model_parameters", parameters.parameter_table(rows))


def _scores(refresh: Refresh) -> int:
    draft, models = refresh.draft, refresh.models
    by_history = None
    if models.clv.orders is not None:
        by_history = draft.load("order_forecasts", clv.order_forecasts(refresh.histories, models.clv))
    customers = draft.table("customer_features")
    draft.produce("clv_forecasts", clv.clv_forecasts(customers, by_history, models.clv, as_of=refresh.as_of))
    forecasts = draft.table("clv_forecasts")
    rows = draft.produce(
        "customer_overview",
        scored_customers(customers, forecasts, refresh.rfm_inputs, models, refresh.tier_settings),
    )
    overview = draft.table("customer_overview")
    looked_back = refresh.rfm_inputs is not None
    measured = rfm.with_rfm(customers, refresh.rfm_inputs, models.rfm) if looked_back else overview
    draft.produce("rfm_scores", rfm.rfm_scores(measured))
    draft.produce("value_scores", overview)
    draft.produce("tier_members", tier_members(overview))
    return rows


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
    return rows + draft.produce("alive_value_cells", aggregates.alive_value_cells(overview))


def _kpis(refresh: Refresh) -> int:
    draft = refresh.draft
    customers = draft.table("customer_features")
    rows = draft.produce("kpi_daily", kpis.kpi_daily(refresh.bought[DAYS], customers))
    daily = draft.table("kpi_daily")
    return rows + draft.produce(
        "kpi_periods", kpis.kpi_periods(refresh.bought[PEOPLE], daily, customers, as_of=refresh.as_of)
    )


STAGES = (
    Stage("profiles", Text("读取客户档案", "Profiles"), _profiles),
    Stage("features", Text("计算客户特征", "Features"), _features),
    Stage("models", Text("拟合模型", "Models"), _models),
    Stage("scores", Text("打分与分级", "Scores and tiers"), _scores),
    Stage("segments", Text("客户分群", "Segments"), _segments),
    Stage("summaries", Text("汇总", "Summaries"), _summaries),
    Stage("kpis", Text("经营指标", "KPIs"), _kpis),
)
