"""Our words for coded fields, and whether a word of a file is understood without a translation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from zhike.collect.imports.attribute_values import words_of
from zhike.collect.imports.kinds.consents import ANSWERS, CHANNEL_OF_ANSWER
from zhike.collect.imports.kinds.kind import Kind
from zhike.collect.imports.kinds.orders import STATUSES
from zhike.collect.imports.kinds.social import ACTIONS
from zhike.collect.imports.records import folded
from zhike.customers import normal
from zhike.kernel.errors import ZhikeError
from zhike.kernel.words import Text

_STATUS_TEXTS = (
    Text("已付款", "paid"),
    Text("已完成", "completed"),
    Text("已取消", "cancelled"),
    Text("已退款", "refunded"),
)
_ACTION_TEXTS = (
    Text("点赞", "like"),
    Text("评论", "comment"),
    Text("转发", "share"),
    Text("关注", "follow"),
    Text("取消关注", "unfollow"),
    Text("提及", "mention"),
    Text("私信", "message"),
    Text("收藏", "save"),
    Text("浏览", "view"),
)


@dataclass(frozen=True)
class Vocabulary:
    """The words of one coded field.

    Parameters
    ----------
    choices
        Our word → what people call it; empty where any short code will do.
    known
        The file's word, folded → ours.
    read
        Tells our word for a text, or raises; None where `choices` and `known` say all.
    """

    choices: Mapping[str, Text] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)
    read: Callable[[str], str | None] | None = None

    def ours(self, word: str) -> str | None:
        """Our word for what a file says, empty where it says nothing; None if it is not understood."""
        if self.read is not None:
            try:
                return self.read(word) or ""
            except ZhikeError:
                return None
        text = folded(word)
        return text if text in self.choices else self.known.get(text)


def vocabulary(kind: Kind, name: str, *, currency: str) -> Vocabulary:
    """The vocabulary of a coded field, or of a question of a survey."""
    if name == "currency":
        return Vocabulary({currency: Text(currency, currency)}, {folded(currency): currency})
    if name in _CHOSEN:
        return _CHOSEN[name]
    known = next((each for each in kind.fields if each.name == name), None)
    if known is not None and known.choices:
        return Vocabulary(known.choices, words_of(known.choices))
    words = known.words if known else {}
    return Vocabulary(_LISTS.get(name, {}), {folded(theirs): ours for theirs, ours in words.items()})


_ANSWER_TEXTS = dict(zip(ANSWERS, (Text("同意", "yes"), Text("拒绝", "no")), strict=True))
_LISTS: dict[str, Mapping[str, Text]] = {
    "status": dict(zip(STATUSES, _STATUS_TEXTS, strict=True)),
    "action": dict(zip(ACTIONS, _ACTION_TEXTS, strict=True)),
    **dict.fromkeys(CHANNEL_OF_ANSWER, _ANSWER_TEXTS),
}
_CHOSEN = {
    "gender": Vocabulary(normal.GENDERS, read=normal.gender),
    "education": Vocabulary(normal.EDUCATIONS, read=normal.education),
    "occupation": Vocabulary(normal.OCCUPATIONS, read=normal.occupation),
    "income": Vocabulary(normal.INCOME_BANDS, read=normal.income_band),
}
