"""Ids of very many customers, written by the database as one text instead of read as one object each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet

from zhike.customers.pieces import Listed

_JOINED = {"sqlite": "group_concat({})", "postgresql": "string_agg(({})::text, ',')"}


def listed(rows: QuerySet[Any, Any], column: str) -> Listed:
    """The ids in a column of some rows."""
    query, given = rows.order_by().values(listed_id=F(column)).distinct().query.sql_with_params()
    return listed_by(query, given)


def listed_by(query: str, given: Sequence[Any] = ()) -> Listed:
    """The ids in the one column, ``listed_id``, of a query."""
    joined = _JOINED[connection.vendor].format("listed_id")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {joined} FROM ({query}) AS some_ids", given)
        return Listed(cursor.fetchone()[0] or "")
