"""Taking profiles for one person, and taking that back."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from django.db import transaction

from zhike.customers.models import LinkEntry, Profile, ProfileLink
from zhike.customers.services.columns import (
    batches,
    fresh_ids,
    insert_rows,
    rows_with,
    write_columns,
    write_rows,
)
from zhike.customers.services.holding import hold_customers_of
from zhike.customers.services.inherited_owners import give_owners_back
from zhike.customers.slices import slices
from zhike.kernel import clock
from zhike.kernel.errors import UsageError

if TYPE_CHECKING:
    from zhike.accounts.selectors import User

LARGEST_CUSTOMER = 20
"""More profiles than this are never linked into one customer without a person's word."""

State = ProfileLink.State
_LINK_COLUMNS = ("id", "left", "right", "state", "rule", "score", "evidence", "changed_at")
_BATCH = 50_000


@dataclass(frozen=True, slots=True)
class PairEvidence:
    """Why two profiles may be one person.

    Parameters
    ----------
    rule
        The rule that found them: ``phone``, ``unionid``, ``splink``, ``manual`` …
    score
        Probability of a match, where the rule gives one.
    evidence
        Level of agreement by field (``phone: exact``, ``name: close``); never values.
    """

    left: int
    right: int
    rule: str
    score: float | None = None
    evidence: dict[str, str] = field(default_factory=dict)

    @property
    def pair(self) -> tuple[int, int]:
        return (min(self.left, self.right), max(self.left, self.right))


@dataclass(frozen=True, slots=True)
class Linked:
    """What became of pairs: the operation's number, how many were linked, and how many a guard held back."""

    operation: str
    linked: int
    held_back: int


@transaction.atomic
def link_profiles(*, pairs: Iterable[PairEvidence], actor: User | None = None, reason: str = "") -> Linked:
    """Take each pair for one person, as one operation.

    A pair that somebody said is never one person stays apart. Without an actor, a pair that would make a
    customer of more than `LARGEST_CUSTOMER` profiles is proposed for review instead.
    """
    operation = uuid.uuid4().hex
    return Linked(operation, *link_in_turn(pairs, operation, actor=actor, reason=reason))


def link_in_turn(
    pairs: Iterable[PairEvidence], operation: str, *, actor: User | None = None, reason: str = ""
) -> tuple[int, int]:
    """`link_profiles` within a transaction and an operation of others; how many were linked and held back."""
    linked, held_back, pairs = 0, 0, list(pairs)
    # All at once: of two that go batch by batch, each could wait for what the other holds.
    hold_customers_of({pk for each in pairs for pk in each.pair})
    for batch in batches(pairs, _BATCH):
        groups = _Groups(_places_with({pk for each in batch for pk in each.pair}))
        chosen, held = _within_the_limit(batch, groups, is_automatic=actor is None)
        linked += _decided(chosen, State.LINKED, operation, actor, reason)
        held_back += _decided(held, State.PROPOSED, operation, actor, "guard.largest_customer")
        # Customers were the connected parts before, so with these links the groups are.
        _settle(groups.joined(), groups.places)
    return linked, held_back


@transaction.atomic
def propose_links(*, pairs: Iterable[PairEvidence]) -> int:
    """Put pairs into the queue for review; how many are new there."""
    operation, pairs = uuid.uuid4().hex, list(pairs)
    hold_customers_of({pk for each in pairs for pk in each.pair})
    return sum(_decided(batch, State.PROPOSED, operation, None, "") for batch in batches(pairs, _BATCH))


@transaction.atomic
def unlink_operation(*, operation: str, actor: User | None, reason: str = "") -> int:
    """Take back every link that one operation made and that still stands; how many they were."""
    links = ProfileLink.objects.filter(
        state=State.LINKED, entries__operation=operation, entries__state=State.LINKED
    ).distinct()
    hold_customers_of({pk for ends in links.values_list("left", "right") for pk in ends})
    return _taken_back(list(links), State.UNLINKED, actor, reason)


@transaction.atomic
def decide_link(*, link_id: int, state: str, actor: User | None, reason: str = "") -> None:
    """What a person says of a pair: ``linked``, ``unlinked`` (not now) or ``never``.

    Raises
    ------
    UsageError
        ``link.unknown``, ``link.state``; ``link.still_joined`` if ``never`` would not part them.
    """
    link = held_link(link_id)
    if link is None:
        raise UsageError("link.unknown", zh=f"没有第 {link_id} 对记录", en=f"there is no pair {link_id}")
    if state not in (State.LINKED, State.UNLINKED, State.NEVER):
        raise UsageError("link.state", zh=f"不认识的决定“{state}”", en=f"unknown decision “{state}”")
    _set_states([link], state, uuid.uuid4().hex, actor, reason)
    _recluster(_places_with({link.left_id, link.right_id}))
    ends = Profile.objects.filter(pk__in=(link.left_id, link.right_id))
    if state == State.NEVER and ends.values("customer").distinct().count() == 1:
        raise UsageError(
            "link.still_joined",
            zh="这两条记录还通过别的记录连在一起；请先在客户页把其中一条拆分出来",
            en="the two records are still joined through others; split one of them out on the customer page first",
        )


def held_link(link_id: int) -> ProfileLink | None:
    """A pair as it stands once nobody else can change it until the transaction ends."""
    known = ProfileLink.objects.filter(pk=link_id)
    if ends := known.values_list("left", "right").first():
        hold_customers_of(ends)
    return known.first()


@transaction.atomic
def split_profile(*, profile_id: int, actor: User | None, reason: str = "") -> str:
    """Take one profile out of its customer for good: none of the others is this person.

    The others stay together, also those that only this profile held together; the operation's number.

    Raises
    ------
    UsageError
        ``profile.alone`` where there is nothing to take it out of.
    """
    hold_customers_of([profile_id])
    profile = Profile.objects.get(pk=profile_id)
    others = list(
        Profile.objects.filter(customer=profile.customer_id)
        .exclude(pk=profile_id)
        .values_list("pk", flat=True)
    )
    if not others:
        raise UsageError(
            "profile.alone",
            zh="这位客户只有一条来源记录，没有可拆分的",
            en="this customer has one record only; there is nothing to split",
        )
    operation = uuid.uuid4().hex
    kept = [PairEvidence(a, b, "kept_together") for a, b in pairwise(others)]
    _decided(kept, State.LINKED, operation, actor, reason)
    never = [PairEvidence(profile_id, other, "manual") for other in others]
    _decided(never, State.NEVER, operation, actor, reason, over_people=True)
    _recluster(_places_with({profile_id, *others}))
    return operation


def _decided(
    pairs: Collection[PairEvidence],
    state: str,
    operation: str,
    actor: User | None,
    reason: str,
    *,
    over_people: bool = False,
) -> int:
    """Bring pairs into a state; how many were not in it. A person's word is only changed by a person."""
    by_pair = {each.pair: each for each in pairs if each.left != each.right}
    known = {pair: found for pair, found in _states_of({left for left, _ in by_pair}) if pair in by_pair}
    is_by_person = actor is not None or over_people
    changing = {
        pk: by_pair[pair]
        for pair, (pk, before) in known.items()
        if before != state and (is_by_person or not _is_settled(before, state))
    }
    changed = _links(changing)
    for link in changed:
        why = changing[link.pk]
        link.rule, link.score, link.evidence = why.rule, why.score, why.evidence
    _set_states(changed, state, operation, actor, reason)
    made = {pair: each for pair, each in by_pair.items() if pair not in known}
    _insert(made, state, operation, actor, reason)
    return len(changed) + len(made)


def _unsettled(pairs: Collection[PairEvidence]) -> list[PairEvidence]:
    """Without those that a person has taken apart: they will not be linked, so they join nothing."""
    apart = {
        pair
        for pair, (_, state) in _states_of({each.pair[0] for each in pairs})
        if _is_settled(state, State.LINKED)
    }
    return [each for each in pairs if each.pair not in apart]


def _is_settled(before: str, wanted: str) -> bool:
    """Whether only a person may bring a pair from one state into another."""
    if before in (State.NEVER, State.UNLINKED):
        return True
    return before == State.LINKED and wanted == State.PROPOSED


def _insert(
    pairs: Mapping[tuple[int, int], PairEvidence],
    state: str,
    operation: str,
    actor: User | None,
    reason: str,
) -> None:
    """Pairs that were not known, and their first entry in the ledger."""
    ids, now = fresh_ids(ProfileLink, len(pairs)), clock.now()
    insert_rows(
        ProfileLink,
        _LINK_COLUMNS,
        (
            (pk, left, right, state, why.rule, why.score, why.evidence, now)
            for pk, ((left, right), why) in zip(ids, pairs.items(), strict=True)
        ),
    )
    rules = (why.rule for why in pairs.values())
    _note(zip(ids, rules, strict=True), state, operation, actor, reason)


def _set_states(
    links: Collection[ProfileLink],
    state: str,
    operation: str,
    actor: User | None,
    reason: str,
) -> None:
    now = clock.now()
    for link in links:
        link.state, link.changed_at = state, now
    write_columns(links, ["state", "rule", "score", "evidence", "changed_at"])
    _note(((link.pk, link.rule) for link in links), state, operation, actor, reason)


def _note(
    links: Iterable[tuple[int, str]], state: str, operation: str, actor: User | None, reason: str
) -> None:
    """Write down in the ledger what became of pairs, given by their id and rule."""
    actor_id, now = actor.pk if actor else None, clock.now()
    insert_rows(
        LinkEntry,
        ("link", "operation", "state", "rule", "actor", "reason", "made_at"),
        ((pk, operation, state, rule, actor_id, reason, now) for pk, rule in links),
    )


def _taken_back(links: Collection[ProfileLink], state: str, actor: User | None, reason: str) -> int:
    _set_states(links, state, uuid.uuid4().hex, actor, reason)
    _recluster(_places_with({pk for link in links for pk in (link.left_id, link.right_id)}))
    return len(links)


def _links(ids: Collection[int]) -> list[ProfileLink]:
    return [link for some in slices(ids) for link in ProfileLink.objects.filter(pk__in=some)]


def _states_of(lefts: Iterable[int]) -> Iterator[tuple[tuple[int, int], tuple[int, str]]]:
    """Every pair with one of those profiles on its left, with its id and state."""
    # By the left ones alone: told a state too, SQLite would read all pairs of that state for each batch.
    for pk, left, right, state in rows_with(
        ProfileLink, ("id", "left", "right", "state"), "left", sorted(lefts)
    ):
        yield (left, right), (pk, state)


_Places = Mapping[int, tuple[int, int]]
"""By profile: the customer where it is, and the one where it was made."""


def _places_with(profile_ids: Collection[int]) -> _Places:
    """The places of all profiles of the customers of some."""
    customers = {customer for (customer,) in rows_with(Profile, ("customer",), "id", sorted(profile_ids))}
    rows = rows_with(Profile, ("id", "customer", "home_customer"), "customer", sorted(customers))
    return {pk: (customer, home) for pk, customer, home in rows}


def _within_the_limit(
    pairs: Collection[PairEvidence], groups: _Groups, *, is_automatic: bool
) -> tuple[list[PairEvidence], list[PairEvidence]]:
    """Pairs to link, and pairs that would make too large a customer, or join what must stay apart."""
    if not is_automatic:
        for each in pairs:
            groups.join(each.left, each.right)
        return list(pairs), []
    apart = set(ProfileLink.objects.filter(state=State.NEVER).values_list("left_id", "right_id"))
    chosen, held = [], []
    for each in _unsettled(pairs):
        if groups.may_join(each.left, each.right, apart):
            groups.join(each.left, each.right)
            chosen.append(each)
        else:
            held.append(each)
    return chosen, held


class _Groups:
    """Profiles in groups, at first their customers, that grow as pairs are joined."""

    def __init__(self, places: _Places) -> None:
        self.places = places
        self._group_of = {pk: customer for pk, (customer, _) in places.items()}
        self._members: dict[int, set[int]] = {}
        self._grown: set[int] = set()
        for profile, group in self._group_of.items():
            self._members.setdefault(group, set()).add(profile)

    def may_join(self, left: int, right: int, apart: set[tuple[int, int]]) -> bool:
        a, b = self._members[self._group_of[left]], self._members[self._group_of[right]]
        if a is b:
            return True
        if len(a) + len(b) > LARGEST_CUSTOMER:
            return False
        return not apart or not any((min(x, y), max(x, y)) in apart for x in a for y in b)

    def join(self, left: int, right: int) -> None:
        kept, gone = self._group_of[left], self._group_of[right]
        if kept == gone:
            return
        for profile in self._members[gone]:
            self._group_of[profile] = kept
        self._members[kept] |= self._members.pop(gone)
        self._grown.add(kept)
        self._grown.discard(gone)

    def joined(self) -> Iterator[set[int]]:
        """The groups that have grown."""
        return (self._members[group] for group in self._grown)


def _recluster(places: _Places) -> None:
    """Give all profiles of some customers their customers anew, from the links that stand, and owners back to the parted."""
    standing = [
        pair for pair, (_, state) in _states_of(places) if state == State.LINKED and pair[1] in places
    ]
    _settle(_connected(places, standing), places)
    give_owners_back(home_customers=[home for _, home in places.values()])


def _settle(parts: Iterable[Collection[int]], places: _Places) -> None:
    """Give each of the connected parts the customer of which it is."""
    moved: dict[int, int] = {}
    for part in parts:
        # The oldest customer gives the number, whoever was linked first.
        customer = min(places[pk][1] for pk in part)
        moved |= {pk: customer for pk in part if places[pk][0] != customer}
    now = clock.now()
    rows = ((pk, customer, now) for pk, customer in sorted(moved.items()))
    write_rows(Profile, ("customer", "changed_at"), rows)


def _connected(profiles: Iterable[int], pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """The connected parts of a graph."""
    leader = {pk: pk for pk in profiles}

    def found(pk: int) -> int:
        while leader[pk] != pk:
            leader[pk] = leader[leader[pk]]
            pk = leader[pk]
        return pk

    for left, right in pairs:
        leader[max(found(left), found(right))] = min(found(left), found(right))
    parts: dict[int, list[int]] = {}
    for pk in leader:
        parts.setdefault(found(pk), []).append(pk)
    return list(parts.values())
