"""The sealed forms in which profiles are compared: made with their contents, so that a search opens one value a profile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.conf import settings
from django.db import transaction

from zhike.customers.matching.people import FORM_VERSION, comparison_form
from zhike.customers.models import ComparisonForm, form_place
from zhike.customers.selectors.opened import comparable_values
from zhike.customers.services.columns import insert_rows
from zhike.customers.slices import slices
from zhike.customers.vault import Vault, open_vault
from zhike.kernel import clock

_COLUMNS = ("profile", "version", "sealed")


def seal_forms(*, vault: Vault, values: Mapping[int, Mapping[str, str]]) -> None:
    """Replace the forms of profiles by those of their values (`matching.people.values_to_compare`), by profile id."""
    today = clock.today(settings.ZHIKE_BUSINESS.zone)
    ComparisonForm.objects.filter(pk__in=values).delete()
    insert_rows(
        ComparisonForm,
        _COLUMNS,
        (
            (pk, FORM_VERSION, vault.seal(comparison_form(told, today=today), place=form_place(pk)))
            for pk, told in values.items()
        ),
    )


def seal_missing_forms(profile_ids: Iterable[int]) -> None:
    """Make the forms of profiles that have none of this version."""
    vault = open_vault(settings.ZHIKE_HOME)
    for some in slices(profile_ids):
        # Read under the lock: somebody may be writing these profiles.
        with transaction.atomic():
            seal_forms(vault=vault, values=comparable_values(vault, some))
