"""Who will probably not come back, who will order soon, and why: by a learnt model, by BG/NBD or a kin, or by a simple rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhike.kernel.words import Text
from zhike.value.analysis.btyd import order_probabilities
from zhike.value.analysis.btyd.intervals_future import OrderModel
from zhike.value.analysis.churn.inputs import (
    FEATURES,
    GROUPS,
    INPUTS,
    Columns,
    columns_of,
    feature_matrix,
    usual_gap_of_shop,
    usual_gaps,
)
from zhike.value.analysis.churn.learning import Propensity
from zhike.value.analysis.churn.measures import Floats
from zhike.value.labels import RISK_BANDS_FROM

SCORES = "churn_scores"
CHURN, PURCHASE = "churn", "purchase_30d"
SOON_DAYS = 30
REASONS = 3
_LEAST_EFFECT = 0.02
_DAYS_PER_WEEK = 7
# What the rule says of those within the first, second, third border of the rhythm, and beyond.
_RULE_SHARES = (0.15, 0.45, 0.7, 0.9)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Quiet days after which a customer is at risk, dormant, lost; the lifecycle stages have the same."""

    at_risk_days: int
    dormant_days: int
    lost_days: int


@dataclass(frozen=True)
class ChurnModels:
    """What the scores rest on.

    `lost` and `soon` are None where nothing could be learnt, and `reason` says why; then `orders` (BG/NBD or a kin)
    is used, and where that is None too, the rule by `rhythm`. `usual_gap_days` is that of the shop.
    """

    horizon_days: int
    rhythm: Rhythm
    lost: Propensity | None
    soon: Propensity | None
    orders: OrderModel | None
    usual_gap_days: float
    reason: Text | None = None

    @property
    def method(self) -> str:
        """``gradient_boosting``, ``logistic``, ``btyd`` (BG/NBD or a kin) or ``rule``."""
        if self.lost is not None:
            return self.lost.model.method
        return "rule" if self.orders is None else "btyd"


def churn_scores(inputs: pa.Table, *, fitted: ChurnModels) -> dict[str, pa.Table]:
    """Scores of some buyers, each by itself, so that any parts of them may be given.

    Parameters
    ----------
    inputs
        `customer_id` and the inputs that `churn_inputs` gives.

    Returns
    -------
    dict
        `SCORES`: the columns of the table `churn_scores` but `as_of`.
    """
    columns = columns_of(inputs)
    lost, soon, effects = _probabilities(columns, fitted)
    if soon is not None:
        # Whoever orders within thirty days orders within the longer horizon too.
        lost = np.minimum(lost, 1 - soon)
    found = {
        "customer_id": inputs["customer_id"],
        "method": pa.array([fitted.method]).take(pa.array(np.zeros(len(lost), dtype=np.int64))),
        "lost_probability": pa.array(lost),
        "purchase_probability_30d": pa.nulls(len(lost), pa.float64()) if soon is None else pa.array(soon),
        "risk_band": _bands(lost),
    }
    return {SCORES: pa.table(found | _reasons(columns, fitted, effects))}


def _probabilities(columns: Columns, fitted: ChurnModels) -> tuple[Floats, Floats | None, Floats | None]:
    """No order within the horizon; an order within thirty days, None where the rule cannot tell; effects on the first."""
    if fitted.orders is None and fitted.lost is None:
        return _by_rule(columns, fitted.rhythm), None, None
    soon, effects = fitted.soon, None
    if fitted.lost is not None:
        matrix = feature_matrix(columns, fitted.lost.usual_gap_days)
        lost, effects = fitted.lost.model.told(matrix)
    else:
        lost = _quiet(columns, None, fitted.orders, fitted.horizon_days)
    if soon is None and fitted.orders is None:
        return lost, None, effects
    return lost, 1 - _quiet(columns, soon, fitted.orders, SOON_DAYS), effects


def _quiet(
    columns: Columns, learnt: Propensity | None, orders: OrderModel | None, horizon_days: int
) -> Floats:
    if learnt is not None:
        return learnt.quiet_probabilities(columns)
    assert orders is not None
    if not len(columns["order_days"]):
        return np.zeros(0)
    history = (
        columns["order_days"] - 1,
        (columns["tenure_days"] - columns["recency_days"]) / _DAYS_PER_WEEK,
        columns["tenure_days"] / _DAYS_PER_WEEK,
    )
    nothing: Floats = order_probabilities(orders, *history, horizon=horizon_days / _DAYS_PER_WEEK, most=0)[
        ..., 0
    ]
    return nothing


def _by_rule(columns: Columns, rhythm: Rhythm) -> Floats:
    borders = [rhythm.at_risk_days, rhythm.dormant_days, rhythm.lost_days]
    place = np.searchsorted(borders, columns["recency_days"], side="left")
    shares: Floats = np.array(_RULE_SHARES)[place]
    return shares


def _bands(lost: Floats) -> pa.DictionaryArray:
    codes = list(RISK_BANDS_FROM)
    place = np.searchsorted(list(RISK_BANDS_FROM.values())[1:], lost, side="right")
    return pa.array(codes, pa.string()).take(pa.array(place))


def _reasons(columns: Columns, fitted: ChurnModels, every: Floats | None) -> dict[str, pa.Array]:
    """The facts with the largest effects: code, effect on the probability, the customer's number, the usual number."""
    rows = len(columns["order_days"])
    if every is None:
        codes = np.zeros((rows, 1), dtype=np.int64)
        effects = np.full((rows, 1), np.nan)
    else:
        codes = np.argsort(-np.abs(every), axis=1, kind="stable")[:, :REASONS]
        effects = np.take_along_axis(every, codes, axis=1)
    values, usual = _numbers(columns, fitted)
    every_row = np.arange(rows)
    found: dict[str, pa.Array] = {}
    names = pa.array(list(GROUPS), pa.string())
    for place in range(REASONS):
        name = f"reason_{place + 1}"
        if place >= codes.shape[1]:
            found |= {name: pa.nulls(rows, pa.string())}
            found |= {f"{name}_{what}": pa.nulls(rows, pa.float64()) for what in ("effect", "value", "usual")}
            continue
        code, effect = codes[:, place], effects[:, place]
        is_said = np.isnan(effect) | (np.abs(effect) >= _LEAST_EFFECT)
        numbers = (effect, values[code, every_row], usual[code, every_row])
        found[name] = names.take(pa.array(np.where(is_said, code, 0), mask=~is_said))
        for what, number in zip(("effect", "value", "usual"), numbers, strict=True):
            found[f"{name}_{what}"] = pa.array(number, mask=~is_said | np.isnan(number))
    return found


def _numbers(columns: Columns, fitted: ChurnModels) -> tuple[Floats, Floats]:
    """For each reason the customers' numbers, and what they are held against: the own past, or who stayed."""
    shop = fitted.usual_gap_days
    gaps = np.where(columns["order_days"] > 1, usual_gaps(columns, shop), np.nan)
    orders = columns["order_count"]
    listed = np.maximum(columns["spend_amount"] + columns["discount_amount"], 1)
    rows: dict[str, tuple[npt.NDArray[Any], npt.NDArray[Any] | float]] = {
        "quiet": (columns["recency_days"], gaps),
        "tenure": (columns["tenure_days"], _ordinary(fitted, "tenure_days")),
        "frequency": (columns["order_count_365d"], _ordinary(fitted, "order_count_365d")),
        "trend": (columns["order_count_90d"], columns["order_count_previous_90d"]),
        "rhythm": (usual_gaps(columns, shop), _ordinary(fitted, "usual_gap_days")),
        "spend": (columns["spend_amount"] / orders, _ordinary(fitted, "average_order_amount")),
        "discount": (columns["discount_amount"] / listed, _ordinary(fitted, "discount_share", is_log=False)),
        "weekend": (columns["weekend_count"] / orders, _ordinary(fitted, "weekend_share", is_log=False)),
        "categories": (columns["category_count"], _ordinary(fitted, "category_count", is_log=False)),
    }
    count = len(orders)
    values = np.stack([np.asarray(rows[code][0], dtype=np.float64) for code in GROUPS])
    usual = np.stack([np.broadcast_to(rows[code][1], count) for code in GROUPS])
    return values, usual.astype(np.float64)


def _ordinary(fitted: ChurnModels, name: str, *, is_log: bool = True) -> float:
    if fitted.lost is None:
        return float("nan")
    median = float(fitted.lost.model.ordinary[FEATURES.index(name)])
    return float(np.expm1(median)) if is_log else median


def churn_models(
    horizon_days: int,
    rhythm: Rhythm,
    orders: OrderModel | None,
    learnt: Mapping[str, Propensity],
    everyone: Columns | None,
    reason: Text | None,
) -> ChurnModels:
    """What is used where: a learnt model for each horizon that has one, else what stands in for it.

    Parameters
    ----------
    learnt
        By `CHURN` and `PURCHASE`.
    everyone
        The inputs of buyers, for the usual gap of the shop where there is no model of churn.
    """
    lost, soon = learnt.get(CHURN), learnt.get(PURCHASE)
    gap = lost.usual_gap_days if lost is not None else usual_gap_of_shop(everyone or _NOBODY)
    return ChurnModels(horizon_days, rhythm, lost, soon, orders, gap, reason)


_NOBODY: Columns = {name: np.zeros(0, dtype=np.int64) for name in INPUTS}
