"""Which method was best, and which the forecasts use."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from zhike.value.analysis.backtest.methods import BLEND, MODELS

DEFAULT_MODEL = "bg_nbd"

MARGIN = 0.05
"""A rule, and the blend with one, must be better by this share: what repeats a few months need not hold for a year."""

TIE = 0.01
"""Models closer than this are equal, and the first of `MODELS` is taken: no flipping between equals every month."""

TARGETS = ("orders", "spend", "alive")

_YEARLY = (*MODELS, BLEND, "rule", "rule_mean_rate")
"""The rule of RFM cells is bound to the time it learnt from and cannot speak of a year."""


@dataclass(frozen=True, slots=True)
class Champions:
    """The best method by target; a rule only if better than every model by `MARGIN`.

    `value` is the method of expected orders and CLV: the champion of spend, or the best model where that is a rule
    that cannot speak of a year. `alive` is the best model for who comes back, which need not be the same.
    `is_tested` is False where these are defaults.
    """

    by_target: Mapping[str, str]
    value: str
    alive: str
    is_tested: bool = True


DEFAULT_CHAMPIONS = Champions({}, DEFAULT_MODEL, DEFAULT_MODEL, is_tested=False)


def loss(target: str, metrics: Mapping[str, float]) -> float:
    """What the champion has least of: ``error`` of an amount, 1 - ``gini`` of a ranking; infinite if unknown."""
    value = 1 - metrics.get("gini", math.nan) if target == "alive" else metrics.get("error", math.nan)
    return math.inf if math.isnan(value) else value


def champions_of(measured: Mapping[str, Mapping[str, Mapping[str, float]]]) -> Champions:
    """Choose by the measures of one back-test; the default where no model could be fitted."""
    by_target = {target: _champion(target, measured.get(target, {})) for target in TARGETS}
    spend, alive = (measured.get(target, {}) for target in ("spend", "alive"))
    value = by_target["spend"]
    if value not in _YEARLY:
        value = _best("spend", spend, tuple(MODELS)) or DEFAULT_MODEL
    return Champions(
        {target: code for target, code in by_target.items() if code},
        value,
        _best("alive", alive, tuple(MODELS)) or DEFAULT_MODEL,
        is_tested=any(by_target.values()),
    )


def _champion(target: str, methods: Mapping[str, Mapping[str, float]]) -> str:
    model = _best(target, methods, tuple(MODELS))
    rule = _best(target, methods, tuple(code for code in methods if code not in MODELS))
    if not model or not rule:
        return model or rule
    is_better = loss(target, methods[rule]) < (1 - MARGIN) * loss(target, methods[model])
    return rule if is_better else model


def _best(target: str, methods: Mapping[str, Mapping[str, float]], codes: tuple[str, ...]) -> str:
    """The code with the least loss, the first of those that tie; empty if none has any."""
    losses = {code: loss(target, methods.get(code, {})) for code in codes}
    least = min(losses.values(), default=math.inf)
    equals = (code for code in codes if losses[code] <= (1 + TIE) * least)
    return next(equals, "") if math.isfinite(least) else ""
