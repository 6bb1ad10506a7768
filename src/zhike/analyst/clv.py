"""CLV of any data frame of orders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, Literal, TypeVar

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from zhike.analyst.bilingual import bilingual
from zhike.analyst.champions import AUTO, champions_for
from zhike.analyst.days import AsOf
from zhike.analyst.orders import Orders, Reading, read_orders
from zhike.analyst.pictures import bars_svg
from zhike.analyst.plots import bars_figure
from zhike.analyst.results import Result, finished, read_only
from zhike.analyst.rows import Selection
from zhike.analyst.settings import value_settings, whole_days
from zhike.analyst.workbench import Workbench, workbench
from zhike.kernel.errors import UsageError
from zhike.kernel.words import Text
from zhike.lake.arrays import numpy_column
from zhike.value.analysis import clv as analysis
from zhike.value.analysis.backtest.methods import DAYS_PER_WEEK, OrderModel, weeks
from zhike.value.analysis.btyd import BtydError, order_interval, spend_interval, total_orders, total_spend
from zhike.value.analysis.deciles import decile, fit_deciles

T = TypeVar("T")

_HISTORY = ("order_days", "tenure_days", "recency_days", "spend_amount")
_FORECAST = (
    *("probability_alive", "expected_orders_365d", "expected_orders_365d_low", "expected_orders_365d_high"),
    *("expected_order_amount", "clv_365d"),
)
_AMOUNTS = ("spend_amount", "expected_order_amount", "clv_365d")
_TITLE = Text("每个十分位的平均 CLV（1 最高）", "Mean CLV of each tenth (1 is the highest)")

OrderModelName = Literal["auto", "bg_nbd", "mbg_nbd", "pareto_nbd"]


@dataclass(frozen=True, eq=False, repr=False)
class ClvResult(Result):
    """Columns: the customer, `as_of, method`, the history `order_days, tenure_days, recency_days, spend_amount`, `probability_alive` (empty under a rule), `expected_orders_365d` (distinct days) with `_low` and `_high` (90 %), `expected_order_amount, clv_365d, clv_decile` (1 is the highest).

    With another horizon, 365 is that number of days.

    Attributes
    ----------
    fitted
        The models themselves, with amounts in minor units: `fitted.orders`, `fitted.amounts`, `fitted.alive_model`.
    horizon_days
        How far it looks.
    """

    fitted: analysis.ClvParameters
    horizon_days: int
    decimals: int = 2

    @property
    def method(self) -> str:
        """``bg_nbd``, ``mbg_nbd``, ``pareto_nbd``, ``blend``, ``rule`` or ``rule_mean_rate``."""
        return self.fitted.method

    @property
    def clv_column(self) -> str:
        """The name of the column of values."""
        return f"clv_{self.horizon_days}d"

    @bilingual
    def intervals(self, *, confidence: float = 0.9) -> Selection:
        """What each customer may do within the horizon, chance included: bounds of order days and spend.

        Columns: the customer, `expected_orders, orders_low, orders_high, spend_low, spend_high` (before margin and
        discount; empty where amounts could not be modelled).

        Raises
        ------
        UsageError
            ``intervals.no_model`` under a rule or a blend, ``intervals.refused``.
        """
        question = self._question(confidence)
        orders = self._model()
        low, high = _asked(lambda: order_interval(orders, **question))
        spend: tuple[pa.Array, ...] = (pa.nulls(len(self), pa.float64()),) * 2
        amounts = self.fitted.amounts
        if amounts is not None:
            bounds = _asked(lambda: spend_interval(orders, amounts, **question, **self._spent()))
            spend = tuple(pa.array(bound / 10.0**self.decimals) for bound in bounds)
        return Selection(
            pa.table(
                {
                    self.table.column_names[0]: self.table.column(0),
                    "expected_orders": self.table[f"expected_orders_{self.horizon_days}d"],
                    "orders_low": low,
                    "orders_high": high,
                    "spend_low": spend[0],
                    "spend_high": spend[1],
                }
            )
        )

    @bilingual
    def totals(self, *, confidence: float = 0.9) -> Selection:
        """All customers together: `what` (``orders``, ``spend``), `expected, low, high`; chance and parameters both vary.

        Spend is before margin and discount, and missing where amounts could not be modelled.

        Raises
        ------
        UsageError
            ``intervals.no_model`` under a rule or a blend, ``intervals.refused`` also where a few amounts outweigh all others.
        """
        question, orders, amounts = self._question(confidence), self._model(), self.fitted.amounts
        found = {"orders": (_asked(lambda: total_orders(orders, **question)), 1.0)}
        if amounts is not None:
            total = _asked(lambda: total_spend(orders, amounts, **question, **self._spent()))
            found["spend"] = (total, 10.0**self.decimals)
        rows = [
            {
                "what": what,
                "expected": total.expected / unit,
                "low": total.interval[0] / unit,
                "high": total.interval[1] / unit,
            }
            for what, (total, unit) in found.items()
        ]
        return Selection(pa.Table.from_pylist(rows))

    def summary(self) -> Selection:
        """One row a tenth by value, the highest first: `clv_decile, customers, clv, share, mean_clv, spend_amount`."""
        name = self.clv_column
        found = self.table.group_by("clv_decile").aggregate(
            [("as_of", "count"), (name, "sum"), (name, "mean"), ("spend_amount", "sum")]
        )
        total = sum(found[f"{name}_sum"].to_pylist()) or 1.0
        rows = [
            {
                "clv_decile": row["clv_decile"],
                "customers": row["as_of_count"],
                "clv": row[f"{name}_sum"],
                "share": row[f"{name}_sum"] / total,
                "mean_clv": row[f"{name}_mean"],
                "spend_amount": row["spend_amount_sum"],
            }
            for row in found.sort_by("clv_decile").to_pylist()
        ]
        return Selection(pa.Table.from_pylist(rows))

    def plot(self) -> Any:
        """A Matplotlib figure of the mean value of each tenth.

        Raises
        ------
        ZhikeError
            ``matplotlib.missing`` without the extra ``notebook``.
        """
        title = f"Mean value of the next {self.horizon_days} days ({self.method})"
        return bars_figure(self._means(), title=title, across="tenth of the customers, 1 is the highest")

    def _means(self) -> list[float]:
        means: list[float] = self.summary().table["mean_clv"].to_pylist()
        return means

    def _repr_html_(self) -> str:
        return self._html(bars_svg(self._means(), title=str(_TITLE)))

    def _model(self) -> OrderModel:
        # A blend has a model, but half of its forecast is a rule.
        if self.fitted.orders is None or self.fitted.rule:
            raise UsageError(
                "intervals.no_model",
                zh=f'方法“{self.method}”用到规则，没有区间；用 model="bg_nbd" 等指定模型',
                en=f'the method “{self.method}” rests on a rule and has no intervals; name a model: model="bg_nbd"',
            )
        return self.fitted.orders

    def _question(self, confidence: float) -> dict[str, Any]:
        order_days, tenure, recency = (numpy_column(self.table, name) for name in _HISTORY[:3])
        frequency, last, until = weeks(order_days, recency, tenure)
        return {
            "frequency": frequency,
            "tenure_at_last_order": last,
            "tenure": until,
            "horizon": self.horizon_days / DAYS_PER_WEEK,
            "confidence": confidence,
        }

    def _spent(self) -> dict[str, Any]:
        order_days, spend = (numpy_column(self.table, name) for name in ("order_days", "spend_amount"))
        return {"order_count": order_days, "mean_order_amount": spend * 10.0**self.decimals / order_days}


@bilingual
def clv(
    frame: Any,
    *,
    customer: str | None = None,
    date: str | None = None,
    amount: str | None = None,
    order: str | None = None,
    as_of: AsOf = None,
    horizon_days: int = analysis.HORIZON_DAYS,
    margin: float = 1.0,
    discount_rate_yearly: float = 0.10,
    model: OrderModelName = "auto",
    time_zone: str = "",
    decimals: int = 2,
) -> ClvResult:
    """Forecast the value of every customer of a data frame of orders, exactly as the product does.

    Parameters
    ----------
    frame, customer, date, amount, order, as_of, time_zone, decimals
        As in `zhike.rfm`.
    horizon_days
        How far to look, in days; whole ones.
    margin
        Share of the spend that stays as margin, above 0 to 1; 1 forecasts revenue.
    discount_rate_yearly
        An amount in a year is worth 1 / (1 + rate) of it today.
    model
        ``auto``: what a back-test on these orders chooses, which may be a rule, and a rule where there are too few
        repeat buyers (`notes` say so). Or ``bg_nbd``, ``mbg_nbd``, ``pareto_nbd``, which is refused where it cannot be
        fitted.

    Raises
    ------
    ZhikeError
        With a `code`, in both languages, for whatever is refused; ``clv.not_fitted`` for a model that was named.
    """
    whole_days("horizon_days", horizon_days, least=1)
    settings = value_settings(decimals, margin=margin, discount_rate_yearly=discount_rate_yearly)
    orders = read_orders(frame, Reading(customer, date, amount, order, as_of, time_zone, decimals))
    with workbench(orders, settings) as bench:
        champions = champions_for(model, bench, orders.as_of)
        buyers = bench.engine.keep("buyers", analysis.clv_inputs(bench.features))
        fitted = analysis.fit_clv(bench.engine.fetch(buyers), settings, champions)
        _require_fit(model, fitted)
        rows = _forecast(bench, buyers, fitted, horizon_days)
    return _result(rows, orders, fitted, horizon_days)


def _forecast(
    bench: Workbench, buyers: ir.Table, fitted: analysis.ClvParameters, horizon_days: int
) -> pa.Table:
    """Histories and forecasts of all buyers, amounts in minor units."""
    function = partial(analysis.clv_forecasts, fitted=fitted, horizon_days=horizon_days)
    found = bench.engine.fold(buyers, "customer_id", function, rows_a_part=1_000_000)[analysis.FORECASTS]
    cuts = fit_deciles(bench.engine.fetch(found.select("customer_id", "clv_365d")), "clv_365d")
    found = found.mutate(clv_decile=decile(found, cuts))
    joined = buyers.join(found, "customer_id")
    return bench.engine.fetch(joined.select("customer_id", *_HISTORY, *_FORECAST, "clv_decile"))


def _result(rows: pa.Table, orders: Orders, fitted: analysis.ClvParameters, horizon_days: int) -> ClvResult:
    table = finished(rows, orders, amounts=_AMOUNTS)
    method = pa.array([fitted.method]).take(pa.array(np.zeros(table.num_rows, np.int64)))
    table = table.add_column(2, "method", method)
    names = [
        name.replace("365d", f"{horizon_days}d") if name in _FORECAST else name for name in table.column_names
    ]
    reason = (fitted.reason,) if fitted.reason else ()
    return ClvResult(
        table.rename_columns(names),
        orders.as_of,
        read_only(_parameters(fitted, horizon_days, orders.decimals), orders),
        (*orders.notes, *reason, *fitted.notes),
        fitted,
        horizon_days,
        orders.decimals,
    )


def _parameters(fitted: analysis.ClvParameters, horizon_days: int, decimals: int) -> dict[str, object]:
    amounts = dict(fitted.amounts.parameters) if fitted.amounts else {}
    if amounts:
        amounts["gamma"] /= 10.0**decimals
    return {
        "method": fitted.method,
        "horizon_days": horizon_days,
        "margin": fitted.margin,
        "discount_rate_yearly": fitted.discount_rate_yearly,
        "buyers": fitted.buyers,
        "repeat_buyers": fitted.repeat_buyers,
        "orders_weekly": MappingProxyType(dict(fitted.orders.parameters) if fitted.orders else {}),
        "amounts": MappingProxyType(amounts),
    }


def _require_fit(model: str, fitted: analysis.ClvParameters) -> None:
    if model == AUTO or fitted.orders is not None:
        return
    why = fitted.reason or Text("", "")
    raise UsageError(
        "clv.not_fitted",
        zh=f'model={model!r} 不能用于这些订单：{why.zh}。用 model="auto" 可退回到规则',
        en=f'model={model!r} does not work for these orders: {why.en}. model="auto" falls back to the rule',
    )


def _asked(question: Callable[[], T]) -> T:
    """The answer of a model, with its refusal as an error of ours."""
    try:
        return question()
    except BtydError as error:
        raise UsageError("intervals.refused", zh=error.zh, en=error.en) from error
