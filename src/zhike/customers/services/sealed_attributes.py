"""Values of personal and sensitive attributes: sealed, and never in the lake."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.conf import settings

from zhike.customers.models import AttributeDefinition, SensitiveValue
from zhike.customers.services.columns import insert_rows
from zhike.customers.services.profile_changes import sealed_text
from zhike.customers.vault import Vault, open_vault
from zhike.kernel import clock


def keep_sealed(*, profile_id: int, values: Mapping[str, Any]) -> None:
    """Seal values of attributes by code; those that were there before are replaced."""
    vault = open_vault(settings.ZHIKE_HOME)
    definitions = AttributeDefinition.objects.filter(code__in=values)
    for definition in definitions:
        value = values[definition.code]
        row = SensitiveValue(profile_id=profile_id, attribute=definition, changed_at=clock.now())
        text = sealed_text(value)
        SensitiveValue.objects.filter(profile_id=profile_id, attribute=definition).delete()
        row.sealed = vault.seal(text, place=row.place)
        row.save()


def opened_values(vault: Vault, profile_ids: Collection[int]) -> dict[int, dict[str, str]]:
    """Profile → code of a sealed attribute → its text."""
    found: dict[int, dict[str, str]] = {}
    for row in SensitiveValue.objects.filter(profile__in=profile_ids).select_related("attribute"):
        found.setdefault(row.profile_id, {})[row.attribute.code] = vault.open(row.sealed, place=row.place)
    return found


def replace_sealed(
    vault: Vault, *, before: Mapping[int, Mapping[str, str]], after: Mapping[int, Mapping[str, str]]
) -> None:
    """Keep those values of profiles that changed, and forget those that are no more."""
    changed = {pk: values for pk, values in after.items() if values != before[pk]}
    if not changed:
        return
    ids = dict(AttributeDefinition.objects.values_list("code", "pk"))
    rows = []
    for pk, values in changed.items():
        gone = before[pk].keys() - values.keys()
        told = {code: text for code, text in values.items() if before[pk].get(code) != text}
        SensitiveValue.objects.filter(profile=pk, attribute__code__in={*gone, *told}).delete()
        rows += [SensitiveValue(profile_id=pk, attribute_id=ids[code]) for code in told]
        for row, text in zip(rows[len(rows) - len(told) :], told.values(), strict=True):
            row.sealed = vault.seal(text, place=row.place)
    now = clock.now()
    insert_rows(
        SensitiveValue,
        ("profile", "attribute", "sealed", "changed_at"),
        ((row.profile_id, row.attribute_id, row.sealed, now) for row in rows),
    )
