"""The form above the customer list: one plain GET form that keeps whatever it does not show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from zhike.customers.filters import AGE_CHOICES, FILTERS, OVERVIEW, Selection
from zhike.customers.normal import CITY_TIERS, GENDERS
from zhike.customers.sorting import Sort
from zhike.customers.words import CONSENT_CHANNEL_TEXTS, capitalised, source_text
from zhike.kernel.words import Text
from zhike.lake import catalog

FieldKind = Literal["search", "text", "amount", "share", "select", "flag"]


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    text: Text | str
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """One control; a select has choices, the others a value."""

    name: str
    label: Text
    kind: FieldKind
    value: str = ""
    hint: Text | str = ""
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Offered:
    """What the database has to choose from: tags and sources by name, colleagues by account.

    Parameters
    ----------
    has_names
        Whether somebody can be looked for by name, contact and key.
    """

    tags: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    owners: tuple[tuple[int, str], ...] = ()
    has_names: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """Fields of one subject, which stand open together; `flags` are boxes to tick."""

    text: Text
    fields: tuple[Field, ...]
    flags: tuple[Field, ...] = ()
    is_open: bool = True

    @property
    def names(self) -> set[str]:
        return {field.name for field in (*self.fields, *self.flags)}


@dataclass(frozen=True, slots=True)
class FilterBar:
    """`kept` are parameters that the form does not show and hands on.

    Once a filter of a group is set, only such groups stand open.
    """

    common: tuple[Field, ...]
    groups: tuple[Group, ...]
    kept: tuple[tuple[str, str], ...]
    is_more_open: bool


_DAYS = {
    "bought_within": (7, 30, 90, 180, 365),
    "quiet_for": (30, 90, 180, 365),
    "first_within": (7, 30, 90, 365),
    "due_within": (7, 14, 30, 60),
}
_ANY = Text("不限", "Any")
_NOBODY = Text("没有负责人", "Nobody")
_SEARCHED = Text("姓名、手机、邮箱、编号、订单号", "Name, phone, e-mail, number or order")
_SEARCHED_WITHOUT_NAMES = Text("客户编号、订单号", "Customer number or order")
_SEVERAL = Text("已选 {count} 项", "{count} chosen")


def filter_bar(
    selection: Selection, *, currency: str, offered: Offered, kept: Iterable[tuple[str, str]] = ()
) -> FilterBar:
    """The form for what is selected now; `kept` are further parameters that it hands on where they have a value."""
    common = (
        _free(
            selection,
            "q",
            Text("搜索", "Search"),
            "search",
            _SEARCHED if offered.has_names else _SEARCHED_WITHOUT_NAMES,
        ),
        _codes(selection, "tier", "tier", Text("等级", "Tier")),
        _codes(selection, "segment", "rfm_segment", Text("RFM 分层", "RFM group"), prefix="rfm:"),
        _codes(selection, "stage", "lifecycle_stage", Text("阶段", "Stage")),
        _numbers(
            selection, "bought_within", Text("最近买过", "Bought recently"), _DAYS["bought_within"], currency
        ),
        _free(selection, "spend_min", Text("消费不低于", "Spend from"), "amount", currency),
        _sorts(selection.sort),
    )
    groups = _groups(selection, currency, offered)
    more = (field for group in groups for field in (*group.fields, *group.flags))
    shown = {(field.name, value) for field in (*common, *more) for value in _values(field)}
    asked = [(piece.name, piece.value) for piece in selection.pieces]
    hidden = tuple(pair for pair in asked if pair not in shown) + tuple(
        (n, value) for n, value in kept if value
    )
    used = {name for name, _ in asked}
    is_used = [bool(group.names & used) for group in groups]
    if any(is_used):
        groups = tuple(replace(group, is_open=used) for group, used in zip(groups, is_used, strict=True))
    return FilterBar(common, groups, hidden, is_more_open=any(is_used))


def _groups(selection: Selection, currency: str, offered: Offered) -> tuple[Group, ...]:
    return (
        Group(Text("客户是谁", "Who they are"), tuple(_database_fields(selection, offered))),
        Group(
            Text("买了什么、什么时候买", "What they bought, and when"), *_of_purchases(selection, currency)
        ),
        Group(Text("预测与评分", "Forecasts and scores"), *_of_scores(selection, currency)),
    )


def _of_purchases(selection: Selection, currency: str) -> tuple[tuple[Field, ...], tuple[Field, ...]]:
    fields = (
        _numbers(selection, "quiet_for", Text("多久没买", "Quiet for"), _DAYS["quiet_for"], currency),
        _free(selection, "spend_max", Text("消费不高于", "Spend to"), "amount", currency),
        _free(selection, "category", Text("最常买的类目", "Category bought most"), "text"),
        _numbers(selection, "first_within", Text("首单", "First order"), _DAYS["first_within"], currency),
        _numbers(selection, "repeat_within", Text("复购", "Repeat purchase"), (7, 30, 90, 365), currency),
        _numbers(selection, "spend_decile", Text("消费十分位", "Spend decile"), range(1, 11), currency),
    )
    flags = (
        _flag(selection, "buyers", Text("只看有订单的", "Only with orders")),
        _flag(selection, "prospects", Text("只看还没有订单的", "Only without orders")),
    )
    return fields, flags


def _of_scores(selection: Selection, currency: str) -> tuple[tuple[Field, ...], tuple[Field, ...]]:
    fields = (
        _codes(selection, "risk", "risk_band", Text("流失风险", "Churn risk")),
        _numbers(selection, "due_within", Text("预计再次下单", "Next order"), _DAYS["due_within"], currency),
        _free(selection, "restock", Text("快要再买的类目", "Category due soon"), "text"),
        _codes(selection, "rfm_class", "rfm_class", Text("RFM 八类", "RFM class")),
        _numbers(selection, "clv_decile", Text("CLV 十分位", "CLV decile"), range(1, 11), currency),
        _free(selection, "alive_min", Text("活跃概率不低于", "Probability alive from"), "share", "0.8"),
        _free(selection, "alive_max", Text("活跃概率不高于", "Probability alive to"), "share", "0.3"),
        *(_numbers(selection, name, text, range(5, 0, -1), currency) for name, text in _SCORES.items()),
    )
    overdue = Text("只看已过平时下单日的", "Only overdue by their own rhythm")
    return fields, (_flag(selection, "overdue", overdue),)


def _database_fields(selection: Selection, offered: Offered) -> Iterable[Field]:
    if offered.tags:
        yield _of_own_words(selection, "tag", Text("标签", "Tag"), {n: Text(n, n) for n in offered.tags})
    if len(offered.sources) > 1:
        sources = {n: source_text(n) for n in offered.sources}
        yield _of_own_words(selection, "source", Text("来源", "Source"), sources)
    if len(offered.owners) > 1:
        owners = {str(pk): Text(name, name) for pk, name in offered.owners} | {"none": _NOBODY}
        yield _of_own_words(selection, "owner", Text("负责人", "Looked after by"), owners)
    channels = {code: text for code, text in CONSENT_CHANNEL_TEXTS.items() if code}
    yield _select(selection, "consent", Text("已同意营销", "Agreed to marketing"), channels)
    yield _select(selection, "gender", Text("性别", "Gender"), GENDERS)
    if offered.has_names:
        yield _select(selection, "age_band", Text("年龄段", "Age"), AGE_CHOICES)
    yield _free(selection, "region", Text("省、市或区县", "Province, city or district"), "text", "浙江省")
    yield _select(selection, "city_tier", Text("城市等级", "City tier"), CITY_TIERS)


_SCORES: Mapping[str, Text] = {
    "r": Text("R 分（最近）", "R score (recency)"),
    "f": Text("F 分（频次）", "F score (frequency)"),
    "m": Text("M 分（金额）", "M score (monetary)"),
}


def _values(field: Field) -> list[str]:
    return [field.value] if field.value else [c.value for c in field.choices if c.is_chosen and c.value]


def _free(selection: Selection, name: str, label: Text, kind: FieldKind, hint: Text | str = "") -> Field:
    values = selection.values(name)
    several = _SEVERAL.format(count=len(values)) if len(values) > 1 else hint
    return Field(name, label, kind, value=values[0] if len(values) == 1 else "", hint=several)


def _flag(selection: Selection, name: str, label: Text) -> Field:
    return Field(name, label, "flag", value="1" if selection.values(name) else "")


def _codes(selection: Selection, name: str, column: str, label: Text, prefix: str = "") -> Field:
    labels = catalog.table(OVERVIEW).column(column).labels
    return _select(selection, name, label, {prefix + code: text for code, text in labels.items()})


def _numbers(selection: Selection, name: str, label: Text, numbers: Iterable[int], currency: str) -> Field:
    values = [str(number) for number in numbers]
    # A link from another page may say 45 days: the form must show it, not lose it.
    values += [value for value in selection.values(name) if value not in values]
    return _select(
        selection, name, label, {value: FILTERS[name](name, value, currency).sentence for value in values}
    )


def _select(selection: Selection, name: str, label: Text, texts: Mapping[str, Text]) -> Field:
    return _of_own_words(selection, name, label, {value: capitalised(text) for value, text in texts.items()})


def _of_own_words(selection: Selection, name: str, label: Text, texts: Mapping[str, Text]) -> Field:
    """A choice among what people named: as they wrote it."""
    values = selection.values(name)
    chosen = values[0] if len(values) == 1 and values[0] in texts else ""
    empty = _SEVERAL.format(count=len(values)) if values and not chosen else _ANY
    choices = [Choice("", empty), *(Choice(value, text, value == chosen) for value, text in texts.items())]
    return Field(name, label, "select", choices=tuple(choices))


SORT_TEXTS: Mapping[str, Text] = {
    "-spend": Text("消费最高", "Highest spend"),
    "-last_order": Text("最近下单", "Latest order"),
    "last_order": Text("最久没下单", "Longest quiet"),
    "-orders": Text("订单最多", "Most orders"),
    "-average_order": Text("客单价最高", "Highest average order"),
    "-clv": Text("CLV 最高", "Highest CLV"),
    "alive": Text("活跃概率最低", "Least likely alive"),
    "-alive": Text("活跃概率最高", "Most likely alive"),
    "-value_score": Text("价值分最高", "Highest value score"),
    "-risk": Text("流失风险最高", "Highest churn risk"),
    "due": Text("最快再次下单", "Next order soonest"),
    "customer": Text("客户编号", "Customer number"),
    "spend": Text("消费最低", "Lowest spend"),
    "orders": Text("订单最少", "Fewest orders"),
    "average_order": Text("客单价最低", "Lowest average order"),
    "clv": Text("CLV 最低", "Lowest CLV"),
    "value_score": Text("价值分最低", "Lowest value score"),
    "risk": Text("流失风险最低", "Lowest churn risk"),
    "-due": Text("最晚再次下单", "Next order latest"),
    "-customer": Text("客户编号，大到小", "Customer number, descending"),
}


def _sorts(sort: Sort) -> Field:
    choices = tuple(Choice(value, text, value == str(sort)) for value, text in SORT_TEXTS.items())
    return Field("sort", Text("排序", "Sort by"), "select", choices=choices)
