"""Attributes that a business invented, and the sealed values of those that are personal or sensitive."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings

from zhike.customers.models import AttributeDefinition, SensitiveValue
from zhike.customers.survivorship import Precedence, precedence
from zhike.customers.vault import open_vault
from zhike.customers.words import source_text, value_text
from zhike.kernel.words import Text


@dataclass(frozen=True, slots=True)
class SensitiveShown:
    """A sealed value, opened, and the source that says so."""

    code: str
    label: Text
    value: Text | str
    source: Text


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
    """Opened, for whoever has said why; of several records the one that is shown first."""
    vault = open_vault(settings.ZHIKE_HOME)
    rows = SensitiveValue.objects.filter(profile__customer=customer_id).select_related("attribute", "profile")
    return tuple(
        SensitiveShown(
            row.attribute.code,
            Text(row.attribute.label_zh, row.attribute.label_en),
            _said(row.attribute, vault.open(row.sealed, place=row.place)),
            source_text(row.profile.source),
        )
        for row in _by_precedence(rows)
    )


def _by_precedence(rows: Iterable[SensitiveValue]) -> list[SensitiveValue]:
    """The values of each attribute together, the one that is shown first first."""

    def rank(row: SensitiveValue) -> Precedence:
        return precedence(source=row.profile.source, changed_at=row.changed_at, profile_id=row.profile_id)

    return sorted(sorted(rows, key=rank, reverse=True), key=lambda row: row.attribute.code)


def _said(definition: AttributeDefinition, kept: str) -> Text | str:
    """A value as people read it: choices by their labels."""
    if definition.type in ("text", "date"):
        return kept
    labels = {option["code"]: Text(option["zh"], option["en"]) for option in definition.options}
    return value_text(kept if definition.type == "choice" else json.loads(kept), labels)
