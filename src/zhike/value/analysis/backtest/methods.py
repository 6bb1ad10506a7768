"""The candidates: three models of order times with Gamma-Gamma, and three rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from zhike.kernel.words import Text
from zhike.value.analysis.backtest.histories import Array, Histories, Known
from zhike.value.analysis.backtest.rules import RfmCells, mean_rate, scaled_up
from zhike.value.analysis.btyd import (
    BG_NBD_PRIOR,
    GAMMA_GAMMA_PRIOR,
    MBG_NBD_PRIOR,
    PARETO_NBD_PRIOR,
    BgNbdParameters,
    FitError,
    GammaGammaParameters,
    MbgNbdParameters,
    ParetoNbdParameters,
    fit_bg_nbd,
    fit_gamma_gamma,
    fit_mbg_nbd,
    fit_pareto_nbd,
)

Floats = npt.NDArray[np.float64]
OrderModel = BgNbdParameters | MbgNbdParameters | ParetoNbdParameters
DAYS_PER_WEEK = 7

LEAST_REPEAT_BUYERS = 10
"""Customers with orders on two or more days, below which not even a prior makes a forecast of chance."""

MODELS: Mapping[str, Callable[..., OrderModel]] = {
    "bg_nbd": partial(fit_bg_nbd, prior=BG_NBD_PRIOR),
    "mbg_nbd": partial(fit_mbg_nbd, prior=MBG_NBD_PRIOR),
    "pareto_nbd": partial(fit_pareto_nbd, prior=PARETO_NBD_PRIOR),
}
"""How each is fitted, in the order in which ties are settled."""

BLEND, BLENDED = "blend", "pareto_nbd"
"""Half of a model and half of the last period: the model knows who is gone, the last period what is new."""

RULES = ("rule", "rule_mean_rate", "rule_rfm_cells")

METHOD_NAMES: Mapping[str, Text] = {
    "bg_nbd": Text("BG/NBD", "BG/NBD"),
    "mbg_nbd": Text("MBG/NBD", "MBG/NBD"),
    "pareto_nbd": Text("Pareto/NBD", "Pareto/NBD"),
    "blend": Text("混合：Pareto/NBD 与上一期各半", "blend: half Pareto/NBD, half like the period before"),
    "rule": Text("规则：与上一期相同", "rule: like the period before"),
    "rule_mean_rate": Text("规则：历史平均速度", "rule: historic mean rate"),
    "rule_rfm_cells": Text("规则：同一 RFM 格的平均", "rule: mean of the RFM cell"),
}


@dataclass(frozen=True, slots=True)
class Forecast:
    """Of each customer, shape (n,): order days, spend in minor units, and a score of who comes back at all."""

    orders: Floats
    spend: Floats
    alive: Floats


def weeks(order_days: Array, recency_days: Array, tenure_days: Array) -> tuple[Floats, Floats, Floats]:
    """x, t_x and T of customers, shape (n,), in weeks."""
    last, tenure = (tenure_days - recency_days) / DAYS_PER_WEEK, tenure_days / DAYS_PER_WEEK
    return (order_days - 1).astype(np.float64), last, tenure


def fit_amounts(order_days: Array, spend: Array) -> GammaGammaParameters:
    """Gamma-Gamma of the customers who paid anything.

    Raises
    ------
    FitError
        Also ``infinite_mean`` where the amounts are too dispersed (q ≤ 1).
    """
    paid = spend > 0
    fitted = fit_gamma_gamma(order_days[paid], spend[paid] / order_days[paid], prior=GAMMA_GAMMA_PRIOR)
    if fitted.q <= 1:
        raise FitError(
            "infinite_mean",
            "the amounts are too dispersed, Gamma-Gamma q ≤ 1",
            "金额过于离散，Gamma-Gamma 的 q ≤ 1",
        )
    return fitted


def expected_amount(order_days: Array, spend: Array, fitted: GammaGammaParameters | None) -> Floats:
    """The conditional mean of Fader & Hardie (2013), eq. 5, with n order days and their total spend.

    Without a model, and where a customer netted less than nothing, the customer's own mean.
    """
    own: Floats = spend / order_days
    if fitted is None:
        return own
    modelled = (fitted.gamma + spend) * fitted.p / (fitted.p * order_days + fitted.q - 1)
    return np.where(spend >= 0, modelled, own)


def forecasts(histories: Histories, horizon_days: int) -> dict[str, Forecast]:
    """The forecast of every candidate by its code; models that the data cannot carry are not there."""
    known = histories.known
    cells = RfmCells.learnt(histories.earlier, histories.after_earlier)
    found = _models(known, horizon_days)
    found["rule"] = _of_rule(
        scaled_up(known.period.order_days, known.tenure_days, known.period_days, horizon_days),
        scaled_up(known.period.spend, known.tenure_days, known.period_days, horizon_days),
    )
    if BLENDED in found:
        found[BLEND] = _half_of_each(found[BLENDED], found["rule"])
    found["rule_mean_rate"] = _of_rule(
        mean_rate(known.order_days, known.tenure_days, horizon_days),
        mean_rate(known.spend, known.tenure_days, horizon_days),
    )
    learnt_days = histories.earlier.period_days
    found["rule_rfm_cells"] = _of_rule(
        *(each * (horizon_days / learnt_days) for each in cells.forecast(known))
    )
    return found


def _models(known: Known, horizon_days: int) -> dict[str, Forecast]:
    if (known.order_days > 1).sum() < LEAST_REPEAT_BUYERS:
        return {}
    history = weeks(known.order_days, known.recency_days, known.tenure_days)
    try:
        amounts: GammaGammaParameters | None = fit_amounts(known.order_days, known.spend)
    except FitError:
        amounts = None
    amount = expected_amount(known.order_days, known.spend, amounts)

    def forecast(code: str) -> Forecast | None:
        try:
            model = MODELS[code](*history, time_unit="W")
        except FitError:
            return None
        orders = model.expected_orders(*history, horizon=horizon_days / DAYS_PER_WEEK)
        return Forecast(orders, orders * amount, model.probability_alive(*history))

    # NumPy lets go of the interpreter while it computes.
    with ThreadPoolExecutor(max_workers=2) as beside:
        made = list(beside.map(forecast, MODELS))
    return {code: each for code, each in zip(MODELS, made, strict=True) if each is not None}


def _half_of_each(model: Forecast, rule: Forecast) -> Forecast:
    orders, spend = (model.orders + rule.orders) / 2, (model.spend + rule.spend) / 2
    return Forecast(orders, spend, orders)


def _of_rule(orders: Floats, spend: Floats) -> Forecast:
    # A rule knows nothing of being alive: whoever is expected to order most is likeliest to come back.
    return Forecast(orders, spend, orders)
