"""Finding profiles by the fingerprints of many keys at once."""

from __future__ import annotations

import json
from collections.abc import Sequence

from django.db import connection

from zhike.customers.models import Profile
from zhike.customers.services.columns import collected

# Django's `__in` takes ten microseconds a value to build the query, and each of them is a parameter of it; so the
# database gets one parameter, a list.
_LISTS = {
    "sqlite": "json_each(%s) AS wanted",
    "postgresql": "jsonb_array_elements_text(%s::jsonb) WITH ORDINALITY AS wanted",
}
_PLACES = {"sqlite": "wanted.key", "postgresql": "wanted.ordinality - 1"}


def known_ids(source: str, indexes: Sequence[str]) -> list[int]:
    """The id of the profile for each fingerprint of a source's key, 0 where there is none."""
    vendor = connection.vendor
    table = connection.ops.quote_name(Profile._meta.db_table)
    # The list leads: each fingerprint is one step down the index, however many profiles there are.
    query = (
        f"SELECT {collected(_PLACES[vendor])}, {collected('profile.id')} FROM {_LISTS[vendor]} CROSS JOIN {table} AS profile "
        "WHERE profile.source = %s AND profile.key_index = wanted.value"
    )
    ids = [0] * len(indexes)
    with connection.cursor() as cursor:
        cursor.execute(query, [json.dumps(list(indexes)), source])
        places, found = map(json.loads, cursor.fetchone())
    for place, id in zip(places, found, strict=True):
        ids[place] = id
    return ids
