"""What a file of customers says of their agreement to marketing: on all channels, or on each.

An agreement proves nothing without its time. A refusal holds without one: from when it is imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from zhike.collect.imports.kinds.faults import RowFault
from zhike.collect.imports.kinds.kind import CellReader, Field, Option, coded_reader, unless_nothing
from zhike.collect.imports.mapping import ColumnMapping
from zhike.customers.records import ConsentChannel, ConsentGiven
from zhike.kernel.errors import ZhikeError
from zhike.kernel.words import Text

ANSWERS = ("yes", "no")
_ANSWER_WORDS = {
    "是": "yes",
    "同意": "yes",
    "y": "yes",
    "true": "yes",
    "1": "yes",
    "否": "no",
    "不同意": "no",
    "拒绝": "no",
    "n": "no",
    "false": "no",
    "0": "no",
}


def _answer(name: str, text: Text, *aliases: str, samples: tuple[str, str] = ("", "")) -> Field:
    return Field(name, text, aliases=aliases, words=_ANSWER_WORDS, is_coded=True, samples=samples)


_ANSWER_ABOUT: Mapping[ConsentChannel, Field] = {
    "": _answer(
        "marketing_consent",
        Text("是否同意营销", "agreed to marketing"),
        *("是否同意营销", "营销授权", "accepts marketing", "marketing consent"),
        samples=("yes", "no"),
    ),
    "email": _answer(
        "email_consent",
        Text("是否同意邮件营销", "agreed to marketing by e-mail"),
        *("是否同意邮件营销", "邮件营销授权", "accepts email marketing", "email consent"),
    ),
    "sms": _answer(
        "sms_consent",
        Text("是否同意短信营销", "agreed to marketing by text message"),
        *("是否同意短信营销", "短信营销授权", "accepts sms marketing", "sms consent"),
    ),
    "wechat": _answer(
        "wechat_consent",
        Text("是否同意微信营销", "agreed to marketing by WeChat"),
        *("是否同意微信营销", "微信营销授权", "accepts wechat marketing", "wechat consent"),
    ),
    "phone": _answer(
        "phone_consent",
        Text("是否同意电话营销", "agreed to marketing by phone"),
        *("是否同意电话营销", "电话营销授权", "accepts phone marketing", "phone consent"),
    ),
}
CHANNEL_OF_ANSWER = {field.name: channel for channel, field in _ANSWER_ABOUT.items()}
CONSENT_FIELDS = (
    *_ANSWER_ABOUT.values(),
    Field(
        "consented_at",
        Text("同意或撤回的时间", "when they agreed or withdrew"),
        "date",
        aliases=("授权时间", "同意时间"),
        samples=("2026-11-20", "2026-11-21"),
    ),
)
REJECT, LEAVE_OUT = "reject", "leave_out"
UNDATED_CONSENTS = Option(
    "undated_consents",
    Text("没有时间的营销授权（不能作为凭证）", "agreements to marketing without a time, which prove nothing"),
    {
        REJECT: Text("拒绝这一行", "reject the row"),
        LEAVE_OUT: Text("不导入这项授权，其余照常", "leave the agreement out and take the rest"),
    },
)


def consent_readers(mapping: ColumnMapping) -> dict[str, CellReader]:
    """A reader of the cells of each answer."""
    return {
        each.name: unless_nothing(coded_reader(each, mapping, words=ANSWERS))
        for each in _ANSWER_ABOUT.values()
    }


def consents_of(known: Mapping[str, Any], *, undated: str) -> tuple[ConsentGiven, ...]:
    """The answers of a record.

    Parameters
    ----------
    known
        Field → value.
    undated
        One of `UNDATED_CONSENTS`: what becomes of an agreement whose time nobody says.

    Raises
    ------
    RowFault
        ``consent.undated``.
    """
    moment: tuple[datetime, object] | None = known["consented_at"]
    given_at = moment[0] if moment else None
    answers = {name: known[name] == "yes" for name in CHANNEL_OF_ANSWER if known[name] is not None}
    unproved = [name for name, is_granted in answers.items() if is_granted and given_at is None]
    if unproved and undated != LEAVE_OUT:
        raise RowFault(
            unproved[0],
            ZhikeError(
                "consent.undated",
                zh="同意营销要有时间（consented_at 列），没有时间的授权不能作为凭证；也可以选择不导入这项授权",
                en="an agreement to marketing needs its time (consented_at): without one it proves nothing; it can be left out",
            ),
        )
    return tuple(
        ConsentGiven("marketing", CHANNEL_OF_ANSWER[name], is_granted, given_at)
        for name, is_granted in answers.items()
        if name not in unproved
    )
