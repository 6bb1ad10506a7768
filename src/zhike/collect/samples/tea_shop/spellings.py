"""How one thing about a person is written in different hands."""

from __future__ import annotations

from datetime import date

from zhike.collect.samples.tea_shop.dice import Dice, Weighted
from zhike.collect.samples.tea_shop.lunar import lunar_day
from zhike.collect.samples.tea_shop.names import Name, addressed, in_pinyin, misheard
from zhike.collect.samples.tea_shop.persons import Person
from zhike.collect.samples.tea_shop.places import Place

_FULL_WIDTH = str.maketrans("0123456789@.", "０１２３４５６７８９＠．")
_TYPED_NAMES = Weighted({"right": 93.0, "pinyin": 3.0, "spaced": 2.0, "short": 2.0})
_HEARD_NAMES = Weighted(
    {"right": 76.0, "misheard": 8.0, "short": 4.0, "addressed": 7.0, "pinyin": 3.0, "spaced": 2.0}
)
_TYPED_PHONES = Weighted({"plain": 80.0, "country": 8.0, "dashes": 5.0, "spaces": 5.0, "wide": 2.0})
_HEARD_PHONES = Weighted(
    {"plain": 66.0, "spaces": 12.0, "dashes": 10.0, "country": 5.0, "wide": 5.0, "short": 2.0}
)


def typed_name(dice: Dice, name: Name) -> str:
    """As people type their own name."""
    return _name(dice, name, dice.weighted(_TYPED_NAMES))


def heard_name(dice: Dice, name: Name) -> str:
    """As a clerk types what somebody says."""
    return _name(dice, name, dice.weighted(_HEARD_NAMES))


def typed_phone(dice: Dice, phone: str) -> str:
    return _phone(phone, dice.weighted(_TYPED_PHONES))


def heard_phone(dice: Dice, phone: str) -> str:
    return _phone(phone, dice.weighted(_HEARD_PHONES))


def typed_email(dice: Dice, email: str) -> str:
    """Now and then in capitals, in full width, or with a letter lost; the domain is never another."""
    if dice.chance(0.06):
        return email.title() if dice.chance(0.7) else email.upper()
    if dice.chance(0.02):
        place = dice.between(1, 4)
        return email[:place] + email[place + 1 :]
    return email.translate(_FULL_WIDTH) if dice.chance(0.01) else email


def typed_birthday(dice: Dice, birthday: date) -> str:
    return _slipped(dice, birthday).isoformat()


def heard_birthday(dice: Dice, person: Person) -> str:
    """As the clerk hears it: the lunar one of those who keep that, else in any of three forms."""
    birthday = _slipped(dice, person.birthday)
    if person.keeps_lunar_birthday and dice.chance(0.7):
        return str(lunar_day(person.birthday))
    form = dice.pick(
        ("{0.year}/{0.month}/{0.day}", "{0.month}月{0.day}日", "{0.year}-{0.month:02d}-{0.day:02d}")
    )
    return form.format(birthday)


def address_parts(dice: Dice, place: Place) -> tuple[str, str, str, str]:
    """Province, city, district and the rest: in full, cut short, or without the district."""
    if dice.chance(0.72):
        return place.province, place.city, place.district, place.street
    district = "" if dice.chance(0.4) else place.district
    street = place.brief_street if dice.chance(0.5) else place.street
    return place.brief_province, place.brief_city, district, street


def address_line(dice: Dice, place: Place) -> str:
    province, city, district, street = address_parts(dice, place)
    return f"{'' if dice.chance(0.5) or province == city else province}{city}{district}{street}"


def _name(dice: Dice, name: Name, manner: str) -> str:
    match manner:
        case "misheard":
            return misheard(dice, name)
        case "short":
            return name.surname + name.given[-1]
        case "addressed":
            return addressed(name)
        case "pinyin":
            return in_pinyin(name)
        case "spaced":
            return f" {name.surname} {name.given}"
        case _:
            return str(name)


def _phone(phone: str, manner: str) -> str:
    match manner:
        case "country":
            return f"+86 {phone}"
        case "dashes":
            return f"{phone[:3]}-{phone[3:7]}-{phone[7:]}"
        case "spaces":
            return f"{phone[:3]} {phone[3:7]} {phone[7:]}"
        case "wide":
            return phone.translate(_FULL_WIDTH)
        case "short":
            return phone[:6] + phone[7:]
        case _:
            return phone


def _slipped(dice: Dice, birthday: date) -> date:
    """Mostly right; else day and month changed places, or the day is one off."""
    if dice.chance(0.95):
        return birthday
    if birthday.day <= 12:
        return birthday.replace(month=birthday.day, day=birthday.month)
    return birthday.replace(day=birthday.day - 1)
