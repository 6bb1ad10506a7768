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


@value.command("weights")
@click.option(
    "--set", "shares", multiple=True, metavar="COMPONENT=POINTS", help="weights by hand; others are 0"
)
@click.option(
    "--compare",
    "pairs",
    multiple=True,
    metavar="FIRST/SECOND=TIMES",
    help="weights by pairwise comparison (AHP), 1 to 9 or 1/9; pairs that are not named count equally",
)
@click.option(
    "--learned", "is_learned", is_flag=True, help="weights learned from what told next year's spend"
)
@click.option("--json", "as_json", is_flag=True, help="print the figures as JSON")
@click.pass_obj
def weights(
    home: Home, shares: tuple[str, ...], pairs: tuple[str, ...], is_learned: bool, as_json: bool
) -> None:
    """Show what the value score weighs, or choose it.

    A choice counts from the next refresh on. Components: recency, frequency, monetary, clv, engagement, referral,
    feedback.
    """
    from zhike.value.forms import typed_choice
    from zhike.value.selectors.score import known_weights
    from zhike.value.services import choose_weights

    choice = typed_choice(shares, pairs, is_learned=is_learned)
    if choice is not None:
        choose_weights(choice=choice, actor=None)
    found = known_weights(home)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    _print_weights(found)


def _print_weights(found: dict[str, Any]) -> None:
    from zhike.value.analysis.scores.components import COMPONENTS
    from zhike.value.analysis.scores.weights import METHODS

    click.echo(Text("方法：{method}", "Method: {method}").format(method=METHODS[found["method"]]))
    if found["consistency_ratio"] is not None:
        said = Text("一致性比率：{ratio:.2f}（应不高于 0.1）", "Consistency ratio: {ratio:.2f} (at most 0.1)")
        click.echo(said.format(ratio=found["consistency_ratio"]))
    if found["is_waiting"]:
        click.echo(Text("下次刷新起生效", "In force from the next refresh on"))
    heads = (
        Text("成分", "Component"), Text("生效", "In force"), Text("选定", "Chosen"), Text("默认", "Default"),
        Text("学习", "Learned"),
    )  # fmt: skip
    _print_row([str(head) for head in heads], width=10)
    for name, text in COMPONENTS.items():
        cells = [found[kind].get(name) for kind in ("in_force", "chosen", "default", "learned")]
        shown = ["—" if cell is None else f"{cell:.1%}" for cell in cells]
        _print_row([str(text), *shown], width=10)
    if found["learning"]:
        click.echo(Text(found["learning"]["zh"], found["learning"]["en"]))


@value.command("margins")
@click.option("--shop", default="", metavar="PERCENT", help="margin of the shop; “none” takes it away")
@click.option("--set", "shares", multiple=True, metavar="CATEGORY=PERCENT", help="margin of a category")
@click.option("--remove", "removed", multiple=True, metavar="CATEGORY", help="take the margin of one away")
@click.option("--all", "is_all", is_flag=True, help="list categories without a margin too")
@click.option("--json", "as_json", is_flag=True, help="print as JSON, every category; margins as shares")
@click.pass_obj
def margins(
    home: Home, shop: str, shares: tuple[str, ...], removed: tuple[str, ...], is_all: bool, as_json: bool
) -> None:
    """Show what stays of the spend where no cost is known, and since which day; or change it.

    What is not named stays as it is. A change counts from the next refresh on.
    """
    from zhike.value.forms import typed_margins
    from zhike.value.selectors.margins import known_margins, margins_in_force
    from zhike.value.services import change_margins

    changes = typed_margins(shop, shares, removed, in_force=margins_in_force(home).category_margins)
    if changes is not None:
        change_margins(home=home, changes=changes, actor=None)
    found = known_margins(home)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    _print_margins(found, is_all=is_all)


def _print_margins(found: dict[str, Any], *, is_all: bool) -> None:
    if found["is_waiting"]:
        click.echo(Text("下次刷新起生效", "In force from the next refresh on"))
    heads = (
        Text("类目", "Category"), Text("毛利率", "Margin"), Text("设定日", "Set on"), Text("商品", "Products"),
        Text("有成本", "With a cost"),
    )  # fmt: skip
    rows = [each for each in found["categories"] if is_all or each["margin"] is not None]
    shop = [str(Text("全店", "Shop")), *_margin_cells(found), "", ""]
    _print_row([str(head) for head in heads], width=12)
    for cells in [
        shop,
        *([each["category"], *_margin_cells(each), each["products"], each["with_cost"]] for each in rows),
    ]:
        _print_row([str(cell) for cell in cells], width=12)
    if without := len(found["categories"]) - len(rows):
        said = Text("另有 {n} 个类目未设；--all 全部列出", "{n} more categories have none; --all lists them")
        click.echo(said.format(n=without))


def _margin_cells(found: dict[str, Any]) -> list[str]:
    if found["margin"] is None:
        return [str(Text("未设", "not set")), ""]
    return [f"{found['margin']:.1%}", found["set_on"] or "zhike.toml"]


def _print_row(cells: list[str], *, width: int) -> None:
    """A line of a table; its first column is 24 wide."""
    click.echo(
        "  ".join(_padded(cell, 24 if place == 0 else width) for place, cell in enumerate(cells)).rstrip()
    )


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
