"""Which of several encodings a text is probably in, where its bytes can be read in more than one of them.

The bytes are read in each, and the characters that come out are weighed: each class of characters has a share of what
people write, which its characters have in equal parts. What is right gives common characters throughout, what is wrong
gives rare ones. The weights are rough; what must hold is that no wrong reading is called sure.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib import resources
from typing import BinaryIO

import numpy as np

from zhike.collect.imports.storage import InputFile

_BLOCK_BYTES = 1 << 18
_SAMPLE_BYTES = 1 << 18
_LEAST_OF_BLOCK = 1 << 10
_LONGEST_LINE = 1 << 20
# A thousand to one.
_SURE = math.log(1000)
_FAR = 2.0
_OF_ASCII = -3.0
_UNHEARD_OF = -18.0
_PUNCTUATION = frozenset(
    "，。、；：？！（）【】《》“”‘’—…·￥　「」『』・～％－／＋＆＃＊＝｜①②③④⑤０１２３４５６７８９"
)
_LATIN = frozenset("ÀÁÂÃÄÅÆÇÈÉÊËÍÎÑÓÔÕÖØÚÜßàáâãäåæçèéêëìíîïñòóôõöøùúûü")
_LATIN_SIGNS = frozenset("£€°’‘“”–—…®©™·½²³ªº¡¿«»")
# Accents stand within words, characters of other scripts hardly ever.
_WITHIN_WORDS = re.compile("(?<=[A-Za-z])[^\x00-\x7f]{1,2}(?=[a-z])")
_IN_A_WORD = -3.0
_BEYOND_ASCII = re.compile("[^\x00-\x7f]+")


@dataclass(frozen=True, slots=True)
class Likeliest:
    """The encoding that the bytes look like, and those that are nearly as likely; UTF-8 for one that was damaged.

    It is sure where it is a thousand times as likely as any other, in every part of the file, and reads as a text.
    """

    encoding: str
    others: tuple[str, ...]
    is_sure: bool


@dataclass(frozen=True, slots=True)
class _Candidate:
    """How likely an encoding is before anything was read, and the mean weight below which it reads as no text.

    `weigh` weighs what is beyond ASCII in a text.
    """

    before: float
    floor: float
    weigh: Callable[[str], float]


@dataclass(slots=True)
class _Tally:
    """What was read in one encoding: the weight of what is beyond ASCII, how many characters that is, and the rest."""

    candidate: _Candidate
    weight: float = 0.0
    beyond: int = 0
    plain: int = 0

    def add(self, other: _Tally) -> None:
        self.weight += other.weight
        self.beyond += other.beyond
        self.plain += other.plain

    @property
    def mark(self) -> float:
        # One character of two bytes in one encoding may be two characters in another, plain ones among them.
        return self.candidate.before + self.weight + _OF_ASCII * self.plain

    @property
    def reads(self) -> bool:
        return self.beyond > 0 and self.weight / self.beyond > self.candidate.floor


def _tally(candidate: _Candidate, text: str) -> _Tally:
    beyond = sum(map(len, _BEYOND_ASCII.findall(text)))
    return _Tally(candidate, candidate.weigh(text), beyond, len(text) - beyond)


def likeliest(file: InputFile) -> Likeliest:
    """What a file that is no UTF-8 is probably in; lines of every part of it are looked at."""
    tallies, leaders = _tallies(file)
    marks = {name: tally.mark for name, tally in tallies.items() if tally.reads}
    if not marks:
        return Likeliest("gb18030", (), is_sure=False)
    best = max(marks, key=lambda name: marks[name])
    near = tuple(name for name in marks if name != best and marks[best] - marks[name] < _SURE)
    others = near + tuple(sorted(leaders - {best, *near}))
    return Likeliest(best, others, is_sure=not others)


def likelier_than_utf_8(file: InputFile) -> tuple[str, ...]:
    """The encodings in which a file that is valid UTF-8, by a few bytes only, reads far better."""
    tallies, _ = _tallies(file)
    least = tallies["utf-8"].mark + _FAR
    better = [name for name, tally in tallies.items() if tally.reads and tally.mark > least]
    return tuple(sorted(better, key=lambda name: -tallies[name].mark))


def _tallies(file: InputFile) -> tuple[dict[str, _Tally], set[str]]:
    """What all of the pieces say, and the encodings that some piece says clearly."""
    tallies = {name: _Tally(each) for name, each in _candidates().items()}
    leaders = set[str]()
    for piece in _pieces(file):
        alone = {name: _tally(each, piece.decode(name, "replace")) for name, each in _candidates().items()}
        leaders |= _clear_leader(alone)
        for name, tally in tallies.items():
            tally.add(alone[name])
    return tallies, leaders


def _clear_leader(tallies: Mapping[str, _Tally]) -> set[str]:
    """The encoding that reads as a text and is far ahead of all others, if there is one."""
    ranked = sorted(tallies, key=lambda name: tallies[name].mark, reverse=True)
    first, second = (tallies[name] for name in ranked[:2])
    return {ranked[0]} if first.reads and first.mark - second.mark > _SURE else set()


def _pieces(file: InputFile) -> Iterator[bytes]:
    """Lines with bytes beyond ASCII, some of each part of the file."""
    most = max(_SAMPLE_BYTES * _BLOCK_BYTES // max(file.stat().st_size, _BLOCK_BYTES), _LEAST_OF_BLOCK)
    with file.open("rb") as stream:
        for lines in _whole_lines(stream):
            high = np.flatnonzero(np.frombuffer(lines, np.uint8) >= 0x80)
            if len(high):
                begin = lines.rfind(b"\n", 0, int(high[0])) + 1
                end = lines.rfind(b"\n", begin, begin + most) + 1
                yield lines[begin : end or begin + most]


def _whole_lines(stream: BinaryIO) -> Iterator[bytes]:
    """The file in pieces that begin with a line: no character goes on after a line feed."""
    rest = b""
    while block := stream.read(_BLOCK_BYTES):
        rest += block
        if cut := rest.rfind(b"\n") + 1:
            yield rest[:cut]
            rest = rest[cut:]
        elif len(rest) > _LONGEST_LINE:
            # Where the next character begins cannot be told any more.
            break
    yield rest


@cache
def _candidates() -> Mapping[str, _Candidate]:
    """By Python's name of the encoding; files of shops here are in GB18030 far more often than in the others."""
    return {
        "gb18030": _Candidate(math.log(0.9), -10.3, partial(_weight_of, weigh=cache(_gb18030))),
        "cp950": _Candidate(math.log(0.025), -10.3, partial(_weight_of, weigh=cache(_big5))),
        "cp949": _Candidate(math.log(0.025), -10.3, partial(_weight_of, weigh=cache(_korean))),
        "cp932": _Candidate(math.log(0.025), -10.3, partial(_weight_of, weigh=cache(_japanese))),
        "cp1252": _Candidate(math.log(0.025), -6.5, _weight_of_latin),
        # It was not UTF-8 throughout: what is so in most places was damaged.
        "utf-8": _Candidate(math.log(0.025), -12.0, _weight_of_damaged),
    }


def _weight_of(text: str, *, weigh: Callable[[str], float]) -> float:
    weight = sum(count * weigh(sign) for sign, count in Counter(text).items() if sign >= "\x80")
    return weight + _IN_A_WORD * len(_WITHIN_WORDS.findall(text))


def _weight_of_latin(text: str) -> float:
    """Letters with accents stand alone among letters, as in Müller or café."""
    weight = 0.0
    for run in _BEYOND_ASCII.finditer(text):
        weight += sum(map(_latin, run[0])) - 4.0 * (len(run[0]) - 1)
        around = text[max(run.start() - 1, 0) : run.start()] + text[run.end() : run.end() + 1]
        if run[0][0] in _LATIN and not any(map(str.isalpha, around)):
            weight -= 3.0
    return weight


def _latin(sign: str) -> float:
    if sign in _LATIN:
        return _part(0.9, len(_LATIN))
    return _part(0.07, len(_LATIN_SIGNS)) if sign in _LATIN_SIGNS else _part(0.005, 60)


def _weight_of_damaged(text: str) -> float:
    return sum(count * _damaged_utf_8(sign) for sign, count in Counter(text).items() if sign >= "\x80")


def _damaged_utf_8(sign: str) -> float:
    if sign in _LATIN:
        return _part(0.3, len(_LATIN))
    if any(sign in signs for signs in _common().values()):
        return _part(0.6, len(_common()["simplified"]))
    return _UNHEARD_OF if sign == "\ufffd" else _part(0.1, 10_000)


def _gb18030(sign: str) -> float:
    if sign in _common()["simplified"]:
        return _part(0.7, len(_common()["simplified"]))
    if sign in _PUNCTUATION:
        return _part(0.05, len(_PUNCTUATION))
    if sign in _common()["traditional"]:
        return _part(0.05, len(_common()["traditional"]))
    lead, trail = _pair(sign, "gb18030")
    if trail >= 0xA1 and 0xB0 <= lead <= 0xD7:
        return _part(0.2, 2_700)
    if trail >= 0xA1 and 0xD8 <= lead <= 0xF7:
        return _part(0.03, 3_000)
    return _part(0.01, 14_000) if lead else _UNHEARD_OF


def _big5(sign: str) -> float:
    if sign in _common()["traditional"]:
        return _part(0.7, len(_common()["traditional"]))
    if sign in _PUNCTUATION:
        return _part(0.05, len(_PUNCTUATION))
    lead, _ = _pair(sign, "cp950")
    if 0xA4 <= lead <= 0xC6:
        return _part(0.22, 4_200)
    return _part(0.02, 7_600) if 0xC9 <= lead <= 0xF9 else _UNHEARD_OF


def _korean(sign: str) -> float:
    if sign in _common()["hangul"]:
        return _part(0.8, len(_common()["hangul"]))
    if sign in _PUNCTUATION:
        return _part(0.02, len(_PUNCTUATION))
    lead, trail = _pair(sign, "cp949")
    if trail >= 0xA1 and 0xB0 <= lead <= 0xC8:
        return _part(0.15, 1_800)
    return _part(0.01, 8_800) if lead and lead < 0xFE else _UNHEARD_OF


def _japanese(sign: str) -> float:
    if "ぁ" <= sign <= "ー":
        return _part(0.5, 170)
    if sign in _PUNCTUATION:
        return _part(0.05, len(_PUNCTUATION))
    if "｡" <= sign <= "ﾟ":
        return _part(0.0007, 63)
    lead, _ = _pair(sign, "cp932")
    if 0x88 <= lead <= 0x98:
        return _part(0.4, 2_965)
    return _part(0.02, 3_400) if lead else _UNHEARD_OF


def _pair(sign: str, encoding: str) -> tuple[int, int]:
    """The two bytes of a character; zeros where it is none of two, was made up, or could not be read."""
    if sign == "\ufffd" or "\ue000" <= sign <= "\uf8ff":
        return 0, 0
    written = sign.encode(encoding)
    return (written[0], written[1]) if len(written) == 2 else (0, 0)


def _part(share: float, size: int) -> float:
    return math.log(share / size)


@cache
def _common() -> Mapping[str, frozenset[str]]:
    """The common characters of each script."""
    file = resources.files("zhike.collect.imports") / "common_characters.toml"
    return {name: frozenset(signs) for name, signs in tomllib.loads(file.read_text("utf-8")).items()}
