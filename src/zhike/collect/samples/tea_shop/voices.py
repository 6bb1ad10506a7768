"""What people say: answers to the survey, reviews of products, and what they consent to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

from zhike.collect.samples.tea_shop.accounts import Account
from zhike.collect.samples.tea_shop.dice import Dice, Weighted
from zhike.collect.samples.tea_shop.exports import Export, export
from zhike.collect.samples.tea_shop.happenings import ONLINE
from zhike.collect.samples.tea_shop.orders import Order
from zhike.collect.samples.tea_shop.spellings import typed_phone

_ANSWERS_PER_PERSON, _REVIEWS_PER_PERSON = 0.18, 0.30
_NPS = "1、您有多大可能把山月茶坊推荐给朋友？（0-10）"
_CARES = "2、您选茶时最关注什么？（多选题）"
_WISH = "3、您对我们有什么建议？"
_PHONE = "4、您的手机号（选填）"
_SURVEY_TITLES = (
    "序号",
    "提交答卷时间",
    "所用时间",
    "来源",
    "来源详情",
    "来自IP",
    "会员编号",
    _NPS,
    _CARES,
    _WISH,
    _PHONE,
)
_OPTIONS = ("口感香气", "价格实惠", "产地年份", "包装送礼", "健康养生", "配送速度", "店员服务")
# Which option each archetype cares for most.
_FAVOURITE = {"gift_buyer": 3, "corporate": 3, "bargain_hunter": 1, "loyal_drinker": 0, "explorer": 2}
_WISHES = (
    "",
    "",
    "",
    "希望多出小包装",
    "包装可以再环保一点",
    "快递再快点就好了",
    "店里座位太少",
    "多办品茶会",
    "价格有点高",
    "很好，会再来",
)
_REVIEW_TITLES = ("评价编号", "来源", "会员编号", "订单号", "商品编号", "评分", "内容", "评价时间")
_OPENINGS = {
    5: ("非常满意", "回购好几次了", "香气很足", "比想象的还好", "送长辈很体面"),
    4: ("不错", "整体满意", "味道挺好", "品质稳定", "还可以"),
    3: ("一般", "中规中矩", "没有期待中好", "普普通通"),
    2: ("有点失望", "不太值这个价", "味道偏淡"),
    1: ("很失望", "和描述不符", "不会再买了"),
}
_DETAILS = {
    True: (
        "，耐泡，回甘明显",
        "，汤色清亮",
        "，包装精致",
        "，发货很快",
        "，朋友都说好",
        "。会继续支持",
        "！",
    ),
    False: ("，快递太慢了", "，包装有破损", "，碎茶比较多", "，客服回复慢", "，价格偏高", "。", "，希望改进"),
}
_CONSENT_TITLES = ("来源", "会员编号", "用途", "渠道", "是否同意", "时间", "文本版本")
_CHANNELS = {"website": ("sms", "email"), "wechat": ("wechat",), "counter": ("sms",)}
_CHANNEL_WORDS = {"sms": "短信", "email": "邮件", "wechat": "微信"}
_PURPOSES = {
    "service": ("服务通知", 0.97),
    "marketing": ("营销推广", 0.62),
    "profiling": ("个性化分析", 0.97),
}
_WITHDRAWN = 0.08
_NEW_TEXT_ON = date(2025, 9, 1)


def survey_export(*, seed: int, accounts: Sequence[Account], last_on: date) -> Export:
    """One year of answers, as 问卷星 exports them: chosen options stand between ┋; some people leave a phone."""
    dice = Dice(seed, "surveys")
    one_each = {account.person.person_id: account for account in accounts}
    able = [each for each in one_each.values() if _may_answer(each, last_on)]
    count = round(len(one_each) * _ANSWERS_PER_PERSON)
    answers = sorted(
        ((_answered_at(dice, each, last_on), each) for each in dice.chosen(able, count)),
        key=lambda answer: (answer[0], answer[1].key),
    )
    records = [_answer(dice, number, at, each) for number, (at, each) in enumerate(answers, 1)]
    return export(
        "surveys", records, kind="surveys", source="", form="csv", header=_SURVEY_TITLES,
        personal=("来自IP", "会员编号", _PHONE),
    )  # fmt: skip


def review_export(
    *, seed: int, accounts: Sequence[Account], orders: Sequence[Order], last_on: date
) -> Export:
    """Reviews of products bought online."""
    dice = Dice(seed, "reviews")
    persons = {account.person.person_id for account in accounts}
    able = [
        order
        for order in orders
        if order.source in ONLINE
        and order.status == "completed"
        and (last_on - order.ordered_at.date()).days > 10
    ]
    chosen = dice.chosen(able, round(len(persons) * _REVIEWS_PER_PERSON))
    reviews = sorted(
        ((order.ordered_at + timedelta(hours=dice.between(48, 220)), order) for order in chosen),
        key=lambda review: (review[0], review[1].number),
    )
    records = [_review(dice, number, at, order) for number, (at, order) in enumerate(reviews, 1)]
    return export(
        "reviews",
        records,
        kind="reviews",
        source="",
        form="csv",
        header=_REVIEW_TITLES,
        personal=("会员编号",),
    )


def consent_export(*, seed: int, accounts: Sequence[Account], last_on: date) -> Export:
    """Every yes and no, and every yes taken back, in the order in which they were said within an account."""
    dice = Dice(seed, "consents")
    records = [
        dict(zip(_CONSENT_TITLES, row, strict=True))
        for each in accounts
        for row in _said(dice, each, last_on)
    ]
    return export(
        "consents",
        records,
        kind="consents",
        source="",
        form="csv",
        header=_CONSENT_TITLES,
        personal=("会员编号",),
    )


def _may_answer(account: Account, last_on: date) -> bool:
    lost_on = account.person.life.lost_on
    return account.created_at.date() < last_on and (lost_on is None or (last_on - lost_on).days < 300)


def _answered_at(dice: Dice, account: Account, last_on: date) -> datetime:
    days = min((last_on - account.created_at.date()).days, 365)
    on = last_on - timedelta(days=dice.below(days))
    return datetime.combine(on, time(dice.between(8, 22), dice.below(60), dice.below(60)))


def _answer(dice: Dice, number: int, at: datetime, account: Account) -> dict[str, object]:
    person = account.person
    nps = min(max(round(dice.normal(10.5 * person.life.satisfaction + 0.8, 1.2)), 0), 10)
    leaves_phone = dice.chance(0.4)
    is_wechat = account.source == "wechat"
    cells = (
        number,
        f"{at:%Y/%m/%d %H:%M:%S}",
        f"{dice.between(25, 260)}秒",
        "微信" if is_wechat else "手机提交",
        "公众号菜单" if is_wechat else "短信链接",
        # Addresses that RFC 5737 keeps for documentation.
        f"203.0.113.{dice.between(1, 254)}({person.place.brief_province}-{person.place.brief_city})",
        "" if leaves_phone and dice.chance(0.5) else account.key,
        nps,
        "┋".join(_cares(dice, person.life.archetype.code)),
        dice.pick(_WISHES),
        typed_phone(dice, person.phone) if leaves_phone else "",
    )
    return dict(zip(_SURVEY_TITLES, cells, strict=True))


def _cares(dice: Dice, archetype: str) -> list[str]:
    """One to three options, in the order of the form."""
    weights = dict.fromkeys(range(len(_OPTIONS)), 1.0)
    if archetype in _FAVOURITE:
        weights[_FAVOURITE[archetype]] = 6.0
    chosen = {dice.weighted(Weighted(weights)) for _ in range(dice.between(1, 3))}
    return [_OPTIONS[place] for place in sorted(chosen)]


def _review(dice: Dice, number: int, at: datetime, order: Order) -> dict[str, object]:
    account = order.account
    satisfaction = account.person.life.satisfaction if account else 0.5
    stars = min(max(round(dice.normal(1.6 + 4.4 * satisfaction, 0.8)), 1), 5)
    text = dice.pick(_OPENINGS[stars]) + (dice.pick(_DETAILS[stars > 3]) if dice.chance(0.75) else "")
    product = dice.pick(order.lines).product
    key = account.key if account else ""
    cells = (f"R{number:05d}", order.source, key, order.number, product.product_id, stars, text, str(at))
    return dict(zip(_REVIEW_TITLES, cells, strict=True))


def _said(dice: Dice, account: Account, last_on: date) -> Iterator[tuple[object, ...]]:
    at = account.created_at
    version = "v2" if at.date() >= _NEW_TEXT_ON else "v1"
    for purpose, (words, willingness) in _PURPOSES.items():
        # Profiling is no message: it has no channel.
        for channel in _CHANNELS[account.source] if purpose != "profiling" else ("",):
            channel_words = _CHANNEL_WORDS.get(channel, "")
            is_granted = dice.chance(willingness)
            yield account.source, account.key, words, channel_words, _yes_no(is_granted), str(at), version
            days = (last_on - at.date()).days
            if is_granted and purpose == "marketing" and days > 1 and dice.chance(_WITHDRAWN):
                later = at + timedelta(days=1 + dice.below(days - 1))
                yield account.source, account.key, words, channel_words, _yes_no(False), str(later), version


def _yes_no(is_granted: bool) -> str:
    return "是" if is_granted else "否"
