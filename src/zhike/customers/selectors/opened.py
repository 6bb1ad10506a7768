"""All records opened, for comparing them in memory; nobody is shown this."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import accumulate, compress, islice, pairwise
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.db import connection
from django.db.models import Max

from zhike.customers.matching.people import (
    FORM_VERSION,
    OPENED,
    comparison_form,
    people_sql,
    values_to_compare,
)
from zhike.customers.models import (
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
# Together more than DuckDB's row groups of 122,880: fewer are written twice.
_PARTS_ADDED = 7
_WAITING = 1

_Sealed = tuple[list[int], list[int], bytes, list[str], list[str | None], list[str | None]]
"""Ids of profiles, the lengths of their sealed forms (−1 of one that is missing), the forms one after the other, and from
where they are, their gender and city."""


def fill_people(
    database: Any, *, without: Collection[tuple[str, str]] = (), only: Iterable[int] | None = None
) -> list[int]:
    """Add what every profile says of a person to the table ``people`` of a private database.

    Parameters
    ----------
    database
        A connection of `private_database` with ``people``, `matching.people.SCHEMA`.
    without
        Identifiers, by kind and fingerprint, that many share and that say nothing.
    only
        Those profiles instead of all.

    Returns
    -------
    list of int
        Profiles that were left out because their form is missing or of another version.
    """
    vault, missing = open_vault(settings.ZHIKE_HOME), list[int]()
    others = _forms_without(vault, without)
    # At the same time SQLite reads a part, this process opens one, and DuckDB reads the JSON of some.
    with ThreadPoolExecutor(1) as opening, ThreadPoolExecutor(1) as adding:
        waiting: deque[Future[None]] = deque()
        parts = _noting_missing(_sealed_forms(only), missing)
        opened = (opening.submit(_opened, vault, part, others) for part in parts)
        while some := list(islice(opened, _PARTS_ADDED)):
            waiting.append(adding.submit(_add_people, database, some))
            if len(waiting) > _WAITING:
                waiting.popleft().result()
        for rest in waiting:
            rest.result()
    return missing


def _noting_missing(parts: Iterable[_Sealed], missing: list[int]) -> Iterator[_Sealed]:
    for part in parts:
        missing += [pk for pk, length in zip(part[0], part[1], strict=True) if length < 0]
        yield part


def _sealed_forms(only: Iterable[int] | None) -> Iterator[_Sealed]:
    """Profiles with contents, part after part: together they would take gigabytes."""
    part = _PART.format(version=FORM_VERSION, **_WORDS[connection.vendor])
    with connection.cursor() as cursor:
        for condition in _conditions(only):
            cursor.execute(part + condition)
            ids, lengths, sealed, *others = cursor.fetchone()
            yield json.loads(ids), json.loads(lengths), bytes(sealed or b""), *map(json.loads, others)


def _conditions(only: Iterable[int] | None) -> Iterator[str]:
    if only is not None:
        return (f"p.id IN ({','.join(map(str, some))})" for some in slices(only))
    last = Profile.objects.aggregate(last=Max("pk"))["last"] or 0
    return (f"p.id BETWEEN {start} AND {start + _AT_ONCE - 1}" for start in range(1, last + 1, _AT_ONCE))


# A part of the profiles as one row: without an object for each value, and while SQLite collects it other threads work.
_PART = """
SELECT {list}(p.id){end}, {list}(coalesce(length(f.sealed), -1)){end}, {joined}, {list}(p.source){end},
    {list}(CAST({gender} AS text)){end}, {list}(CAST({city} AS text)){end}
FROM customers_profile p LEFT JOIN customers_comparisonform f ON f.profile_id = p.id AND f.version = {version}
WHERE p.erased_at IS NULL AND p.content_index <> '' AND """
_WORDS = {
    "sqlite": {
        "list": "json_group_array",
        "end": "",
        "joined": "CAST(group_concat(f.sealed, '') AS blob)",
        "gender": "json_extract(p.attributes, '$.gender')",
        "city": "json_extract(p.attributes, '$.city')",
    },
    "postgresql": {
        "list": "coalesce(json_agg",
        "end": ", '[]')::text",
        "joined": "string_agg(f.sealed, '')",
        "gender": "p.attributes ->> 'gender'",
        "city": "p.attributes ->> 'city'",
    },
}


def _opened(vault: Vault, sealed: _Sealed, others: Mapping[int, bytes]) -> pa.Table:
    """`matching.people.OPENED` of those that have a form; `others` are used instead of what is sealed."""
    ids, lengths, whole, sources, genders, cities = sealed
    columns: list[Sequence[str | None]] = [sources, genders, cities]
    ends = list(accumulate((max(length, 0) for length in lengths), initial=0))
    values = [whole[start:end] for start, end in pairwise(ends)]
    if min(lengths, default=0) < 0:
        has_form = [length >= 0 for length in lengths]
        ids, values = list(compress(ids, has_form)), list(compress(values, has_form))
        columns = [list(compress(column, has_form)) for column in columns]
    forms = vault.open_all(zip(map(form_place, ids), values, strict=True))
    if others:
        forms = [others.get(pk, form) for pk, form in zip(ids, forms, strict=True)]
    return pa.table([ids, forms, *columns], schema=OPENED)


def _add_people(database: Any, opened: Sequence[Future[pa.Table]]) -> None:
    database.register("opened", pa.concat_tables(part.result() for part in opened))
    database.execute(f"INSERT INTO people {people_sql('opened')}")
    database.unregister("opened")


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
