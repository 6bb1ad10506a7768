"""Chinese names as people type them in Latin letters: lower case, no tones, ü as v."""

from __future__ import annotations

from functools import lru_cache

from zhike.customers.normal.surnames import SURNAME_READINGS


def pinyin_of(*, family: str, given: str) -> list[str]:
    """One syllable a character; what has no reading is left out.

    >>> pinyin_of(family="曾", given="国藩"), pinyin_of(family="万俟", given="卨"), pinyin_of(family="吕", given="布")
    (['zeng', 'guo', 'fan'], ['mo', 'qi', 'xie'], ['lv', 'bu'])
    """
    return [*(SURNAME_READINGS.get(family) or _read(family)), *_read(given)]


# An import of a million names has some ten thousand given names; reading one takes 30 µs.
@lru_cache(maxsize=65_536)
def _read(characters: str) -> tuple[str, ...]:
    # It takes a sixth of a second to load, and most commands never need it.
    from pypinyin import lazy_pinyin

    return tuple(lazy_pinyin(characters, errors="ignore"))
