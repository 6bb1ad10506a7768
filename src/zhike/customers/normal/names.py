"""Names of people, and the tokens by which a search finds them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from zhike.customers.normal.pinyins import pinyin_of
from zhike.customers.normal.surnames import COMPOUND_SURNAMES
from zhike.customers.normal.writing import folded, masked, single_spaced
from zhike.kernel.errors import ZhikeError

Script = Literal["han", "latin", "mixed"]
Title = Literal["mr", "ms", "mrs", "miss", "dr"]

HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_HAN = re.compile(f"[{HAN}]")
_HAN_RUN = re.compile(f"[{HAN}]+")
_BETWEEN_HAN = re.compile(f"(?<=[{HAN}·])\\s+(?=[{HAN}·])")
_DOTS = re.compile(f"(?<=[{HAN}])\\s*[•・‧∙⋅･.]\\s*(?=[{HAN}])")
_LATIN_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_NUMBER = re.compile(r"[0-9]{5,}")
_STARS = re.compile(r"[*●○×]")
_NOT_NAMES = {
    "无",
    "无名",
    "匿名",
    "匿名用户",
    "未知",
    "不详",
    "null",
    "none",
    "n/a",
    "na",
    "nan",
    "unknown",
    "test",
    "测试",
}
_LONGEST = 60
# More than a name with titles can have: refused, but not read to its end.
_LONGEST_CELL = 200

_TITLES: dict[str, Title] = {
    "先生": "mr",
    "女士": "ms",
    "小姐": "miss",
    "太太": "mrs",
    "夫人": "mrs",
    "博士": "dr",
    "mr": "mr",
    "mrs": "mrs",
    "ms": "ms",
    "miss": "miss",
    "dr": "dr",
}
_HAN_TITLE = re.compile(r"[\s(]*(先生|女士|小姐|太太|夫人|博士)[)\s]*\Z")
_LATIN_TITLE = re.compile(r"(mr|mrs|ms|miss|dr)(?:\.\s*|\s+)(?=\S)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PersonName:
    """A name without its title; `family` and `given` are None where nobody can tell them apart."""

    full: str
    family: str | None
    given: str | None
    title: Title | None
    script: Script

    def __str__(self) -> str:
        return self.full


def name(text: str) -> PersonName:
    """A name in one writing: no spaces inside Chinese names, single ones inside others, the title apart.

    >>> name("张 三 先生")
    PersonName(full='张三', family='张', given='三', title='mr', script='han')
    >>> name("欧阳娜娜").family, name("Mr. John  Smith").given, name("Smith, John").full
    ('欧阳', 'John', 'John Smith')

    Raises
    ------
    ZhikeError
        ``contact.masked`` for ``张*``; ``contact.name`` for no name at all: empty, 匿名, a number, over 60 characters.
    """
    plain = folded(text)[:_LONGEST_CELL]
    if _STARS.search(plain):
        raise ZhikeError(
            "contact.masked",
            zh=f"姓名“{masked(text)}”被平台打码了；请换成完整姓名，或者去掉这一列",
            en=f"the name “{masked(text)}” is masked by its platform; give the whole name or leave the column out",
        )
    full, title = _settled(plain)
    if not _is_name(full):
        raise ZhikeError(
            "contact.name",
            zh=f"“{masked(text)}”不是姓名；请填 1 至 {_LONGEST} 个字的姓名，没有就留空",
            en=f"“{masked(text)}” is not a name; give a name of 1 to {_LONGEST} characters, or leave it empty",
        )
    script = _script(full)
    family, given = _parts(full, script)
    return PersonName(full, family, given, title, script)


def _settled(plain: str) -> tuple[str, Title | None]:
    """The name and its title. One step may open the way for another: 张 先 生 has a title once its spaces are gone."""
    before: str | None = None
    title: Title | None = None
    while plain != before:
        before = plain
        plain = _BETWEEN_HAN.sub("", _DOTS.sub("·", _reordered(plain)))
        if found := _HAN_TITLE.search(plain) or _LATIN_TITLE.match(plain):
            title = title or _TITLES[found[1].lower()]
            plain = plain[: found.start()] + plain[found.end() :]
    return plain, title


def _reordered(full: str) -> str:
    """`Smith, John` as `John Smith`; other commas are spaces."""
    parts = [part.strip() for part in re.split("[,，]", full) if part.strip()]
    if len(parts) == 2 and not _HAN.search(full):
        parts.reverse()
    return single_spaced(" ".join(parts))


def _is_name(full: str) -> bool:
    said = full.casefold().rstrip(".")
    if not 1 <= len(full) <= _LONGEST or said in _NOT_NAMES or said in _TITLES:
        return False
    return (
        full.replace(" ", "").isprintable()
        and not _NUMBER.search(full)
        and any(sign.isalpha() for sign in full)
    )


def _script(full: str) -> Script:
    letters = full.replace("·", "").replace(" ", "")
    if not _HAN.search(letters):
        return "latin"
    return "han" if all(_HAN.match(sign) for sign in letters) else "mixed"


def _parts(full: str, script: Script) -> tuple[str | None, str | None]:
    if script == "latin":
        first, _, last = full.rpartition(" ")
        # Passports write ZHANG San.
        if first.isupper() and len(first) > 1 and " " not in first and not last.isupper():
            return first, last
        return (last, first) if first else (None, last)
    # 阿卜杜拉·买买提 has no family name, and five characters or more are rarely a Chinese name.
    if script == "mixed" or "·" in full or len(full) > 4:
        return None, None
    width = 2 if full[:2] in COMPOUND_SURNAMES and len(full) != 1 else 1
    return full[:width], full[width:]


def name_tokens(text: str) -> frozenset[str]:
    """Words that find this name: always the same for the same name, so that their keyed hashes can be compared.

    Each Han character and pair of neighbours, the full name, its pinyin in full and by initials, Latin words; all in
    lower case.

    >>> sorted(name_tokens("张三先生"))
    ['zhangsan', 'zs', '三', '张', '张三']
    >>> "shanxiong" in name_tokens("单雄"), "yuchijd" in name_tokens("尉迟敬德"), "ycjd" in name_tokens("尉迟敬德")
    (True, False, True)
    >>> sorted(name_tokens("Mr John Smith"))
    ['john', 'john smith', 'smith']

    Raises
    ------
    ZhikeError
        What `name` raises.
    """
    person = name(text)
    tokens = {person.full.casefold()}
    tokens.update(word.casefold() for word in _LATIN_WORD.findall(_HAN_RUN.sub(" ", person.full)))
    for run in _HAN_RUN.findall(person.full):
        tokens.update(run)
        tokens.update(_pairs(run))
    tokens.update(_pinyin_tokens(person))
    return frozenset(tokens)


def search_tokens(text: str) -> frozenset[str]:
    """What to look up for what somebody typed: a name matches if it has all of these tokens.

    >>> sorted(search_tokens("ZS")), sorted(search_tokens("张")), sorted(search_tokens("阳娜娜"))
    (['zs'], ['张'], ['娜娜', '阳娜'])
    """
    plain = folded(text)[: 2 * _LONGEST].casefold()
    tokens = set(_LATIN_WORD.findall(_HAN_RUN.sub(" ", plain)))
    for run in _HAN_RUN.findall(_BETWEEN_HAN.sub("", plain)):
        tokens.update(_pairs(run) or {run})
    return frozenset(tokens)


def _pairs(run: str) -> set[str]:
    return {run[at : at + 2] for at in range(len(run) - 1)}


def _pinyin_tokens(person: PersonName) -> set[str]:
    family, given = person.family or "", person.given or ""
    if person.script != "han":
        family, given = "", "".join(_HAN_RUN.findall(person.full))
    elif not family:
        given = person.full.replace("·", "")
    syllables = pinyin_of(family=family, given=given)
    return {"".join(syllables), "".join(syllable[0] for syllable in syllables)} - {""}
