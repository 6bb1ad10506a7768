"""Fitted parameters as a table, so that pages and analysts see what the scores rest on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from zhike.kernel.words import Text
from zhike.value.analysis.backtest.methods import METHOD_NAMES, OrderModel
from zhike.value.analysis.btyd import (
    BgNbdParameters,
    GammaGammaParameters,
    MbgNbdParameters,
    ParetoNbdParameters,
)
from zhike.value.analysis.clv import ClvParameters, model_code
from zhike.value.analysis.rfm import RfmParameters
from zhike.value.settings import ValueSettings

Row = tuple[str, str, float, Text | None]


def parameter_table(rows: list[Row]) -> pa.Table:
    """`model_parameters` from rows of model, parameter, value and an optional note."""
    return pa.table(
        {
            "model": [row[0] for row in rows],
            "parameter": [row[1] for row in rows],
            "value": pa.array(np.array([row[2] for row in rows], dtype=np.float64)),
            "note_zh": pa.array([row[3].zh if row[3] else None for row in rows], pa.string()),
            "note_en": pa.array([row[3].en if row[3] else None for row in rows], pa.string()),
        }
    )


def rfm_parameter_rows(fitted: RfmParameters, settings: ValueSettings) -> list[Row]:
    """What the RFM scores rest on."""
    method = {
        "quantile": Text("分位阈值", "quantile cut points"),
        "fixed": Text("固定阈值", "fixed thresholds"),
    }
    cuts = {
        "recency_cut": fitted.recency_cuts_days,
        "frequency_cut": fitted.frequency_cuts,
        "monetary_cut": fitted.monetary_cuts,
    }
    rows: list[Row] = [
        ("rfm", "buyers", float(fitted.buyers), method[fitted.method]),
        ("rfm", "look_back_days", float(settings.rfm_look_back_days), None),
    ]
    rows += [
        ("rfm", f"{name}_{i}", float(cut), None)
        for name, four in cuts.items()
        for i, cut in enumerate(four, 1)
    ]
    rows += [
        ("rfm", name, getattr(fitted, name), None)
        for name in ("mean_recency_days", "mean_order_count", "mean_spend_amount")
    ]
    return rows


_BASIS = {
    "margin": Text("客户价值按毛利计", "Values are margin"),
    "revenue": Text(
        "客户价值按销售额计（不知道商品成本和毛利率，或设置为不使用）",
        "Values are revenue: no cost and no margin is known, or the settings say so",
    ),
}
_COSTED = Text(
    "知道成本或类目毛利率的销售额占比；每位客户按自己买的商品计毛利",
    "share of sales with a known cost or margin of the category; each customer's margin is that of what they buy",
)


def clv_parameter_rows(fitted: ClvParameters) -> list[Row]:
    """What the forecasts rest on, and why they fell back if they did."""
    rows: list[Row] = [
        ("clv", "buyers", float(fitted.buyers), fitted.reason),
        ("clv", "method", float(list(METHOD_NAMES).index(fitted.method)), Text(fitted.method, fitted.method)),
        ("clv", "repeat_buyers", float(fitted.repeat_buyers), None),
        ("clv", "margin", fitted.margin, _BASIS[fitted.basis]),
        ("clv", "discount_rate_yearly", fitted.discount_rate_yearly, None),
    ]
    if fitted.margins:
        rows.append(("clv", "margin_covered", fitted.margins.covered, _COSTED))
    rows += [("clv", f"note_{number}", float(number), note) for number, note in enumerate(fitted.notes, 1)]
    for model in dict.fromkeys((fitted.orders, fitted.alive)):
        if model is not None:
            rows += _fit_rows(model_code(model), {**model.parameters, "log_likelihood": model.log_likelihood})
            rows += _fit_rows(model_code(model), _errors(model))
    if fitted.amounts is not None:
        rows += _fit_rows("gamma_gamma", {**fitted.amounts.parameters, **_errors(fitted.amounts)})
    return rows


def restored_orders(code: str, values: Mapping[tuple[str, str], float]) -> OrderModel | None:
    """The model of order times that `clv_parameter_rows` wrote under that code; None for a code of no model."""
    kind = _KINDS.get(code)
    if kind is None:
        return None
    names = ("r", "alpha", *(("s", "beta") if kind is ParetoNbdParameters else ("a", "b")), "log_likelihood")
    return kind(**_named(code, names, values), time_unit="W")


def restored_amounts(values: Mapping[tuple[str, str], float]) -> GammaGammaParameters | None:
    """The model of amounts that `clv_parameter_rows` wrote; None where there was none."""
    if ("gamma_gamma", "p") not in values:
        return None
    found = _named("gamma_gamma", ("p", "q", "gamma"), values)
    return GammaGammaParameters(**found, log_likelihood=math.nan, customers=math.nan)


_KINDS: Mapping[str, type[OrderModel]] = {
    "bg_nbd": BgNbdParameters,
    "mbg_nbd": MbgNbdParameters,
    "pareto_nbd": ParetoNbdParameters,
}


def _named(model: str, names: tuple[str, ...], values: Mapping[tuple[str, str], float]) -> dict[str, Any]:
    return {name: values[model, name] for name in names}


def _fit_rows(model: str, values: Mapping[str, float]) -> list[Row]:
    return [(model, name, float(value), None) for name, value in values.items()]


def _errors(model: OrderModel | GammaGammaParameters) -> dict[str, float]:
    errors = model.standard_errors.items()
    return {f"{name}_standard_error": value for name, value in errors if not math.isnan(value)}
