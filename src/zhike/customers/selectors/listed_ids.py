"""Columns of very many rows, written by the database as one text instead of read as one object each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet

from zhike.customers.pieces import Listed

_JOINED = {
    "sqlite": "group_concat({expression}, '{separator}')",
    "postgresql": "string_agg(({expression})::text, '{separator}')",
}


def joined(expression: str, separator: str = ",") -> str:
    """SQL for the values of all rows as one text; several in one query have the rows in the same order."""
    return _JOINED[connection.vendor].format(expression=expression, separator=separator)


def listed(rows: QuerySet[Any, Any], column: str) -> Listed:
    """The ids in a column of some rows."""
    query, given = rows.order_by().values(listed_id=F(column)).distinct().query.sql_with_params()
    return listed_by(query, given)


def listed_by(query: str, given: Sequence[Any] = ()) -> Listed:
    """The ids in the one column, ``listed_id``, of a query."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {joined('listed_id')} FROM ({query}) AS some_ids", given)
        return Listed(cursor.fetchone()[0] or "")
