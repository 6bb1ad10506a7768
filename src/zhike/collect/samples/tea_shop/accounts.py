"""What each source wrote down about its customers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from zhike.collect.samples.tea_shop.dice import Dice
from zhike.collect.samples.tea_shop.persons import PLACEHOLDER_PHONES, Person
from zhike.collect.samples.tea_shop.places import STORES
from zhike.collect.samples.tea_shop.spellings import (
    address_line,
    address_parts,
    heard_birthday,
    heard_name,
    heard_phone,
    typed_birthday,
    typed_email,
    typed_name,
    typed_phone,
)

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_SECOND_ACCOUNT = {"website": 0.07, "wechat": 0.01, "counter": 0.09}
_CLERK_TAGS = ("常客", "爱聊天", "送礼", "要发票", "喜欢岩茶", "怕苦", "带孩子", "自带杯")


@dataclass(frozen=True, slots=True)
class Account:
    """One record of one source; `cells` by the source's own column names."""

    source: str
    key: str
    person: Person
    created_at: datetime
    cells: Mapping[str, object]


def accounts(*, seed: int, people: Sequence[Person], last_day: date) -> list[Account]:
    """All accounts, grouped by source in the order of their creation, with keys unique in their source."""
    opened = sorted(
        _opened(Dice(seed, "opened"), people, last_day), key=lambda each: (each[0], each[1], each[2])
    )
    dice = {source: Dice(seed, source) for source in _WRITERS}
    union_dice = Dice(seed, "unionids")
    unionids = {person.person_id: _unionid(union_dice) for person in people}
    seen: set[tuple[str, int]] = set()
    counts = dict.fromkeys(_WRITERS, 0)
    made = []
    for source, on, person_id, person in opened:
        # Who comes back with another WeChat account is another person to WeChat.
        is_second = (source, person_id) in seen
        unionid = _unionid(union_dice) if is_second and source == "wechat" else unionids[person_id]
        seen.add((source, person_id))
        at = _moment(dice[source], on)
        counts[source] += 1
        key, cells = _WRITERS[source](dice[source], person, at, counts[source], unionid)
        if is_second and source == "wechat":
            # A number is bound to one WeChat account.
            cells = {**cells, "phone": None}
        made.append(Account(source, key, person, at, cells))
    return made


def account_on(accounts: Sequence[Account], on: date, dice: Dice) -> Account:
    """The account a person uses on a day, of those in one source in the order of creation: mostly the newest."""
    opened = [account for account in accounts if account.created_at.date() <= on] or accounts[:1]
    return opened[-1] if dice.chance(0.8) else opened[0]


def _opened(dice: Dice, people: Iterable[Person], last_day: date) -> Iterator[tuple[str, date, int, Person]]:
    for person in people:
        life = person.life
        for source in life.sources:
            days = [visit.on for visit in life.visits if visit.source == source]
            stayed = (life.lost_on or last_day) - life.acquired_on
            later = life.acquired_on + timedelta(days=dice.below(stayed.days + 1))
            yield source, days[0] if days else later, person.person_id, person
            if len(days) > 1 and dice.chance(_SECOND_ACCOUNT[source]):
                yield source, dice.pick(days[1:]), person.person_id, person


def _website(
    dice: Dice, person: Person, at: datetime, number: int, unionid: str
) -> tuple[str, dict[str, object]]:
    key = str(100_000 + number)
    province, city, district, street = address_parts(dice, person.place)
    is_linked = "wechat" in person.life.sources and dice.chance(0.35)
    return key, {
        "会员编号": key,
        "姓名": typed_name(dice, person.name),
        "性别": person.name.gender if dice.chance(0.7) else "",
        "手机号": typed_phone(dice, person.phone) if dice.chance(0.99) else "",
        "邮箱": typed_email(dice, person.email) if dice.chance(0.82) else "",
        "生日": typed_birthday(dice, person.birthday) if dice.chance(0.45) else "",
        "省份": province,
        "城市": city,
        "区县": district,
        "详细地址": street,
        "注册时间": str(at),
        "微信UnionID": unionid if is_linked else "",
    }


def _wechat(
    dice: Dice, person: Person, at: datetime, number: int, unionid: str
) -> tuple[str, dict[str, object]]:
    key = "oTea" + _letters(dice, 24)
    gender = {"男": 1, "女": 2}[person.name.gender]
    return key, {
        "openid": key,
        "unionid": unionid if dice.chance(0.9) else None,
        "nickname": person.nickname,
        "gender": gender if dice.chance(0.7) else 0,
        "phone": typed_phone(dice, person.phone)
        if dice.chance(0.985) and not person.is_phone_borrowed
        else None,
        "city": person.place.brief_city if dice.chance(0.4) else None,
        "created_at": str(at),
    }


def _counter(
    dice: Dice, person: Person, at: datetime, number: int, unionid: str
) -> tuple[str, dict[str, object]]:
    key = f"88{number:06d}"
    return key, {
        "卡号": key,
        "姓名": heard_name(dice, person.name),
        "手机": _counter_phone(dice, person.phone),
        "生日": heard_birthday(dice, person) if dice.chance(0.5) else "",
        "地址": address_line(dice, person.place) if dice.chance(0.3) else "",
        "办卡门店": _home_store(person),
        "办卡日期": f"{at.year}/{at.month}/{at.day}",
        "标签": "、".join(dice.chosen(_CLERK_TAGS, dice.between(1, 2))) if dice.chance(0.35) else "",
    }


_WRITERS = {"website": _website, "wechat": _wechat, "counter": _counter}


def _counter_phone(dice: Dice, phone: str) -> str:
    """Some give none; then the clerk leaves it out or types something to get on."""
    if dice.chance(0.985):
        return heard_phone(dice, phone)
    return dice.pick(PLACEHOLDER_PHONES) if dice.chance(0.6) else ""


def _home_store(person: Person) -> str:
    if person.place.city == "上海市":
        return STORES[2]
    return STORES[person.person_id % 2]


def _moment(dice: Dice, on: date) -> datetime:
    return datetime.combine(on, time(dice.between(9, 21), dice.below(60), dice.below(60)))


def _unionid(dice: Dice) -> str:
    return "o6T" + _letters(dice, 25)


def _letters(dice: Dice, count: int) -> str:
    return "".join(dice.pick(_LETTERS) for _ in range(count))
