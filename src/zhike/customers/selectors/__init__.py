"""Reads of who is who and of what hangs on them."""

from zhike.customers.selectors.lake_profiles import profile_map, profile_map_changes, profile_map_mark
from zhike.customers.selectors.people import (
    Person,
    Shown,
    is_visible,
    people_shown,
    person_of,
    visible_among,
)
from zhike.customers.selectors.profiles import (
    current_customer_id,
    customer_ids_found,
    is_erased,
    profile_keys,
    source_keys_of,
)

__all__ = [
    "Person",
    "Shown",
    "current_customer_id",
    "customer_ids_found",
    "is_erased",
    "is_visible",
    "people_shown",
    "person_of",
    "profile_keys",
    "profile_map",
    "profile_map_changes",
    "profile_map_mark",
    "source_keys_of",
    "visible_among",
]
