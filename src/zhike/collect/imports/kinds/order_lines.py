"""Lines of orders: one record a line; whose line it is, and of which day, its order says."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from hashlib import blake2b
from typing import NamedTuple

from zhike.collect.imports import cells
from zhike.collect.imports.kinds.happenings import optional_id, whole_number
from zhike.collect.imports.kinds.kind import (
    CellReader,
    Field,
    FieldReaders,
    ImportRules,
    Kind,
    money_reader,
    row_hash,
    staged_schema,
    unless_nothing,
)
from zhike.collect.imports.kinds.orders import ORDER_ID_ALIASES
from zhike.collect.imports.mapping import ColumnMapping, Layout
from zhike.collect.schema import ORDER_LINES
from zhike.kernel.words import Text

PRODUCT_ID_ALIASES = (
    "商品编号",
    "商品编码",
    "商品id",
    "货号",
    "sku",
    "sku编码",
    "product id",
    "item id",
    "lineitem sku",
)
ORDER_LINE_FIELDS = (
    Field("order_id", Text("订单号", "order id"), "id", True, ORDER_ID_ALIASES, samples=("A1001", "A1001")),
    Field(
        "line_number",
        Text("行号或子订单号", "line number or id of the line"),
        "id",
        aliases=("行号", "子订单号", "子订单编号", "line number", "line id"),
        samples=("1", "2"),
    ),
    Field(
        "product_id", Text("商品编号", "product id"), "id", True, PRODUCT_ID_ALIASES, samples=("P01", "P02")
    ),
    Field(
        "quantity",
        Text("数量", "quantity"),
        "number",
        aliases=("数量", "购买数量", "商品数量", "qty", "lineitem quantity"),
        samples=("2", "1"),
    ),
    Field(
        "amount",
        Text("金额", "amount"),
        "money",
        True,
        ("金额", "实付金额", "小计", "商品金额", "line total", "subtotal"),
        samples=("80.00", "48.00"),
    ),
    Field(
        "discount_amount",
        Text("优惠金额", "discount"),
        "money",
        aliases=("优惠金额", "折扣金额", "discount", "lineitem discount"),
        samples=("10.00", ""),
    ),
)


class OrderLineRow(NamedTuple):
    number: int
    key_hash: int
    order_id: str
    line_number: int
    product_id: str
    quantity: int
    amount: int
    discount_amount: int
    row_hash: int


class OrderLineReader:
    """Turns the cells of a record into an `OrderLineRow`.

    Without a number of its own a line is known by its product: numbers by place in the file would change when
    a corrected file brings fewer lines.
    """

    def __init__(self, layout: Layout, mapping: ColumnMapping, rules: ImportRules) -> None:
        amount = money_reader(rules)
        readers: dict[str, CellReader] = {
            "order_id": cells.id_text,
            "line_number": optional_id,
            "product_id": cells.id_text,
            "quantity": unless_nothing(partial(whole_number, name="quantity", least=0, most=10**9)),
            "amount": amount,
            "discount_amount": unless_nothing(amount),
        }
        self._fields = FieldReaders(ORDER_LINE_FIELDS, layout, readers, rules)

    def read(self, number: int, values: Sequence[object]) -> OrderLineRow:
        known = self._fields.known(values)
        order_id, line_id = known["order_id"], known["line_number"]
        line = _line_number(line_id or "product\0" + known["product_id"])
        quantity = 1 if known["quantity"] is None else known["quantity"]
        content = (
            order_id,
            line,
            known["product_id"],
            quantity,
            known["amount"],
            known["discount_amount"] or 0,
        )
        # Two lines of one product without numbers may both be meant: never taken for a repeat.
        told_apart = () if line_id is not None else (number,)
        return OrderLineRow(number, hash((order_id, line)), *content, row_hash((*content, *told_apart)))


def _line_number(line: str) -> int:
    """The number itself if it is one that fits, else one that stands for the text."""
    if line.isascii() and line.isdigit() and len(line) <= 18 and str(int(line)) == line:
        return int(line)
    # Above all numbers of 18 digits, so that the two cannot meet.
    return 10**18 + int.from_bytes(blake2b(line.encode(), digest_size=8).digest(), "big") % (8 * 10**18)


ORDER_LINES_KIND = Kind(
    "order_lines",
    Text("订单明细", "order lines"),
    ORDER_LINE_FIELDS,
    OrderLineReader,
    staged_schema(ORDER_LINES, person="order"),
    ("order_id", "line_number"),
    "product_id",
    (
        "line.conflict",
        Text(
            "同一订单的同一行在第 {first} 行已有。没有行号时，一个订单里同一商品只能出现一次；请加上行号列，或合并成一行",
            "row {first} has the same line of the same order. Without line numbers a product may stand once in an "
            "order; add a column of line numbers, or make one line of them",
        ),
    ),
    table=ORDER_LINES,
    person="order",
)
