"""Groups and key figures, from the wide table."""

from __future__ import annotations

from zhike.lake import catalog
from zhike.measure.analysis.kpis import buyers_of_periods, kpi_daily, kpi_periods
from zhike.pipeline.stages.stage import Refresh
from zhike.segments.analysis import membership
from zhike.value.analysis import aggregates


def segments(refresh: Refresh) -> int:
    draft = refresh.draft
    overview = draft.table("customer_overview")
    draft.produce("segment_summaries", membership.segment_summaries(overview))
    return draft.cut("segment_members")


def summaries(refresh: Refresh) -> int:
    draft = refresh.draft
    overview = draft.table("customer_overview")
    rows = draft.produce("rfm_cells", aggregates.rfm_cells(overview))
    rows += draft.produce("clv_deciles", aggregates.clv_deciles(overview))
    return rows + draft.produce("alive_value_cells", aggregates.alive_value_cells(overview))


def kpis(refresh: Refresh) -> int:
    draft = refresh.draft
    overview = draft.table("customer_overview")
    rows = draft.produce("kpi_daily", kpi_daily(refresh.days, overview))
    daily, schema = draft.fetch(draft.table("kpi_daily")), catalog.table("kpi_periods").arrow_schema()
    buyers = draft.fetch(buyers_of_periods(overview, as_of=refresh.as_of))
    return rows + draft.produce_rows("kpi_periods", kpi_periods(daily, buyers, schema, as_of=refresh.as_of))
