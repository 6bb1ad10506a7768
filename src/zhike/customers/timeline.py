"""What one customer did and what was done for them, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any, Literal

from django.http import HttpRequest
from django.utils import timezone

from zhike.customers.orders import MOST_LINES, Order, OrderLine, lines_of
from zhike.customers.selectors.profiles import customers_of
from zhike.customers.surveys import answers_in_words, questions_of
from zhike.customers.words import (
    ORDER_STATES,
    REFERRER,
    channel_text,
    event_text,
    properties_in,
    property_texts,
)
from zhike.kernel.words import Text
from zhike.lake.snapshots import Snapshot
from zhike.pages.links import same_page
from zhike.pages.paging import Paging, paging

Kind = Literal["orders", "events"]
PAGE_SIZE = 25
_ANSWERS = "answers"


@dataclass(frozen=True, slots=True)
class OrderItem:
    time: str
    order_id: str
    amount: int
    net_amount: int
    is_cancelled: bool
    refund_amount: int
    refunded_on: date | None
    discount_amount: int
    state: Text
    place: Text | str
    coupon_code: str
    lines: tuple[OrderLine, ...]
    more_lines: bool
    kind: Kind = "orders"


@dataclass(frozen=True, slots=True)
class EventItem:
    time: str
    text: Text
    properties: tuple[tuple[Text, Text | str], ...]
    kind: Kind = "events"


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    items: tuple[OrderItem | EventItem, ...]


@dataclass(frozen=True, slots=True)
class KindChip:
    text: Text
    count: int
    href: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    days: tuple[Day, ...]
    chips: tuple[KindChip, ...]
    paging: Paging


@dataclass(frozen=True, slots=True)
class _Event:
    day: date
    at: datetime | None
    source: str
    name: str
    properties: dict[str, Any] | str


def timeline(
    request: HttpRequest, snapshot: Snapshot, profile_ids: Sequence[int], orders: Sequence[Order]
) -> Timeline:
    """One page of the stream; `?kind=orders` or `events` shows one kind, `?page=2` older ones.

    Parameters
    ----------
    orders
        All of the customer's, newest first.
    """
    kind = request.GET.get("kind", "")
    event_count = _event_count(snapshot, profile_ids)
    counts: dict[str, int] = {"orders": len(orders), "events": event_count}
    total = counts.get(kind, sum(counts.values()))
    pages = paging(request, total=total, size=PAGE_SIZE)
    wanted = pages.offset + pages.size
    stream: list[Order | _Event] = [*orders[:wanted]] if kind != "events" else []
    if kind != "orders" and event_count:
        stream += _newest_events(snapshot, profile_ids, wanted)
    newest = sorted(stream, key=_moment, reverse=True)[pages.offset : wanted]
    shown = _with_questions(_with_referrers(newest))
    lines = lines_of(snapshot, profile_ids, [item for item in shown if isinstance(item, Order)])
    days = groupby(shown, key=_day)
    return Timeline(
        days=tuple(Day(day, tuple(_item(each, lines) for each in items)) for day, items in days),
        chips=_chips(request, kind, counts),
        paging=pages,
    )


def _event_count(snapshot: Snapshot, profile_ids: Sequence[int]) -> int:
    if not profile_ids:
        return 0
    events = snapshot.table("events")
    mine = events.filter(events.profile_id.isin(profile_ids))
    return int(str(snapshot.rows(mine.aggregate(count=mine.count()))[0]["count"]))


def _newest_events(snapshot: Snapshot, profile_ids: Sequence[int], most: int) -> list[_Event]:
    events = snapshot.table("events")
    mine = events.filter(events.profile_id.isin(profile_ids))
    newest = mine.order_by([mine.occurred_on.desc(), mine.occurred_at.desc(), mine.event_id]).limit(most)
    rows: list[dict[str, Any]] = snapshot.rows(
        newest.select("occurred_on", "occurred_at", "source", "name", "properties")
    )
    return [
        _Event(
            row["occurred_on"],
            row["occurred_at"],
            row["source"],
            row["name"],
            properties_in(row["properties"]),
        )
        for row in rows
    ]


def _with_referrers(items: Sequence[Order | _Event]) -> list[Order | _Event]:
    """The same, with the number of the customer in place of that of a record of whoever referred this one."""
    told = [item for item in items if isinstance(item, _Event) and REFERRER in item.properties]
    records = {_referrer(each) for each in told}
    if not records:
        return list(items)
    customers = customers_of(records)
    return [_referred(item, customers) if item in told else item for item in items]


def _referrer(event: _Event) -> int:
    said = event.properties[REFERRER] if isinstance(event.properties, dict) else 0
    return int(said) if str(said).isdecimal() else 0


def _referred(item: Order | _Event, customers: Mapping[int, int]) -> Order | _Event:
    if isinstance(item, Order) or isinstance(item.properties, str):
        return item
    who = customers.get(_referrer(item))
    named = Text("客户 #{id}", "customer #{id}").format(id=who) if who else None
    return replace(item, properties={**item.properties, REFERRER: named})


def _with_questions(items: Sequence[Order | _Event]) -> list[Order | _Event]:
    """The same, with what surveys asked in words in place of their codes."""
    sources = {item.source for item in items if isinstance(item, _Event) and _answers(item)}
    asked = {source: questions_of(source) for source in sources}
    return [
        replace(
            item,
            properties={**item.properties, _ANSWERS: answers_in_words(_answers(item), asked[item.source])},
        )
        if isinstance(item, _Event) and isinstance(item.properties, dict) and asked.get(item.source)
        else item
        for item in items
    ]


def _answers(item: Order | _Event) -> dict[str, Any]:
    if isinstance(item, Order) or isinstance(item.properties, str):
        return {}
    answers = item.properties.get(_ANSWERS)
    return answers if isinstance(answers, dict) else {}


def _day(item: Order | _Event) -> date:
    return item.ordered_on if isinstance(item, Order) else item.day


def _moment(item: Order | _Event) -> tuple[date, datetime]:
    at = item.ordered_at if isinstance(item, Order) else item.at
    return _day(item), at or datetime.min.replace(tzinfo=UTC)


def _time(moment: datetime | None) -> str:
    """Hour and minute in the shop's time; empty at midnight, which is how sources write “some time that day”."""
    said = f"{timezone.localtime(moment):%H:%M}" if moment else ""
    return "" if said == "00:00" else said


def _item(item: Order | _Event, lines: dict[tuple[str, str], tuple[OrderLine, ...]]) -> OrderItem | EventItem:
    if isinstance(item, _Event):
        return EventItem(_time(item.at), event_text(item.name), property_texts(item.properties))
    of_order = lines.get((item.source, item.order_id), ())
    return OrderItem(
        time=_time(item.ordered_at),
        order_id=item.order_id,
        amount=item.amount,
        net_amount=item.amount - item.refund_amount,
        is_cancelled=item.is_cancelled,
        refund_amount=item.refund_amount,
        refunded_on=item.refunded_on,
        discount_amount=item.discount_amount,
        state=ORDER_STATES.get(item.status) or Text(item.status, item.status),
        place=_place(item),
        coupon_code=item.coupon_code or "",
        lines=of_order[:MOST_LINES],
        more_lines=len(of_order) > MOST_LINES,
    )


def _place(order: Order) -> Text:
    channel = channel_text(order.channel) if order.channel else Text("", "")
    if not order.store:
        return channel
    return Text("{channel} {store}", "{channel} {store}").format(channel=channel, store=order.store)


_KINDS = {"": Text("全部", "All"), "orders": Text("订单", "Orders"), "events": Text("事件", "Events")}


def _chips(request: HttpRequest, chosen: str, counts: dict[str, int]) -> tuple[KindChip, ...]:
    return tuple(
        KindChip(
            text,
            counts.get(kind, sum(counts.values())),
            same_page(request, kind=kind or None, page=None) + "#timeline",
            kind == (chosen if chosen in _KINDS else ""),
        )
        for kind, text in _KINDS.items()
    )
