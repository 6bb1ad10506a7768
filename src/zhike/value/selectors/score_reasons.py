"""Why a customer has the value score they have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from zhike.kernel.words import Text
from zhike.lake.snapshots import Snapshot
from zhike.pages import formats
from zhike.value.analysis.scores.components import COMPONENTS, column_of
from zhike.value.selectors.backtests import published_rows


@dataclass(frozen=True, slots=True)
class Contribution:
    """One component: where the customer stands (0–100), what it weighs, and the points that it gives."""

    name: Text
    what: Text | str
    standing: float
    weight: float
    points: float


@dataclass(frozen=True, slots=True)
class ScoreReasons:
    """`score` is the sum of the points, to a tenth. `refused` and `never_bought` say why there are none."""

    customer_id: int
    score: float | None
    refused: bool
    never_bought: bool
    contributions: tuple[Contribution, ...]
    without_data: tuple[Text, ...]


def score_reasons(snapshot: Snapshot, customer_id: int) -> ScoreReasons | None:
    """None where the snapshot does not know the customer, or is of a release that had no components."""
    if snapshot.lacks("customer_overview"):
        return None
    overview = snapshot.table("customer_overview")
    rows = snapshot.rows(overview.filter(overview.customer_id == customer_id))
    if not rows:
        return None
    row = rows[0]
    weights = {
        each["parameter"].removeprefix("weight_"): each["value"]
        for each in published_rows(snapshot, "model_parameters")
        if each["model"] == "value_score" and each["parameter"].startswith("weight_")
    }
    is_scored = row["recency_component"] is not None
    return ScoreReasons(
        customer_id=customer_id,
        score=row["value_score"],
        refused=row["no_profiling"],
        never_bought=not is_scored and not row["no_profiling"],
        contributions=tuple(_contribution(name, row, weights) for name in COMPONENTS if _stands(row, name)),
        without_data=tuple(COMPONENTS[name] for name in COMPONENTS if is_scored and not _stands(row, name)),
    )


def _stands(row: dict[str, Any], name: str) -> bool:
    return row[column_of(name)] is not None


def _contribution(name: str, row: dict[str, Any], weights: dict[str, float]) -> Contribution:
    standing, weight = row[column_of(name)], weights.get(name, 0.0)
    return Contribution(COMPONENTS[name], _what(name, row), standing, weight, standing * weight)


def _what(name: str, row: dict[str, Any]) -> Text | str:
    money = formats.money
    currency = settings.ZHIKE_CURRENCY
    match name:
        case "recency":
            return Text("{n} 天前下单", "ordered {n} days ago").format(n=row["recency_days"])
        case "frequency":
            return Text("{n} 单", "{n} orders").format(n=row["order_count"])
        case "monetary":
            return money(row["spend_amount"], currency)
        case "clv":
            said = {
                "margin": Text("预计 {value}（毛利）", "{value} expected (margin)"),
                "revenue": Text("预计 {value}（销售额）", "{value} expected (revenue)"),
            }
            return said[row["clv_basis"] or "revenue"].format(value=money(round(row["clv_365d"]), currency))
        case "engagement":
            if row["active_days_90d"] is None:
                return Text("没有互动记录，按中间值", "nothing on record: taken as the mean")
            return Text("近 90 天 {n} 天有互动", "{n} active days of the last 90").format(
                n=row["active_days_90d"]
            )
        case "referral":
            return Text(
                "直接带来 {n} 位客户，消费 {value}", "brought {n} customers, who spent {value}"
            ).format(n=row["referred_count"], value=money(row["referral_amount"], currency))
        case _:
            if row["feedback_rating"] is None:
                return Text("没有评价，按中间值", "no rating: taken as the mean")
            return Text("平均评价 {n}/100", "mean rating {n} of 100").format(
                n=formats.count(row["feedback_rating"])
            )
