"""Reads of tags: which there are, who has them, what was done with them lately."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from zhike.customers.models import Profile, ProfileTag, Tag, TagOperation
from zhike.customers.slices import slices

if TYPE_CHECKING:
    from zhike.accounts.selectors import User


@dataclass(frozen=True, slots=True)
class TagShown:
    """A tag on a customer; `by` and `since` are of its first profile that has it."""

    id: int
    name: str
    is_automatic: bool
    by: str
    since: datetime


def tag_names() -> list[str]:
    return list(Tag.objects.order_by("name").values_list("name", flat=True))


def tags_of(customer_id: int) -> list[TagShown]:
    rows = ProfileTag.objects.filter(profile__customer=customer_id).select_related("tag", "made_by")
    shown: dict[int, TagShown] = {}
    for row in rows.order_by("tag__is_automatic", "tag__name", "made_at"):
        by = str(row.made_by) if row.made_by else ""
        shown.setdefault(
            row.tag_id, TagShown(row.tag_id, row.tag.name, row.tag.is_automatic, by, row.made_at)
        )
    return list(shown.values())


def tags_by_customer(customer_ids: Collection[int]) -> dict[int, list[tuple[str, bool]]]:
    """Name of each tag and whether it is automatic, for a page of a list."""
    rows = ProfileTag.objects.filter(profile__customer__in=customer_ids).order_by("tag__name")
    found: dict[int, list[tuple[str, bool]]] = {}
    for customer_id, name, is_automatic in rows.values_list(
        "profile__customer", "tag__name", "tag__is_automatic"
    ).distinct():
        found.setdefault(customer_id, []).append((name, is_automatic))
    return found


def customers_with_tag(name: str, among: Collection[int]) -> set[int]:
    """Those of some customers one of whose profiles has the tag."""
    rows = ProfileTag.objects.filter(tag__name=name)
    found: set[int] = set()
    for some in slices(among):
        found.update(rows.filter(profile__customer__in=some).values_list("profile__customer", flat=True))
    return found


def operation_customers(operation: TagOperation) -> set[int]:
    """Whom an operation changed, by their numbers of now."""
    found: set[int] = set()
    for some in slices(operation.profile_ids):
        profiles = Profile.objects.filter(pk__in=some)
        found.update(profiles.values_list("customer", flat=True))
    return found


def tag_operations(*, by: User | None = None, most: int = 20) -> list[TagOperation]:
    """What was done to one customer or many at once, by one person or by anybody, newest first."""
    operations = TagOperation.objects.select_related("tag", "actor")
    return list((operations.filter(actor=by) if by else operations)[:most])
