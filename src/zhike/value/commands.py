"""`zhike value`."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click

from zhike.kernel.home import Home
from zhike.kernel.words import Text

if TYPE_CHECKING:
    from zhike.value.analysis.backtest import Backtest

_DAY = click.DateTime(["%Y-%m-%d"])
_COLUMNS = {
    "mae": Text("平均误差", "MAE"),
    "rmse": Text("均方根误差", "RMSE"),
    "total_bias": Text("总量偏差", "bias of total"),
    "error": Text("评分误差", "error"),
    "gini": Text("基尼", "Gini"),
    "lift_10": Text("前 10% 提升", "lift 10 %"),
}
_TARGETS = {
    "orders": Text("购买天数", "Order days"),
    "spend": Text("消费", "Spend"),
    "alive": Text("是否再来（排序）", "Who comes back (ranking)"),
}


@click.group("value")
def value() -> None:
    """What customers are worth, and how well that is known."""


@value.command("backtest")
@click.option("--holdout-days", type=int, help="days to hold out  [default: up to three closed months]")
@click.option("--until", type=_DAY, help="last day held out  [default: the business date]")
@click.option("--json", "as_json", is_flag=True, help="print the figures as JSON; amounts in minor units")
@click.pass_obj
def backtest(home: Home, holdout_days: int | None, until: datetime | None, as_json: bool) -> None:
    """Forecast the past: what every model and rule would have said, against what customers did.

    Nothing is published; the refresh does the same for the last closed months.
    """
    # Imported here: these reach models, which can be imported only once Django is up.
    from zhike.value.selectors.backtests import run_on_demand

    last: date | None = until.date() if until else None
    found = run_on_demand(home=home, holdout_days=holdout_days, until=last)
    if as_json:
        click.echo(json.dumps(_report(found), ensure_ascii=False, indent=2))
        return
    _print(found, home.business().currency)


def _report(found: Backtest) -> dict[str, Any]:
    champions = found.champions
    return {
        "calibration_first_on": str(found.split.first_day),
        "calibration_last_on": str(found.split.known_until),
        "holdout_last_on": str(found.split.until),
        "holdout_days": found.split.holdout_days,
        "customers": found.customers,
        "champions": {**champions.by_target, "clv": champions.value, "probability_alive": champions.alive},
        "metrics": {
            target: {method: _finite(metrics) for method, metrics in methods.items()}
            for target, methods in found.measured.items()
        },
        "deciles": [
            {
                "target": target,
                "method": method,
                "decile": each.rank,
                "customers": each.customers,
                "predicted": each.predicted,
                "actual": each.actual,
            }
            for (target, method), outcomes in found.deciles.items()
            for each in outcomes
        ],
    }


def _finite(metrics: Any) -> dict[str, float | None]:
    return {name: value if value == value else None for name, value in metrics.items()}


def _print(found: Backtest, currency: str) -> None:
    from zhike.value.analysis.backtest import METHOD_NAMES

    said = Text(
        "已知 {first} 至 {known}，预测 {days} 天到 {until}，{customers:,} 位客户",
        "known: {first} to {known}; forecast: {days} days until {until}; {customers:,} customers",
    )
    split = found.split
    click.echo(
        said.format(
            first=split.first_day,
            known=split.known_until,
            days=split.holdout_days,
            until=split.until,
            customers=found.customers,
        )
    )
    for target, methods in found.measured.items():
        names = list(next(iter(methods.values())))
        click.echo(f"\n{_TARGETS[target]}")
        click.echo(
            "  ".join([_padded("", 28), *(_padded(str(_COLUMNS[name]), 13) for name in names)]).rstrip()
        )
        for method, metrics in methods.items():
            mark = " *" if found.champions.by_target.get(target) == method else ""
            cells = [_cell(target, name, metrics[name], currency) for name in names]
            click.echo("  ".join([_padded(f"{METHOD_NAMES[method]}{mark}", 28), *cells]).rstrip())
    click.echo(Text("\n* 最优方法", "\n* champion"))


def _cell(target: str, metric: str, value: float, currency: str) -> str:
    from zhike.kernel.money import decimal_amount

    if value != value:
        return _padded("—", 13)
    if metric in ("total_bias",):
        return _padded(f"{value:+.1%}", 13)
    if target == "spend" and metric in ("mae", "rmse", "error"):
        return _padded(f"{decimal_amount(round(value), currency):,}", 13)
    return _padded(f"{value:.3f}", 13)


def _padded(text: str, width: int) -> str:
    """Chinese characters take two columns of a terminal."""
    return text + " " * max(0, width - sum(2 if ord(letter) > 0x2E7F else 1 for letter in text))
