"""Putting tags on customers and taking them off, one or many at a time, and taking that back."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Min

from zhike.accounts.audit.actions import Target, action
from zhike.accounts.services import record_audit
from zhike.customers.models import Profile, ProfileTag, Tag, TagOperation
from zhike.customers.selectors.tags import customers_with_tag, operation_customers
from zhike.customers.services.assignment import check_in_sight
from zhike.customers.slices import slices
from zhike.kernel import clock
from zhike.kernel.errors import UsageError

if TYPE_CHECKING:
    from zhike.accounts.selectors import User

TAGGED = action("customer.tagged", zh="打标签", en="tagged customers")
UNTAGGED = action("customer.untagged", zh="去标签", en="took a tag off customers")
TAGGING_UNDONE = action("customer.tagging_undone", zh="撤销打标签或去标签", en="took back a tagging")
_LONGEST = 60


def tag_name(text: str) -> str:
    """What is kept of a tag that somebody typed.

    Raises
    ------
    UsageError
        ``tag.name`` if nothing is left of it or it is too long.
    """
    name = " ".join(text.split())
    if not 0 < len(name) <= _LONGEST or not name.isprintable():
        raise UsageError(
            "tag.name",
            zh=f"标签要有 1 到 {_LONGEST} 个字，请重写",
            en=f"a tag has 1 to {_LONGEST} characters; word it anew",
        )
    return name


@transaction.atomic
def tag_customers(*, customer_ids: Collection[int], name: str, actor: User | None) -> TagOperation:
    """Put a tag on the first profile of each customer that does not have it yet.

    Raises
    ------
    UsageError
        ``tag.name``; ``tag.automatic`` for a tag that a rule gives.
    """
    tag, _ = Tag.objects.get_or_create(name=tag_name(name))
    _refuse_automatic(tag)
    missing = set(customer_ids) - customers_with_tag(tag.name, among=customer_ids)
    profiles = _first_profiles(missing)
    ProfileTag.objects.bulk_create(
        (ProfileTag(profile_id=pk, tag=tag, made_by=actor) for pk in profiles), batch_size=1_000
    )
    return _operation(tag, True, profiles, customer_ids, actor)


@transaction.atomic
def untag_customers(*, customer_ids: Collection[int], name: str, actor: User | None) -> TagOperation:
    """Take a tag off every profile of those customers.

    Raises
    ------
    UsageError
        ``tag.unknown``; ``tag.automatic`` for a tag that a rule gives.
    """
    tag = _known_tag(name)
    _refuse_automatic(tag)
    taken: list[int] = []
    for some in slices(customer_ids):
        rows = ProfileTag.objects.filter(tag=tag, profile__customer__in=some)
        taken += rows.values_list("profile", flat=True)
        rows.delete()
    return _operation(tag, False, taken, customer_ids, actor)


@transaction.atomic
def undo_tag_operation(*, operation_id: int, actor: User) -> int:
    """Take back a tagging or untagging: the profiles it changed; how many they were. Again changes nothing.

    Raises
    ------
    UsageError
        ``tag.operation_unknown``; ``operation.out_of_sight`` if some are not among the customers that `actor` works with.
    """
    operation = TagOperation.objects.select_for_update().filter(pk=operation_id).first()
    if operation is None:
        raise UsageError("tag.operation_unknown", zh="没有这次操作", en="there is no such operation")
    if operation.undone_at:
        return 0
    check_in_sight(operation_customers(operation), actor)
    for some in slices(operation.profile_ids):
        if operation.is_added:
            ProfileTag.objects.filter(tag=operation.tag, profile__in=some).delete()
        else:
            back = Profile.objects.filter(pk__in=some, erased_at=None).values_list("pk", flat=True)
            made = [ProfileTag(profile_id=pk, tag=operation.tag, made_by=actor) for pk in back]
            ProfileTag.objects.bulk_create(made, ignore_conflicts=True)
    operation.undone_at = clock.now()
    operation.save(update_fields=["undone_at"])
    record_audit(actor=actor, action=TAGGING_UNDONE, object=Target("tag_operation", operation.pk))
    return len(operation.profile_ids)


def _operation(
    tag: Tag, is_added: bool, profile_ids: list[int], customer_ids: Collection[int], actor: User | None
) -> TagOperation:
    made = TagOperation.objects.create(tag=tag, is_added=is_added, profile_ids=profile_ids, actor=actor)
    only = next(iter(customer_ids)) if len(customer_ids) == 1 else None
    record_audit(
        actor=actor,
        action=TAGGED if is_added else UNTAGGED,
        object=Target("customer", only) if only else Target("tag_operation", made.pk),
        details={"tag_id": tag.pk, "customers": len(profile_ids)},
    )
    return made


def _known_tag(name: str) -> Tag:
    tag = Tag.objects.filter(name=tag_name(name)).first()
    if tag is None:
        raise UsageError("tag.unknown", zh=f"没有“{name}”这个标签", en=f"there is no tag “{name}”")
    return tag


def _refuse_automatic(tag: Tag) -> None:
    if tag.is_automatic:
        raise UsageError(
            "tag.automatic",
            zh=f"“{tag.name}”是自动标签，由规则维护，不能手动增减；请改用别的名字",
            en=f"“{tag.name}” is automatic: a rule keeps it, nobody puts it on or off by hand; choose another name",
        )


def _first_profiles(customer_ids: Collection[int]) -> list[int]:
    found: list[int] = []
    for some in slices(sorted(customer_ids)):
        profiles = Profile.objects.filter(customer__in=some, erased_at=None)
        found += profiles.values("customer").annotate(first=Min("pk")).values_list("first", flat=True)
    return found
