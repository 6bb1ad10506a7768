"""Customer lifetime value of the next 365 days: how many order days, how much on each, what it is worth today."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhike.kernel.words import Text
from zhike.lake.arrays import in_order, numpy_column
from zhike.value.analysis.backtest.champions import DEFAULT_CHAMPIONS, DEFAULT_MODEL, Champions
from zhike.value.analysis.backtest.histories import Array
from zhike.value.analysis.backtest.methods import (
    BLEND,
    BLENDED,
    DAYS_PER_WEEK,
    LEAST_REPEAT_BUYERS,
    METHOD_NAMES,
    MODELS,
    RULES,
    Floats,
    OrderModel,
    expected_amount,
    fit_amounts,
    weeks,
)
from zhike.value.analysis.backtest.rules import mean_rate, scaled_up
from zhike.value.analysis.btyd import (
    BgNbdParameters,
    FitError,
    GammaGammaParameters,
    MbgNbdParameters,
    order_forecasts,
)
from zhike.value.analysis.features import profiled_buyers
from zhike.value.analysis.margins import MarginRates, fit_margins
from zhike.value.settings import ValueSettings

HORIZON_DAYS = 365
HORIZON_WEEKS = HORIZON_DAYS / DAYS_PER_WEEK
CONFIDENCE = 0.9

MOST_FITTED = 100_000
"""Customers that models are fitted to; a sample of so many gives parameters to well below one percent."""

INPUTS = ("order_days", "tenure_days", "recency_days", "spend_amount", "order_count", "order_count_365d")
FORECASTS = "clv_forecasts"


@dataclass(frozen=True)
class ClvParameters:
    """What the forecasts rest on.

    Expected orders and CLV come from `orders`, or from the rule named by `rule` (with `reason`), or, where `rule` is
    ``blend``, from both. Both are missing where no model could be fitted: then the rule "next year like the last 365
    days" is used for everyone.
    The probability alive comes from `alive`, from `orders` where that is None. `amounts` is None where the amounts
    fall back to each customer's own mean. `notes` are warnings that change nothing.
    `margins` says what of their own lines stays, where costs are known; `margin` is that of the shop then.
    """

    buyers: int
    repeat_buyers: int
    orders: OrderModel | None
    amounts: GammaGammaParameters | None
    reason: Text | None
    margin: float
    discount_rate_yearly: float
    rule: str = ""
    alive: OrderModel | None = None
    notes: tuple[Text, ...] = ()
    is_tested: bool = False
    margins: MarginRates | None = None

    @property
    def basis(self) -> str:
        """What the value is counted in: ``margin``, or ``revenue`` where nothing says what stays."""
        return "revenue" if self.margins is None and self.margin >= 1 else "margin"

    @property
    def method(self) -> str:
        """``bg_nbd``, ``mbg_nbd``, ``pareto_nbd``, ``blend``, ``rule`` or ``rule_mean_rate``, as the forecasts name it."""
        if self.rule or self.orders is None:
            return self.rule or RULES[0]
        return model_code(self.orders)

    @property
    def alive_model(self) -> OrderModel | None:
        """The model of the probability alive; None where none could be fitted."""
        return self.alive or self.orders


def model_code(model: OrderModel) -> str:
    """The code of a fitted model, as `method` has it."""
    match model:
        case BgNbdParameters():
            return "bg_nbd"
        case MbgNbdParameters():
            return "mbg_nbd"
        case _:
            return "pareto_nbd"


def clv_inputs(features: ir.Table) -> ir.Table:
    """`customer_id` and the columns of `INPUTS` for every buyer who may be profiled."""
    return profiled_buyers(features).select("customer_id", *INPUTS)


def fit_clv(
    inputs: pa.Table,
    settings: ValueSettings,
    champions: Champions = DEFAULT_CHAMPIONS,
    *,
    sample: pa.Table | None = None,
) -> ClvParameters:
    """Fit the champions and Gamma-Gamma; falls back, and says so, where the data cannot carry them.

    Parameters
    ----------
    inputs
        As `clv_inputs` gives them: days and minor units. The order of the rows does not matter.
    champions
        What the back-test chose.
    sample
        `evenly` of `inputs`, where it is known already.
    """
    sample = evenly(inputs, MOST_FITTED) if sample is None else sample
    order_days, tenure, recency, spend = (numpy_column(sample, name) for name in INPUTS[:4])
    repeat_buyers = int((numpy_column(inputs, "order_days") > 1).sum())
    if repeat_buyers < LEAST_REPEAT_BUYERS:
        found = _Fitted(reason=_TOO_FEW.format(found=repeat_buyers, needed=LEAST_REPEAT_BUYERS))
    else:
        found = _fitted(order_days, weeks(order_days, recency, tenure), spend, champions)
    in_revenue = settings.clv_basis == "revenue"
    margins = None if in_revenue else fit_margins(inputs, settings.margin)
    margin = margins.rate if margins else 1.0 if in_revenue else settings.margin
    return ClvParameters(
        buyers=inputs.num_rows,
        repeat_buyers=repeat_buyers,
        orders=found.orders,
        amounts=found.amounts,
        reason=found.reason,
        margin=margin,
        discount_rate_yearly=settings.discount_rate_yearly,
        rule=found.rule,
        alive=found.alive,
        notes=(*found.notes, *(_margin_notes(margins) if margins else ())),
        is_tested=champions.is_tested,
        margins=margins,
    )


def _margin_notes(margins: MarginRates) -> Iterator[Text]:
    if margins.covered < _WELL_COVERED:
        yield _PARTLY_COSTED.format(share=f"{margins.covered:.0%}", otherwise=f"{margins.otherwise:.0%}")
    if margins.below_cost:
        yield _BELOW_COST.format(count=margins.below_cost)


@dataclass(frozen=True, slots=True)
class _Fitted:
    orders: OrderModel | None = None
    alive: OrderModel | None = None
    amounts: GammaGammaParameters | None = None
    rule: str = ""
    reason: Text | None = None
    notes: tuple[Text, ...] = ()


def _fitted(
    order_days: Array, history: tuple[Floats, Floats, Floats], spend: Array, champions: Champions
) -> _Fitted:
    is_rule = champions.value in RULES
    wanted = BLENDED if champions.value == BLEND else DEFAULT_MODEL if is_rule else champions.value
    # The models share nothing, and NumPy lets go of the interpreter while it computes.
    with ThreadPoolExecutor(max_workers=1) as beside:
        fitting = beside.submit(_amounts_or_reason, order_days, spend)
        fitted: dict[str, OrderModel | FitError] = {}
        for code in dict.fromkeys((champions.alive, champions.alive if is_rule else wanted)):
            fitted[code] = _model_or_error(code, history)
        amounts, own_amounts = fitting.result()
    alive = fitted[champions.alive]
    if is_rule:
        model = None if isinstance(alive, FitError) else alive
        reason = _RULE_IS_BETTER.format(rule=METHOD_NAMES[champions.value])
        return _Fitted(alive=model, rule=champions.value, reason=reason)
    orders = fitted[wanted]
    if isinstance(orders, FitError):
        return _Fitted(reason=_NOT_FITTED.format(why=Text(zh=orders.zh, en=orders.en)))
    other = None if isinstance(alive, FitError) or alive is orders else alive
    notes = amounts.warnings if amounts else ()
    if champions.value == BLEND:
        return _Fitted(orders, other, amounts, BLEND, own_amounts, (_BLENDED, *_limits(orders), *notes))
    return _Fitted(orders, other, amounts, "", own_amounts, (*_limits(orders), *notes))


def _model_or_error(code: str, history: tuple[Floats, Floats, Floats]) -> OrderModel | FitError:
    try:
        return MODELS[code](*history, time_unit="W")
    except FitError as error:
        return error


def _amounts_or_reason(order_days: Array, spend: Array) -> tuple[GammaGammaParameters | None, Text | None]:
    """Gamma-Gamma, or why each customer's own mean has to do."""
    try:
        return fit_amounts(order_days, spend), None
    except FitError as error:
        return None, _OWN_AMOUNTS.format(why=Text(zh=error.zh, en=error.en))


def _limits(model: OrderModel) -> tuple[Text, ...]:
    return (_AT_LIMIT.format(names=", ".join(model.at_limit)),) if model.at_limit else ()


_WELL_COVERED = 0.8
_PARTLY_COSTED = Text(
    "只有 {share} 的销售额知道成本或类目毛利率，其余按 {otherwise} 计算",
    "cost or margin is known for {share} of what was sold only; the rest counts with {otherwise}",
)
_BELOW_COST = Text(
    "{count} 位客户买的商品成本高于实付金额，毛利为负；请核对成本价",
    "{count} customers paid less than their goods cost, their margin is negative; check the costs",
)
_TOO_FEW = Text(
    "只有 {found} 位客户在两天以上下过单（模型至少需要 {needed} 位），改用规则“明年与最近 365 天相同”",
    "only {found} customers ordered on two or more days (the model needs {needed}); "
    "the rule “next year like the last 365 days” is used",
)
_NOT_FITTED = Text(
    "模型未能拟合（{why}），已改用简单规则", "the model could not be fitted ({why}); the simple rule is used"
)
_RULE_IS_BETTER = Text(
    "最近几个月的回测中，“{rule}”比所有模型都更接近实际，因此预计次数与客户价值按这条规则计算；活跃概率仍由模型给出",
    "in the back-test of the last months “{rule}” was closer to what came than every model, so expected orders and "
    "value follow that rule; the probability alive is still a model’s",
)
_BLENDED = Text(
    "最近几个月的回测中，模型与“同上一期”各取一半最接近实际：预计次数与客户价值为 Pareto/NBD 与最近 365 天的平均，不给出单个客户的区间",
    "in the back-test of the last months half a model and half the period before were closest: expected orders and "
    "value are the mean of Pareto/NBD and the last 365 days, without an interval for each customer",
)
_OWN_AMOUNTS = Text(
    "单次金额改用每位客户自己的平均（{why}）", "each customer's own mean amount is used ({why})"
)
_AT_LIMIT = Text(
    "参数 {names} 停在搜索范围的边界：数据不足以确定它，预测仍可用，但该参数本身没有含义",
    "the parameters {names} ran to the edge of the search: the data do not pin them down; forecasts hold, the "
    "parameters themselves mean nothing",
)


def clv_forecasts(
    inputs: pa.Table, *, fitted: ClvParameters, horizon_days: int = HORIZON_DAYS, has_bounds: bool = True
) -> dict[str, pa.Table]:
    """Forecasts of some buyers; of each alone, so that any parts of them may be given.

    Parameters
    ----------
    inputs
        As `clv_inputs` gives them: days and minor units; with the sums of `margins` where `fitted` has some.
    horizon_days
        Columns keep their names, whatever it is.
    has_bounds
        Without, the bounds are empty: they take most of the time.

    Returns
    -------
    dict
        `FORECASTS`: `customer_id, probability_alive, expected_orders_365d, expected_orders_365d_low,
        expected_orders_365d_high, expected_order_amount, clv_365d`; the probability
        is empty where no model could be fitted, the bounds under a rule and the blend.
    """
    order_days, tenure, recency, spend, orders, recent_orders = (
        numpy_column(inputs, name) for name in INPUTS
    )
    # Forecasts are of days with an order; some days have several.
    recent = recent_orders * (order_days / orders)
    history = weeks(order_days, recency, tenure)
    alive = fitted.alive.probability_alive(*history) if fitted.alive else None
    low, high = None, None
    yearly = math.log1p(fitted.discount_rate_yearly)
    if fitted.orders is None:
        expected = discounted = _by_rule(fitted.method, order_days, tenure, recent, horizon_days)
    else:
        forecasts = order_forecasts(
            fitted.orders,
            *history,
            horizon=horizon_days / DAYS_PER_WEEK,
            discount_rate=yearly / HORIZON_WEEKS,
            confidence=CONFIDENCE if has_bounds and fitted.rule != BLEND else None,
        )
        alive = forecasts.probability_alive if alive is None else alive
        expected, discounted = forecasts.expected_orders, forecasts.discounted_orders
        if fitted.rule == BLEND:
            like_last = _by_rule("rule", order_days, tenure, recent, horizon_days)
            worth = _worth_evenly(yearly, horizon_days)
            expected, discounted = (expected + like_last) / 2, (discounted + like_last * worth) / 2
        elif forecasts.interval is not None:
            low, high = forecasts.interval
    amount = expected_amount(order_days, spend, fitted.amounts)
    margin = fitted.margins.of(inputs) if fitted.margins else fitted.margin
    columns = {
        "customer_id": inputs["customer_id"],
        "probability_alive": _column(alive, len(spend), pa.float64()),
        "expected_orders_365d": pa.array(expected),
        "expected_orders_365d_low": _column(low, len(spend), pa.float64()),
        "expected_orders_365d_high": _column(high, len(spend), pa.float64()),
        "expected_order_amount": pa.array(amount),
        "clv_365d": pa.array(amount * discounted * margin),
    }
    return {FORECASTS: pa.table(columns)}


def discounted_orders(
    fitted: ClvParameters,
    *,
    order_days: Array,
    tenure_days: Array,
    recency_days: Array,
    recent: Array,
    horizon_days: int = HORIZON_DAYS,
) -> Floats:
    """Days with an order to come, each worth what it is today; under a rule not discounted.

    Parameters
    ----------
    recent
        Days with an order of the last 365; only a rule and the blend look at them.
    """
    if fitted.orders is None:
        return _by_rule(fitted.method, order_days, tenure_days, recent, horizon_days)
    yearly = math.log1p(fitted.discount_rate_yearly)
    history = weeks(order_days, recency_days, tenure_days)
    modelled: Floats = fitted.orders.discounted_expected_orders(
        *history, horizon=horizon_days / DAYS_PER_WEEK, discount_rate=yearly / HORIZON_WEEKS
    )
    if fitted.rule != BLEND:
        return modelled
    like_last = _by_rule("rule", order_days, tenure_days, recent, horizon_days)
    return (modelled + like_last * _worth_evenly(yearly, horizon_days)) / 2


def _worth_evenly(yearly: float, horizon_days: int) -> float:
    """What an order is worth today, of orders spread evenly over the time."""
    discount = yearly * horizon_days / HORIZON_DAYS
    return -math.expm1(-discount) / discount if discount else 1.0


def _by_rule(code: str, order_days: Array, tenure: Array, recent: Array, horizon_days: int) -> Floats:
    if code == "rule_mean_rate":
        return mean_rate(order_days, tenure, horizon_days)
    return scaled_up(recent, tenure, HORIZON_DAYS, horizon_days)


def _column(values: npt.NDArray[np.generic] | None, rows: int, type: pa.DataType) -> pa.Array:
    return pa.nulls(rows, type) if values is None else pa.array(values, type)


def evenly(inputs: pa.Table, most: int) -> pa.Table:
    """At most so many customers, every n-th in the order of their ids.

    In that order too, so that sums of floats never depend on how an engine ordered the rows.
    """
    ids = numpy_column(inputs, "customer_id")
    every = max(1, -(-len(ids) // most))
    _, places = in_order(ids)
    return inputs.take(places[::every])
