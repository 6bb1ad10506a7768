"""Values of personal and sensitive attributes: sealed, and never in the lake."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from zhike.customers.models import AttributeDefinition, SensitiveValue
from zhike.customers.vault import open_vault
from zhike.kernel import clock


def keep_sealed(*, profile_id: int, values: Mapping[str, Any]) -> None:
    """Seal values of attributes by code; those that were there before are replaced."""
    vault = open_vault(settings.ZHIKE_HOME)
    definitions = AttributeDefinition.objects.filter(code__in=values)
    for definition in definitions:
        value = values[definition.code]
        row = SensitiveValue(profile_id=profile_id, attribute=definition, changed_at=clock.now())
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        SensitiveValue.objects.filter(profile_id=profile_id, attribute=definition).delete()
        row.sealed = vault.seal(text, place=row.place)
        row.save()
