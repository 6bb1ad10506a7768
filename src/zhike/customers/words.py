"""What the codes inside facts are called: order states, events, their properties, coarse attributes."""

from __future__ import annotations

import json
from collections.abc import Mapping

from zhike.customers.records import BY_HAND
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
    "district": Text("区县", "District"),
    "city_tier": Text("城市等级", "City tier"),
    "age_band": Text("年龄段", "Age band"),
    "birth_year": Text("出生年", "Year of birth"),
    "occupation": Text("职业", "Occupation"),
    "education": Text("学历", "Education"),
    "interests": Text("兴趣", "Interests"),
}

_FIELDS: Mapping[str, Text] = {
    "name": Text("姓名", "Name"),
    "birthday": Text("生日", "Birthday"),
    "address": Text("地址", "Address"),
    "phone": Text("手机", "Phone"),
    "email": Text("邮箱", "E-mail"),
    "unionid": Text("微信 UnionID", "WeChat UnionID"),
    "openid": Text("微信 OpenID", "WeChat OpenID"),
    "external_userid": Text("企业微信客户", "WeCom contact"),
    "member_card": Text("会员卡", "Member card"),
    "nickname": Text("昵称", "Nickname"),
    "place": Text("地区和地址", "Place"),
}

PURPOSE_TEXTS: Mapping[str, Text] = {
    "marketing": Text("营销", "Marketing"),
    "service": Text("服务通知", "Service messages"),
    "profiling": Text("画像分析", "Profiling"),
    "sensitive": Text("敏感信息", "Sensitive data"),
}

CONSENT_CHANNEL_TEXTS: Mapping[str, Text] = {
    "": Text("全部渠道", "All channels"),
    "sms": Text("短信", "SMS"),
    "email": Text("邮件", "E-mail"),
    "wechat": Text("微信", "WeChat"),
    "phone": Text("电话", "Phone"),
}

SUPPRESSION_REASONS: Mapping[str, Text] = {
    "asked": Text("登记拒收", "asked for"),
    "erased": Text("客户已抹除", "customer erased"),
}

_YES, _NO = Text("是", "yes"), Text("否", "no")

_SOURCES: Mapping[str, Text] = {BY_HAND: Text("手工填写", "typed by hand")}

_RULES: Mapping[str, Text] = {
    "manual": Text("人工", "by hand"),
    BY_HAND: Text("手工填写", "typed by hand"),
    "splink": Text("相似度模型", "similarity model"),
    "kept_together": Text("拆分时保留", "kept together at a split"),
    **{
        kind: _FIELDS[kind]
        for kind in ("phone", "email", "unionid", "openid", "external_userid", "member_card")
    },
}

_LEVELS: Mapping[str, Text] = {
    "exact": Text("完全相同", "identical"),
    "same_sound": Text("读音相同", "same sound"),
    "part_of_the_other": Text("一个包含另一个", "one contains the other"),
    "one_letter": Text("差一个字母", "one letter apart"),
    "one_digit": Text("差一个数字", "one digit apart"),
    "other_digits": Text("只有数字不同", "other digits only"),
    "family_name_only": Text("只有姓相同", "family name only"),
    "other_given_name": Text("同姓不同名", "same family name, other given name"),
    "close": Text("相近", "close"),
    "same_address": Text("地址相同", "same address"),
    "same_city": Text("同一城市", "same city"),
    "different": Text("不同", "different"),
    "missing": Text("缺一边", "missing"),
}

_CHANNELS: Mapping[str, Text] = {"store": Text("门店", "In store"), "online": Text("网店", "Online")}


def event_text(name: str) -> Text:
    """What happened, in words; an event nobody named is called by its own name."""
    return _EVENTS.get(name) or _plain(name)


def attribute_text(name: str) -> Text:
    return _ATTRIBUTES.get(name) or _plain(name)


def is_builtin_attribute(code: str) -> bool:
    """Whether imports fill this attribute by themselves."""
    return code in _ATTRIBUTES


def field_text(name: str) -> Text:
    """What a personal field, an identifier or a part of the evidence for a pair is called."""
    return _FIELDS.get(name) or attribute_text(name)


def value_text(value: object, labels: Mapping[str, Text]) -> Text | str:
    """The value of an attribute: codes by their labels, flags as yes and no, lists with commas.

    >>> print(value_text(["green", "other"], {"green": Text("绿茶", "green tea")}))
    绿茶、other
    """
    if isinstance(value, bool):
        return _YES if value else _NO
    if not isinstance(value, (list, tuple)):
        return labels.get(str(value), str(value))
    texts = [labels.get(str(each)) or Text(str(each), str(each)) for each in value]
    return Text("、".join(text.zh for text in texts), ", ".join(text.en for text in texts))


def source_text(name: str) -> Text:
    """Where a record comes from; a source of the business's own is called by its own name."""
    return _SOURCES.get(name) or Text(name, name)


def rule_text(name: str) -> Text:
    """By what two records were found to be one person."""
    return _RULES.get(name) or _plain(name)


def level_text(name: str) -> Text:
    """How far two records agree on a field."""
    return _LEVELS.get(name) or _plain(name)


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
