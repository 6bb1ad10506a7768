"""What a product cost, and from which day: a file adds to what is known, and changes no day before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pyarrow as pa

from zhike.collect.imports.kinds.kind import Earlier

EARLIEST = ""
"""Stands for the day from which the first cost holds: all days before the second."""


@dataclass(slots=True)
class _Told:
    """What the rows of one product say: the first of them, and day → cost and the row that says so."""

    number: int
    content: tuple[Any, ...]
    costs: dict[str | None, tuple[int, int]] = field(default_factory=dict)


class CostsOfProducts:
    """Further rows of a product add costs of other days; a day with two costs, or another name, is a contradiction.

    A cost without a day beside others that have one is the cost before the first of them.
    """

    columns: tuple[str, ...] = ("name", "category", "department", "brand", "barcode", "cost", "dated_costs")

    def __init__(self) -> None:
        self._told: dict[tuple[Any, ...], _Told] = {}

    def earlier(self, number: int, key: tuple[Any, ...], content: tuple[Any, ...]) -> Earlier | None:
        *other, cost, dated = content
        told = self._told.setdefault(key, _Told(number, tuple(other)))
        if told.content != tuple(other):
            return Earlier(told.number, is_contradicted=True)
        if cost is not None:
            day = next(iter(json.loads(dated))) if dated is not None else None
            before, since = told.costs.setdefault(day, (cost, number))
            if before != cost:
                return Earlier(since, is_contradicted=True)
        return None if told.number == number else Earlier(told.number, is_contradicted=False)

    def joined(self) -> Mapping[int, Mapping[str, object]]:
        return {told.number: _joined(told.costs) for told in self._told.values() if told.costs}


def _joined(costs: Mapping[str | None, tuple[int, int]]) -> dict[str, object]:
    said = {day: cost for day, (cost, _) in costs.items()}
    if set(said) == {None}:
        return {"cost": said[None], "dated_costs": None}
    days = {day or EARLIEST: cost for day, cost in said.items()}
    return {"cost": days[max(days)], "dated_costs": json.dumps(days)}


def with_known_costs(rows: pa.RecordBatch, known: pa.Table, *, today: date) -> pa.RecordBatch:
    """The rows of a file with all costs of their products: those known before and what the file says.

    Parameters
    ----------
    rows
        As they are staged: `dated_costs` has the cost by its day where the file or the user names one.
    known
        What the lake has of the same products.
    today
        The day from which a cost holds that names none.
    """
    before = {
        product: _costs(cost, dated)
        for product, cost, dated in zip(
            *(known[name].to_pylist() for name in ("product_id", "cost", "dated_costs")), strict=True
        )
    }
    told = zip(*(rows[name].to_pylist() for name in ("product_id", "cost", "dated_costs")), strict=True)
    costs = [costs_after(before.get(product, {}), cost, dated, today=today) for product, cost, dated in told]
    made = {
        "cost": pa.array([each[max(each)] if each else None for each in costs], pa.int64()),
        "dated_costs": pa.array([_written(each) for each in costs], pa.string()),
    }
    columns = [made.get(name, rows[name]) for name in rows.schema.names]
    return pa.record_batch(columns, schema=rows.schema)


def costs_after(
    before: Mapping[str, int], cost: int | None, dated: str | None, *, today: date
) -> Mapping[str, int]:
    """Day → cost after a file said `cost`; without a cost, what was known stays.

    >>> costs_after({"": 1850}, 1900, None, today=date(2026, 11, 22))
    {'': 1850, '2026-11-22': 1900}
    >>> costs_after({"": 1850}, 1800, '{"2026-01-01": 1800}', today=date(2026, 11, 22))
    {'': 1850, '2026-01-01': 1800}
    >>> costs_after({"": 1850, "2026-01-01": 1800}, 1900, '{"": 1900}', today=date(2026, 11, 22))
    {'': 1900}
    >>> costs_after({"": 1850, "2026-01-01": 1800}, 1900, '{"": 1900, "2026-02-01": 2000}', today=date(2026, 11, 22))
    {'': 1900, '2026-01-01': 1800, '2026-02-01': 2000}
    """
    if cost is None:
        return before
    if dated is not None:
        said: dict[str, int] = json.loads(dated)
        return said if set(said) == {EARLIEST} else {**before, **said}
    if not before:
        return {EARLIEST: cost}
    return before if before[max(before)] == cost else {**before, today.isoformat(): cost}


def _costs(cost: int | None, dated: str | None) -> dict[str, int]:
    if dated is not None:
        return dict(json.loads(dated))
    return {} if cost is None else {EARLIEST: cost}


def _written(costs: Mapping[str, int]) -> str | None:
    return json.dumps(costs, sort_keys=True) if set(costs) - {EARLIEST} else None
