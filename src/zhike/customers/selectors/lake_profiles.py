"""Who is who, as the lake has it: the map from profile to customer, with what a profile says of its person."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
from django.db import connection

from zhike.customers.models import Profile
from zhike.customers.normal import city_tier
from zhike.customers.schema import PROFILES
from zhike.customers.selectors.consents import REFUSING_PROFILING
from zhike.customers.selectors.listed_ids import joined
from zhike.lake.snapshots import Changed

# A transaction stamps its rows before it commits: whoever committed meanwhile may bear a later moment.
_LONGEST_WRITE = timedelta(hours=1)
# What is derived on the way into the lake; a map that was made by another rule is made anew as a whole.
_DERIVING = "city_tier,profiling:"
_CITY = '"city": "'
_PART = 100_000

# Neither the name of a source nor JSON has a line break in it.
_LINES, _NUMBERS = "\n", ","
_COLUMNS = (
    ("p.id", _NUMBERS),
    ("p.customer_id", _NUMBERS),
    ("p.source", _LINES),
    ("p.attributes", _LINES),
    (f"CASE WHEN h.no_profiling OR p.id IN ({REFUSING_PROFILING}) THEN 1 ELSE 0 END", _NUMBERS),
    ("CASE WHEN p.erased_at IS NULL THEN 1 ELSE 0 END", _NUMBERS),
)
_FROM = "FROM customers_profile p JOIN customers_customer h ON h.id = p.home_customer_id"


def profile_map_mark() -> str:
    """Changes whenever the lake's copy of the map would."""
    # Each from an index; profiles are never deleted, so their number need not be counted.
    changed = Profile.objects.order_by("-changed_at").values_list("changed_at", flat=True).first()
    if changed is None:
        return f"{_DERIVING}0"
    late = Profile.objects.filter(changed_at__gte=changed - _LONGEST_WRITE).count()
    return f"{_DERIVING}{_newest_id()}/{late} {changed.isoformat()}"


def profile_map() -> pa.Table:
    """The whole map from profile to customer, as the lake's `profiles` has it."""
    return profile_map_changes("").rows


def profile_map_changes(since: str) -> Changed:
    """The rows of the map that changed since it had that mark, or all of them.

    Parameters
    ----------
    since
        What `profile_map_mark` said then; empty for everything.
    """
    moment = since.partition(" ")[2] if since.startswith(_DERIVING) else ""
    changed_since = datetime.fromisoformat(moment) - _LONGEST_WRITE if moment else None
    # Texts that the database makes of many rows: objects of each value would cost more than the rest of a refresh.
    columns = ", ".join(joined(expression, separator) for expression, separator in _COLUMNS)
    tiers, rule = _CityTiers(), PROFILES.arrow_schema()
    rows, touched = [rule.empty_table()], [pa.array([], pa.int64())]
    for condition, given in _parts(changed_since):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {columns} {_FROM} WHERE {condition}", given)
            texts = cursor.fetchone()
        if texts[0] is not None:
            part, is_alive = _mapped(texts, tiers, rule)
            rows.append(part.filter(is_alive))
            touched.append(part["profile_id"].chunk(0))
    ids = pa.chunked_array(touched)
    return Changed(pa.concat_tables(rows), pa.table({"profile_id": ids}))


def _newest_id() -> int:
    return Profile.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def _parts(changed_since: datetime | None) -> Iterator[tuple[str, list[int | str | None]]]:
    """Conditions that together have all rows asked for, each so few that one text can hold them."""
    changed = ""
    moment: list[int | str | None] = []
    if changed_since is not None:
        changed, moment = "p.changed_at >= %s", [connection.ops.adapt_datetimefield_value(changed_since)]
        if Profile.objects.filter(changed_at__gte=changed_since).count() <= _PART:
            yield changed, moment
            return
        changed = f" AND {changed}"
    for first in range(0, _newest_id() + 1, _PART):
        yield f"p.id >= %s AND p.id < %s{changed}", [first, first + _PART, *moment]


def _mapped(texts: Sequence[str], tiers: _CityTiers, rule: pa.Schema) -> tuple[pa.Table, pa.Array]:
    """Some rows of the map, and which of them are in sight."""
    by_expression = zip(texts, _COLUMNS, strict=True)
    ids, customers, sources, attributes, refused, alive = (
        text.split(_LINES) if separator == _LINES else np.fromstring(text, np.int64, sep=_NUMBERS)
        for text, (_, separator) in by_expression
    )
    known = [None if text == "{}" else tiers.added(text) for text in attributes]
    columns = (ids, customers, sources, known, refused != 0)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, rule, strict=True)]
    return pa.table(arrays, schema=rule), pa.array(alive != 0)


class _CityTiers(dict[str, str]):
    """City as it stands in JSON → what is added to say its tier."""

    def added(self, text: str) -> str:
        """Attributes with the tier of their city, where the ranking has it and no source says it."""
        # Not parsed: of a million rows that would be most of the work. Within a value every quote is escaped.
        start = text.find(_CITY)
        if start < 0 or '"city_tier":' in text:
            return text
        start += len(_CITY)
        addition = self[text[start : text.index('"', start)]]
        return f"{text[:-1]}{addition}}}" if addition else text

    def __missing__(self, city: str) -> str:
        # A city with a quote in its name is cut off at the backslash, and none of the ranking.
        tier = None if city.endswith("\\") else city_tier(json.loads(f'"{city}"'))
        self[city] = f', "city_tier": "{tier}"' if tier else ""
        return self[city]
