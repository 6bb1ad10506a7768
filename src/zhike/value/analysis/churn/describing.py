"""What the models of churn rest on and how well they did, as rows of tables."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from zhike.kernel.words import Text
from zhike.value.analysis.churn.learning import Propensity
from zhike.value.analysis.churn.measures import Measures
from zhike.value.analysis.churn.scores import CHURN, PURCHASE, ChurnModels

Row = tuple[str, str, float, Text | None]


def churn_parameter_rows(fitted: ChurnModels, *, no_profiling: int) -> list[Row]:
    """Rows of `model_parameters`; days are counted from 1970, the notes have them as dates."""
    rows: list[Row] = [
        (CHURN, "lost_days", float(fitted.horizon_days), None),
        (CHURN, f"is_{fitted.method}", 1.0, fitted.reason),
        (CHURN, "usual_gap_days", fitted.usual_gap_days, None),
        (CHURN, "no_profiling", float(no_profiling), None),
    ]
    for name, learnt in _named(fitted):
        rows += _learnt_rows(name, learnt)
    return rows


def reliability_rows(fitted: ChurnModels) -> pa.Table:
    """The columns of `churn_reliability`."""
    bins = [
        (name, each)
        for name, learnt in _named(fitted)
        for each in (learnt.quality.reliability if learnt.quality else ())
    ]
    return pa.table(
        {
            "model": pa.array([name for name, _ in bins], pa.string()),
            "probability_tenth": pa.array([each.number for _, each in bins], pa.int32()),
            "customer_count": pa.array([each.customers for _, each in bins], pa.int64()),
            "predicted_share": pa.array([float(each.predicted) for _, each in bins], pa.float64()),
            "actual_share": pa.array([float(each.actual) for _, each in bins], pa.float64()),
        }
    )


def _named(fitted: ChurnModels) -> list[tuple[str, Propensity]]:
    pairs = ((CHURN, fitted.lost), (PURCHASE, fitted.soon))
    return [(name, learnt) for name, learnt in pairs if learnt is not None]


def _learnt_rows(name: str, learnt: Propensity) -> list[Row]:
    rows: list[Row] = [
        (name, "customers", float(learnt.customers), None),
        (name, "quiet", float(learnt.quiet), None),
        _day(name, "learnt_cut_off", learnt.learnt.cut_off),
        _day(name, "learnt_until", learnt.learnt.until),
        (name, "cross_validated_log_loss", learnt.model.cross_validated_log_loss, None),
    ]
    if (quality := learnt.quality) is None:
        return rows
    rows += [
        _day(name, "tested_cut_off", quality.tested.cut_off),
        _day(name, "tested_until", quality.tested.until),
        _day(name, "test_learnt_until", quality.learnt.until),
        (name, "tested_customers", float(quality.customers), None),
        (name, "tested_quiet", float(quality.quiet), None),
        (name, "tested_other_customers", float(quality.is_of_other_customers), None),
    ]
    return rows + _measured(name, "", quality.model) + _measured(name, "rule_", quality.rule)


def _measured(name: str, prefix: str, found: Measures) -> list[Row]:
    values = {"auc": found.auc, "log_loss": found.log_loss, "brier": found.brier, "lift_10": found.lift_10}
    return [(name, prefix + code, value, None) for code, value in values.items() if value is not None]


def _day(name: str, parameter: str, day: date) -> Row:
    number = float((day - date(1970, 1, 1)).days)
    return (name, parameter, number, Text(day.isoformat(), day.isoformat()))
