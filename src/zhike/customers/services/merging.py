"""Joining and parting customers by a person's word, each time on record with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from zhike.accounts.audit.actions import Action, Target, action
from zhike.accounts.services import record_audit
from zhike.customers.models import DuplicateScan, Profile, ProfileLink
from zhike.customers.records import BY_HAND
from zhike.customers.services.consents import primary_profile
from zhike.customers.services.duplicates import undo_scan
from zhike.customers.services.holding import hold_customers_of
from zhike.customers.services.inherited_owners import inherit_owner
from zhike.customers.services.links import (
    PairEvidence,
    decide_link,
    held_link,
    link_profiles,
    split_profile,
)
from zhike.customers.services.revealing import needed_reason
from zhike.kernel.errors import UsageError

if TYPE_CHECKING:
    from zhike.accounts.selectors import User

MERGED = action("customer.merged", zh="合并客户", en="merged customers")
UNMERGED = action("customer.unmerged", zh="撤销合并", en="took back a merge")
SPLIT = action("customer.split", zh="拆分记录", en="split a record off")
ACCEPTED = action("duplicate.accepted", zh="确认是同一人", en="took two records for one person")
POSTPONED = action("duplicate.postponed", zh="暂不合并", en="left two records apart for now")
REFUSED = action("duplicate.refused", zh="确认不是同一人", en="said two records are never one person")
SCAN_UNDONE = action("duplicate.scan_undone", zh="撤销查重", en="took back a search for duplicates")

State = ProfileLink.State
_DECISIONS: dict[str, Action] = {State.LINKED: ACCEPTED, State.UNLINKED: POSTPONED, State.NEVER: REFUSED}


@transaction.atomic
def merge_customers(*, customer_id: int, other_id: int, reason: str, actor: User | None) -> int:
    """Take two customers for one person; the number of the customer that they are now.

    Raises
    ------
    UsageError
        ``merge.same``, ``customer.unknown``, ``customer.erased``, ``reason.missing``.
    """
    reason = needed_reason(reason)
    if customer_id == other_id:
        raise UsageError("merge.same", zh="这已经是同一位客户", en="these are one customer already")
    hold_customers_of([primary_profile(each).pk for each in (customer_id, other_id)])
    ends = primary_profile(customer_id), primary_profile(other_id)
    link_profiles(pairs=[PairEvidence(ends[0].pk, ends[1].pk, "manual")], actor=actor, reason=reason)
    joined = Profile.objects.get(pk=ends[0].pk).customer
    inherit_owner(customer=joined, others=[end.customer for end in ends])
    gone = other_id if joined.pk == customer_id else customer_id
    _recorded(actor, MERGED, joined.pk, reason, other_customer_id=gone)
    return joined.pk


@transaction.atomic
def take_back_links(*, customer_id: int, operation: str, reason: str, actor: User | None) -> bool:
    """Take back what one operation linked within this customer; whether somebody left it by that.

    Other customers that the same operation made stay as they are.

    Raises
    ------
    UsageError
        ``link.not_standing`` if nothing of it stands, ``reason.missing``.
    """
    reason = needed_reason(reason)
    hold_customers_of(_profiles_of(customer_id))
    before = _profiles_of(customer_id)
    links = ProfileLink.objects.filter(
        Q(left__in=before) & Q(right__in=before),
        state=State.LINKED,
        entries__operation=operation,
        entries__state=State.LINKED,
    ).distinct()
    if not links:
        raise UsageError(
            "link.not_standing",
            zh="这次合并已经撤销，或已不再起作用",
            en="this merge was taken back already, or nothing of it stands",
        )
    for link in links:
        decide_link(link_id=link.pk, state=State.UNLINKED, actor=actor, reason=reason)
    _recorded(actor, UNMERGED, customer_id, reason, links=len(links))
    return Profile.objects.filter(pk__in=before).values("customer").distinct().count() > 1


@transaction.atomic
def split_record(*, customer_id: int, profile_id: int, reason: str, actor: User | None) -> int:
    """Take one record out of its customer for good; the number of the customer that it is now.

    Raises
    ------
    UsageError
        ``profile.unknown`` if it is not a record of this customer, ``profile.typed`` for what staff typed;
        ``profile.alone``; ``reason.missing``.
    """
    reason = needed_reason(reason)
    hold_customers_of([profile_id])
    if profile_id not in _profiles_of(customer_id):
        raise UsageError(
            "profile.unknown",
            zh="这条记录不属于这位客户，可能刚被移走；请刷新后再试",
            en="this record is not of this customer, perhaps no longer; reload the page and try again",
        )
    if Profile.objects.filter(pk=profile_id, source=BY_HAND).exists():
        raise UsageError(
            "profile.typed",
            zh="这是手工填写的内容，不是来源记录，不能拆分；请在“修改资料”里撤回手工值",
            en="this is what staff typed and no record of a source; take the values back under “Edit” instead",
        )
    split_profile(profile_id=profile_id, actor=actor, reason=reason)
    _recorded(actor, SPLIT, customer_id, reason, profile_id=profile_id)
    return int(Profile.objects.values_list("customer", flat=True).get(pk=profile_id))


@transaction.atomic
def decide_duplicate(*, link_id: int, state: str, actor: User | None) -> None:
    """What a reviewer says of a proposed pair.

    Raises
    ------
    UsageError
        ``link.unknown``, ``link.state``, ``link.still_joined``; ``link.decided`` if somebody was faster.
    """
    link = held_link(link_id)
    if link is not None and link.state != State.PROPOSED:
        raise UsageError(
            "link.decided",
            zh="这一对已经有人处理过了，请刷新列表",
            en="somebody has decided on this pair already; reload the list",
        )
    decide_link(link_id=link_id, state=state, actor=actor)
    record_audit(actor=actor, action=_DECISIONS[state], object=Target("pair", link_id))


@transaction.atomic
def take_back_scan(*, scan_id: int, reason: str, actor: User | None) -> int:
    """Take back every link of a search that still stands; how many they were.

    Raises
    ------
    UsageError
        ``scan.unknown``, ``reason.missing``.
    """
    scan = DuplicateScan.objects.filter(pk=scan_id).first()
    if scan is None:
        raise UsageError("scan.unknown", zh="没有这次查重", en="there is no such search")
    reason = needed_reason(reason)
    count = undo_scan(scan=scan, actor=actor, reason=reason)
    record_audit(
        actor=actor,
        action=SCAN_UNDONE,
        object=Target("scan", scan_id),
        reason=reason,
        details={"links": count},
    )
    return count


def _recorded(actor: User | None, done: Action, customer_id: int, reason: str, **details: int) -> None:
    record_audit(
        actor=actor, action=done, object=Target("customer", customer_id), reason=reason, details=details
    )


def _profiles_of(customer_id: int) -> list[int]:
    return list(Profile.objects.filter(customer=customer_id).values_list("pk", flat=True))
