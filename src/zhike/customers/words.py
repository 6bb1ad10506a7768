"""What the codes inside facts are called: order states, events, their properties, coarse attributes."""

from __future__ import annotations

import json
from collections.abc import Mapping

from zhike.kernel.words import Text

ORDER_STATES: Mapping[str, Text] = {
    "paid": Text("已付款", "Paid"),
    "completed": Text("已完成", "Completed"),
    "cancelled": Text("已取消", "Cancelled"),
    "refunded": Text("已退款", "Refunded"),
}

_EVENTS: Mapping[str, Text] = {
    "campaign_contacted": Text("收到营销活动", "Contacted by a campaign"),
    "coupon_redeemed": Text("使用优惠券", "Redeemed a coupon"),
    "message_sent": Text("发送消息", "Message sent"),
    "message_delivered": Text("消息送达", "Message delivered"),
    "message_opened": Text("打开消息", "Message opened"),
    "message_clicked": Text("点击消息", "Message clicked"),
    "consent_changed": Text("授权变更", "Consent changed"),
    "points_earned": Text("获得积分", "Points earned"),
    "points_spent": Text("使用积分", "Points spent"),
    "points_expired": Text("积分过期", "Points expired"),
}

_PROPERTIES: Mapping[str, Text] = {
    "campaign_id": Text("活动", "campaign"),
    "campaign_type": Text("活动类型", "type of campaign"),
    "coupon_upc": Text("优惠券", "coupon"),
    "channel": Text("渠道", "channel"),
    "store": Text("门店", "store"),
}

_ATTRIBUTES: Mapping[str, Text] = {
    "age": Text("年龄", "Age"),
    "gender": Text("性别", "Gender"),
    "city": Text("城市", "City"),
    "province": Text("省份", "Province"),
    "income": Text("收入", "Income"),
    "home_ownership": Text("住房", "Home"),
    "marital_status": Text("婚姻", "Marital status"),
    "household_size": Text("家庭人数", "Household size"),
    "household_comp": Text("家庭构成", "Household"),
    "kids_count": Text("孩子数", "Children"),
}

_CHANNELS: Mapping[str, Text] = {"store": Text("门店", "In store"), "online": Text("网店", "Online")}


def event_text(name: str) -> Text:
    """What happened, in words; an event nobody named is called by its own name."""
    return _EVENTS.get(name) or _plain(name)


def attribute_text(name: str) -> Text:
    return _ATTRIBUTES.get(name) or _plain(name)


def channel_text(name: str) -> Text:
    return _CHANNELS.get(name) or Text(name, name)


def property_texts(properties: str | None) -> tuple[tuple[Text, str], ...]:
    """The properties of an event by name; anything that is not a JSON object is shown as it is."""
    if not properties:
        return ()
    try:
        values = json.loads(properties)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        return ((Text("属性", "properties"), properties),)
    return tuple(
        (_PROPERTIES.get(key) or _plain(key), _said(value))
        for key, value in values.items()
        if value is not None
    )


def _plain(name: str) -> Text:
    words = name.replace("_", " ")
    return Text(words, words)


def _said(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
