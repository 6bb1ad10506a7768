"""Interactions on social networks: what was done, where and to what; of a text only its length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from zhike.collect.imports import cells
from zhike.collect.imports.kinds.happenings import (
    CUSTOMER_ID,
    EVENT_CONFLICT,
    STAGED_EVENTS,
    EventRow,
    code_text,
    event_id_of,
    event_row,
    optional_code,
    optional_id,
    text_length,
)
from zhike.collect.imports.kinds.kind import (
    CellReader,
    Field,
    FieldReaders,
    ImportRules,
    Kind,
    coded_reader,
    moment_reader,
)
from zhike.collect.imports.mapping import ColumnMapping, Layout
from zhike.collect.schema import EVENTS
from zhike.kernel.words import Text

ACTIONS = ("like", "comment", "share", "follow", "unfollow", "mention", "message", "save", "view")
_ACTION_WORDS = {
    "点赞": "like",
    "赞": "like",
    "评论": "comment",
    "转发": "share",
    "分享": "share",
    "关注": "follow",
    "取消关注": "unfollow",
    "取关": "unfollow",
    "提及": "mention",
    "@": "mention",
    "私信": "message",
    "收藏": "save",
    "浏览": "view",
    "reply": "comment",
    "retweet": "share",
    "repost": "share",
    "quote": "share",
    "favorite": "like",
    "favourite": "like",
    "direct message": "message",
    "dm": "message",
    "bookmark": "save",
}
_ACTION = Field(
    "action",
    Text("互动类型", "what was done"),
    "",
    True,
    ("互动类型", "行为", "互动", "动作", "interaction", "interaction type", "type"),
    _ACTION_WORDS,
    is_coded=True,
    samples=("like", "comment"),
)
# What networks call people. It is a number of theirs, under the source of the file, and no proof of who they are.
_USER_NAMES = ("用户名", "username", "user name", "screen name", "handle")
SOCIAL_FIELDS = (
    Field(
        "interaction_id", Text("互动编号", "id"), "id", aliases=("互动编号", "互动id"), samples=("I1", "I2")
    ),
    replace(CUSTOMER_ID, aliases=(*CUSTOMER_ID.aliases, *_USER_NAMES)),
    Field(
        "occurred_at",
        Text("时间", "time"),
        "date",
        True,
        ("时间", "互动时间", "发生时间", "interaction time", "time", "date"),
        samples=("2026-11-20 10:30", "2026-11-21 09:00"),
    ),
    Field(
        "platform",
        Text("平台", "platform"),
        "",
        True,
        ("平台", "渠道", "来源平台", "network", "social network", "channel"),
        samples=("douyin", "wechat"),
    ),
    _ACTION,
    Field(
        "object_id",
        Text("内容编号", "id of the post"),
        "id",
        aliases=("内容编号", "作品id", "笔记id", "post id"),
    ),
    Field(
        "text",
        Text("内容（只记字数）", "text (only its length is kept)"),
        aliases=("内容", "评论内容", "互动内容", "comment text", "message"),
    ),
)


class SocialReader:
    """Turns the cells of a record into an event `social_interaction`."""

    def __init__(self, layout: Layout, mapping: ColumnMapping, rules: ImportRules) -> None:
        readers: dict[str, CellReader] = {
            "interaction_id": optional_id,
            "customer_id": cells.id_text,
            "occurred_at": moment_reader(rules),
            "platform": code_text,
            "action": coded_reader(_ACTION, mapping, words=ACTIONS),
            "object_id": optional_code,
            "text": text_length,
        }
        self._rules = rules
        self._fields = FieldReaders(SOCIAL_FIELDS, layout, readers, rules)

    def read(self, number: int, values: Sequence[object]) -> EventRow:
        known = self._fields.known(values)
        identity = [known[name] for name in ("customer_id", "platform", "action", "object_id")]
        return event_row(
            number,
            customer_id=known["customer_id"],
            event_id=event_id_of(
                known["interaction_id"], self._rules, "social", [*identity, known["occurred_at"][0]]
            ),
            occurred=known["occurred_at"],
            name="social_interaction",
            properties={
                "platform": known["platform"],
                "action": known["action"],
                "object_id": known["object_id"],
                "length": known["text"],
            },
        )


SOCIAL_KIND = Kind(
    "social",
    Text("社交互动", "social interactions"),
    SOCIAL_FIELDS,
    SocialReader,
    STAGED_EVENTS,
    ("event_id",),
    "action",
    EVENT_CONFLICT,
    table=EVENTS,
)
