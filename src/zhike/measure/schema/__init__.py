"""What a refresh publishes about how the shop does and how it got there."""

from zhike.lake.catalog import register
from zhike.measure.schema.cohorts import COHORTS
from zhike.measure.schema.history import MOVEMENTS, VALUE_HISTORY, VALUE_HISTORY_CUTS
from zhike.measure.schema.kpis import KPI_DAILY, KPI_PERIODS, PERIOD_DAYS

__all__ = [
    "COHORTS",
    "KPI_DAILY",
    "KPI_PERIODS",
    "MOVEMENTS",
    "PERIOD_DAYS",
    "VALUE_HISTORY",
    "VALUE_HISTORY_CUTS",
]

register(KPI_DAILY, KPI_PERIODS, COHORTS, VALUE_HISTORY, VALUE_HISTORY_CUTS, MOVEMENTS)
