"""Which customers an address asks for: a closed grammar of parameters, each read into one frozen piece.

Several values of one parameter mean any of them; different parameters all apply. Whatever is not understood
becomes a `Problem` with a sentence: nothing is ignored in silence, and nothing raises.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import ibis.expr.types as ir

from zhike.customers.moves import GROUPINGS, day_of, move_of, sentence_of
from zhike.customers.normal import AGE_BANDS, CITY_TIERS, GENDERS
from zhike.customers.pieces import (
    LIST_SEPARATOR,
    Bound,
    Comparison,
    Found,
    Held,
    Is,
    Lists,
    Moved,
    Piece,
    Search,
    is_any_of,
)
from zhike.customers.sorting import DEFAULT_SORT, SORTS, Sort
from zhike.customers.words import CONSENT_CHANNEL_TEXTS, source_text
from zhike.kernel.errors import ZhikeError
from zhike.kernel.money import decimal_amount, minor_digits, minor_units, symbol
from zhike.kernel.words import Text
from zhike.lake import catalog

OVERVIEW = "customer_overview"
# What the page itself reads from its address beside the filters.
PAGE_PARAMETERS = frozenset({"page", "size", "sort", "format", "view"})
REPEAT_DAYS = (7, 30, 90, 365)
SEGMENT_COLUMNS = {"rfm": "rfm_segment", "stage": "lifecycle_stage"}

AGE_CHOICES: Mapping[str, Text] = {**AGE_BANDS, "unknown": Text("未知", "unknown")}

_LONGEST_TEXT = 200
_MOST_DAYS = 36_500
_CODE = re.compile(r"[A-Za-z0-9_-]{1,40}\Z", re.ASCII)
_SHARE = re.compile(r"(0(\.\d{1,9})?|1(\.0{1,9})?|\.\d{1,9})\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Problem:
    """A parameter that cannot be followed, and why."""

    name: str
    value: str
    text: Text


@dataclass(frozen=True, slots=True)
class Selection:
    """What an address asks for: pieces in its order, what was wrong in it, and the order of the rows."""

    pieces: tuple[Piece, ...] = ()
    problems: tuple[Problem, ...] = ()
    sort: Sort = DEFAULT_SORT

    def values(self, name: str) -> tuple[str, ...]:
        """The values of one parameter, as they stand in the address."""
        return tuple(piece.value for piece in self.pieces if piece.name == name)

    @property
    def sentence(self) -> Text:
        """All pieces in words: “or” between values of one parameter, “;” between parameters."""
        names = dict.fromkeys(piece.name for piece in self.pieces)
        groups = [[piece.sentence for piece in self.pieces if piece.name == name] for name in names]
        if not groups:
            return Text("全部客户", "all customers")
        return Text(
            zh="；".join(" 或 ".join(text.zh for text in group) for group in groups),
            en="; ".join(" or ".join(text.en for text in group) for group in groups),
        )


def selection_of(parameters: Iterable[tuple[str, str]], *, currency: str) -> Selection:
    """Read the parameters of an address; amounts are in `currency`. Empty values say nothing."""
    pieces: dict[tuple[str, str], Piece] = {}
    problems: list[Problem] = []
    sort = DEFAULT_SORT
    for name, raw in parameters:
        value = raw.strip()
        try:
            if name == "sort":
                sort = _sort(value) if value else sort
            elif name in PAGE_PARAMETERS:
                continue
            elif name not in FILTERS:
                raise _Refused(_UNKNOWN_NAME.format(name=_shown(name), known=_known(FILTERS)))
            elif value:
                pieces[name, value] = FILTERS[name](name, value, currency)
        except _Refused as refused:
            problems.append(Problem(name, raw, refused.text))
    return Selection(tuple(pieces.values()), tuple(problems), sort)


def narrowed(overview: ir.Table, selection: Selection, found: Found) -> ir.Table:
    """The rows of `overview` that a selection asks for."""
    by_name: dict[str, list[Piece]] = {}
    for piece in selection.pieces:
        by_name.setdefault(piece.name, []).append(piece)
    conditions = [is_any_of(overview, pieces, found) for pieces in by_name.values()]
    return overview.filter(conditions) if conditions else overview


class _Refused(Exception):
    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.en)


_UNKNOWN_NAME = Text(
    "没有“{name}”这个筛选项。可用：{known}", "there is no filter called “{name}”; known: {known}"
)
_BAD_VALUE = Text("{title}不能是“{value}”：{wanted}", "{title} cannot be “{value}”: {wanted}")


def _sort(value: str) -> Sort:
    name = value.removeprefix("-")
    if name not in SORTS:
        known = ", ".join(SORTS)
        raise _bad(Text("排序", "the sort order"), value, Text("可用：" + known, "known: " + known))
    return Sort(name, is_descending=value.startswith("-"))


def _search(name: str, value: str, currency: str) -> Search:
    text = _plain_text(Text("搜索", "the search"), value)
    return Search(name, text, Text(f"搜索“{text}”", f"search “{text}”"))


def _tag(name: str, value: str, currency: str) -> Held:
    text = _plain_text(Text("标签", "the tag"), value)
    return Held(name, text, Text(f"标签：{text}", f"tag: {text}"))


def _source(name: str, value: str, currency: str) -> Held:
    text = _plain_text(Text("来源", "the source"), value)
    return Held(name, text, Text("来源：{source}", "source: {source}").format(source=source_text(text)))


def _owner(name: str, value: str, currency: str) -> Held:
    if value == "none":
        return Held(name, value, Text("没有负责人", "looked after by nobody"))
    number = _whole(Text("负责人", "who looks after them"), value, 1, 999_999)
    return Held(name, str(number), Text(f"负责人：账号 {number}", f"looked after by account {number}"))


def _held_code(title: Text, texts: Mapping[str, Text], said: Text) -> _Reader:
    """One of some codes that only the database knows; `said` with ``{label}``."""

    def read(name: str, value: str, currency: str) -> Held:
        if value not in texts:
            raise _bad(title, value, Text("可用：" + "、".join(texts), "known: " + ", ".join(texts)))
        return Held(name, value, said.format(label=texts[value]))

    return read


def _region(name: str, value: str, currency: str) -> Held:
    text = _plain_text(Text("地区", "the region"), value)
    return Held(name, text, Text(f"地区：{text}", f"region: {text}"))


def _category(name: str, value: str, currency: str) -> Is:
    text = _plain_text(Text("类目", "the category"), value)
    return Is(name, value, Text(f"最常买：{text}", f"buys most: {text}"), "favourite_category", text)


def _segment(name: str, value: str, currency: str) -> Is:
    family, colon, code = value.partition(":")
    column = SEGMENT_COLUMNS.get(family)
    if not colon or column is None:
        wanted = Text(
            "应写 rfm:代码 或 stage:代码，例如 rfm:champions",
            "write rfm:code or stage:code, such as rfm:champions",
        )
        raise _bad(Text("人群", "the segment"), value, wanted)
    return _coded(name, value, code, _CODE_TITLES[column], column)


_CODE_TITLES = {
    "rfm_segment": Text("RFM 分层", "RFM group"),
    "lifecycle_stage": Text("阶段", "Stage"),
    "rfm_class": Text("RFM 八类", "RFM class"),
    "tier": Text("等级", "Tier"),
    "risk_band": Text("流失风险", "Churn risk"),
}


def _code(column: str) -> _Reader:
    return lambda name, value, currency: _coded(name, value, value, _CODE_TITLES[column], column)


def _coded(name: str, value: str, code: str, title: Text, column: str) -> Is:
    labels = catalog.table(OVERVIEW).column(column).labels
    if (labels and code not in labels) or not _CODE.match(code):
        prefix = value.removesuffix(code)
        known = ", ".join(prefix + each for each in labels)
        raise _bad(title, value, Text("可用：" + known, "known: " + known))
    label = labels.get(code, Text(code, code))
    return Is(
        name,
        value,
        Text("{title}：{label}", "{title}: {label}").format(title=title, label=label),
        column,
        code,
    )


def _rank(column: str, highest: int, sentence: Text) -> _Reader:
    def read(name: str, value: str, currency: str) -> Is:
        number = _whole(sentence.format(n="N"), value, 1, highest)
        return Is(name, value, sentence.format(n=number), column, number)

    return read


def _alive_tenth(name: str, value: str, currency: str) -> Is:
    tenth = _whole(Text("活跃概率档", "the tenth of probability alive"), value, 1, 10)
    shares = f"{10 * tenth - 10}–{10 * tenth}%"
    return Is(name, value, Text(f"活跃概率 {shares}", f"probability alive {shares}"), "alive_tenth", tenth)


def _days(column: str, comparison: Comparison, sentence: Text) -> _Reader:
    def read(name: str, value: str, currency: str) -> Bound:
        number = _whole(sentence.format(n="N"), value, 0, _MOST_DAYS)
        return Bound(name, value, sentence.format(n=number), column, comparison, number)

    return read


def _repeat(name: str, value: str, currency: str) -> Bound:
    title = Text("复购天数", "the days of a repeat purchase")
    days = _whole(title, value, 0, _MOST_DAYS)
    if days not in REPEAT_DAYS:
        raise _bad(title, value, Text("可用：7、30、90、365", "known: 7, 30, 90, 365"))
    said = Text(f"近 {days} 天下单 2 次以上", f"two or more orders within {days} days")
    return Bound(name, value, said, f"order_count_{days}d", ">=", 2)


def _buyers(name: str, value: str, currency: str) -> Bound:
    _flag(name, value)
    return Bound(name, value, Text("有订单", "has ordered"), "order_count", ">", 0)


def _prospects(name: str, value: str, currency: str) -> Is:
    _flag(name, value)
    return Is(name, value, Text("还没有订单", "has not ordered yet"), "order_count", 0)


def _spend(comparison: Comparison, sign: str) -> _Reader:
    def read(name: str, value: str, currency: str) -> Bound:
        title = Text("消费", "spend")
        try:
            amount = minor_units(value, currency)
        except ZhikeError as error:
            raise _bad(title, value, error.text) from error
        money = f"{symbol(currency)}{decimal_amount(amount, currency):,.{minor_digits(currency)}f}"
        said = Text(f"消费 {sign} {money}", f"spend {sign} {money}")
        return Bound(name, value, said, "spend_amount", comparison, amount)

    return read


def _alive(comparison: Comparison, sign: str) -> _Reader:
    def read(name: str, value: str, currency: str) -> Bound:
        if not _SHARE.match(value):
            wanted = Text("应是 0 到 1 的小数，例如 0.3", "it must be a share from 0 to 1, such as 0.3")
            raise _bad(Text("活跃概率", "probability alive"), value, wanted)
        share = f"{float(value) * 100:g}%"
        said = Text(f"活跃概率 {sign} {share}", f"probability alive {sign} {share}")
        return Bound(name, value, said, "probability_alive", comparison, float(value))

    return read


def _first_order(comparison: Comparison, sentence: Text) -> _Reader:
    def read(name: str, value: str, currency: str) -> Bound:
        day = _date(Text("首单日", "the day of the first order"), value)
        return Bound(name, value, sentence.format(day=day), "first_order_on", comparison, day)

    return read


def _moved(name: str, value: str, currency: str) -> Moved:
    columns = (catalog.table(OVERVIEW).column(column) for column in GROUPINGS.values())
    labels = {grouping: column.labels for grouping, column in zip(GROUPINGS, columns, strict=True)}
    read = move_of(value, labels)
    if isinstance(read, Text):
        raise _bad(Text("迁移", "the movement"), value, read)
    return Moved(name, value, sentence_of(read, labels[read.grouping]), read)


def _overdue(name: str, value: str, currency: str) -> Is:
    _flag(name, value)
    return Is(name, value, Text("已过平时的下单日", "overdue by their own rhythm"), "is_overdue", True)


def _restock(name: str, value: str, currency: str) -> Lists:
    text = _plain_text(Text("类目", "the category"), value)
    said = Text(f"预计 30 天内再买：{text}", f"expected to buy again within 30 days: {text}")
    # As the list has it, where the separator has to stay one.
    return Lists(
        name, value, said, "restock_categories", text.replace(LIST_SEPARATOR, LIST_SEPARATOR.strip())
    )


_Reader = Callable[[str, str, str], Piece]

FILTERS: Mapping[str, _Reader] = {
    "q": _search,
    "tag": _tag,
    "source": _source,
    "owner": _owner,
    "consent": _held_code(
        Text("营销授权", "the consent to marketing"),
        {channel: text for channel, text in CONSENT_CHANNEL_TEXTS.items() if channel},
        Text("可营销：{label}", "agreed to marketing: {label}"),
    ),
    "gender": _held_code(Text("性别", "the gender"), GENDERS, Text("性别：{label}", "gender: {label}")),
    "age_band": _held_code(Text("年龄段", "the age"), AGE_CHOICES, Text("年龄段：{label}", "age: {label}")),
    "region": _region,
    "city_tier": _held_code(
        Text("城市等级", "the tier of the city"), CITY_TIERS, Text("城市等级：{label}", "city: {label}")
    ),
    "segment": _segment,
    "stage": _code("lifecycle_stage"),
    "rfm_class": _code("rfm_class"),
    "tier": _code("tier"),
    "r": _rank("r_score", 5, Text("R 分 {n}", "recency score {n}")),
    "f": _rank("f_score", 5, Text("F 分 {n}", "frequency score {n}")),
    "m": _rank("m_score", 5, Text("M 分 {n}", "monetary score {n}")),
    "clv_decile": _rank("clv_decile", 10, Text("CLV 第 {n} 个十分位", "CLV decile {n}")),
    "spend_decile": _rank("spend_decile", 10, Text("历史消费第 {n} 个十分位", "spend decile {n}")),
    "alive_tenth": _alive_tenth,
    "bought_within": _days("recency_days", "<=", Text("{n} 天内买过", "bought within {n} days")),
    "quiet_for": _days("recency_days", ">", Text("超过 {n} 天没买", "quiet for more than {n} days")),
    "first_within": _days("tenure_days", "<=", Text("首单在 {n} 天内", "first order within {n} days")),
    "first_from": _first_order(">=", Text("首单不早于 {day}", "first order on {day} or later")),
    "first_to": _first_order("<=", Text("首单不晚于 {day}", "first order on {day} or earlier")),
    "moved": _moved,
    "risk": _code("risk_band"),
    "due_within": _days("next_order_days", "<=", Text("预计 {n} 天内再次下单", "next order within {n} days")),
    "overdue": _overdue,
    "restock": _restock,
    "repeat_within": _repeat,
    "buyers": _buyers,
    "prospects": _prospects,
    "category": _category,
    "spend_min": _spend(">=", "≥"),
    "spend_max": _spend("<=", "≤"),
    "alive_min": _alive(">=", "≥"),
    "alive_max": _alive("<=", "≤"),
}
"""Parameter → how its value is read."""


def _whole(title: Text, value: str, lowest: int, highest: int) -> int:
    number = int(value) if value.isascii() and value.isdigit() and len(value) <= 6 else -1
    if not lowest <= number <= highest:
        wanted = Text(
            f"应是 {lowest} 到 {highest} 的整数", f"it must be a whole number from {lowest} to {highest}"
        )
        raise _bad(title, value, wanted)
    return number


def _date(title: Text, value: str) -> date:
    day = day_of(value)
    if day is None:
        raise _bad(title, value, Text("日期应写成 2026-05-31", "a date is written as 2026-05-31"))
    return day


def _flag(name: str, value: str) -> None:
    if value != "1":
        raise _bad(Text(name, name), value, Text("只能是 1", "it can only be 1"))


def _plain_text(title: Text, value: str) -> str:
    if len(value) > _LONGEST_TEXT:
        wanted = Text(f"最多 {_LONGEST_TEXT} 个字符", f"at most {_LONGEST_TEXT} characters")
        raise _bad(title, value, wanted)
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in value):
        raise _bad(title, value, Text("含有控制字符", "it has control characters"))
    return value


def _bad(title: Text, value: str, wanted: Text) -> _Refused:
    return _Refused(_BAD_VALUE.format(title=title, value=_shown(value), wanted=wanted))


def _shown(value: str) -> str:
    return value if len(value) <= 40 else value[:40] + "…"


def _known(names: Iterable[str]) -> str:
    return ", ".join(names)
