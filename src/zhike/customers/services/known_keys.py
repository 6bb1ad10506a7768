"""Finding profiles by the fingerprints of many keys at once."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
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


_JOINED = {"sqlite": "group_concat(key_index, '')", "postgresql": "string_agg(key_index, '')"}
# As the bytes of fingerprints compare, whatever the language of the database.
_BYTEWISE = {"sqlite": "key_index", "postgresql": 'key_index COLLATE "C"'}


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


def ids_between(source: str, indexes: npt.NDArray[np.bytes_]) -> npt.NDArray[np.int64]:
    """`known_ids` of rising fingerprints, reading all that lie between them: sooner if most of those are asked for."""
    vendor, table = connection.vendor, connection.ops.quote_name(Profile._meta.db_table)
    query = (
        f"SELECT coalesce({_JOINED[vendor]}, ''), {collected('id')} FROM (SELECT key_index, id FROM {table} "
        f"WHERE source = %s AND {_BYTEWISE[vendor]} BETWEEN %s AND %s ORDER BY {_BYTEWISE[vendor]}) AS between_them"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [source, indexes[0].decode(), indexes[-1].decode()])
        texts, numbers = cursor.fetchone()
    known = np.frombuffer(texts.encode(), indexes.dtype)
    ids = np.array([0, *json.loads(numbers)], np.int64)
    places = np.searchsorted(known, indexes)
    is_known = known.take(places, mode="clip") == indexes if len(known) else np.zeros(len(indexes), bool)
    return ids[np.where(is_known, places + 1, 0)]
