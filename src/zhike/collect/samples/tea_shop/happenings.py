"""What the web shop and the mini-programme saw people do: events, referrals among them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from zhike.collect.samples.tea_shop.accounts import Account
from zhike.collect.samples.tea_shop.dice import Dice
from zhike.collect.samples.tea_shop.exports import Export, export
from zhike.collect.samples.tea_shop.orders import Order
from zhike.collect.samples.tea_shop.products import CATEGORIES, assortment

ONLINE = ("website", "wechat")
_TITLES = ("event_id", "name", "occurred_at", "source", "customer", "properties")
_SEEN_ORDERS = 0.30
_BROWSING_PER_PERSON = 1.15
_UNKNOWN_VISITORS = 0.15
_REFERRED = 0.07
_REFERRERS = ("loyal_drinker", "explorer")
_LINGERING = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class _Event:
    at: datetime
    name: str
    source: str
    customer: str | None
    properties: Mapping[str, object]


def event_export(
    *, seed: int, accounts: Sequence[Account], orders: Sequence[Order], first_on: date, last_on: date
) -> Export:
    """All events in time; one without a customer is of a visitor who was not signed in."""
    online = [account for account in accounts if account.source in ONLINE]
    events = [
        *_shopping(Dice(seed, "shopping"), orders),
        *_browsing(Dice(seed, "browsing"), online, first_on, last_on),
        *_referrals(Dice(seed, "referrals"), online, first_on),
    ]
    window = [event for event in events if first_on <= event.at.date() <= last_on]
    window.sort(key=lambda event: (event.at, event.name, event.customer or "", json.dumps(event.properties)))
    records = [_record(number, event) for number, event in enumerate(window, 1)]
    return export(
        "events", records, kind="events", source="", form="ndjson", header=_TITLES,
        personal=("customer", "properties"),
    )  # fmt: skip


def _record(number: int, event: _Event) -> dict[str, object]:
    return {
        "event_id": f"E{number:07d}",
        "name": event.name,
        "occurred_at": f"{event.at.isoformat()}+08:00",
        "source": event.source,
        "customer": event.customer,
        "properties": dict(event.properties),
    }


def _shopping(dice: Dice, orders: Sequence[Order]) -> Iterator[_Event]:
    """What led to an order, of those orders for which it was recorded; and every coupon used online."""
    for order in orders:
        if order.account is None or order.source not in ONLINE:
            continue
        key = order.account.key
        if dice.chance(_SEEN_ORDERS):
            products = [line.product.product_id for line in order.lines]
            start = order.ordered_at - timedelta(seconds=dice.between(200, 1500))
            yield from _session(dice, order.source, key, start, products, carted=len(products))
        if order.coupon and order.status != "cancelled":
            used = {"coupon_code": order.coupon, "order_id": order.number}
            yield _Event(order.ordered_at, "coupon_redeemed", order.source, key, used)


def _browsing(dice: Dice, online: Sequence[Account], first_on: date, last_on: date) -> Iterator[_Event]:
    """Visits without an order, some with a cart left behind."""
    ids = [product.product_id for product in assortment()]
    for _ in range(round(len(online) * _BROWSING_PER_PERSON)):
        account = dice.pick(online)
        begin = max(account.created_at.date(), first_on)
        lost_on = account.person.life.lost_on
        end = min(lost_on + _LINGERING, last_on) if lost_on else last_on
        if begin < end:
            on = begin + timedelta(days=1 + dice.below((end - begin).days))
            start = datetime.combine(on, time(dice.between(8, 22), dice.below(60), dice.below(60)))
            key = None if dice.chance(_UNKNOWN_VISITORS) else account.key
            products = dice.chosen(ids, dice.between(1, 4))
            carted = dice.between(1, 2) if dice.chance(0.3) else 0
            yield from _session(dice, account.source, key, start, products, carted=carted)


def _session(
    dice: Dice, source: str, key: str | None, start: datetime, products: Sequence[str], *, carted: int
) -> Iterator[_Event]:
    page = dice.pick(("/", *(f"/category/{number + 1}" for number in range(len(CATEGORIES)))))
    yield _Event(start, "page_viewed", source, key, {"page": page})
    for number, product_id in enumerate(products):
        start += timedelta(seconds=dice.between(8, 50))
        yield _Event(start, "product_viewed", source, key, {"product_id": product_id})
        if number < carted:
            start += timedelta(seconds=dice.between(3, 20))
            yield _Event(start, "cart_added", source, key, {"product_id": product_id, "quantity": 1})


def _referrals(dice: Dice, online: Sequence[Account], first_on: date) -> Iterator[_Event]:
    """Who was brought by whom: the event is the newcomer's and names the referrer's key and source."""
    referrers = [each for each in online if each.person.life.archetype.code in _REFERRERS]
    for account in online:
        life = account.person.life
        if account.created_at.date() != life.acquired_on or life.acquired_on < first_on:
            continue
        if dice.chance(_REFERRED):
            referrer = dice.pick(referrers)
            if _can_refer(referrer, account):
                named = {"referrer_source": referrer.source, "referrer": referrer.key}
                yield _Event(account.created_at, "referred", account.source, account.key, named)


def _can_refer(referrer: Account, newcomer: Account) -> bool:
    """Whether the referrer knew the shop a month before and had not left it."""
    on = newcomer.person.life.acquired_on
    life = referrer.person.life
    is_there = life.lost_on is None or life.lost_on >= on
    return referrer.created_at.date() <= on - _LINGERING and is_there and referrer.person != newcomer.person
