"""A shop of several sources, random sequences of merges, rejections and their undoing, and what must be as before.

What is published is computed from the facts, the settings, the business date and the table `profiles`, the lake's copy of
the map from profile to customer. Merging and unmerging change nothing of these but the map. So two things are shown apart:
the map after a sequence equals the map before, row for row (many sequences, cheap), and the same map gives the same
published tables, all of them, row for row (whole refreshes, dear).
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pyarrow as pa

from tests.shops import Order, refresh
from zhike.accounts.models import User
from zhike.customers.models import (
    ConsentEntry,
    Customer,
    LinkEntry,
    Note,
    Profile,
    ProfileLink,
    ProfileTag,
)
from zhike.customers.records import ConsentGiven, ProfileRecord
from zhike.customers.selectors import profile_map
from zhike.customers.selectors.consents import consents_of
from zhike.customers.selectors.tags import tags_of
from zhike.customers.services import (
    PairEvidence,
    link_profiles,
    propose_links,
    record_profiles,
    unlink_operation,
)
from zhike.customers.services.merging import decide_duplicate, merge_customers, take_back_links
from zhike.kernel.errors import UsageError
from zhike.kernel.home import Home

AS_OF = date(2026, 6, 30)
SOURCES = ("web", "till", "app")
OF_EACH = 14


def opened_shop(home: Home) -> list[int]:
    """42 profiles of three sources with orders, consents, tags and colleagues who look after some of them, two pairs linked; their ids."""
    ids: list[int] = []
    for source in SOURCES:
        records = [_record(source, number) for number in range(OF_EACH)]
        ids += [each.profile_id for each in record_profiles(source=source, records=records)]
    _give_to_colleagues(ids)
    link_profiles(pairs=[PairEvidence(ids[0], ids[OF_EACH], "phone"), PairEvidence(ids[1], ids[2], "phone")])
    _add_orders(home, ids)
    return ids


def _give_to_colleagues(ids: list[int]) -> None:
    """Every second customer to one of two, the others to nobody."""
    for place, name in enumerate(("lan", "mei")):
        colleague = User.objects.create(email=f"{name}@example.com", display_name=name)
        homes = Profile.objects.filter(pk__in=ids[1 + 2 * place :: 4]).values("home_customer")
        Customer.objects.filter(pk__in=homes).update(owner=colleague)


def _record(source: str, number: int) -> ProfileRecord:
    agreed = ConsentGiven("marketing", "sms", number % 2 == 0, datetime(2026, 1, 5, tzinfo=UTC), "v1")
    return ProfileRecord(
        source_key=f"{source}{number}",
        name=f"{'张王李赵'[number % 4]}伟",
        attributes={"city": ("杭州市", "上海市")[number % 2]},
        consents=(agreed,) if number % 3 else (),
        tags=(f"标签{number % 5}",),
    )


def _add_orders(home: Home, ids: list[int]) -> None:
    from zhike.collect.schema import ORDERS
    from zhike.lake.snapshots import open_lake

    rows = []
    for place, profile_id in enumerate(ids):
        for turn in range(place % 5):
            day = AS_OF - timedelta(days=3 + 7 * place + 31 * turn)
            order = Order("", day, 5_000 + 731 * place + 10_000 * turn)
            rows.append(_row(order, profile_id, SOURCES[place // OF_EACH], len(rows)))
    open_lake(home.lake).deltas.append(ORDERS, pa.Table.from_pylist(rows, schema=ORDERS.arrow_schema()))


def _row(order: Order, profile_id: int, source: str, number: int) -> dict[str, Any]:
    return {
        "source": source,
        "order_id": f"O{number}",
        "profile_id": profile_id,
        "ordered_at": datetime.combine(order.day, time(4), UTC),
        "ordered_on": order.day,
        "amount": order.amount,
        "status": order.status,
        "refund_amount": order.amount // 4 if number % 9 == 0 else 0,
        "refunded_on": order.day + timedelta(days=1) if number % 9 == 0 else None,
        "discount_amount": 100 * (number % 3),
        "row_hash": 0,
    }


@dataclass
class Sequence:
    """A random sequence of what people do at the pages of who is who; the same seed, the same sequence."""

    seed: int
    profiles: list[int]
    actor: User
    operations: list[str] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def run(self) -> int:
        """Merge, take back, accept and reject at random; how many merges stood at the end."""
        for _ in range(self._random.randint(3, 9)):
            step = self._random.choice((self._merge, self._merge, self._merge, self._take_back, self._decide))
            step()
        return ProfileLink.objects.filter(entries__operation__in=self.operations, state="linked").count()

    def undo(self) -> None:
        """Take back everything that stands, in random order."""
        self._random.shuffle(self.operations)
        for operation in self.operations:
            unlink_operation(operation=operation, actor=self.actor, reason="undone")

    def _two(self) -> tuple[int, int]:
        one, two = self._random.sample(self.profiles, 2)
        self.touched |= {one, two}
        return one, two

    def _merge(self) -> None:
        one, two = (Profile.objects.get(pk=pk).customer_id for pk in self._two())
        if one != two:
            merge_customers(customer_id=one, other_id=two, reason="the same phone", actor=self.actor)
            self._note_last()

    def _take_back(self) -> None:
        if not self.operations:
            return
        operation = self._random.choice(self.operations)
        link = ProfileLink.objects.filter(entries__operation=operation, state="linked").first()
        if link is not None:
            customer = link.left.customer_id
            take_back_links(customer_id=customer, operation=operation, reason="wrong", actor=self.actor)

    def _decide(self) -> None:
        """A pair is proposed, and somebody accepts it, puts it off or says never."""
        one, two = self._two()
        propose_links(pairs=[PairEvidence(one, two, "splink", 0.8)])
        link = ProfileLink.objects.filter(
            left=min(one, two), right=max(one, two), state="proposed"
        ).first()  # fmt: skip
        if link is None:
            return
        state = self._random.choice(("linked", "unlinked", "never"))
        try:
            decide_duplicate(link_id=link.pk, state=state, actor=self.actor)
        except UsageError as refused:
            assert refused.code == "link.still_joined"
            return
        if state == "linked":
            self._note_last()

    def _note_last(self) -> None:
        last = LinkEntry.objects.order_by("-pk").first()
        assert last is not None
        self.operations.append(last.operation)


def hanging_on_customers() -> dict[str, list[Any]]:
    """Consents, tags and notes, each with the customer to whom it is shown, and who looks after whom."""
    rows = {
        "consents": ConsentEntry.objects.values_list("profile__customer", "profile", "purpose", "is_granted", "given_at"),
        "tags": ProfileTag.objects.values_list("profile__customer", "profile", "tag__name"),
        "notes": Note.objects.values_list("profile__customer", "profile", "mark"),
        "refusals": Customer.objects.values_list("pk", "no_profiling"),
        "owners": Customer.objects.values_list("pk", "owner"),
    }  # fmt: skip
    return {name: sorted(map(list, found), key=str) for name, found in rows.items()}


def shown_of(profiles: set[int]) -> list[Any]:
    """What the pages of the customers of some profiles say of consents and tags."""
    customers = Profile.objects.filter(pk__in=profiles).order_by("pk").values_list("customer", flat=True)
    return [
        (pk, consents_of(pk), [(each.name, each.is_automatic) for each in tags_of(pk)]) for pk in customers
    ]


def check_sequence(seed: int, profiles: list[int], actor: User) -> int:
    """The map and what hangs on customers are as before; how many merges had stood.

    Every sequence starts where the one before ended, among all that earlier ones left in the ledger.
    """
    before, hanging = profile_map(), hanging_on_customers()
    sequence = Sequence(seed, profiles, actor)
    stood = sequence.run()
    assert not stood or not profile_map().equals(before), f"seed {seed}: the merges were not seen in the map"
    sequence.undo()
    assert profile_map().equals(before), f"seed {seed}"
    assert hanging_on_customers() == hanging, f"seed {seed}"
    return stood


def published_tables(home: Home) -> dict[str, list[str]]:
    """Every table of a fresh snapshot, facts included, as sorted rows; floats to nine digits, for sums have no order."""
    from zhike.lake.snapshots import open_lake

    refresh(home, as_of=AS_OF)
    snapshot = open_lake(home.lake).current()
    assert snapshot is not None
    return {
        name: sorted(
            json.dumps({key: _told(value) for key, value in row.items()}, default=str, sort_keys=True)
            for row in snapshot.rows(snapshot.table(name))
        )
        for name in snapshot.manifest.tables
    }


def _told(value: object) -> object:
    return float(f"{value:.9g}") if isinstance(value, float) else value


def check_tables(
    seed: int, home: Home, profiles: list[int], actor: User, before: dict[str, list[str]]
) -> set[str]:
    """All published tables are as before; the names of those that were others while the merges stood."""
    sequence = Sequence(seed, profiles, actor)
    differing: set[str] = set()
    if sequence.run():
        merged = published_tables(home)
        differing = {name for name in before if merged[name] != before[name]}
    sequence.undo()
    after = published_tables(home)
    assert after.keys() == before.keys(), f"seed {seed}"
    for name, rows in before.items():
        assert after[name] == rows, f"seed {seed}: {name} is another"
    return differing
