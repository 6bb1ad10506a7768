"""Taking profiles for one person, and taking that back."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from zhike.customers.models import LinkEntry, Profile, ProfileLink
from zhike.customers.services.columns import batches, fresh_ids, insert_rows, write_columns
from zhike.kernel import clock
from zhike.kernel.errors import UsageError

if TYPE_CHECKING:
    from zhike.accounts.selectors import User

LARGEST_CUSTOMER = 20
"""More profiles than this are never linked into one customer without a person's word."""

State = ProfileLink.State
_LINK_COLUMNS = ("id", "left", "right", "state", "rule", "score", "evidence", "changed_at")
_LINK_VALUES = ("id", "left_id", "right_id", *_LINK_COLUMNS[3:])
_BATCH = 1_000


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
    evidence: Mapping[str, str] = field(default_factory=dict)

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
    linked = held_back = 0
    for batch in batches(pairs, _BATCH):
        chosen, held = _within_the_limit(batch, is_automatic=actor is None)
        linked += _decided(chosen, State.LINKED, operation, actor, reason)
        held_back += _decided(held, State.PROPOSED, operation, actor, "guard.largest_customer")
        _recluster({pk for each in chosen for pk in each.pair})
    return Linked(operation, linked, held_back)


@transaction.atomic
def propose_links(*, pairs: Iterable[PairEvidence]) -> int:
    """Put pairs into the queue for review; how many are new there."""
    operation = uuid.uuid4().hex
    return sum(_decided(batch, State.PROPOSED, operation, None, "") for batch in batches(pairs, _BATCH))


@transaction.atomic
def unlink_operation(*, operation: str, actor: User | None, reason: str = "") -> int:
    """Take back every link that one operation made and that still stands; how many they were."""
    links = ProfileLink.objects.filter(
        state=State.LINKED, entries__operation=operation, entries__state=State.LINKED
    )
    return _taken_back(list(links.distinct()), State.UNLINKED, actor, reason)


@transaction.atomic
def decide_link(*, link_id: int, state: str, actor: User | None, reason: str = "") -> None:
    """What a person says of a pair: ``linked``, ``unlinked`` (not now) or ``never``.

    Raises
    ------
    UsageError
        ``link.unknown``, ``link.state``; ``link.still_joined`` if ``never`` would not part them.
    """
    link = ProfileLink.objects.filter(pk=link_id).first()
    if link is None:
        raise UsageError("link.unknown", zh=f"没有第 {link_id} 对记录", en=f"there is no pair {link_id}")
    if state not in (State.LINKED, State.UNLINKED, State.NEVER):
        raise UsageError("link.state", zh=f"不认识的决定“{state}”", en=f"unknown decision “{state}”")
    _set_states([link], state, uuid.uuid4().hex, actor, reason)
    _recluster({link.left_id, link.right_id})
    ends = Profile.objects.filter(pk__in=(link.left_id, link.right_id))
    if state == State.NEVER and ends.values("customer").distinct().count() == 1:
        raise UsageError(
            "link.still_joined",
            zh="这两条记录还通过别的记录连在一起；请先在客户页把其中一条拆分出来",
            en="the two records are still joined through others; split one of them out on the customer page first",
        )


@transaction.atomic
def split_profile(*, profile_id: int, actor: User | None, reason: str = "") -> str:
    """Take one profile out of its customer for good: none of the others is this person.

    The others stay together, also those that only this profile held together; the operation's number.

    Raises
    ------
    UsageError
        ``profile.alone`` where there is nothing to take it out of.
    """
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
    _recluster({profile_id, *others})
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
    known = {(link.left_id, link.right_id): link for link in _links_of(by_pair)}
    is_by_person = actor is not None or over_people
    changed = []
    for pair, link in known.items():
        is_settled = link.state in (State.NEVER, State.UNLINKED) or (
            link.state == State.LINKED and state == State.PROPOSED
        )
        if link.state == state or (is_settled and not is_by_person):
            continue
        link.rule, link.score = by_pair[pair].rule, by_pair[pair].score
        link.evidence = dict(by_pair[pair].evidence)
        changed.append(link)
    made = [
        ProfileLink(
            left_id=pair[0],
            right_id=pair[1],
            state=state,
            rule=each.rule,
            score=each.score,
            evidence=dict(each.evidence),
        )
        for pair, each in by_pair.items()
        if pair not in known
    ]
    for link, pk in zip(made, fresh_ids(ProfileLink, len(made)), strict=True):
        link.pk = pk
    insert_rows(ProfileLink, _LINK_COLUMNS, ([getattr(m, name) for name in _LINK_VALUES] for m in made))
    _set_states(changed, state, operation, actor, reason)
    _note(made, operation, actor, reason)
    return len(changed) + len(made)


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
    _note(links, operation, actor, reason)


def _note(links: Collection[ProfileLink], operation: str, actor: User | None, reason: str) -> None:
    """Write down in the ledger what became of pairs."""
    now = clock.now()
    insert_rows(
        LinkEntry,
        ("link", "operation", "state", "rule", "actor", "reason", "made_at"),
        (
            (link.pk, operation, link.state, link.rule, actor.pk if actor else None, reason, now)
            for link in links
        ),
    )


def _taken_back(links: Collection[ProfileLink], state: str, actor: User | None, reason: str) -> int:
    _set_states(links, state, uuid.uuid4().hex, actor, reason)
    _recluster({pk for link in links for pk in (link.left_id, link.right_id)})
    return len(links)


def _links_of(pairs: Collection[tuple[int, int]]) -> list[ProfileLink]:
    lefts = {left for left, _ in pairs}
    found = ProfileLink.objects.filter(left__in=lefts, right__in={right for _, right in pairs})
    return [link for link in found if (link.left_id, link.right_id) in pairs]


def _within_the_limit(
    pairs: Collection[PairEvidence], *, is_automatic: bool
) -> tuple[list[PairEvidence], list[PairEvidence]]:
    """Pairs to link, and pairs that would make too large a customer, or join what must stay apart."""
    if not is_automatic:
        return list(pairs), []
    customers = dict(
        Profile.objects.filter(pk__in={pk for each in pairs for pk in each.pair}).values_list(
            "pk", "customer_id"
        )
    )
    members = _members(set(customers.values()))
    groups = _Groups({pk: customer for customer, those in members.items() for pk in those})
    apart = _never_pairs(groups.all_profiles())
    chosen, held = [], []
    for each in pairs:
        if groups.may_join(each.left, each.right, apart):
            groups.join(each.left, each.right)
            chosen.append(each)
        else:
            held.append(each)
    return chosen, held


class _Groups:
    """Profiles in groups that grow as pairs are joined."""

    def __init__(self, group_of: dict[int, int]) -> None:
        self._group_of = group_of
        self._members: dict[int, set[int]] = {}
        for profile, group in group_of.items():
            self._members.setdefault(group, set()).add(profile)

    def all_profiles(self) -> set[int]:
        return set(self._group_of)

    def may_join(self, left: int, right: int, apart: set[tuple[int, int]]) -> bool:
        a, b = self._members[self._group_of[left]], self._members[self._group_of[right]]
        if a is b:
            return True
        if len(a) + len(b) > LARGEST_CUSTOMER:
            return False
        return not any((min(x, y), max(x, y)) in apart for x in a for y in b)

    def join(self, left: int, right: int) -> None:
        kept, gone = self._group_of[left], self._group_of[right]
        if kept == gone:
            return
        for profile in self._members[gone]:
            self._group_of[profile] = kept
        self._members[kept] |= self._members.pop(gone)


def _never_pairs(profiles: Collection[int]) -> set[tuple[int, int]]:
    never = ProfileLink.objects.filter(state=State.NEVER, left__in=profiles)
    return set(never.values_list("left_id", "right_id"))


def _members(customers: Collection[int]) -> dict[int, list[int]]:
    members: dict[int, list[int]] = {}
    rows = Profile.objects.filter(customer__in=customers).values_list("customer_id", "pk")
    for customer, profile in rows:
        members.setdefault(customer, []).append(profile)
    return members


def _recluster(touched: Collection[int]) -> None:
    """Give the profiles of the customers that were touched their customers anew, from the links that stand."""
    customers = set(Profile.objects.filter(pk__in=touched).values_list("customer_id", flat=True))
    profiles = Profile.objects.in_bulk([pk for those in _members(customers).values() for pk in those])
    standing = ProfileLink.objects.filter(state=State.LINKED).filter(
        Q(left__in=profiles) & Q(right__in=profiles)
    )
    moved = []
    for part in _connected(profiles, standing.values_list("left_id", "right_id")):
        # The oldest customer gives the number, whoever was linked first.
        customer = min(profiles[pk].home_customer_id for pk in part)
        moved += [profiles[pk] for pk in part if profiles[pk].customer_id != customer]
        for pk in part:
            profiles[pk].customer_id = customer
    for profile in moved:
        profile.changed_at = clock.now()
    write_columns(moved, ["customer", "changed_at"])


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
