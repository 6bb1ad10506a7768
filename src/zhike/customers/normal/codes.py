"""Codes for what people call by words, so that nobody has to invent one."""

from __future__ import annotations

import re
from collections.abc import Container
from itertools import count

CODE = re.compile(r"[a-z][a-z0-9_]{0,39}\Z", re.ASCII)
_LONGEST = 40
_NO_PART = re.compile(r"[^a-z0-9]+", re.ASCII)


def code_of(words: str, *, taken: Container[str] = ()) -> str:
    """A code for some words: the same words give the same code, unless it is taken.

    At most 40 small letters, digits and underscores, a letter first; Chinese is spelled in pinyin.

    >>> code_of("朋友介绍"), code_of("Green tea!"), code_of("3 天内"), code_of("？")
    ('peng_you_jie_shao', 'green_tea', 'c3_tian_nei', 'c')
    >>> code_of("微信", taken={"wei_xin"})
    'wei_xin_2'
    """
    # It takes a sixth of a second to load, and most commands never need it.
    from pypinyin import lazy_pinyin

    spelled = _NO_PART.sub("_", " ".join(lazy_pinyin(words[:_LONGEST])).lower()).strip("_")
    code = spelled if spelled[:1].isalpha() else f"c{spelled}"
    tries = (code[:_LONGEST].rstrip("_") if n == 1 else f"{code[: _LONGEST - 4]}_{n}" for n in count(1))
    return next(each for each in tries if each not in taken)
