"""Balances of points: one record a customer, as another system counted them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import NamedTuple

import pyarrow as pa

from zhike.collect.imports import cells
from zhike.collect.imports.kinds.happenings import CUSTOMER_ID, whole_number
from zhike.collect.imports.kinds.kind import (
    CellReader,
    Field,
    FieldReaders,
    ImportRules,
    Kind,
    moment_reader,
    row_hash,
    unless_nothing,
)
from zhike.collect.imports.mapping import ColumnMapping, Layout
from zhike.kernel.words import Text

POINT_FIELDS = (
    CUSTOMER_ID,
    Field(
        "points",
        Text("积分余额", "balance of points"),
        "number",
        True,
        ("积分", "积分余额", "可用积分", "当前积分", "points balance", "balance"),
        samples=("1200", "0"),
    ),
    Field(
        "counted_at",
        Text("截止日期", "day of the balance"),
        "date",
        aliases=("截止日期", "统计日期", "as of", "balance date"),
        samples=("2026-11-20", "2026-11-20"),
        loose_aliases=("日期", "时间", "date"),
    ),
)


class PointRow(NamedTuple):
    """One balance as it is staged; without a day, the balance of now is meant."""

    number: int
    key_hash: int
    customer_id: str
    points: int
    counted_on: date | None
    row_hash: int


class PointReader:
    """Turns the cells of a record into a `PointRow`."""

    def __init__(self, layout: Layout, mapping: ColumnMapping, rules: ImportRules) -> None:
        readers: dict[str, CellReader] = {
            "customer_id": cells.id_text,
            "points": partial(whole_number, name="points", least=-(10**12), most=10**12),
            "counted_at": unless_nothing(moment_reader(rules)),
        }
        self._fields = FieldReaders(POINT_FIELDS, layout, readers, rules)

    def read(self, number: int, values: Sequence[object]) -> PointRow:
        known = self._fields.known(values)
        counted_on = None if known["counted_at"] is None else known["counted_at"][1]
        content = (known["customer_id"], known["points"], counted_on)
        return PointRow(number, hash(known["customer_id"]), *content, row_hash(content))


POINTS_KIND = Kind(
    "points",
    Text("会员积分", "points"),
    POINT_FIELDS,
    PointReader,
    pa.schema(
        [
            ("number", pa.int64()),
            ("key_hash", pa.int64()),
            ("customer_id", pa.string()),
            ("points", pa.int64()),
            ("counted_on", pa.date32()),
            ("row_hash", pa.int64()),
        ]
    ),
    ("customer_id",),
    "customer_id",
    (
        "points.conflict",
        Text(
            "同一客户在第 {first} 行已有另一个余额；请只保留正确的一行",
            "row {first} has another balance of the same customer; keep the right one of the two",
        ),
    ),
    destination="points",
)
