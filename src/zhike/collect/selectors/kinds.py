"""What can be brought in, as people are asked for it."""

from __future__ import annotations

from dataclasses import dataclass

from zhike.collect.imports.kinds import KINDS, Kind, kind_named
from zhike.collect.imports.kinds.customers import CUSTOMERS_KIND, customers_kind
from zhike.collect.imports.presets import presets
from zhike.customers.selectors.sensitive import attribute_definitions
from zhike.kernel.words import Text

_SENTENCES = {
    "customers": Text(
        "谁是客户：姓名、手机号、邮箱、生日、地区等",
        "who they are: names, phones, e-mails, birthdays, places",
    ),
    "orders": Text("谁在什么时候付了多少钱；先导入它", "who paid how much and when; bring these in first"),
    "order_lines": Text(
        "订单里的每件商品；订单要先导入", "the products of each order; the orders come first"
    ),
    "products": Text("商品的名称、类目和成本", "names, categories and costs of products"),
    "events": Text("客户做了什么：到店、浏览、加购等", "what customers did: visits, views, carts"),
    "points": Text("别的系统里的会员积分余额", "balances of points in another system"),
    "answers": Text("问卷的选项与分数；文字答案不导入", "choices and scores of surveys; free texts stay out"),
    "reviews": Text("商品评价的星级", "stars that customers gave to products"),
    "social": Text(
        "社交平台上的互动：点赞、评论、关注等", "interactions on social networks: likes, comments, follows"
    ),
    "referrals": Text("谁是谁介绍来的", "who was brought by whom"),
}


@dataclass(frozen=True, slots=True)
class KindChoice:
    """A kind of file: what it is called, one sentence, and which columns it needs."""

    name: str
    text: Text
    sentence: Text
    needed: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class PresetChoice:
    """The export of a system."""

    name: str
    text: Text
    kind: str
    kind_text: Text


def kind_as_defined(name: str) -> Kind:
    """The kind of that name; customers have the attributes that the business invented as further fields.

    Raises
    ------
    UsageError
        ``kind.unknown``, with near names.
    """
    kind = kind_named(name)
    return customers_kind(attribute_definitions()) if kind is CUSTOMERS_KIND else kind


def kind_choices() -> tuple[KindChoice, ...]:
    return tuple(
        KindChoice(
            kind.name,
            kind.text,
            _SENTENCES[kind.name],
            tuple(each.text for each in kind.fields if each.is_required),
        )
        for kind in KINDS.values()
    )


def preset_choices(kind: str = "") -> tuple[PresetChoice, ...]:
    """All presets, or those of one kind."""
    found = (PresetChoice(each.name, each.text, each.kind.name, each.kind.text) for each in presets())
    return tuple(each for each in found if kind in ("", each.kind))
