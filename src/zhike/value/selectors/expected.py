"""What to expect of one customer, in sentences: spend, staying away and why, the next order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from zhike.kernel.words import Text, current_language
from zhike.lake.snapshots import Snapshot
from zhike.pages import formats
from zhike.value.analysis.clv_intervals import Bounds, customer_bounds
from zhike.value.analysis.next_orders import LIKELY_ALIVE_BELOW, NoDay, why_no_day
from zhike.value.analysis.parameters import restored_amounts, restored_orders
from zhike.value.selectors import published
from zhike.value.selectors.expected_churn import ChurnWords, churn_words
from zhike.value.selectors.published import Parameters


@dataclass(frozen=True, slots=True)
class Expected:
    """Sentences; `nothing` says why there are none, and then the rest is empty."""

    nothing: Text | None = None
    spend: Text | None = None
    spend_note: Text | None = None
    alive: Text | None = None
    churn: ChurnWords | None = None
    next_order: Text | None = None


def expected(snapshot: Snapshot, customer_id: int) -> Expected:
    """Of a customer whom the snapshot knows, or why nothing is expected of them."""
    overview = snapshot.table("customer_overview")
    rows: list[dict[str, Any]] = snapshot.rows(overview.filter(overview.customer_id == customer_id))
    if not rows or not rows[0]["order_count"]:
        return Expected(nothing=_NO_ORDER)
    row = rows[0]
    if row["no_profiling"]:
        return Expected(nothing=_NO_PROFILING)
    fitted = published.parameters(snapshot)
    bounds = _bounds(row, fitted)
    return Expected(
        spend=_spend(row, bounds),
        spend_note=_spend_note(row, bounds),
        alive=_alive(row["probability_alive"]),
        churn=churn_words(snapshot, customer_id, fitted),
        next_order=_next_order(row, int(fitted.value("churn", "lost_days") or 0)),
    )


_NO_PROFILING = Text(
    "本人拒绝自动画像，所以不为其做任何预测。",
    "They refused to be profiled, so nothing is forecast for them.",
)
_NO_ORDER = Text("还没有有效订单，无法预测。", "No order that counts yet, so nothing is forecast.")


def _bounds(row: dict[str, Any], fitted: Parameters) -> tuple[Bounds, ...]:
    orders, amounts = restored_orders(row["method"], fitted.values), restored_amounts(fitted.values)
    if orders is None or amounts is None:
        return ()
    names = ("order_days", "tenure_days", "recency_days", "spend_amount")
    return customer_bounds(orders, amounts, **{name: int(row[name]) for name in names})


_SPEND = Text("未来 12 个月预计消费约 {amount}。", "Expected to spend about {amount} in the next 12 months.")
_SPEND_BETWEEN = Text(
    "未来 12 个月预计消费约 {amount}：80% 的情况下为 {range_80}，90% 的情况下为 {range_90}。",
    "Expected to spend about {amount} in the next 12 months: {range_80} in 80% of cases, {range_90} in 90%.",
)
_SPEND_NOTHING = Text(
    "未来 12 个月预计消费约 {amount}：90% 的情况下不会再消费。",
    "Expected to spend about {amount} in the next 12 months: in 90% of cases nothing at all.",
)


def _spend(row: dict[str, Any], bounds: tuple[Bounds, ...]) -> Text:
    amount = _money(row["expected_orders_365d"] * row["expected_order_amount"])
    if not bounds:
        return _SPEND.format(amount=amount)
    if not any(round(each.high) for each in bounds):
        return _SPEND_NOTHING.format(amount=amount)
    ranges = {f"range_{round(each.confidence * 100)}": _range(each) for each in bounds}
    return _SPEND_BETWEEN.format(amount=amount, **ranges)


def _range(bounds: Bounds) -> str:
    low, high = _money(bounds.low), _money(bounds.high)
    return low if low == high else f"{low}\u2060–\u2060{high}"


_BEFORE_MARGIN = Text("按收入计，未乘毛利率，也未折现。", "As revenue, before margin and discounting.")
_BY_RULE = Text(
    "由简单规则得出，没有区间；按收入计，未乘毛利率，也未折现。",
    "By a simple rule, which has no interval; as revenue, before margin and discounting.",
)
_BY_BLEND = Text(
    "模型与最近 365 天各半，没有单个客户的区间；按收入计，未乘毛利率，也未折现。",
    "Half a model, half the last 365 days, so there is no interval for one customer; as revenue, before margin and "
    "discounting.",
)
_WITHOUT_AMOUNTS = Text(
    "金额模型未能拟合，所以只有购买天数的区间：90% 的情况下 {low} 到 {high} 天。按收入计，未乘毛利率，也未折现。",
    "The model of amounts could not be fitted, so only order days have an interval: {low} to {high} in 90% of cases. "
    "As revenue, before margin and discounting.",
)


def _spend_note(row: dict[str, Any], bounds: tuple[Bounds, ...]) -> Text:
    if bounds:
        return _BEFORE_MARGIN
    if row["method"] == "blend":
        return _BY_BLEND
    low, high = row["expected_orders_365d_low"], row["expected_orders_365d_high"]
    if low is None or high is None:
        return _BY_RULE
    return _WITHOUT_AMOUNTS.format(low=formats.count(low), high=formats.count(high))


_ALIVE = Text("仍是活跃客户的概率为 {share}。", "Still an active customer with a probability of {share}.")


def _alive(probability: float | None) -> Text | None:
    return None if probability is None else _ALIVE.format(share=formats.percent(probability, 0))


_OVERDUE = Text(
    "按自己平时的节奏早该下单了（十次里有九次更早）；如果还来，预计在 {day} 前后。",
    "By their own rhythm they would have ordered by now, nine times out of ten; if they still come, around {day}.",
)
_NEXT = Text(
    "预计 {day} 前后再次下单，80% 的情况下在 {low} 到 {high} 之间。",
    "Next order expected around {day}, between {low} and {high} in 80% of cases.",
)


_NO_DAY = {
    NoDay.ONE_DAY: Text(
        "只在一天下过单，还没有自己的节奏，所以不给出下次下单的日子。",
        "They ordered on one day only and have no rhythm yet, so no day of a next order is given.",
    ),
    NoDay.LIKELY_LOST: Text(
        "大概率已流失（{days} 天内不再下单的概率至少 {least}），所以不给出下次下单的日子。",
        "Probably lost (no order within {days} days has a probability of {least} or more), so no day of a next order "
        "is given.",
    ),
    NoDay.TOO_FAR: Text(
        "按自己的节奏，下一单要到 {days} 天以后：这么久不下单就算流失，所以不给出日子。",
        "By their own rhythm the next order is more than {days} days away: whoever is quiet for so long counts as lost, "
        "so no day is given.",
    ),
}
_LATE = Text(
    "按自己平时的节奏早该下单了（十次里有九次更早）。",
    "By their own rhythm they would have ordered by now, nine times out of ten.",
)


def _next_order(row: dict[str, Any], lost_days: int) -> Text:
    if row["next_order_on"] is None:
        why = why_no_day(order_days=row["order_days"], lost_probability=row["lost_probability"])
        said = _NO_DAY[why].format(days=lost_days, least=formats.percent(LIKELY_ALIVE_BELOW, 0))
        return Text(f"{_LATE.zh}{said.zh}", f"{_LATE.en} {said.en}") if row["is_overdue"] else said
    day = formats.day(row["next_order_on"])
    if row["is_overdue"]:
        return _OVERDUE.format(day=day)
    low, high = (formats.day(row[name]) for name in ("next_order_from_on", "next_order_until_on"))
    return _NEXT.format(day=day, low=low, high=high)


def _money(amount: float) -> str:
    return formats.money_short(round(amount), settings.ZHIKE_CURRENCY, current_language())
