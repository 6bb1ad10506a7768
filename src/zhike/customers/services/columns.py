"""Writing many rows at once, where Django's own bulk methods spend most of their time building queries.

`bulk_create` makes an object and a dozen calls for each value, `bulk_update` an expression for each row and column:
a hundred microseconds a row against five.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, TypeVar, cast

from django.db import connection, models

# What the database takes as it is.
_PLAIN = (models.CharField, models.IntegerField, models.BinaryField, models.ForeignKey, models.BooleanField)


_T = TypeVar("_T")


def batches(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """`items` in lists of at most `size`, so that no query gets too long."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def fresh_ids(model: type[models.Model], count: int) -> range | list[int]:
    """Ids that no row of a model has or gets, for rows that are to be inserted with their ids.

    Inside a transaction that writes: on SQLite it holds the lock, so nobody else can take them meanwhile.
    """
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
            last = (cursor.fetchone() or (0,))[0]
            return range(last + 1, last + 1 + count)
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
        )
        return [id for (id,) in cursor.fetchall()]


def insert_rows(
    model: type[models.Model],
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    ignores_repeats: bool = False,
) -> None:
    """Insert rows given as values in the order of `names`; columns that are not named must have a database default or be the id.

    `ignores_repeats` leaves out rows that a unique constraint refuses.
    """
    fields = [_field(model, name) for name in names]
    quoted = connection.ops.quote_name
    columns = ", ".join(quoted(str(field.column)) for field in fields)
    places = ", ".join(["%s"] * len(fields))
    query = f"INSERT INTO {quoted(model._meta.db_table)} ({columns}) VALUES ({places})"
    if ignores_repeats:
        query += " ON CONFLICT DO NOTHING"
    prepare = _preparing(fields)
    _run_many(query, map(prepare, rows))


def write_columns(rows: Collection[models.Model], names: Sequence[str]) -> None:
    """Write those columns of rows of one model as they are in memory."""
    if not rows:
        return
    model = type(next(iter(rows)))
    fields = [_field(model, name) for name in names]
    quoted = connection.ops.quote_name
    setting = ", ".join(f"{quoted(str(field.column))} = %s" for field in fields)
    query = f"UPDATE {quoted(model._meta.db_table)} SET {setting} WHERE {quoted('id')} = %s"
    prepare = _preparing(fields)
    _run_many(query, ([*prepare([getattr(row, f.attname) for f in fields]), row.pk] for row in rows))


def _run_many(query: str, rows: Iterable[Sequence[Any]]) -> None:
    rest = iter(rows)
    first = next(rest, None)
    if first is not None:
        with connection.cursor() as cursor:
            # A stream, though the stubs want a list: a batch need not be held twice.
            cursor.executemany(query, cast("list[list[Any]]", chain([first], rest)))


def _field(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    field = model._meta.get_field(name)
    assert isinstance(field, models.Field)
    return field


def _preparing(fields: Sequence[models.Field[Any, Any]]) -> Callable[[Sequence[Any]], list[Any]]:
    """What turns values into what the database takes, with as little as possible to do for each row."""
    others = [(place, field) for place, field in enumerate(fields) if not isinstance(field, _PLAIN)]
    # Most rows of a batch have the same moment and the same empty attributes.
    known: dict[int, tuple[Any, Any]] = {}

    def prepared(row: Sequence[Any]) -> list[Any]:
        values = list(row)
        for place, field in others:
            if place not in known or known[place][0] is not values[place]:
                known[place] = (values[place], field.get_db_prep_save(values[place], connection))
            values[place] = known[place][1]
        return values

    return prepared
