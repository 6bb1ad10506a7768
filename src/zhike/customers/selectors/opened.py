"""All records opened, for comparing them in memory; nobody is shown this."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from zhike.customers.matching.people import (
    FORM_VERSION,
    comparison_form,
    forms_table,
    people_table,
    profiles_table,
    values_to_compare,
)
from zhike.customers.models import (
    ComparisonForm,
    Identity,
    PersonalField,
    Profile,
    form_place,
    identity_place,
    personal_place,
)
from zhike.customers.slices import slices
from zhike.customers.vault import Vault, open_vault
from zhike.kernel import clock

_AT_ONCE = 20_000


def people_to_compare(*, without: Collection[tuple[str, str]] = ()) -> pa.Table:
    """What every profile says of a person, from its sealed form: `matching.people.SCHEMA`.

    Parameters
    ----------
    without
        Identifiers, by kind and fingerprint, that many share and that say nothing.
    """
    profiles = Profile.objects.filter(erased_at=None).exclude(content_index="")
    coarse = profiles.order_by("pk").values_list("pk", "source", Cast("attributes", TextField()))
    return people_table(
        [
            profiles_table(ids, sources, [text.encode() for text in attributes])
            for ids, sources, attributes in _columns(coarse)
        ],
        list(_opened_forms(without)),
    )


def _opened_forms(without: Collection[tuple[str, str]]) -> Iterator[pa.Table]:
    vault = open_vault(settings.ZHIKE_HOME)
    others = _forms_without(vault, without)
    for ids, sealed in _columns(ComparisonForm.objects.order_by("pk").values_list("pk", "sealed")):
        forms = vault.open_all(zip(map(form_place, ids), map(bytes, sealed), strict=True))
        if others:
            forms = [others.get(pk, form) for pk, form in zip(ids, forms, strict=True)]
        yield forms_table(ids, forms)


def _columns(rows: QuerySet[Any, Any]) -> Iterator[list[list[Any]]]:
    """The columns of a part of the rows after the other: together they would take gigabytes."""
    rest = rows.iterator(_AT_ONCE)
    while some := list(islice(rest, _AT_ONCE)):
        yield [[row[place] for row in some] for place in range(len(some[0]))]


def profiles_without_form() -> list[int]:
    """Profiles with contents whose form is missing or of another version."""
    known = ComparisonForm.objects.filter(version=FORM_VERSION).values("pk")
    told = Profile.objects.filter(erased_at=None).exclude(content_index="")
    return list(told.exclude(pk__in=known).values_list("pk", flat=True))


def comparable_values(
    vault: Vault, profile_ids: Iterable[int], *, without: Collection[tuple[str, str]] = ()
) -> dict[int, dict[str, str]]:
    """What those profiles say of a person, opened value by value; `without` as for `people_to_compare`."""
    found: dict[int, dict[str, str]] = {}
    for some in slices(profile_ids):
        personal: dict[int, dict[str, str]] = {pk: {} for pk in some}
        fields = PersonalField.objects.filter(profile__in=some)
        for pk, field, sealed in fields.values_list("profile_id", "field", "sealed"):
            personal[pk][field] = vault.open(sealed, place=personal_place(pk, field))
        told: dict[int, list[tuple[str, str]]] = {pk: [] for pk in some}
        identities = Identity.objects.filter(profile__in=some).order_by("pk")
        for pk, kind, index, sealed in identities.values_list("profile_id", "kind", "value_index", "sealed"):
            if (kind, index) not in without:
                value = vault.open(sealed, place=identity_place(pk, kind, index))
                told[pk].append((kind, value))
        found |= {pk: values_to_compare(personal[pk], told[pk]) for pk in some}
    return found


def _forms_without(vault: Vault, identifiers: Collection[tuple[str, str]]) -> Mapping[int, bytes]:
    """The forms that profiles with some of those identifiers would have without them."""
    today = clock.today(settings.ZHIKE_BUSINESS.zone)
    shared: set[int] = set()
    for kind in {kind for kind, _ in identifiers}:
        indexes = [index for each, index in identifiers if each == kind]
        owners = Identity.objects.filter(kind=kind, value_index__in=indexes)
        shared.update(owners.values_list("profile_id", flat=True))
    values = comparable_values(vault, sorted(shared), without=identifiers)
    return {pk: comparison_form(told, today=today).encode() for pk, told in values.items()}
