"""What a forecast rests on, how well it did and where it must not be used: for people who have to trust it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from zhike.kernel.words import Text
from zhike.lake.arrays import numpy_column
from zhike.value.analysis.backtest.champions import DEFAULT_MODEL, Champions
from zhike.value.analysis.backtest.methods import METHOD_NAMES, OrderModel
from zhike.value.analysis.btyd import GammaGammaParameters
from zhike.value.analysis.clv import ClvParameters, model_code

CLV = "clv"
_SHORT_DAYS = 180


@dataclass(frozen=True, slots=True)
class Training:
    """What the models saw: the days from the first order on, and who was left out because they refused profiling."""

    first_day: date | None
    last_day: date
    no_profiling: int

    @classmethod
    def of(cls, inputs: pa.Table, *, as_of: date, no_profiling: int) -> Training:
        tenure = numpy_column(inputs, "tenure_days")
        first = as_of - timedelta(days=int(tenure.max())) if len(tenure) else None
        return cls(first, as_of, no_profiling)


Item = tuple[str, str, float | None, Text | None]


def model_card_rows(
    fitted: ClvParameters,
    training: Training,
    champions: Champions,
    measured: Mapping[str, Mapping[str, Mapping[str, float]]],
    schema: pa.Schema,
) -> pa.Table:
    """`model_cards`: the items of each model in the order in which they are read."""
    items = [*_about(fitted, training, champions), *_fitness(fitted, measured), *_warnings(fitted, training)]
    for model in dict.fromkeys(each for each in (fitted.orders, fitted.alive) if each is not None):
        items += _parameters(model_code(model), model)
    if fitted.amounts is not None:
        items += _parameters("gamma_gamma", fitted.amounts)
    return card_rows(items, schema)


def card_rows(items: Iterable[Item], schema: pa.Schema) -> pa.Table:
    """Rows of `model_cards` in the order in which they are read."""
    rows: list[dict[str, Any]] = [
        {
            "model": model,
            "item": item,
            "position": position,
            "value": value,
            "text_zh": text.zh if text else None,
            "text_en": text.en if text else None,
        }
        for position, (model, item, value, text) in enumerate(items, 1)
    ]
    return pa.Table.from_pylist(rows, schema=schema)


def numbered(model: str, kind: str, texts: Iterable[Text]) -> Iterator[Item]:
    """Items ``KIND_1``, ``KIND_2`` … without a value: ``warning`` or ``not_for``."""
    for number, text in enumerate(texts, 1):
        yield model, f"{kind}_{number}", None, text


def _about(fitted: ClvParameters, training: Training, champions: Champions) -> Iterator[Item]:
    yield CLV, "purpose", None, _PURPOSE
    yield CLV, "method", None, METHOD_NAMES[fitted.method]
    alive = fitted.alive_model
    yield CLV, "alive_method", None, METHOD_NAMES[model_code(alive)] if alive else None
    yield (
        CLV,
        "chosen_by",
        None,
        _CHOSEN if champions.is_tested else _DEFAULT.format(name=METHOD_NAMES[DEFAULT_MODEL]),
    )
    window = Text("{first} 至 {last}", "{first} to {last}")
    if training.first_day is not None:
        days = float((training.last_day - training.first_day).days)
        yield CLV, "train_days", days, window.format(first=training.first_day, last=training.last_day)
    yield CLV, "buyers", float(fitted.buyers), None
    yield CLV, "repeat_buyers", float(fitted.repeat_buyers), None
    yield CLV, "no_profiling", float(training.no_profiling), EXCLUDED
    yield CLV, "margin", fitted.margin, None
    yield CLV, "discount_rate_yearly", fitted.discount_rate_yearly, None


def _fitness(
    fitted: ClvParameters, measured: Mapping[str, Mapping[str, Mapping[str, float]]]
) -> Iterator[Item]:
    used = {fitted.method, *(model_code(model) for model in (fitted.orders, fitted.alive) if model)}
    for target, methods in measured.items():
        metric = "gini" if target == "alive" else "mae"
        for method in (code for code in methods if code in used):
            metrics = methods[method]
            if (value := metrics.get(metric)) is not None and value == value:
                yield method, f"backtest_{target}_{metric}", value, None


def _warnings(fitted: ClvParameters, training: Training) -> Iterator[Item]:
    found = [fitted.reason] if fitted.reason else []
    if training.first_day is None or (training.last_day - training.first_day).days < _SHORT_DAYS:
        found.append(_SHORT)
    yield from numbered(CLV, "warning", (*found, *fitted.notes))
    yield from numbered(CLV, "not_for", (*_NOT_FOR, NEVER_ALONE))


def _parameters(code: str, model: OrderModel | GammaGammaParameters) -> Iterator[Item]:
    errors = model.standard_errors
    for name, value in model.parameters.items():
        error = errors[name]
        text = (
            _ERROR.format(error=f"{error:.3g}" if error < 100 else f"{error:,.0f}")
            if error == error
            else _NO_ERROR
        )
        yield code, f"parameter_{name}", float(value), text
    yield code, "log_likelihood", float(model.log_likelihood), None


_PURPOSE = Text(
    "预计每位客户未来 365 天的购买天数、金额与价值，用于排序、预算和分群",
    "expects each customer’s order days, spend and value of the next 365 days, for ranking, budgets and segments",
)
_CHOSEN = Text(
    "由最近已结束月份的回测选出：每位客户的平均误差与总量误差之和最小者",
    "chosen by a back-test on the last closed months: the least sum of the mean error a customer and the error of the total",
)
_DEFAULT = Text(
    "历史太短或客户太少，尚不能回测；默认使用 {name}",
    "too short a history or too few customers for a back-test yet; {name} is the default",
)
EXCLUDED = Text(
    "拒绝自动画像的客户不参与拟合，也不打分",
    "customers who refused to be profiled are neither fitted nor scored",
)
NEVER_ALONE = Text(
    "不得单独用于对个人作出有法律或重大影响的决定",
    "Never the only ground for a decision with legal or similarly significant effect on a person",
)
_ERROR = Text("标准误 {error}", "standard error {error}")
_NO_ERROR = Text("无法给出标准误", "no standard error")
_SHORT = Text(
    "订单历史不足 180 天：预测一年超出了数据所能说明的范围，请只看排序",
    "less than 180 days of orders: a year ahead is more than they can tell; use the ranking only",
)
_NOT_FOR = (
    Text(
        "不要把某一位客户的金额当作承诺：看区间，不看单个数字",
        "Not as a promise about one customer’s amount: read the interval, not the figure",
    ),
    Text(
        "不适用于订阅、合同，以及多年才买一次的商品",
        "Not for subscriptions, contracts, and goods bought once in many years",
    ),
    Text(
        "模型不知道季节、促销、调价和新品；大的变化之后先看回测再用",
        "Seasons, promotions, prices and new goods are unknown to it; after a big change look at the back-test first",
    ),
)
