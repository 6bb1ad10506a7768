"""What really is so: who is behind every account, and who is lost; and how near a guess comes to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import combinations
from typing import NamedTuple

from zhike.kernel.errors import UsageError


class ProfileKey(NamedTuple):
    """One record of one source."""

    source: str
    key: str


@dataclass(frozen=True, slots=True)
class TruePerson:
    """One human being and all that is known of them.

    Parameters
    ----------
    lost_on
        The day of the last visit, if the person will never buy again; None if they may.
    family_id
        Equal for those who share a phone or an e-mail address and yet are different persons.
    phone_before_of
        The person who had this one's phone number before it was handed out again.
    """

    person_id: int
    keys: tuple[ProfileKey, ...]
    archetype: str
    acquired_on: date
    lost_on: date | None = None
    family_id: int | None = None
    phone_before_of: int | None = None


@dataclass(frozen=True)
class Truth:
    """The persons of a shop; every key belongs to exactly one of them."""

    people: tuple[TruePerson, ...]

    @cached_property
    def persons_by_key(self) -> Mapping[ProfileKey, int]:
        return {key: person.person_id for person in self.people for key in person.keys}

    @cached_property
    def pairs(self) -> frozenset[tuple[ProfileKey, ProfileKey]]:
        """Every two records of one person, the smaller key first."""
        return frozenset(pair for person in self.people for pair in combinations(sorted(person.keys), 2))

    def matches(self, keys: Iterable[tuple[str, str]]) -> dict[ProfileKey, int]:
        """The person of each key.

        Raises
        ------
        UsageError
            ``truth.unknown_key``.
        """
        asked = [ProfileKey(*key) for key in keys]
        for key in asked:
            if key not in self.persons_by_key:
                raise UsageError(
                    "truth.unknown_key",
                    zh=f"来源 {key.source} 没有编号 {key.key}；请用同一次生成的文件",
                    en=f"the source {key.source} has no record {key.key}; use files of the same generation",
                )
        return {key: self.persons_by_key[key] for key in asked}

    def lost_by(self, on: date) -> frozenset[int]:
        """The persons who will not buy again after a day."""
        return frozenset(each.person_id for each in self.people if each.lost_on and each.lost_on <= on)


@dataclass(frozen=True, slots=True)
class Scores:
    """Shares of pairs, in [0, 1]: joined pairs that are right, true pairs that were joined, harmonic mean."""

    precision: float
    recall: float
    f1: float


def pairwise_scores(truth: Truth, clusters: Iterable[Iterable[tuple[str, str]]]) -> Scores:
    """How well clusters of keys, each meant as one person, agree with the truth.

    A key in no cluster stands alone. Without joined pairs the precision is 1, without true pairs the recall.

    Raises
    ------
    UsageError
        ``truth.unknown_key``, ``truth.repeated_key``.
    """
    seen: set[tuple[str, str]] = set()
    joined = right = 0
    for cluster in clusters:
        keys = list(cluster)
        _refuse_repeated(keys, seen)
        persons = Counter(truth.matches(keys).values())
        joined += _pairs(len(keys))
        right += sum(map(_pairs, persons.values()))
    existing = sum(_pairs(len(person.keys)) for person in truth.people)
    precision = right / joined if joined else 1.0
    recall = right / existing if existing else 1.0
    return Scores(precision, recall, 2 * precision * recall / (precision + recall) if right else 0.0)


def _pairs(count: int) -> int:
    return count * (count - 1) // 2


def _refuse_repeated(keys: Iterable[tuple[str, str]], seen: set[tuple[str, str]]) -> None:
    for key in keys:
        if tuple(key) in seen:
            raise UsageError(
                "truth.repeated_key",
                zh=f"来源 {key[0]} 的编号 {key[1]} 出现了两次；每个编号只能属于一组",
                en=f"the record {key[1]} of the source {key[0]} occurs twice; a record belongs to one cluster",
            )
        seen.add((key[0], key[1]))
