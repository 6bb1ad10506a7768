"""Taking what programs send: every item is decided about, and what is good is kept before the answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Sum

from zhike.collect.imports.kinds import ImportRules, RowFault
from zhike.collect.imports.kinds.happenings import EventRow
from zhike.collect.intake.models import ReceivedBatch, SeenEvent
from zhike.collect.intake.rows import (
    FactKind,
    Item,
    ItemReader,
    Rejected,
    as_json,
    event_reader,
    fact_row,
    order_reader,
    read_event,
    read_order,
    read_referral,
    referral_reader,
)
from zhike.customers.services import register_profiles
from zhike.customers.vault import open_vault
from zhike.kernel import clock
from zhike.kernel.errors import ZhikeError
from zhike.kernel.home import Home

MOST_WAITING = 500_000
_LOOKED_UP_AT_ONCE = 500
# A customer's key may be a phone number.
_NAMING = frozenset({"customer", "referrer", "event_id"})


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of the items of one request; `duplicates` were received before."""

    accepted: int
    duplicates: int
    rejected: tuple[Rejected, ...]


class TooMuchWaiting(ZhikeError):
    """The lake does not keep up; whoever sends should come back later."""


def receive_events(*, home: Home, source: str, items: Sequence[object]) -> Receipt:
    """Keep the events that are good and new; when this returns, they are in the database for good.

    Parameters
    ----------
    source
        Of events that name none.

    Raises
    ------
    TooMuchWaiting
    """
    return _receive_happenings(home, items, source, read_event, event_reader)


def receive_referrals(*, home: Home, source: str, items: Sequence[object]) -> Receipt:
    """Keep who was brought by whom, as events of the newcomers; the same two again are a duplicate.

    Raises
    ------
    TooMuchWaiting
    """
    return _receive_happenings(home, items, source, read_referral, referral_reader)


def _receive_happenings(
    home: Home,
    items: Sequence[object],
    source: str,
    read: Callable[..., Item],
    reader_of: Callable[[ImportRules], ItemReader],
) -> Receipt:
    _check_room()
    rules = import_rules(home)
    good, rejected = _sorted_out(items, read, reader_of(rules), source)
    vault = open_vault(home)
    marks: dict[str, Item] = {}
    for item in good:
        marks.setdefault(vault.fingerprint("event", f"{item.source}\0{item.row.event_id}"), item)
    with transaction.atomic():
        for seen in _seen(list(marks)):
            del marks[seen]
        _note(marks, clock.today(rules.zone))
        _keep("events", list(marks.values()))
    return Receipt(len(marks), len(good) - len(marks), tuple(rejected))


def receive_orders(*, home: Home, source: str, items: Sequence[object]) -> Receipt:
    """Keep the orders that are good; one that the lake has becomes what is said now.

    Raises
    ------
    TooMuchWaiting
    """
    _check_room()
    good, rejected = _sorted_out(items, read_order, order_reader(import_rules(home)), source)
    firsts: dict[tuple[str, str], Item] = {}
    for item in good:
        first = firsts.setdefault((item.source, item.row.order_id), item)
        if first.row.row_hash != item.row.row_hash:
            rejected.append(Rejected.of(item.index, _conflict(first.index), hidden=()))
    with transaction.atomic():
        _keep("orders", list(firsts.values()))
    rejected.sort(key=lambda each: each.index)
    return Receipt(len(firsts), len(items) - len(firsts) - len(rejected), tuple(rejected))


def keep_own_events(*, source: str, customer: str, events: Sequence[EventRow]) -> None:
    """Keep events that this program made itself, in the transaction of what they tell."""
    _keep("events", [Item(index, source, customer, row) for index, row in enumerate(events)])


def import_rules(home: Home) -> ImportRules:
    """The rules of the file imports, as of now."""
    business = home.business()
    # With the secret, for an order that comes by file and by HTTP is the same order.
    secret = home.secret_key().encode()
    return ImportRules(business.currency, business.zone, clock.now(), secret)


def _sorted_out(
    items: Sequence[object], read: Callable[..., Item], reader: ItemReader, source: str
) -> tuple[list[Item], list[Rejected]]:
    good, rejected = [], []
    for index, item in enumerate(items):
        try:
            good.append(read(reader, index, item, source=source))
        except RowFault as fault:
            rejected.append(Rejected.of(index, fault, hidden=_NAMING))
    return good, rejected


def _seen(fingerprints: Sequence[str]) -> Iterable[str]:
    for start in range(0, len(fingerprints), _LOOKED_UP_AT_ONCE):
        some = fingerprints[start : start + _LOOKED_UP_AT_ONCE]
        found = SeenEvent.objects.filter(fingerprint__in=some)
        yield from found.values_list("fingerprint", flat=True)


def _note(fingerprints: Iterable[str], today: date) -> None:
    SeenEvent.objects.bulk_create(SeenEvent(fingerprint=mark, received_on=today) for mark in fingerprints)


def _keep(kind: FactKind, items: Sequence[Item]) -> None:
    if not items:
        return
    keys: dict[str, list[str]] = defaultdict(list)
    for item in items:
        keys[item.source] += [item.customer, *([item.referrer] if item.referrer else [])]
    # Here and not on the way to the lake: a key may be a phone number, and so it lies nowhere but in the vault.
    ids = {source: register_profiles(source=source, source_keys=those) for source, those in keys.items()}
    rows = [fact_row(kind, item, ids[item.source]) for item in items]
    ReceivedBatch.objects.create(kind=kind, count=len(rows), received_at=clock.now(), content=as_json(rows))


def _check_room() -> None:
    waiting = ReceivedBatch.objects.aggregate(all=Sum("count"))["all"] or 0
    if waiting >= MOST_WAITING:
        raise TooMuchWaiting(
            "intake.full",
            zh=f"已有 {waiting} 条数据等待写入，请稍后再发；若一直如此，请检查后台（zhike worker）是否在运行",
            en=f"{waiting} items are waiting to be written; send again later. If it stays so, see that zhike worker runs",
        )


def _conflict(first: int) -> RowFault:
    return RowFault(
        "order_id",
        ZhikeError(
            "order.conflict",
            zh=f"同一订单号在第 {first} 项已有，内容不同；请只保留正确的一项",
            en=f"item {first} has the same order id with other content; keep the right one of the two",
        ),
    )
