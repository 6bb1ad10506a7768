"""What one parameter of an address asks for, read: frozen pieces, and the conditions that they make."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import Any, Literal

import ibis
import ibis.expr.types as ir

from zhike.customers.moves import Move
from zhike.kernel.words import Text

LIST_SEPARATOR = "; "

Comparison = Literal["<=", ">=", ">"]


@dataclass(frozen=True, slots=True)
class Search:
    """Customers known by a name, contact, number or key; which they are, `selectors.finding` looks up."""

    name: str
    value: str
    sentence: Text


@dataclass(frozen=True, slots=True)
class Held:
    """Customers of whom only the database knows that they fit; which they are, `selectors.finding` looks up."""

    name: str
    value: str
    sentence: Text


@dataclass(frozen=True, slots=True)
class Is:
    """`column` has exactly this code."""

    name: str
    value: str
    sentence: Text
    column: str
    code: str | int | bool


@dataclass(frozen=True, slots=True)
class Bound:
    """`column` compares with `number`; a customer without a value is left out."""

    name: str
    value: str
    sentence: Text
    column: str
    comparison: Comparison
    number: int | float | date


@dataclass(frozen=True, slots=True)
class Moved:
    """Customers who went from one group to another; which they are, the history of the snapshot says."""

    name: str
    value: str
    sentence: Text
    move: Move


@dataclass(frozen=True, slots=True)
class Lists:
    """`column`, names with `LIST_SEPARATOR` between them, has this one."""

    name: str
    value: str
    sentence: Text
    column: str
    listed: str


Piece = Search | Held | Is | Bound | Moved | Lists


@dataclass(frozen=True, slots=True)
class Listed:
    """Customer ids as one text, with commas between: a million take 8 MB, as numbers in a set a hundred."""

    text: str


Ids = Collection[int] | Listed

Found = Mapping[tuple[str, str], Ids | ir.IntegerColumn]
"""Customer ids by name and value of each `Search`, `Held` and `Moved`; of the last as a column of a table."""


def is_among(column: ir.IntegerColumn, *ids: Ids) -> ir.BooleanValue:
    """Whether a customer id is in any of these, however many they are."""
    texts = (some.text if isinstance(some, Listed) else ",".join(map(str, sorted(some))) for some in ids)
    # One long text is parsed at once; a hundred thousand numbers in a query are not.
    numbers = ibis.literal(",".join(filter(None, texts))).nullif("").split(",").unnest()
    return column.isin(numbers.cast("int64").name("customer_id").as_table().customer_id)


def is_any_of(overview: ir.Table, pieces: list[Piece], found: Found) -> ir.BooleanValue:
    """Whether a row of the overview fits any of the pieces, which are all of one parameter."""
    # Values of one column become one condition: a thousand of them in an address must not nest a thousand deep.
    codes: dict[str, list[str | int | bool]] = {}
    bounds: dict[tuple[str, Comparison], Any] = {}
    names: dict[str, list[str]] = {}
    ids: list[Ids] = []
    described: list[ir.BooleanValue] = []
    for piece in pieces:
        match piece:
            case Search() | Held() | Moved():
                those = found.get((piece.name, piece.value), ())
                if isinstance(those, ir.Column):
                    described.append(overview.customer_id.isin(those))
                else:
                    ids.append(those)
            case Is(column=column, code=code):
                codes.setdefault(column, []).append(code)
            case Lists(column=column, listed=listed):
                names.setdefault(column, []).append(listed)
            case Bound(column=column, comparison=comparison, number=number):
                loosest = max if comparison == "<=" else min
                bounds[column, comparison] = loosest(number, bounds.get((column, comparison), number))
    conditions = [overview[column].isin(those) for column, those in codes.items()]
    conditions += [_lists_any(overview[column], those) for column, those in names.items()]
    conditions += [is_among(overview.customer_id, *ids)] if ids else []
    conditions += [_COMPARED[comparison](overview[column], n) for (column, comparison), n in bounds.items()]
    return reduce(operator.or_, [*conditions, *described])


def _lists_any(column: ir.StringColumn, names: list[str]) -> ir.BooleanValue:
    """Whether names with `LIST_SEPARATOR` between them have one of these."""
    any_of = "|".join(re.escape(name) for name in sorted(set(names)))
    return column.re_search(f"(^|{LIST_SEPARATOR})({any_of})({LIST_SEPARATOR}|$)")


_COMPARED: Mapping[Comparison, Callable[..., ir.BooleanValue]] = {
    "<=": operator.le,
    ">=": operator.ge,
    ">": operator.gt,
}
