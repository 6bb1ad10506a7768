"""No place that keeps something of people is forgotten when a person is erased or given what is known."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db.models import Model

from zhike.customers.models import LinkEntry, Profile, ProfileLink
from zhike.customers.services import erasure
from zhike.customers.stores import registered_stores

# Models of other domains that hang on a profile, and the store that takes their rows away.
BY_STORE = {"collect.PointsBalance": "points_balances", "hosted_forms.Submission": "form_submissions"}


def test_every_store_is_registered_once_everything_is_loaded() -> None:
    assert [store.name for store in registered_stores()] == [
        "form_submissions",
        "import_notes",
        "points_balances",
        "received_rows",
        "rejected_records",
        "staged_rows",
        "uploads",
    ]


def hang_on_a_profile() -> set[type[Model]]:
    def points(field: Any) -> bool:
        return field.is_relation and not field.auto_created and field.related_model is Profile

    return {model for model in apps.get_models() if any(map(points, model._meta.get_fields()))}


def test_whatever_hangs_on_a_profile_is_erased_with_it() -> None:
    erased = {*erasure._HANGING_ON_PROFILES, ProfileLink, LinkEntry}
    others = {model._meta.label for model in hang_on_a_profile() - erased}
    assert others == set(BY_STORE)
    assert set(BY_STORE.values()) <= {store.name for store in registered_stores()}
