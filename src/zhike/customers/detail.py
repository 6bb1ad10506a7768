"""Everything about one customer on one page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from zhike.accounts.selectors import User
from zhike.customers.balances import Balance, balances_of
from zhike.customers.filters import OVERVIEW
from zhike.customers.labels import Badge, badge, days_ago
from zhike.customers.listing import viewer_of
from zhike.customers.orders import SPEND_SO_FAR, Order, orders_of, spend_by_day
from zhike.customers.person_panels import PersonPanels, person_panels
from zhike.customers.timeline import Timeline, timeline
from zhike.kernel.words import Text, current_language
from zhike.lake.snapshots import Snapshot, open_lake
from zhike.pages import formats
from zhike.pages.charts import Lines, Series
from zhike.pages.kpis import Kpi
from zhike.pages.links import with_query


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the customer is in the group: one measure and its score."""

    letter: str
    value: Text | str
    score: int


@dataclass(frozen=True, slots=True)
class Facts:
    first_order_on: date | None
    first_order: Text | None
    last_order_on: date | None
    last_order: Text | None
    order_days: int
    mean_gap_days: float | None
    discount_share: float | None
    weekend_share: float | None
    categories: tuple[Badge, ...]


@dataclass(frozen=True, slots=True)
class PointsShown:
    """A balance of points, and the source of the record that it is of."""

    source: Text
    balance: Balance


@dataclass(frozen=True, slots=True)
class DetailPage:
    """`facts` is None for somebody whom the current snapshot does not know yet."""

    customer_id: int
    list_href: str
    who: PersonPanels
    points: tuple[PointsShown, ...] = ()
    badges: tuple[Badge, ...] = ()
    reasons: tuple[Reason, ...] = ()
    is_prospect: bool = False
    kpis: tuple[Kpi, ...] = ()
    facts: Facts | None = None
    spend: Lines | None = None
    timeline: Timeline | None = None


def detail_page(request: HttpRequest, customer_id: int) -> DetailPage:
    """The page of a customer that exists."""
    who = person_panels(customer_id, viewer_of(request))
    points = _points(who, viewer_of(request))
    list_href = reverse("customers:list")
    snapshot = open_lake(settings.ZHIKE_HOME.lake).current()
    row = _overview_row(snapshot, customer_id) if snapshot else None
    if snapshot is None or row is None:
        return DetailPage(customer_id, list_href, who, points)
    profile_ids = [source.profile_id for source in who.sources]
    orders = orders_of(snapshot, profile_ids)
    return DetailPage(
        customer_id=customer_id,
        list_href=list_href,
        who=who,
        points=points,
        badges=_badges(row, list_href),
        reasons=_reasons(row),
        is_prospect=row["order_count"] == 0,
        kpis=_kpis(row),
        facts=_facts(row, list_href),
        spend=_spend_chart(orders, snapshot.as_of),
        timeline=timeline(request, snapshot, profile_ids, orders),
    )


def _points(who: PersonPanels, viewer: User) -> tuple[PointsShown, ...]:
    sources = {source.profile_id: source.source for source in who.sources}
    balances = balances_of(sources, viewer)
    return tuple(PointsShown(sources[balance.profile_id], balance) for balance in balances)


def _overview_row(snapshot: Snapshot, customer_id: int) -> dict[str, Any] | None:
    overview = snapshot.table(OVERVIEW)
    rows = snapshot.rows(overview.filter(overview.customer_id == customer_id))
    return rows[0] if rows else None


def _badges(row: dict[str, Any], list_href: str) -> tuple[Badge, ...]:
    segment = row["rfm_segment"]
    badges = (
        badge("rfm_segment", segment, with_query(list_href, segment=f"rfm:{segment}")),
        badge("tier", row["tier"], with_query(list_href, tier=row["tier"])),
        badge("lifecycle_stage", row["lifecycle_stage"], with_query(list_href, stage=row["lifecycle_stage"])),
    )
    return tuple(each for each in badges if each is not None)


def _reasons(row: dict[str, Any]) -> tuple[Reason, ...]:
    if row["r_score"] is None:
        return ()
    return (
        Reason("R", Text("{n} 天", "{n} days").format(n=row["recency_days"]), row["r_score"]),
        Reason("F", Text("{n} 次", "{n} orders").format(n=row["order_count"]), row["f_score"]),
        Reason("M", formats.money(row["spend_amount"], settings.ZHIKE_CURRENCY), row["m_score"]),
    )


_METHODS = {
    "bg_nbd": Text(
        "BG/NBD 与 Gamma-Gamma 模型，预计 {days} 个购买日",
        "BG/NBD and Gamma-Gamma, {days} order days expected",
    ),
    "mbg_nbd": Text(
        "MBG/NBD 与 Gamma-Gamma 模型，预计 {days} 个购买日",
        "MBG/NBD and Gamma-Gamma, {days} order days expected",
    ),
    "pareto_nbd": Text(
        "Pareto/NBD 与 Gamma-Gamma 模型，预计 {days} 个购买日",
        "Pareto/NBD and Gamma-Gamma, {days} order days expected",
    ),
    "blend": Text(
        "模型与最近 365 天各半，预计 {days} 个购买日",
        "half a model, half the last 365 days; {days} order days expected",
    ),
    "rule": Text(
        "按规则“与最近 365 天相同”，预计 {days} 个购买日",
        "by the rule “like the last 365 days”, {days} order days expected",
    ),
    "rule_mean_rate": Text(
        "按规则“历史平均速度”，预计 {days} 个购买日",
        "by the rule “historic mean rate”, {days} order days expected",
    ),
}
_NO_FORECAST = Text("还没有有效订单，无法预测", "no order that counts yet, so no forecast")
_REFUSES = Text("本人拒绝画像，不做预测和评分", "refuses profiling: no forecast and no score")
_NO_ALIVE = Text("按规则估计时没有活跃概率", "the rule gives no probability")


def _kpis(row: dict[str, Any]) -> tuple[Kpi, ...]:
    decile = Text("历史消费第 {n} 个十分位（1 最高）", "spend decile {n} (1 is the highest)").format(
        n=row["spend_decile"]
    )
    average = formats.money(row["average_order_amount"], settings.ZHIKE_CURRENCY)
    return (
        _money_kpi(
            Text("累计消费", "Spend so far"), row["spend_amount"], decile if row["spend_decile"] else ""
        ),
        Kpi(
            Text("订单", "Orders"),
            formats.count(row["order_count"]),
            note=Text("客单价 {amount}", "average {amount}").format(amount=average)
            if row["order_count"]
            else "",
        ),
        _clv_kpi(row),
        Kpi(
            Text("活跃概率", "Probability alive"),
            formats.percent(row["probability_alive"]),
            note="" if row["probability_alive"] is not None else _no_figure(row, _NO_ALIVE),
        ),
        Kpi(
            Text("价值分", "Value score"),
            formats.count(row["value_score"]),
            note=_REFUSES if row["no_profiling"] else Text("满分 100", "out of 100"),
        ),
    )


def _no_figure(row: dict[str, Any], otherwise: Text) -> Text:
    """Why a forecast is missing."""
    if row["no_profiling"]:
        return _REFUSES
    return otherwise if row["order_count"] else _NO_FORECAST


def _clv_kpi(row: dict[str, Any]) -> Kpi:
    label = Text("≈ 未来 365 天价值", "≈ Value, next 365 days")
    if row["clv_365d"] is None:
        return Kpi(label, formats.MISSING, note=_no_figure(row, _NO_FORECAST))
    days = formats.count(round(row["expected_orders_365d"], 1))
    method = _METHODS.get(row["method"]) or Text(row["method"], row["method"])
    return _money_kpi(label, round(row["clv_365d"]), method.format(days=days))


def _money_kpi(label: Text, amount: int, note: Text | str) -> Kpi:
    currency = settings.ZHIKE_CURRENCY
    value = formats.money_short(amount, currency, current_language())
    return Kpi(label, value, full=formats.money(amount, currency), note=note)


def _facts(row: dict[str, Any], list_href: str) -> Facts:
    names = [name for name in (row["favourite_categories"] or "").split("; ") if name]
    return Facts(
        first_order_on=row["first_order_on"],
        first_order=days_ago(row["tenure_days"]),
        last_order_on=row["last_order_on"],
        last_order=days_ago(row["recency_days"]),
        order_days=row["order_days"],
        mean_gap_days=row["mean_gap_days"],
        discount_share=row["discount_share"],
        weekend_share=row["weekend_share"],
        categories=tuple(Badge(Text(name, name), "", with_query(list_href, category=name)) for name in names),
    )


def _spend_chart(orders: list[Order], as_of: date) -> Lines | None:
    """Spend so far by day; None with fewer than two days, which make no line."""
    days = spend_by_day(orders, as_of)
    if len(days) < 2:
        return None
    series = Series(SPEND_SO_FAR, tuple(amount for _, amount in days), "blue")
    return Lines(SPEND_SO_FAR, "money", tuple(formats.day(day) for day, _ in days), (series,), is_area=True)
