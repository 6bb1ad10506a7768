"""People as staff may see them: masked unless the right to see more was used."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import QuerySet

from zhike.customers.masking import masked
from zhike.customers.models import Customer, Identity, PersonalField, Profile
from zhike.customers.records import BY_HAND
from zhike.customers.selectors.profiles import current_customer_id
from zhike.customers.selectors.typed_values import Typing, typings_of
from zhike.customers.slices import slices
from zhike.customers.survivorship import Precedence, precedence
from zhike.customers.vault import open_vault

if TYPE_CHECKING:
    from zhike.accounts.selectors import User


@dataclass(frozen=True, slots=True)
class Shown:
    """One value, with where it comes from; `by` is who typed it, empty for what a source sent."""

    field: str
    value: str
    source: str
    profile_id: int
    changed_at: datetime
    is_verified: bool = False
    by: str = ""


@dataclass(frozen=True)
class Person:
    """A customer's names and contacts: what is shown of each field first, and everything that sources say."""

    customer_id: int
    first: dict[str, Shown] = field(default_factory=dict)
    all: tuple[Shown, ...] = ()

    @property
    def name(self) -> str:
        return self.first["name"].value if "name" in self.first else ""

    @property
    def nickname(self) -> str:
        """By what they are called where nobody knows their name."""
        return self.first["nickname"].value if "nickname" in self.first and not self.name else ""


def person_of(customer_id: int, *, is_masked: bool = True) -> Person:
    """One customer's names and contacts."""
    return _people([customer_id], is_masked=is_masked).get(customer_id, Person(customer_id))


def people_shown(customer_ids: Collection[int]) -> dict[int, Person]:
    """The names and contacts of some customers, masked; for a page of a list."""
    return _people(customer_ids, is_masked=True)


def people_of(customer_ids: Collection[int], *, is_masked: bool) -> dict[int, Person]:
    """The names and contacts of some customers; whole for comparing, and for what is on record."""
    return _people(customer_ids, is_masked=is_masked)


def is_visible(user: User, customer_id: int) -> bool:
    """Whether somebody may see this customer at all: all of them, or only their own."""
    if _sees_all(user):
        return True
    # An old number leads to whoever the customer is now, so that one's owner counts.
    current = current_customer_id(customer_id)
    return current is not None and Customer.objects.filter(pk=current, owner_id=user.pk).exists()


def are_visible(user: User, customer_ids: Collection[int]) -> bool:
    """Whether somebody may see all of these customers, whatever numbers they had before they were merged."""
    if _sees_all(user):
        return True
    homes = set(customer_ids)
    for some in slices(homes):
        mine = Profile.objects.filter(home_customer__in=some, customer__owner=user.pk)
        homes -= set(mine.values_list("home_customer", flat=True))
    return not homes


def visible_customers(user: User) -> QuerySet[Customer] | None:
    """The customers somebody may see; None for all."""
    return None if _sees_all(user) else Customer.objects.filter(owner_id=user.pk)


def visible_among(user: User, customer_ids: Collection[int]) -> set[int]:
    """Those of some customers that somebody may see."""
    mine = visible_customers(user)
    if mine is None:
        return set(customer_ids)
    return {
        pk for some in slices(customer_ids) for pk in mine.filter(pk__in=some).values_list("pk", flat=True)
    }


def _sees_all(user: User) -> bool:
    from zhike.accounts.access import scope_of

    return scope_of(user) == "all"


def _people(customer_ids: Collection[int], *, is_masked: bool) -> dict[int, Person]:
    profiles = Profile.objects.filter(customer_id__in=customer_ids).in_bulk()
    found: dict[int, list[Shown]] = {pk: [] for pk in customer_ids}
    for shown in _values(profiles, is_masked=is_masked):
        found[profiles[shown.profile_id].customer_id].append(shown)
    return {pk: Person(pk, _first_of_each(values), tuple(values)) for pk, values in found.items()}


def _values(profiles: dict[int, Profile], *, is_masked: bool) -> list[Shown]:
    vault, values = open_vault(settings.ZHIKE_HOME), []
    typings = typings_of([pk for pk, profile in profiles.items() if profile.source == BY_HAND])
    for row in PersonalField.objects.filter(profile__in=profiles).order_by("pk"):
        typing = typings.get((row.profile_id, row.field))
        value = vault.open(row.sealed, place=row.place)
        values.append(_shown(row.field, value, profiles[row.profile_id], row.changed_at, typing, is_masked))
    for each in Identity.objects.filter(profile__in=profiles).order_by("pk"):
        typing = typings.get((each.profile_id, each.kind))
        value = vault.open(each.sealed, place=each.place)
        is_verified = each.verified_at is not None
        values.append(
            _shown(
                each.kind,
                value,
                profiles[each.profile_id],
                each.created_at,
                typing,
                is_masked,
                is_verified=is_verified,
            )
        )
    return values


def _shown(
    name: str,
    value: str,
    profile: Profile,
    changed_at: datetime,
    typing: Typing | None,
    is_masked: bool,
    *,
    is_verified: bool = False,
) -> Shown:
    return Shown(
        field=name,
        value=masked(name, value) if is_masked else value,
        source=profile.source,
        profile_id=profile.pk,
        # A typed record is written as a whole: when this field of it was typed, only its typing knows.
        changed_at=typing.at if typing else changed_at,
        is_verified=is_verified,
        by=typing.by if typing else "",
    )


def _first_of_each(values: list[Shown]) -> dict[str, Shown]:
    """What is shown of each field, by `survivorship.precedence`."""
    first: dict[str, Shown] = {}
    for each in sorted(values, key=_precedence, reverse=True):
        first.setdefault(each.field, each)
    return first


def _precedence(value: Shown) -> Precedence:
    return precedence(
        source=value.source,
        changed_at=value.changed_at,
        profile_id=value.profile_id,
        is_verified=value.is_verified,
    )
