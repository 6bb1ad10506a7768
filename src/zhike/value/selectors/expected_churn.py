"""How likely one customer stays away, how far that is to be trusted, and why, in sentences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from zhike.kernel.words import Text, current_language
from zhike.lake.snapshots import Snapshot
from zhike.pages import formats
from zhike.value.labels import RISK_BAND_COLOURS, RISK_BANDS
from zhike.value.selectors.published import Parameters

_LEAST_TESTED = 20
_LEARNT = ("gradient_boosting", "logistic")


@dataclass(frozen=True, slots=True)
class Reason:
    """One fact; `effect` says what it does to the probability, empty where no model was learnt."""

    text: Text
    effect: Text | None


@dataclass(frozen=True, slots=True)
class ChurnWords:
    """`trust` is what a test on later days said of such probabilities, or why there was none."""

    probability: Text
    band: Text
    colour: str
    trust: Text
    reasons: tuple[Reason, ...]


def churn_words(snapshot: Snapshot, customer_id: int, fitted: Parameters) -> ChurnWords | None:
    """None for a customer who was not scored."""
    scores = snapshot.table("churn_scores")
    rows: list[dict[str, Any]] = snapshot.rows(scores.filter(scores.customer_id == customer_id))
    if not rows:
        return None
    row = rows[0]
    days = int(fitted.value("churn", "lost_days") or 0)
    reasons = (_reason(row, f"reason_{place}") for place in (1, 2, 3))
    return ChurnWords(
        probability=_PROBABILITY.format(days=days, share=formats.percent(row["lost_probability"], 0)),
        band=RISK_BANDS[row["risk_band"]],
        colour=RISK_BAND_COLOURS[row["risk_band"]],
        trust=_trust(snapshot, row, days, fitted),
        reasons=tuple(reason for reason in reasons if reason is not None),
    )


_PROBABILITY = Text(
    "{days} 天内不再下单的概率：{share}", "Probability of no order within {days} days: {share}"
)
_HELD = Text(
    "检验时，模型给出这样概率的客户，每 100 位约有 {lost} 位在 {days} 天内没有再来（{customers} 位客户）。",
    "In the test, of 100 customers with such a probability about {lost} did not come back within {days} days "
    "({customers} customers).",
)
_SELDOM = Text(
    "检验时这样的客户太少，说不准有多少真的没有再来。",
    "In the test there were too few such customers to say how many did not come back.",
)
_UNTESTED = Text(
    "历史太短，还没有在之后的日子上检验过这个概率。",
    "The history is too short for a test of this probability on later days.",
)
_BTYD = Text(
    "没有学到流失模型，由购买模型（BG/NBD 类）算出，未经检验。",
    "No model of churn could be learnt: this is the purchase model’s (BG/NBD or a kin), not tested.",
)
_RULE = Text(
    "没有学到模型：只是按多久没买给出的粗略比例，不是算出来的概率。",
    "No model could be learnt: a rough share by the days since the last order, not a computed probability.",
)


def _trust(snapshot: Snapshot, row: dict[str, Any], days: int, fitted: Parameters) -> Text:
    if row["method"] not in _LEARNT:
        return _BTYD if row["method"] == "btyd" else _RULE
    if fitted.value("churn", "tested_customers") is None:
        return _UNTESTED
    tenth = min(int(row["lost_probability"] * 10) + 1, 10)
    table = snapshot.table("churn_reliability")
    rows: list[dict[str, Any]] = snapshot.rows(
        table.filter((table.model == "churn") & (table.probability_tenth == tenth))
    )
    if not rows or rows[0]["customer_count"] < _LEAST_TESTED:
        return _SELDOM
    count, lost = rows[0]["customer_count"], round(rows[0]["actual_share"] * 100)
    return _HELD.format(lost=lost, days=days, customers=formats.count(count))


_RAISES = Text("概率 +{points} 个百分点", "+{points} points")
_LOWERS = Text("概率 −{points} 个百分点", "−{points} points")


def _reason(row: dict[str, Any], name: str) -> Reason | None:
    code, effect = row[name], row[f"{name}_effect"]
    if code is None or row[f"{name}_value"] is None:
        return None
    value, usual = row[f"{name}_value"], row[f"{name}_usual"]
    words = _quiet(value, usual) if code == "quiet" else _compared(code, value, usual)
    if effect is None:
        return Reason(words, None)
    points = formats.count(round(abs(effect) * 100))
    return Reason(words, (_RAISES if effect > 0 else _LOWERS).format(points=points))


_QUIET = Text("{days} 天没有下单", "no order for {days} days")
_LATE = Text(
    "{days} 天没有下单，比自己平时的节奏（约 {usual} 天）晚了 {late} 天",
    "no order for {days} days, {late} later than their own rhythm of about {usual} days",
)
_IN_TIME = Text(
    "{days} 天前下过单，还在自己平时的节奏（约 {usual} 天）之内",
    "ordered {days} days ago, within their own rhythm of about {usual} days",
)


def _quiet(days: float, usual: float | None) -> Text:
    """Against the rhythm as it is shown, so that the numbers add up."""
    shown = {"days": f"{days:,.0f}"}
    if usual is None:
        return _QUIET.format(**shown)
    late = round(days) - round(usual)
    shown |= {"usual": f"{round(usual):,}", "late": f"{late:,}"}
    return (_LATE if late > 0 else _IN_TIME).format(**shown)


_TREND = Text(
    "最近 90 天下单 {value} 次，再往前 90 天 {usual} 次",
    "{value} orders in the last 90 days, {usual} in the 90 before",
)
_AGAINST_STAYED = Text(
    "{fact}；留下来的客户一般是 {usual}", "{fact}; {usual} is usual among those who stayed"
)
_FACTS: dict[str, Text] = {
    "tenure": Text("首单距今 {value}", "first order {value} ago"),
    "frequency": Text("近一年下单 {value}", "{value} in the last year"),
    "rhythm": Text("平时约 {value}买一次", "orders about every {value}"),
    "spend": Text("平均每单 {value}", "spends {value} an order"),
    "discount": Text("优惠占原价的 {value}", "discounts are {value} of the list price"),
    "weekend": Text("周末下单占 {value}", "{value} of the orders on weekends"),
    "categories": Text("买过 {value}", "bought from {value}"),
}


def _compared(code: str, value: float, usual: float | None) -> Text:
    if code == "trend":
        return _TREND.format(value=f"{value:.0f}", usual=f"{usual or 0:.0f}")
    shown = _SHOWN[code]
    fact = _FACTS[code].format(value=shown(value))
    return fact if usual is None else _AGAINST_STAYED.format(fact=fact, usual=shown(usual))


def _days(value: float) -> Text:
    return _counted(value, "天", "day", "days")


def _times(value: float) -> Text:
    return _counted(value, "次", "order", "orders")


def _share(value: float) -> str:
    return formats.percent(value, 0)


def _amount(value: float) -> str:
    return formats.money_short(round(value), settings.ZHIKE_CURRENCY, current_language())


def _categories(value: float) -> Text:
    # The model counts three at most.
    return _counted(value, "个类目", "category", "categories")


def _counted(value: float, zh: str, one: str, many: str) -> Text:
    number = f"{value:,.0f}"
    return Text(f"{number} {zh}", f"{number} {one if number == '1' else many}")


_SHOWN: dict[str, Callable[[float], Text | str]] = {
    "tenure": _days,
    "frequency": _times,
    "rhythm": _days,
    "spend": _amount,
    "discount": _share,
    "weekend": _share,
    "categories": _categories,
}
