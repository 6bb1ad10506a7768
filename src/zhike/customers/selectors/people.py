"""People as staff may see them: masked unless the right to see more was used."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings

from zhike.customers.masking import masked
from zhike.customers.models import Customer, Identity, PersonalField, Profile
from zhike.customers.selectors.profiles import current_customer_id
from zhike.customers.vault import open_vault

if TYPE_CHECKING:
    from zhike.accounts.selectors import User


@dataclass(frozen=True, slots=True)
class Shown:
    """One value, with where it comes from."""

    field: str
    value: str
    source: str
    profile_id: int
    changed_at: datetime
    is_verified: bool = False


@dataclass(frozen=True)
class Person:
    """A customer's names and contacts: what is shown of each field first, and everything that sources say."""

    customer_id: int
    first: dict[str, Shown] = field(default_factory=dict)
    all: tuple[Shown, ...] = ()

    @property
    def name(self) -> str:
        return self.first["name"].value if "name" in self.first else ""


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


def visible_customer_ids(user: User) -> list[int] | None:
    """The customers somebody may see; None for all."""
    if _sees_all(user):
        return None
    return list(Customer.objects.filter(owner_id=user.pk).values_list("pk", flat=True))


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
    for row in PersonalField.objects.filter(profile__in=profiles).order_by("pk"):
        value = vault.open(row.sealed, place=row.place)
        values.append(_shown(row.field, value, profiles[row.profile_id], row.changed_at, is_masked))
    for each in Identity.objects.filter(profile__in=profiles).order_by("pk"):
        value = vault.open(each.sealed, place=each.place)
        values.append(
            _shown(
                each.kind,
                value,
                profiles[each.profile_id],
                each.created_at,
                is_masked,
                each.verified_at is not None,
            )
        )
    return values


def _shown(
    name: str, value: str, profile: Profile, changed_at: datetime, is_masked: bool, is_verified: bool = False
) -> Shown:
    text = masked(name, value) if is_masked else value
    return Shown(name, text, profile.source, profile.pk, changed_at, is_verified)


def _first_of_each(values: list[Shown]) -> dict[str, Shown]:
    """Survivorship: what was verified wins, then what is newest, then the record that was there first."""
    first: dict[str, Shown] = {}
    for each in sorted(values, key=lambda v: (v.is_verified, v.changed_at, -v.profile_id), reverse=True):
        first.setdefault(each.field, each)
    return first
