"""What the codes inside facts are called: order states, events, their properties, coarse attributes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

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
    "points_reversed": Text("积分冲回", "Points reversed"),
    "message_skipped": Text("跳过发送", "Message skipped"),
    "message_failed": Text("消息发送失败", "Message failed"),
    "message_bounced": Text("消息被退回", "Message bounced"),
    "message_marked_spam": Text("消息被标为垃圾信息", "Message marked as spam"),
    "segment_entered": Text("进入分群", "Entered a segment"),
    "segment_left": Text("离开分群", "Left a segment"),
    "tier_changed": Text("等级变更", "Tier changed"),
    "tier_will_downgrade": Text("即将降级", "About to go down a tier"),
    "order_delayed": Text("订单延误", "Order delayed"),
    "page_viewed": Text("浏览页面", "Viewed a page"),
    "product_viewed": Text("浏览商品", "Viewed a product"),
    "cart_added": Text("加入购物车", "Put in the cart"),
    "cart_removed": Text("移出购物车", "Taken out of the cart"),
    "cart_abandoned": Text("放弃购物车", "Left the cart behind"),
    "checkout_started": Text("开始结算", "Began to check out"),
    "wishlist_added": Text("加入收藏", "Put on the wish list"),
    "searched": Text("搜索", "Searched"),
    "signed_up": Text("注册", "Signed up"),
    "signed_in": Text("登录", "Signed in"),
    "product_reviewed": Text("评价商品", "Reviewed a product"),
    "survey_answered": Text("回答问卷", "Answered a survey"),
    "social_interaction": Text("社交互动", "Interacted on social media"),
    "referred": Text("由老客户介绍", "Was referred"),
}

REFERRER = "referrer_profile_id"
"""The property of an event that names the record of whoever referred the customer."""

_PROPERTIES: Mapping[str, Text] = {
    "campaign_id": Text("活动", "campaign"),
    "campaign_type": Text("活动类型", "type of campaign"),
    "coupon_upc": Text("优惠券", "coupon"),
    "channel": Text("渠道", "channel"),
    "store": Text("门店", "store"),
    "coupon_code": Text("优惠码", "coupon"),
    "order_id": Text("订单号", "order"),
    "product_id": Text("商品编号", "product"),
    "product": Text("商品", "product"),
    "category": Text("类目", "category"),
    "quantity": Text("数量", "quantity"),
    "amount": Text("金额", "amount"),
    "page": Text("页面", "page"),
    "query": Text("搜索词", "searched for"),
    "stars": Text("星级", "stars"),
    "length": Text("字数", "letters"),
    "survey": Text("问卷", "survey"),
    "csat": Text("满意度", "satisfaction"),
    "nps": Text("推荐度（NPS）", "NPS"),
    "platform": Text("平台", "platform"),
    "action": Text("动作", "action"),
    "object_id": Text("对象编号", "object"),
    "points": Text("积分", "points"),
    "reason": Text("原因", "reason"),
    REFERRER: Text("介绍人", "referred by"),
}

_ACTIONS: Mapping[str, Text] = {
    "like": Text("点赞", "like"),
    "comment": Text("评论", "comment"),
    "share": Text("分享", "share"),
    "follow": Text("关注", "follow"),
    "unfollow": Text("取消关注", "unfollow"),
    "mention": Text("提及", "mention"),
    "message": Text("私信", "message"),
    "save": Text("收藏", "save"),
    "view": Text("查看", "view"),
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
    "missing": Text("无从比较", "nothing to compare"),
}

_CHANNELS: Mapping[str, Text] = {"store": Text("门店", "In store"), "online": Text("网店", "Online")}

_PROPERTY_VALUES: Mapping[str, Mapping[str, Text]] = {"action": _ACTIONS, "channel": _CHANNELS}


def event_text(name: str) -> Text:
    """What happened, in words; an event of the business's own is called by its own name, as it was written."""
    return _EVENTS.get(name) or Text(name, name)


def attribute_text(name: str) -> Text:
    return _ATTRIBUTES.get(name) or capitalised(_plain(name))


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


def properties_in(text: str | None) -> dict[str, Any] | str:
    """The properties of an event as they are kept; what is not a JSON object as it is."""
    try:
        values = json.loads(text or "{}")
    except ValueError:
        values = None
    return values if isinstance(values, dict) else text or ""


def property_texts(properties: Mapping[str, object] | str) -> tuple[tuple[Text, Text | str], ...]:
    """The properties of an event by name, those within a property too.

    >>> said = properties_in('{"survey":"s1","answers":{"nps":9,"cares":["a","b"]}}')
    >>> [f"{name.en}: {value}" for name, value in property_texts(said)]
    ['survey: s1', 'NPS: 9', 'cares: a、b']
    """
    if isinstance(properties, str):
        return ((Text("属性", "properties"), properties),)
    return tuple(_properties(properties))


def _properties(values: Mapping[str, object]) -> Iterator[tuple[Text, Text | str]]:
    for key, value in values.items():
        if isinstance(value, Text):
            yield _PROPERTIES.get(key) or Text(key, key), value
        elif isinstance(value, dict):
            yield from _properties(value)
        elif value is not None:
            yield _PROPERTIES.get(key) or Text(key, key), value_text(value, _PROPERTY_VALUES.get(key, {}))


def capitalised(text: Text) -> Text:
    """Words of ours as they stand alone; people's own words are shown as they wrote them."""
    return Text(text.zh[:1].upper() + text.zh[1:], text.en[:1].upper() + text.en[1:])


def _plain(name: str) -> Text:
    words = name.replace("_", " ")
    return Text(words, words)
