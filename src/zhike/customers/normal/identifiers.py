"""Ids of people in other systems, cleaned without changing what they mean."""

from __future__ import annotations

import re
from typing import Literal, get_args

from zhike.customers.normal.emails import email
from zhike.customers.normal.phones import phone
from zhike.customers.normal.writing import folded, masked, single_spaced
from zhike.kernel.errors import ZhikeError
from zhike.kernel.words import Text

Kind = Literal["phone", "email", "unionid", "openid", "external_userid", "member_card", "nickname"]

KINDS: dict[str, Text] = {
    "phone": Text("电话", "phone number"),
    "email": Text("邮箱", "e-mail address"),
    "unionid": Text("UnionID", "UnionID"),
    "openid": Text("OpenID", "OpenID"),
    "external_userid": Text("企业微信外部联系人 ID", "WeCom external user id"),
    "member_card": Text("会员卡号", "member card"),
    "nickname": Text("昵称", "nickname"),
}
_LONGEST = 128
_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+[0-9]{1,3}")
_POINT_ZERO = re.compile(r"([1-9][0-9]*)\.0")
_STARS = re.compile(r"\*|[•●○]{2,}")


def identifier(kind: Kind, text: str) -> str:
    """An id as two sources would both write it: no outer spaces, no invisible or full-width characters.

    Ids of platforms keep their case. A member card keeps its leading zeros, loses inner spaces, and its letters are
    folded to lower case.

    >>> identifier("openid", " oXyZ_12-3\\u200b"), identifier("member_card", "００12 ABC"), identifier("nickname", "山 茶  客")
    ('oXyZ_12-3', '0012abc', '山 茶 客')
    >>> identifier("phone", "139 1234 5678")
    '+8613912345678'
    >>> identifier("nickname", "t***1")
    Traceback (most recent call last):
    zhike.kernel.errors.ZhikeError: 昵称“t***”被平台打码了，不能用来认人；请换成完整内容，或者去掉这一列

    Raises
    ------
    ZhikeError
        ``contact.masked``, ``contact.identifier_scientific`` (digits are lost), ``contact.identifier`` (empty, too long,
        with spaces), and what `phone` and `email` raise.
    """
    if kind == "phone":
        return phone(text)
    if kind == "email":
        return email(text)
    if kind not in get_args(Kind):
        raise ValueError(f"no such kind of identifier: {kind}")
    cleaned = _cleaned(kind, folded(text))
    _check(kind, cleaned)
    return cleaned


def _cleaned(kind: Kind, plain: str) -> str:
    if kind == "nickname":
        return single_spaced(plain)
    if kind == "member_card":
        unspaced = "".join(plain.split()).casefold()
        whole = _POINT_ZERO.fullmatch(unspaced)
        return whole[1] if whole else unspaced
    return plain


def _check(kind: Kind, cleaned: str) -> None:
    label = KINDS[kind]
    if _STARS.search(cleaned):
        raise _problem(
            "contact.masked",
            Text(
                "{label}“{value}”被平台打码了，不能用来认人；请换成完整内容，或者去掉这一列",
                "the {label} “{value}” is masked by its platform and identifies nobody; "
                "give it whole or leave the column out",
            ),
            label,
            cleaned,
        )
    if kind != "nickname" and _SCIENTIFIC.fullmatch(cleaned):
        raise _problem(
            "contact.identifier_scientific",
            Text(
                "{label}“{value}”是科学计数法，后几位已经丢失；请在表格里把这一列设为文本后重新导出",
                "the {label} “{value}” is in scientific notation and its last digits are lost; "
                "set the column to text in the spreadsheet and export it again",
            ),
            label,
            cleaned,
        )
    if not _is_sound(kind, cleaned):
        raise _problem(
            "contact.identifier",
            Text(
                "{label}“{value}”不能用：应有 1 至 128 个可见字符，中间没有空格",
                "the {label} “{value}” cannot be used: it needs 1 to 128 visible characters without spaces",
            ),
            label,
            cleaned,
        )


def _is_sound(kind: Kind, cleaned: str) -> bool:
    if not 1 <= len(cleaned) <= _LONGEST or not cleaned.replace(" ", "").isprintable():
        return False
    return kind == "nickname" or not any(sign.isspace() for sign in cleaned)


def _problem(code: str, sentence: Text, label: Text, value: str) -> ZhikeError:
    said = sentence.format(label=label, value=masked(value))
    return ZhikeError(code, zh=said.zh, en=said.en)
