"""Who the people are, before any source has written them down; with the traps that make it hard to tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from zhike.collect.samples.tea_shop.dice import Dice
from zhike.collect.samples.tea_shop.lives import Life
from zhike.collect.samples.tea_shop.names import Name, new_name, new_nickname
from zhike.collect.samples.tea_shop.places import Place, new_place

PHONE_PREFIX = "154"
"""Eleven digits like any mobile number, but in a range that no Chinese operator hands out."""
SHOP_PHONE = "15400000000"
PLACEHOLDER_PHONES = ("13800000000", SHOP_PHONE)
_PHONES = 10**8
# Without a common factor with `_PHONES`: every person has another number, and neighbours are far apart.
_PHONE_STEP = 61_803_399
_FAMILY_SHARE = 0.010
_RECYCLED_SHARE = 0.001
_RESTING_DAYS = 120


@dataclass(frozen=True, slots=True)
class Person:
    """One human being.

    Parameters
    ----------
    family_id
        Of those who live together and share a phone or an e-mail address.
    phone_before_of
        The person who had this phone number until it was given up and handed out again.
    is_phone_borrowed
        It is the number of somebody they live with.
    """

    life: Life
    name: Name
    birthday: date
    keeps_lunar_birthday: bool
    phone: str
    email: str
    place: Place
    nickname: str
    family_id: int | None = None
    phone_before_of: int | None = None
    is_phone_borrowed: bool = False

    @property
    def person_id(self) -> int:
        return self.life.person_id


def persons(*, seed: int, lives: Sequence[Life], last_day: date) -> list[Person]:
    """One person a life, in the same order."""
    dice = Dice(seed, "persons")
    people = [_person(dice, life, last_day, offset=seed % _PHONES) for life in lives]
    _join_families(Dice(seed, "families"), people)
    _recycle_phones(Dice(seed, "recycled"), people)
    return people


def _person(dice: Dice, life: Life, last_day: date, *, offset: int) -> Person:
    name = new_name(dice)
    birthday = _birthday(dice, last_day)
    number = (life.person_id * _PHONE_STEP + offset) % _PHONES
    return Person(
        life=life,
        name=name,
        birthday=birthday,
        keeps_lunar_birthday=birthday.year < 1985 and dice.chance(0.3),
        phone=f"{PHONE_PREFIX}{number:08d}",
        email=_email(dice, name, life.person_id),
        place=new_place(dice, is_near="counter" in life.sources),
        nickname=new_nickname(dice, name),
    )


def _birthday(dice: Dice, last_day: date) -> date:
    age_days = min(max(dice.normal(38, 11), 18), 74) * 365.25
    return last_day - timedelta(days=int(age_days) + dice.below(365))


def _email(dice: Dice, name: Name, person_id: int) -> str:
    surname, given = name.pinyin
    local = dice.pick(
        (f"{surname}{given}", f"{surname}.{given}", f"{given}{surname}", f"{surname[0]}{given}")
    )
    return f"{local}{person_id:04d}@{'example.com' if dice.chance(0.7) else 'example.cn'}"


def _join_families(dice: Dice, people: list[Person]) -> None:
    """Some live together: one address, often one surname, and one phone or one e-mail address."""
    free = dice.chosen([person.person_id for person in people], len(people) // 5)
    for family_id in range(1, round(len(people) * _FAMILY_SHARE) + 1):
        head = people[free.pop() - 1]
        people[head.person_id - 1] = replace(head, family_id=family_id)
        shares_phone = dice.chance(0.75)
        for _ in range(2 if dice.chance(0.2) else 1):
            member = people[free.pop() - 1]
            surname = head.name.surname if dice.chance(0.6) else None
            joined = replace(
                member,
                name=new_name(dice, surname=surname),
                place=head.place,
                family_id=family_id,
                phone=head.phone if shares_phone else member.phone,
                is_phone_borrowed=shares_phone,
                email=member.email if shares_phone else head.email,
            )
            people[member.person_id - 1] = joined


def _recycle_phones(dice: Dice, people: list[Person]) -> None:
    """Some of those who are gone gave up their number, and a stranger who came later has it now."""
    alone = [person for person in people if person.family_id is None]
    gone = sorted(
        (person for person in alone if person.life.lost_on),
        key=lambda person: (person.life.lost_on or date.max, person.person_id),
    )
    former = dice.chosen(gone[: len(gone) // 2], round(len(people) * _RECYCLED_SHARE))
    taken = {person.person_id for person in former}
    for before in former:
        lost_on = before.life.lost_on or date.max
        later = [
            person
            for person in alone
            if person.person_id not in taken and (person.life.acquired_on - lost_on).days > _RESTING_DAYS
        ]
        if later:
            after = dice.pick(later)
            taken.add(after.person_id)
            people[after.person_id - 1] = replace(after, phone=before.phone, phone_before_of=before.person_id)
