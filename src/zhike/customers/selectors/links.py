"""Reads of pairs: what was decided about a customer's records, what waits for a decision, what searches found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, QuerySet

from zhike.customers.models import DuplicateScan, LinkEntry, Profile, ProfileLink
from zhike.customers.records import BY_HAND
from zhike.jobs.tracking import JobState

State = ProfileLink.State


@dataclass(frozen=True, slots=True)
class LinkEvent:
    """What one operation said of a customer's records.

    Parameters
    ----------
    others
        Numbers of the customers on the other side that are not this one now.
    stands
        Whether it joined records of this customer and still does.
    """

    operation: str
    state: str
    rule: str
    by: str
    reason: str
    made_at: datetime
    profile_ids: tuple[int, ...]
    others: tuple[int, ...]
    stands: bool


@dataclass(frozen=True, slots=True)
class ProposedPair:
    """Two records that may be one person, and how far they agree by field."""

    link_id: int
    score: float | None
    rule: str
    evidence: dict[str, str]
    profile_ids: tuple[int, int]
    customer_ids: tuple[int, int]
    sources: tuple[str, str]


def link_history(customer_id: int) -> list[LinkEvent]:
    """Every operation on the records that are here or were made here, newest first; proposals are no history."""
    mine = set(Profile.objects.filter(customer=customer_id).values_list("pk", flat=True))
    here = mine | set(Profile.objects.filter(home_customer=customer_id).values_list("pk", flat=True))
    entries = (
        LinkEntry.objects.filter(Q(link__left__in=here) | Q(link__right__in=here))
        .exclude(state=State.PROPOSED)
        # What staff typed is no second record of the person.
        .exclude(rule=BY_HAND)
        .select_related("link", "actor", "link__left", "link__right")
        .order_by("-made_at", "-pk")
    )
    groups: dict[str, list[LinkEntry]] = {}
    for entry in entries[:500]:
        groups.setdefault(entry.operation, []).append(entry)
    return [_event(operation, those, customer_id, mine) for operation, those in groups.items()]


def proposed_count() -> int:
    return _proposed().count()


def proposed_pairs(*, offset: int, size: int) -> list[ProposedPair]:
    """What waits for a decision, the likeliest first."""
    links = _proposed().select_related("left", "right").order_by(F("score").desc(nulls_last=True), "pk")
    return [
        ProposedPair(
            link_id=link.pk,
            score=link.score,
            rule=link.rule,
            evidence=link.evidence,
            profile_ids=(link.left_id, link.right_id),
            customer_ids=(link.left.customer_id, link.right.customer_id),
            sources=(link.left.source, link.right.source),
        )
        for link in links[offset : offset + size]
    ]


def never_between(customer_id: int, other_id: int) -> bool:
    """Whether somebody said of records of these two that they are never one person."""
    both = Q(left__customer=customer_id, right__customer=other_id)
    either = both | Q(left__customer=other_id, right__customer=customer_id)
    return ProfileLink.objects.filter(either, state=State.NEVER).exists()


def newest_scan() -> DuplicateScan | None:
    return DuplicateScan.objects.first()


def is_over(scan: DuplicateScan) -> bool:
    return scan.state not in (JobState.QUEUED, JobState.RUNNING)


def scans(*, most: int = 20) -> list[DuplicateScan]:
    """Newest first."""
    return list(DuplicateScan.objects.select_related("requested_by")[:most])


def standing_links_of(scan: DuplicateScan) -> int:
    """How many of the links that a search made still stand."""
    made = ProfileLink.objects.filter(
        state=State.LINKED, entries__operation__in=scan.operations, entries__state=State.LINKED
    )
    return made.distinct().count() if scan.operations else 0


def _proposed() -> QuerySet[ProfileLink]:
    # Two records that were joined through others since have nothing left to decide, nor has one of which nothing is left.
    proposed = ProfileLink.objects.filter(state=State.PROPOSED, left__erased_at=None, right__erased_at=None)
    return proposed.exclude(left__customer=F("right__customer"))


def _event(operation: str, entries: list[LinkEntry], customer_id: int, mine: set[int]) -> LinkEvent:
    first = entries[0]
    ends = [(entry.link.left, entry.link.right) for entry in entries]
    profiles = {end for pair in ends for end in pair}
    stands = any(
        entry.state == State.LINKED and entry.link.state == State.LINKED and {a.pk, b.pk} <= mine
        for entry, (a, b) in zip(entries, ends, strict=True)
    )
    # A split says “never” of many pairs and “linked” of those that stay: what it is about comes first.
    state = State.NEVER if any(entry.state == State.NEVER for entry in entries) else first.state
    return LinkEvent(
        operation=operation,
        state=state,
        rule=first.rule,
        by=str(first.actor) if first.actor else "",
        reason=first.reason,
        made_at=first.made_at,
        profile_ids=tuple(sorted(profile.pk for profile in profiles)),
        others=tuple(sorted({profile.customer_id for profile in profiles} - {customer_id})),
        stands=stands and state == State.LINKED,
    )
