"""Reads of how the shop does: key figures, cohorts, movements between groups."""

from zhike.measure.selectors.cohorts import COHORTS_TITLE, CohortsPage, cohorts_page
from zhike.measure.selectors.kpis import (
    ComparedFigures,
    DayFigures,
    PeriodFigures,
    compared_figures,
    daily_figures,
)
from zhike.measure.selectors.migration import (
    MIGRATION_TITLE,
    MigrationPage,
    Movement,
    last_movement,
    migration_page,
)
from zhike.measure.selectors.trend import Step, trend

__all__ = [
    "COHORTS_TITLE",
    "MIGRATION_TITLE",
    "CohortsPage",
    "ComparedFigures",
    "DayFigures",
    "MigrationPage",
    "Movement",
    "PeriodFigures",
    "Step",
    "cohorts_page",
    "compared_figures",
    "daily_figures",
    "last_movement",
    "migration_page",
    "trend",
]
