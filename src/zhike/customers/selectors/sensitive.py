"""Attributes that a business invented, and the sealed values of those that are personal or sensitive."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from zhike.customers.models import AttributeDefinition, SensitiveValue
from zhike.customers.vault import open_vault
from zhike.kernel.words import Text


@dataclass(frozen=True, slots=True)
class SensitiveShown:
    """A sealed value, opened, and the source that says so."""

    label: Text
    value: str
    source: str


def attribute_definitions() -> list[AttributeDefinition]:
    """All of them, those in use first."""
    return list(AttributeDefinition.objects.order_by("retired_at", "code"))


def definitions_by_code() -> dict[str, AttributeDefinition]:
    return {definition.code: definition for definition in AttributeDefinition.objects.all()}


def sensitive_codes_of(customer_id: int) -> list[str]:
    """Codes of the sealed attributes that a customer has a value of."""
    rows = SensitiveValue.objects.filter(profile__customer=customer_id).order_by("attribute__code")
    return list(rows.values_list("attribute__code", flat=True).distinct())


def sensitive_values_of(customer_id: int) -> tuple[SensitiveShown, ...]:
    """Opened: for whoever has said why."""
    vault = open_vault(settings.ZHIKE_HOME)
    rows = SensitiveValue.objects.filter(profile__customer=customer_id).select_related("attribute", "profile")
    return tuple(
        SensitiveShown(
            Text(row.attribute.label_zh, row.attribute.label_en),
            vault.open(row.sealed, place=row.place),
            row.profile.source,
        )
        for row in rows
    )
