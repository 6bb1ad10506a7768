"""What all of these share: characters that look the same are made the same, and values are masked."""

from __future__ import annotations

import re

# Full-width ASCII (！ to ～) and the ideographic space: input methods write them, nobody means them.
_WIDTHS = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xA0: 0x20}
_INVISIBLE = dict.fromkeys(
    [0xAD, 0x180E, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A)]
)
_FOLDING = {**_WIDTHS, **_INVISIBLE}
_SPACES = re.compile(r"\s+")
_EMAIL = r"[^@\s]+@[^@\s]+\.\w"
_MOBILE = r"(?<!\d)(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)"
_IDENTITY_NUMBER = r"(?<!\d)\d{17}[\dXx](?!\d)"
# In groups only with a birthday in it: order numbers are written in groups, too.
_IDENTITY_IN_GROUPS = (
    r"(?<!\d)\d{3}[ -]?\d{3}[ -]?(?:19|20)\d\d[ -]?(?:0[1-9]|1[0-2])[ -]?(?:0[1-9]|[12]\d|3[01])"
    r"[ -]?\d{3}[ -]?[\dXx](?!\d)"
)
_NAMES_A_PERSON = re.compile(f"{_EMAIL}|{_MOBILE}|{_IDENTITY_NUMBER}|{_IDENTITY_IN_GROUPS}")
# 文三路一号 is as much of a street as 文三路1号; names of towns have neither digits nor houses.
_STREET = re.compile(r"\d|[〇零一二三四五六七八九十百]+[号栋幢室弄]|[路街巷弄]")
_LONGEST_TOWN = 30
_SHORT = 4
_LONG = 8


def folded(text: str) -> str:
    """Text with half-width letters and digits, without invisible characters and outer spaces.

    >>> folded("　１３８\\u200b Ａｂ ")
    '138 Ab'
    """
    if text.isascii():
        return text.strip()
    return text.translate(_FOLDING).strip()


def single_spaced(text: str) -> str:
    """Each run of spaces, tabs and line breaks as one space.

    >>> single_spaced("a \\t b\\nc")
    'a b c'
    """
    return _SPACES.sub(" ", text).strip()


def names_a_person(text: str) -> bool:
    """Whether a text has what looks like an e-mail address, a mobile number or an identity number in it.

    >>> [names_a_person(text) for text in ("ring 139 1234-5678", "１３９１２３４５６７８", "order 1391234567")]
    [True, True, False]
    >>> names_a_person("330106 19900520 123X"), names_a_person("330106-2099-0000-1234")
    (True, False)
    """
    return _NAMES_A_PERSON.search(folded(text)) is not None


def reads_like_a_street(text: str) -> bool:
    """Whether what should be a province, city or district says where somebody lives.

    >>> reads_like_a_street("文三路1号"), reads_like_a_street("São Paulo")
    (True, False)
    """
    return len(text) > _LONGEST_TOWN or _STREET.search(folded(text)) is not None


def masked(text: str) -> str:
    """A value as an error names it: enough to find the cell, too little to know the person.

    >>> masked("13800138000"), masked("zhangsan"), masked("张三丰收"), masked("张三")
    ('1***0', 'z***n', '张***', '***')
    """
    plain = "".join(sign if sign.isprintable() else "?" for sign in folded(text)[:64])
    if len(plain) < _SHORT:
        return "***"
    return f"{plain[0]}***{plain[-1] if len(plain) >= _LONG else ''}"
