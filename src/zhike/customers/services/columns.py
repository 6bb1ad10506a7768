"""Writing many rows at once, where Django's own bulk methods spend most of their time building queries.

`bulk_create` makes an object and a dozen calls for each value, `bulk_update` an expression for each row and column:
a hundred microseconds a row against five.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Sized
from contextlib import contextmanager
from itertools import chain, islice, pairwise
from typing import Any, TypeVar, cast

import numpy as np
from django.db import connection, models

# What the database takes as it is.
_PLAIN = (
    *(models.CharField, models.IntegerField, models.FloatField),
    *(models.BinaryField, models.ForeignKey, models.BooleanField),
)
_REMEMBERED = 1_000
# Of a number that says where a value stands, the bits that say how long it is.
_LENGTH_BITS = 24
_IDS_AT_ONCE = 10_000
_ROOMY_KIB = 128 * 1024
# What every database takes in one statement.
_VALUES_TOGETHER = 900
_WORTH_READING_ALL = 8


_T = TypeVar("_T")


def batches(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """`items` in lists of at most `size`, so that no query gets too long."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def last_id(model: type[models.Model]) -> int:
    """The highest id that a row of a model ever had; the next rows follow it."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        else:
            query = "SELECT pg_sequence_last_value(pg_get_serial_sequence(%s, 'id')::regclass)"
            cursor.execute(query, [table])
        (last,) = cursor.fetchone() or (None,)
        return last or 0


def fresh_ids(model: type[models.Model], count: int) -> range | list[int]:
    """Ids that no row of a model has or gets, for rows that are to be inserted with their ids.

    Inside a transaction that writes: on SQLite it holds the lock, so nobody else can take them meanwhile.
    """
    if connection.vendor == "sqlite":
        last = last_id(model)
        return range(last + 1, last + 1 + count)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [id for (id,) in cursor.fetchall()]


@contextmanager
def roomy_cache() -> Iterator[None]:
    """For work that touches many pages of large tables: SQLite keeps them instead of writing and reading them again and again."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        (before,) = cursor.execute("PRAGMA cache_size").fetchone()
        cursor.execute(f"PRAGMA cache_size = -{_ROOMY_KIB}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA cache_size = {int(before)}")


@contextmanager
def without_collecting() -> Iterator[None]:
    """For work that makes millions of short-lived tuples: Python looks for cycles among them again and again, in vain."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def is_large_part(model: type[models.Model], ids: Sized) -> bool:
    """Whether reading all rows of a model (`all_numbers`) takes less time than looking for each of those."""
    return len(ids) * _WORTH_READING_ALL >= model._default_manager.count()


def collected(column: str) -> str:
    """The query of all values of a column as one list in JSON: a row for each takes longer than finding it."""
    every = {"sqlite": "json_group_array({})", "postgresql": "coalesce(json_agg({}), '[]')::text"}
    return every[connection.vendor].format(column)


def all_numbers(model: type[models.Model], names: Sequence[str]) -> list[list[int]]:
    """Columns of whole numbers of all rows, side by side, in no order: in two calls, not one for each row."""
    quoted = connection.ops.quote_name
    chosen = ", ".join(collected(quoted(str(_field(model, name).column))) for name in names)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {chosen} FROM {quoted(model._meta.db_table)}")
        return [json.loads(column) for column in cursor.fetchone()]


def rows_with(
    model: type[models.Model], names: Sequence[str], column: str, ids: Iterable[int]
) -> Iterator[tuple[Any, ...]]:
    """Columns of the rows that have one of those numbers in a column, as the database gives them; in no order.

    For a filter by a list, Django prepares and compiles each number by itself, which takes longer than finding the row.
    """
    quoted = connection.ops.quote_name
    chosen = ", ".join(quoted(str(_field(model, name).column)) for name in names)
    table, by = quoted(model._meta.db_table), quoted(str(_field(model, column).column))
    with connection.cursor() as cursor:
        for some in batches(ids, _IDS_AT_ONCE):
            listed = ",".join(str(int(one)) for one in some)
            cursor.execute(f"SELECT {chosen} FROM {table} WHERE {by} IN ({listed})")
            yield from cursor.fetchall()


def insert_rows(
    model: type[models.Model],
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    constants: Mapping[str, Any] | None = None,
    ignores_repeats: bool = False,
) -> None:
    """Insert rows given as values in the order of `names`; columns that are not named must have a database default or be the id.

    `constants` has the columns that are the same in every row. `ignores_repeats` leaves out rows that a unique constraint refuses.
    """
    fields = [_field(model, name) for name in names]
    same = {_field(model, name): value for name, value in (constants or {}).items()}
    quoted = connection.ops.quote_name
    columns = ", ".join(quoted(str(field.column)) for field in (*fields, *same))
    prepare = _preparing(fields)
    tail = [field.get_db_prep_save(value, connection) for field, value in same.items()]
    given = [f"v{place}" for place in range(len(fields))]
    _run_together(
        f"WITH given ({', '.join(given)}) AS (VALUES ",
        f"({', '.join(['%s'] * len(fields))})",
        f") INSERT INTO {quoted(model._meta.db_table)} ({columns}) SELECT {', '.join([*given, *['%s'] * len(same)])} "
        f"FROM given{' WHERE true ON CONFLICT DO NOTHING' if ignores_repeats else ''}",
        map(prepare, rows),
        tail,
        together=(_VALUES_TOGETHER - len(same)) // len(fields),
    )


def insert_columns(
    model: type[models.Model],
    *,
    numbers: Mapping[str, Sequence[int]],
    codes: Mapping[str, Sequence[str]] | None = None,
    sealed: tuple[str, Sequence[bytes]] | None = None,
    constants: Mapping[str, Any],
) -> None:
    """Insert rows given by columns, to SQLite as one value for each column: meanwhile other threads are not held up.

    Parameters
    ----------
    numbers
        The ids and the columns that refer to others, as `fresh_ids` gives them.
    codes
        Columns of ASCII texts, all texts of a column of one length.
    sealed
        A column of bytes.
    constants
        The columns that are the same in every row.
    """
    count, codes = len(next(iter(numbers.values()))), codes or {}
    if not count:
        return
    if connection.vendor != "sqlite":
        given = {**numbers, **codes, **dict([sealed] if sealed else [])}
        insert_rows(model, list(given), zip(*given.values(), strict=True), constants=constants)
        return
    chosen: list[tuple[str, str, list[Any]]] = []
    for name, rising in numbers.items():
        chosen.append((name, "%s + place.key", [rising[0]]))
    for name, texts in codes.items():
        text = "CAST(substr(%s, place.key * %s + 1, %s) AS text)"
        chosen.append((name, text, ["".join(texts).encode(), len(texts[0]), len(texts[0])]))
    places = [0] * count
    if sealed:
        places = _places(sealed[1])
        part = f"substr(%s, (place.value >> {_LENGTH_BITS}) + 1, place.value & {(1 << _LENGTH_BITS) - 1})"
        chosen.append((sealed[0], part, [b"".join(sealed[1])]))
    for name, value in constants.items():
        chosen.append((name, "%s", [_field(model, name).get_db_prep_save(value, connection)]))
    quoted = connection.ops.quote_name
    query = (
        f"INSERT INTO {quoted(model._meta.db_table)} "
        f"({', '.join(quoted(str(_field(model, name).column)) for name, _, _ in chosen)}) "
        f"SELECT {', '.join(sql for _, sql, _ in chosen)} FROM json_each(%s) AS place"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [*chain.from_iterable(given for _, _, given in chosen), json.dumps(places)])


def write_columns(rows: Collection[models.Model], names: Sequence[str]) -> None:
    """Write those columns of rows of one model as they are in memory."""
    if rows:
        fields = [_field(type(next(iter(rows))), name).attname for name in names]
        values = ((row.pk, *(getattr(row, name) for name in fields)) for row in rows)
        write_rows(type(next(iter(rows))), names, values)


def write_rows(
    model: type[models.Model],
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    constants: Mapping[str, Any] | None = None,
) -> None:
    """Write those columns of rows of a model, given as their id and the values in the order of `names`.

    `constants` has the columns that get the same value in every row.
    """
    fields = [_field(model, name) for name in names]
    same = {_field(model, name): value for name, value in (constants or {}).items()}
    quoted = connection.ops.quote_name
    setting = ", ".join(f"{quoted(str(field.column))} = %s" for field in (*fields, *same))
    key = quoted(str(model._meta.pk.column))
    prepare = _preparing(fields)
    tail = [field.get_db_prep_save(value, connection) for field, value in same.items()]
    query = f"UPDATE {quoted(model._meta.db_table)} SET {setting} WHERE {key} = %s"
    _run_many(query, ([*prepare(values), *tail, pk] for pk, *values in rows))


def insert_from(
    model: type[models.Model],
    source: type[models.Model],
    names: Mapping[str, str],
    ids: Sequence[int],
    *,
    constants: Mapping[str, Any],
) -> None:
    """Insert a row for each row of `source` with one of those rising ids, without bringing any of them here.

    `names` has the columns of `source` by those of `model` that take their values; `constants` as for `insert_rows`.
    """
    quoted = connection.ops.quote_name
    same = {_field(model, name): value for name, value in constants.items()}
    into = [*(_field(model, name) for name in names), *same]
    taken = [quoted(str(_field(source, name).column)) for name in names.values()]
    key = quoted(str(source._meta.pk.column))
    query = (
        f"INSERT INTO {quoted(model._meta.db_table)} ({', '.join(quoted(str(each.column)) for each in into)}) "
        f"SELECT {', '.join([*taken, *['%s'] * len(same)])} FROM {quoted(source._meta.db_table)} "
        f"WHERE {key} BETWEEN %s AND %s ORDER BY {key}"
    )
    values = [field.get_db_prep_save(value, connection) for field, value in same.items()]
    with connection.cursor() as cursor:
        for first, last in _runs(ids):
            cursor.execute(query, [*values, first, last])


def _places(values: Sequence[bytes]) -> list[int]:
    """Where each value begins when they stand one after the other, and its length, in one number."""
    lengths = np.fromiter(map(len, values), np.int64)
    places: list[int] = ((lengths.cumsum() - lengths) << _LENGTH_BITS | lengths).tolist()
    return places


def _runs(ids: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and last of each part of rising numbers in which none is left out."""
    if isinstance(ids, range):
        return iter([(ids[0], ids[-1])] if ids else [])
    starts = [place for place, each in enumerate(ids) if not place or each != ids[place - 1] + 1]
    return ((ids[start], ids[end - 1]) for start, end in pairwise([*starts, len(ids)]))


def _run_many(query: str, rows: Iterable[Sequence[Any]]) -> None:
    rest = iter(rows)
    first = next(rest, None)
    if first is not None:
        with connection.cursor() as cursor:
            # A stream, though the stubs want a list: a batch need not be held twice.
            cursor.executemany(query, cast("list[list[Any]]", chain([first], rest)))


def _run_together(
    head: str, places: str, end: str, rows: Iterable[Sequence[Any]], tail: Sequence[Any], *, together: int
) -> None:
    """Run a statement on many rows at a time: beginning and ending it takes as long as a row does.

    `tail` has the values for the places in its end.
    """
    left: list[Sequence[Any]] = []

    def full() -> Iterator[list[Any]]:
        for some in batches(rows, together):
            if len(some) < together:
                left.extend(some)
            else:
                yield [*chain.from_iterable(some), *tail]

    _run_many(f"{head}{', '.join([places] * together)}{end}", full())
    if left:
        with connection.cursor() as cursor:
            cursor.execute(
                f"{head}{', '.join([places] * len(left))}{end}", [*chain.from_iterable(left), *tail]
            )


def _field(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    field = model._meta.get_field(name)
    assert isinstance(field, models.Field)
    return field


def _preparing(fields: Sequence[models.Field[Any, Any]]) -> Callable[[Sequence[Any]], list[Any]]:
    """What turns values into what the database takes, with as little as possible to do for each row."""
    others = [(place, field) for place, field in enumerate(fields) if not isinstance(field, _PLAIN)]
    if not others:
        return list
    # Most rows of a batch share a moment, empty attributes, or one of a few kinds of evidence: the same objects, kept here
    # so that their ids stay theirs.
    known: dict[tuple[int, int], tuple[Any, Any]] = {}

    def prepared(row: Sequence[Any]) -> list[Any]:
        values = list(row)
        for place, field in others:
            value = values[place]
            key = (place, id(value))
            if key not in known:
                if len(known) >= _REMEMBERED:
                    known.clear()
                known[key] = (value, field.get_db_prep_save(value, connection))
            values[place] = known[key][1]
        return values

    return prepared
