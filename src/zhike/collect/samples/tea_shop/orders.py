"""What people bought, seen by the three tills."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache

from zhike.collect.samples.tea_shop.accounts import Account, account_on
from zhike.collect.samples.tea_shop.archetypes import ARCHETYPES, Archetype
from zhike.collect.samples.tea_shop.dice import Dice, Weighted
from zhike.collect.samples.tea_shop.lives import SOURCES, Life, Visit
from zhike.collect.samples.tea_shop.places import STORES
from zhike.collect.samples.tea_shop.products import CATEGORIES, Product, new_choice
from zhike.collect.samples.tea_shop.seasons import Calendar

_CANCELLED, _REFUNDED = 0.025, 0.031
_FULL_REFUND = 0.55
_CARD_LEFT_AT_HOME = 0.04
_WALK_INS = 0.30
_MOST_LINES, _MOST_PIECES = 8, 30
_STAPLE = 0.62
_COUNTER_HOURS = Weighted({10: 2.0, 11: 3, 12: 3, 13: 2, 14: 4, 15: 5, 16: 5, 17: 4, 18: 3, 19: 4, 20: 3})
_ONLINE_HOURS = Weighted(
    {8: 1.0, 9: 2, 10: 3, 11: 3, 12: 4, 13: 3, 14: 2, 15: 2, 16: 2, 18: 3, 20: 6, 21: 7, 22: 5, 23: 2}
)
_PAYMENTS = {
    "website": Weighted({"支付宝": 55.0, "微信支付": 35, "银行转账": 3, "云闪付": 7}),
    "wechat": Weighted({"微信支付": 1.0}),
    "counter": Weighted({"微信支付": 52.0, "支付宝": 28, "现金": 12, "银行卡": 8}),
}


@dataclass(frozen=True, slots=True)
class Line:
    """`amount` is what was paid for the line, `discount` what was taken off; minor units."""

    product: Product
    quantity: int
    amount: int
    discount: int


@dataclass(frozen=True, slots=True)
class Order:
    """One order of one source; without an `account` nobody knows whose it is. Amounts in minor units.

    `status` is ``paid``, ``completed``, ``cancelled`` or ``refunded``; a partial refund leaves it ``completed``.
    """

    source: str
    number: str
    account: Account | None
    ordered_at: datetime
    status: str
    lines: tuple[Line, ...]
    coupon: str
    refund: int
    refunded_on: date | None
    store: str
    payment: str

    @property
    def amount(self) -> int:
        return sum(line.amount for line in self.lines)

    @property
    def discount(self) -> int:
        return sum(line.discount for line in self.lines)


@dataclass(frozen=True, slots=True)
class _Buyer:
    """Whoever stands at the till: what orders need to know of a person, or of a passer-by."""

    kind: Archetype
    band: int
    person_id: int


def orders(
    *, seed: int, lives: Sequence[Life], accounts: Sequence[Account], calendar: Calendar, first_on: date
) -> list[Order]:
    """All orders from `first_on` to the last day of the calendar, in time, numbered by their source."""
    owned: dict[tuple[str, int], list[Account]] = {}
    for account in accounts:
        owned.setdefault((account.source, account.person.person_id), []).append(account)
    drafts = list(_drafts(Dice(seed, "orders"), lives, owned, calendar, first_on))
    drafts += _walk_ins(Dice(seed, "walk-ins"), round(len(drafts) * _WALK_INS), calendar, first_on)
    drafts.sort(key=lambda draft: (draft.ordered_at, draft.source, draft.number))
    return list(_numbered(drafts))


def _drafts(
    dice: Dice,
    lives: Sequence[Life],
    owned: Mapping[tuple[str, int], Sequence[Account]],
    calendar: Calendar,
    first_on: date,
) -> Iterator[Order]:
    """`number` only tells the drafts apart."""
    for life in lives:
        buyer = _Buyer(life.archetype, life.band, life.person_id)
        for visit in life.visits:
            if visit.on >= first_on:
                account = account_on(owned[visit.source, life.person_id], visit.on, dice)
                is_unseen = visit.source == "counter" and dice.chance(_CARD_LEFT_AT_HOME)
                is_first = visit.on == life.acquired_on
                yield _order(dice, buyer, visit, None if is_unseen else account, calendar, is_first=is_first)


def _walk_ins(dice: Dice, count: int, calendar: Calendar, first_on: date) -> list[Order]:
    kinds = Weighted({kind: kind.share * kind.sources[SOURCES.index("counter")] for kind in ARCHETYPES})
    before = (first_on - calendar.first_on).days - 1
    made = []
    for number in range(count):
        day = calendar.waited("daily", before, dice.fraction() * (calendar.days - before - 1) * 0.999)
        visit = Visit(calendar.first_on + timedelta(days=min(day, calendar.days - 1)), "counter")
        buyer = _Buyer(dice.weighted(kinds), dice.below(2), -number - 1)
        made.append(_order(dice, buyer, visit, None, calendar, is_first=False))
    return made


def _order(
    dice: Dice, buyer: _Buyer, visit: Visit, account: Account | None, calendar: Calendar, *, is_first: bool
) -> Order:
    coupon, percent = _offer(dice, buyer.kind, visit, calendar, is_first=is_first)
    lines = tuple(_lines(dice, buyer, percent))
    status, refund, refunded_on = _outcome(dice, visit, lines, calendar)
    return Order(
        source=visit.source,
        number=f"{buyer.person_id}",
        account=account,
        ordered_at=_moment(dice, visit, account),
        status=status,
        lines=lines,
        coupon=coupon,
        refund=refund,
        refunded_on=refunded_on,
        store=_store(dice, buyer, account) if visit.source == "counter" else "",
        payment=dice.weighted(_PAYMENTS[visit.source]),
    )


def _offer(
    dice: Dice, kind: Archetype, visit: Visit, calendar: Calendar, *, is_first: bool
) -> tuple[str, int]:
    """The coupon code, empty if none, and the per cent off."""
    sale = calendar.sale_on(visit.on)
    is_online = visit.source != "counter"
    if sale and dice.chance(kind.coupon_affinity * (1 if is_online else 0.4)):
        return f"{sale.coupon}{visit.on.year % 100}", round(sale.discount * 100)
    if is_first and is_online and dice.chance(0.3):
        return "WELCOME10", 10
    if dice.chance(kind.coupon_affinity * 0.12):
        return "TEA5", 5
    if kind.mood == "corporate":
        return "", 8
    return "", 5 if sale and is_online else 0


def _lines(dice: Dice, buyer: _Buyer, percent: int) -> Iterator[Line]:
    count = min(1 + int(dice.exponential(buyer.kind.lines)), _MOST_LINES)
    chosen = {_product(dice, buyer): None for _ in range(count)}
    for product in chosen:
        quantity = min(1 + int(dice.exponential(buyer.kind.quantity)), _MOST_PIECES)
        gross = product.price * quantity
        discount = gross * percent // 100
        yield Line(product, quantity, gross - discount, discount)


def _product(dice: Dice, buyer: _Buyer) -> Product:
    """People mostly return to the one or two kinds of tea that they like best."""
    if buyer.person_id > 0 and dice.chance(_STAPLE) and buyer.kind.code in ("loyal_drinker", "lapsed"):
        return new_choice(dice, CATEGORIES[buyer.person_id * 7 % 6], buyer.band)
    return new_choice(dice, dice.weighted(_tastes(buyer.kind.code)), buyer.band)


@cache
def _tastes(code: str) -> Weighted[str]:
    kind = next(kind for kind in ARCHETYPES if kind.code == code)
    return Weighted(dict(zip(CATEGORIES, kind.taste, strict=True)))


def _outcome(
    dice: Dice, visit: Visit, lines: Sequence[Line], calendar: Calendar
) -> tuple[str, int, date | None]:
    """The status, what was paid back and when; a refund after the last day has not happened yet."""
    last_on = calendar.first_on + timedelta(days=calendar.days - 1)
    if visit.source != "counter" and dice.chance(_CANCELLED):
        return "cancelled", 0, None
    refunded_on = visit.on + timedelta(days=1 + int(dice.exponential(5)))
    if dice.chance(_REFUNDED) and refunded_on <= last_on:
        amount = sum(line.amount for line in lines)
        if dice.chance(_FULL_REFUND):
            return "refunded", amount, refunded_on
        part = lines[0].amount if len(lines) > 1 else amount * dice.pick((20, 30, 50)) // 100
        return "completed", part, refunded_on
    is_open = visit.source != "counter" and (last_on - visit.on).days < 3
    return ("paid" if is_open else "completed"), 0, None


def _moment(dice: Dice, visit: Visit, account: Account | None) -> datetime:
    hour = dice.weighted(_COUNTER_HOURS if visit.source == "counter" else _ONLINE_HOURS)
    at = datetime.combine(visit.on, time(hour, dice.below(60), dice.below(60)))
    if account and at <= account.created_at and visit.on == account.created_at.date():
        return account.created_at + timedelta(seconds=dice.between(60, 1800))
    return at


def _store(dice: Dice, buyer: _Buyer, account: Account | None) -> str:
    home = account.cells["办卡门店"] if account else None
    return str(home) if home and dice.chance(0.88) else dice.pick(STORES)


def _numbered(drafts: Sequence[Order]) -> Iterator[Order]:
    """Each source counts in its own way: the web shop and WeChat by day, the tills by store and day."""
    counts: dict[str, int] = {}
    for draft in drafts:
        day = f"{draft.ordered_at:%Y%m%d}"
        series = {"website": f"W{day}", "wechat": f"MP{day}"}.get(draft.source)
        series = series or f"S{STORES.index(draft.store) + 1}-{day}-"
        counts[series] = counts.get(series, 0) + 1
        yield replace(draft, number=f"{series}{counts[series]:04d}")
